"""examples/reconcile.py on scripted books: it agrees where they do, and names what does not."""

import sys
from pathlib import Path
from typing import Any

import pytest

import asyncpay

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
import reconcile  # noqa: E402 - an example is no package

PAYMENT: dict[str, Any] = {
    "id": "pay_A",
    "currency": "INR",
    "status": "success",
    "amount": 500,
    "amount_released": 0,
    "updated_at": "2026-01-31T09:30:00.250Z",
}
REFUND = {"id": "rfnd_A", "currency": "INR", "amount": 200, "processed_at": "2026-01-31T09:31:00.250Z"}


def entry(name: str, amount: int) -> dict[str, Any]:
    return {"id": name, "kind": name.partition(":")[2], "amount": amount, "currency": "INR"}


class Books:
    """A client whose lists are these."""

    def __init__(self, payments: Any, refunds: Any, ledger: Any, balance: int) -> None:
        def listed(items: list[Any]) -> Any:
            models = [asyncpay.models.Payment(item) for item in items]
            return lambda **_: _Page(models)

        self.payments = _Resource(list=listed(payments))
        self.refunds = _Resource(list_all=lambda **_: _Page([asyncpay.models.Refund(one) for one in refunds]))
        self.ledger = _Resource(list=lambda **_: _Page([asyncpay.models.LedgerEntry(one) for one in ledger]))
        money = asyncpay.models.BalanceList({"data": [{"currency": "INR", "amount": balance}]})
        self.balance = _Resource(retrieve=lambda: money)


class _Resource:
    def __init__(self, **methods: Any) -> None:
        self.__dict__.update(methods)


class _Page:
    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def auto_paging_iter(self) -> Any:
        return iter(self._items)


TAKEN, PAID_OUT = entry("pay_A:payment", 500), entry("rfnd_A:refund", 200)
LATE = [entry("pay_L:payment", 300), entry("pay_L:reversal", 300)]
FAILED = PAYMENT | {"id": "pay_L", "status": "failed"}
CAPTURED = PAYMENT | {"amount_released": 100}
JUST_NOW = PAYMENT | {"updated_at": "2999-01-31T09:30:00.250Z"}


@pytest.mark.parametrize(
    ("books", "wrong"),
    [
        (Books([], [], [], 0), []),
        (Books([PAYMENT], [REFUND], [TAKEN, PAID_OUT], 300), []),
        (Books([CAPTURED], [], [TAKEN, entry("pay_A:reversal", 100)], 400), []),
        (Books([PAYMENT, FAILED], [], [TAKEN, *LATE], 500), []),
        (Books([JUST_NOW], [], [TAKEN], 500), []),
        (Books([PAYMENT], [], [], 0), ["pay_A:payment: the ledger lacks ('INR', 500)"]),
        (
            Books([PAYMENT], [], [entry("pay_A:payment", 400)], 400),
            ["pay_A:payment: ('INR', 400) in the ledger, ('INR', 500) by the payment or refund"],
        ),
        (Books([], [], [TAKEN], 500), ["pay_A:payment: nothing explains it"]),
        (Books([PAYMENT], [], [TAKEN], 501), ["INR: balance 501, ledger 500"]),
    ],
)
def test_differences_are_named_and_nothing_else_is(books: Any, wrong: list[str]) -> None:
    assert reconcile.differences(books) == wrong
