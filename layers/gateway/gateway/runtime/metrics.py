"""Counts for CloudWatch, each a member of a log line: no client, no call, nothing to wait for.

The line tells CloudWatch which of its members to count (CloudWatch user guide, "Embedded metric format
specification"); anywhere else it is a line like any other.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.runtime import log
from gateway.runtime.config import Config

NAMESPACE = "AsyncPay"


def put(
    config: Config,
    now: datetime,
    message: str,
    counts: Mapping[str, int],
    *,
    queue: str | None = None,
    warn: bool = False,
    **members: Any,
) -> None:
    """One line with these counts, by stack and, where `queue` is given, by queue too."""
    dimensions = {"Stack": config.stack_name}
    if queue is not None:
        dimensions["Queue"] = queue
    described = {
        "Timestamp": int(now.timestamp() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": NAMESPACE,
                "Dimensions": [list(dimensions)],
                "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
            }
        ],
    }
    log.counted(message, warn=warn, _aws=described, **dimensions, **counts, **members)
