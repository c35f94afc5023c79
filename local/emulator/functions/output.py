"""How much of what functions print is kept."""

from contextlib import suppress
from typing import Any

# MiniStack gives each invocation a log stream of its own, and would load and save all that ever were.
STREAMS_MAX = 500


def keep_newest() -> None:
    """Has MiniStack forget a function's oldest invocations, those of earlier starts too."""
    from ministack.services import cloudwatch_logs, lambda_svc

    emit = lambda_svc._emit_lambda_logs  # noqa: SLF001

    def emit_and_forget(*arguments: Any, **named: Any) -> None:
        emit(*arguments, **named)
        for _, group in cloudwatch_logs._log_groups.all_items():  # noqa: SLF001
            forget_oldest(group["streams"])

    lambda_svc._emit_lambda_logs = emit_and_forget  # noqa: SLF001


def forget_oldest(streams: dict[str, Any]) -> None:
    """Removes what came first; invocations end in several threads."""
    with suppress(RuntimeError, StopIteration):  # another thread is at it, or comes to it
        while len(streams) > STREAMS_MAX:
            streams.pop(next(iter(streams)), None)
