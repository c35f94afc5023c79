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
    acquirer: str | None = None,
    warn: bool = False,
    **members: Any,
) -> None:
    """One line with these counts, by stack and, where `queue` is given, by queue too.

    Those with an `acquirer` are counted twice: for all of the stack, and for each acquirer. What is named
    `...Seconds` is such a time.
    """
    dimensions = {"Stack": config.stack_name}
    sets = [["Stack"]]
    if queue is not None:
        dimensions["Queue"] = queue
        sets = [["Stack", "Queue"]]
    if acquirer is not None:
        dimensions["Acquirer"] = acquirer
        sets = [["Stack"], ["Stack", "Acquirer"]]
    described = {
        "Timestamp": int(now.timestamp() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": NAMESPACE,
                "Dimensions": sets,
                "Metrics": [
                    {"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"}
                    for name in counts
                ],
            }
        ],
    }
    log.counted(message, warn=warn, _aws=described, **dimensions, **counts, **members)
