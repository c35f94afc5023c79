"""One all-or-nothing write over several tables (TransactWriteItems).

Repositories add labelled writes to `Items`; `commit` says by label whose condition failed. DynamoDB refuses a
transaction that meets another on the same item (TransactionConflict), or a partition that has had enough;
nothing is written then, so `commit` repeats it a few times, after up to 25, 50 and 100 ms. Whoever waits
longer does so in a queue; callers know what to do next.
"""

from collections.abc import Sequence

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from gateway.adapters.aws import retry
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.mapping.requests import delete_of, put_of, update_of
from gateway.adapters.aws.dynamodb.tables import connection
from gateway.adapters.aws.transport import transport
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict

TRIES_MAX = 4
_RETRIED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class Items:
    """Writes that happen together or not at all."""

    def __init__(self) -> None:
        self._deletes: list[tuple[str, Model, Condition | None]] = []
        self._puts: list[tuple[str, Model, Condition | None]] = []
        self._updates: list[tuple[str, Model, list[Action], Condition | None]] = []

    def delete(self, label: str, row: Model, condition: Condition | None = None) -> None:
        """Deletes the row; only its keys count."""
        self._deletes.append((label, row, condition))

    def put(self, label: str, row: Model, condition: Condition | None = None) -> None:
        """Writes the whole row."""
        self._puts.append((label, row, condition))

    def update(
        self, label: str, row: Model, actions: Sequence[Action], condition: Condition | None = None
    ) -> None:
        """Changes some attributes; only the keys of `row` count."""
        self._updates.append((label, row, list(actions), condition))

    def commit(self) -> None:
        """Writes all of it; nothing is sent where there is nothing to write.

        ConditionFailed where a condition did not hold, Conflict where other transactions were in the way each
        time, Unavailable where DynamoDB did not answer: then the writes may have happened or not.
        """
        if not (self._deletes or self._puts or self._updates):  # TransactWriteItems refuses an empty list
            return
        for attempt in range(1, TRIES_MAX + 1):
            try:
                with unavailable_when_aws_fails():
                    self._try()
                return
            except Conflict:
                if attempt == TRIES_MAX:
                    raise
            transport().pause(retry.conflict_pause_seconds(attempt, retry.jitter))

    def _try(self) -> None:
        # PynamoDB sends deletes, puts, updates; the cancellation reasons come in that order.
        labels = [label for label, *_ in self._deletes] + [label for label, *_ in self._puts]
        labels += [label for label, *_ in self._updates]
        try:
            connection().transact_write_items(
                condition_check_items=[],
                delete_items=[delete_of(row, condition) for _, row, condition in self._deletes],
                put_items=[put_of(row, condition) for _, row, condition in self._puts],
                update_items=[
                    update_of(row, actions, condition) for _, row, actions, condition in self._updates
                ],
            )
        except TransactWriteError as error:
            raise _explained(error, labels) from error


def _explained(error: TransactWriteError, labels: list[str]) -> Exception:
    codes = [reason.code if reason else None for reason in error.cancellation_reasons]
    failed = frozenset(
        label for label, code in zip(labels, codes, strict=False) if code == "ConditionalCheckFailed"
    )
    if failed:
        return ConditionFailed(failed)
    in_progress = error.cause_response_code in {
        "TransactionConflictException",
        "TransactionInProgressException",
    }
    if in_progress or _RETRIED.intersection(filter(None, codes)):
        return Conflict()
    return error
