"""Erasing a person's traces from the in-memory database."""

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.erasure import names_person
from gateway.use_cases.protocols.erasure import Clean
from tests.support.memory.rows import Rows


class MemoryErasure:
    """Implements `use_cases.protocols.erasure.Erasure`. The next `fails_after` changes are the last ones."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.fails_after: int | None = None

    def orders_of(self, merchant_id: str, reference: str) -> set[str]:
        orders = [one for one in self._rows.of("orders").values() if one.merchant_id == merchant_id]
        payments = [one for one in self._rows.of("payments").values() if one.merchant_id == merchant_id]
        named = {one.id for one in orders if names_person(reference, one.receipt, json.dumps(one.notes))}
        return named | {one.order_id for one in payments if names_person(reference, one.vpa)}

    def erase_order(self, order_id: str, *, with_receipt: bool) -> int:
        def erased(row: Any) -> Any:
            return replace(row, notes={}, receipt=None if with_receipt else row.receipt)

        return self._change("orders", order_id, erased)

    def erase_payment(self, payment_id: str, *, with_receipt: bool) -> int:
        def erased(row: Any) -> Any:
            kept = row.of_order
            if kept is not None:
                kept = replace(kept, notes={}, receipt=None if with_receipt else kept.receipt)
            nothing: dict[str, Any] = dict.fromkeys(("vpa", "card_last4", "return_url", "screening"))
            return replace(row, of_order=kept, **nothing)

        return self._change("payments", payment_id, erased)

    def erase_refund(self, refund_id: str) -> int:
        return self._change("refunds", refund_id, lambda row: replace(row, reason=None))

    def erase_events(
        self, merchant_id: str, object_id: str, first: datetime, last: datetime, clean: Clean
    ) -> int:
        def erased(row: Any) -> Any:
            attempts = tuple(
                replace(one, response_body="") if one.response_body else one for one in row.attempts
            )
            return replace(row, payload=clean(row.payload), attempts=attempts)

        deliveries = [
            key
            for key, row in self._rows.of("deliveries").items()
            if (row.merchant_id, row.object_id) == (merchant_id, object_id)
            and first <= row.created_at <= last
        ]
        untold = [
            key
            for key, (told, _) in self._rows.of("events").items()
            if (told[0].merchant_id, told[0].object_id) == (merchant_id, object_id)
            and first <= told[0].at <= last
        ]

        def erased_untold(row: Any) -> Any:
            told, expires_at = row
            return tuple(replace(one, payload=clean(one.payload)) for one in told), expires_at

        changed = sum(self._change("deliveries", key, erased) for key in deliveries)
        return changed + sum(self._change("events", key, erased_untold) for key in untold)

    def erase_responses(self, ids: Collection[str], clean: Clean) -> int:
        keys = [
            key for key, row in self._rows.of("idempotency").items() if any(one in row.body for one in ids)
        ]
        return sum(
            self._change("idempotency", key, lambda row: replace(row, body=clean(row.body))) for key in keys
        )

    def _change(self, table: str, key: str, change: Callable[[Any], Any]) -> int:
        rows = self._rows.of(table)
        after = change(rows[key])
        if after == rows[key]:
            return 0
        if self.fails_after is not None:
            if not self.fails_after:
                raise KeyboardInterrupt
            self.fails_after -= 1
        rows[key] = after
        return 1
