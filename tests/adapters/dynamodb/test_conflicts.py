"""Transactions that meet others: no emulator answers so, AWS does."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.adapters.aws import retry
from gateway.adapters.aws.dynamodb.items import TRIES_MAX
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.adapters.aws.transport import transport
from gateway.domain.errors import Unavailable
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict, Write
from tests.support.aws_calls import a_cancellation, an_error, answering, watched
from tests.support.database import payments
from tests.support.factories import a_payment, a_webhook

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


def committed(*writes: Callable[[DynamoTransaction], None]) -> None:
    transaction = DynamoTransaction()
    for write in writes:
        write(transaction)
    transaction.commit()


def conflicting(times: int, code: str = "TransactionConflict") -> Any:
    cancelled = a_cancellation("None", code)
    return answering("TransactWriteItems", [cancelled] * times)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
@pytest.mark.parametrize("times", range(1, TRIES_MAX))
def test_a_conflict_that_passes_is_not_noticed(times: int, code: str) -> None:
    payment = a_payment()
    with conflicting(times, code), watched() as calls:
        committed(lambda t: t.payments.add(payment))
    assert calls == ["TransactWriteItems"] * (times + 1)
    assert payments.get(payment.id) == payment


def test_a_conflict_that_lasts_is_given_up_after_four_tries() -> None:
    payment = a_payment()
    with conflicting(TRIES_MAX), watched() as calls, pytest.raises(Conflict):
        committed(lambda t: t.payments.add(payment))
    assert calls == ["TransactWriteItems"] * 4
    assert payments.get(payment.id) is None


def test_a_transaction_that_met_others_waits_twice_as_long_each_time_with_full_jitter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds, halves = list[float](), list[float]()
    for pauses, draw in ((bounds, 1.0), (halves, 0.5)):
        monkeypatch.setattr(retry, "jitter", lambda drawn=draw: drawn)
        with conflicting(TRIES_MAX, "ProvisionedThroughputExceeded"):
            transport().pause = pauses.append
            with pytest.raises(Conflict):
                committed(lambda t: t.payments.add(a_payment()))
    assert bounds == [0.025, 0.05, 0.1]
    assert halves == [pause / 2 for pause in bounds]


def test_a_transaction_in_progress_is_a_conflict_too() -> None:
    refusals = [an_error("TransactionInProgressException")] * TRIES_MAX
    with answering("TransactWriteItems", refusals), pytest.raises(Conflict):
        committed(lambda t: t.payments.add(a_payment()))


def test_a_failed_condition_counts_more_than_a_conflict() -> None:
    cancelled = a_cancellation("ConditionalCheckFailed", "TransactionConflict")
    payment = a_payment()
    with answering("TransactWriteItems", [cancelled]), pytest.raises(ConditionFailed) as caught:
        committed(lambda t: t.payments.add(payment), lambda t: t.deliveries.add(a_webhook(event="e")))
    assert caught.value.labels == {Write.PAYMENT}


@pytest.mark.parametrize(
    "refusal",
    [a_cancellation("ValidationError"), an_error("AccessDeniedException")],
    ids=["a write that makes no sense", "a right that is missing"],
)
def test_any_other_refusal_is_not_tried_again(refusal: dict[str, Any]) -> None:
    with answering("TransactWriteItems", [refusal]), watched() as calls, pytest.raises(Unavailable):
        committed(lambda t: t.payments.add(a_payment()))
    assert calls == ["TransactWriteItems"]
