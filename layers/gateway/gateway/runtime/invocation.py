"""What one invocation of a function tells everything that works for it."""

from typing import Any

from gateway.adapters.aws import timeouts


def begin(context: Any) -> None:
    """Limits all calls to AWS by the time that Lambda leaves this invocation; `context` is Lambda's."""
    timeouts.invocation_ends_in(context.get_remaining_time_in_millis() / 1000)
