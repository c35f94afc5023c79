"""The dashboard's numbers once more, by reading every row of the table: what the numbers must equal."""

from collections.abc import Iterable
from typing import Any

from gateway.adapters.aws.dynamodb.tables import PaymentRow


def rows_of(merchant_id: str) -> list[PaymentRow]:
    """All payments of a merchant, found by a scan."""
    return [row for row in PaymentRow.scan(consistent_read=True) if row.merchant_id == merchant_id]


def numbers(rows: Iterable[PaymentRow], currency: str) -> dict[str, Any]:
    """Totals as GET /dashboard/summary has them: counts over all rows, amounts of one currency."""
    found = list(rows)

    def count(**members: str) -> int:
        return sum(all(getattr(row, name) == value for name, value in members.items()) for row in found)

    def amount(**members: str) -> int:
        wanted = {"currency": currency, "status": "success"} | members
        same = [row for row in found if all(getattr(row, name) == value for name, value in wanted.items())]
        return sum(int(row.amount) for row in same)

    days: dict[str, list[PaymentRow]] = {}
    for row in found:
        days.setdefault(row.created_at[:10], []).append(row)
    finished = count(status="success") + count(status="failed")
    return {
        "total_transactions": len(found),
        "total_amount": amount(),
        "success_rate": round(100 * count(status="success") / finished, 1) if finished else 0,
        "by_status": {status: count(status=status) for status in ("pending", "success", "failed")},
        "by_method": {
            method: {"count": count(method=method), "amount": amount(method=method)}
            for method in ("upi", "card")
        },
        "days": {day: len(of_day) for day, of_day in days.items()},
    }


def differences(summary: dict[str, Any], merchant_id: str) -> list[str]:
    """Where a summary of all time says something else than the rows."""
    rows = rows_of(merchant_id)
    wanted = numbers(rows, summary["currency"])
    wrong = [
        f"{name}: {summary[name]!r} is not {value!r}"
        for name, value in wanted.items()
        if name != "days" and summary[name] != value
    ]
    for day in summary["by_day"]:
        shown = day["success"] + day["failed"] + day["pending"]
        if shown != wanted["days"].get(day["date"], 0):
            wrong.append(f"{day['date']}: {shown} payments are not {wanted['days'].get(day['date'], 0)}")
    for part in summary["currencies"]:
        of_currency = numbers([row for row in rows if row.currency == part["currency"]], part["currency"])
        wrong += [
            f"{part['currency']} {name}: {part[name]!r} is not {value!r}"
            for name, value in of_currency.items()
            if name != "days" and part[name] != value
        ]
    return wrong
