"""Every (status, event) pair of every entity, legal and illegal."""

from itertools import product
from typing import Any

import pytest

from gateway.domain.errors import IllegalTransition
from gateway.domain.payments import order, payment, refund
from gateway.domain.webhooks import delivery

# entity -> module, its two enums, and what is legal: all else is not.
MACHINES: dict[str, tuple[Any, Any, Any, dict[tuple[str, str], str]]] = {
    "order": (
        order,
        order.OrderStatus,
        order.OrderEvent,
        {
            ("created", "payment_created"): "attempted",
            ("attempted", "payment_created"): "attempted",
            ("attempted", "payment_succeeded"): "paid",
        },
    ),
    "payment": (
        payment,
        payment.PaymentStatus,
        payment.PaymentEvent,
        {
            ("pending", "approved"): "success",
            ("pending", "declined"): "failed",
            ("failed", "authorised_late"): "failed",
        },
    ),
    "refund": (
        refund,
        refund.RefundStatus,
        refund.RefundEvent,
        {
            ("pending", "send"): "sent",
            ("pending", "cancel"): "cancelled",
            ("sent", "accepted"): "processed",
            ("sent", "give_up"): "failed",
        },
    ),
    "webhook": (
        delivery,
        delivery.DeliveryStatus,
        delivery.DeliveryEvent,
        {
            ("pending", "accepted"): "success",
            ("pending", "refused"): "pending",
            ("pending", "exhausted"): "failed",
            ("pending", "gone"): "failed",
            ("pending", "retried"): "pending",
            ("pending", "expired"): "failed",
            ("success", "retried"): "pending",
            ("failed", "retried"): "pending",
        },
    ),
}
PAIRS = [
    pytest.param(name, status, event, id=f"{name}-{status}-{event}")
    for name, (_, statuses, events, _) in MACHINES.items()
    for status, event in product(statuses, events)
]


@pytest.mark.parametrize(("name", "status", "event"), PAIRS)
def test_an_event_leads_where_the_table_says_and_nowhere_else(name: str, status: Any, event: Any) -> None:
    module, _, _, legal = MACHINES[name]
    wanted = legal.get((str(status), str(event)))
    if wanted is None:
        with pytest.raises(IllegalTransition, match=f"{status} {name} can't take the event {event}"):
            module.next_status(status, event)
    else:
        assert module.next_status(status, event) == wanted


@pytest.mark.parametrize("name", MACHINES)
def test_the_table_knows_every_status_and_event_of_the_code(name: str) -> None:
    _, statuses, events, legal = MACHINES[name]
    known_statuses = {status for status, _ in legal} | set(legal.values())
    assert known_statuses == {str(status) for status in statuses}
    assert {event for _, event in legal} == {str(event) for event in events}


@pytest.mark.parametrize(
    ("event", "before"),
    [("payment_created", {"created", "attempted"}), ("payment_succeeded", {"attempted"})],
)
def test_the_condition_of_an_orders_step_names_all_statuses_before_it(event: str, before: set[str]) -> None:
    assert set(order.statuses_before(order.OrderEvent(event))) == before
