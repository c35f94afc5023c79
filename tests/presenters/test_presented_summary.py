from datetime import date

from gateway.domain.payments.tally import Tally, summarise
from gateway.presenters.summary import SUMMARY

DAY = date(2026, 1, 31)


def a_tally(*payments: tuple[str, str, str, int]) -> Tally:
    tally = Tally()
    for payment in payments:
        tally.add(*payment)
    return tally


def test_amounts_of_two_currencies_are_never_added() -> None:
    tally = a_tally(
        ("USD", "card", "success", 900), ("USD", "card", "success", 1), ("INR", "upi", "success", 100)
    )
    shown = SUMMARY.present(summarise({DAY: tally}, DAY, DAY))
    assert (shown["currency"], shown["total_transactions"], shown["total_amount"]) == ("INR", 3, 100)
    assert shown["by_method"]["card"] == {"count": 2, "amount": 0}
    assert shown["by_day"] == [{"date": "2026-01-31", "success": 3, "failed": 0, "pending": 0, "amount": 100}]
    assert [
        (part["currency"], part["total_transactions"], part["total_amount"]) for part in shown["currencies"]
    ] == [
        ("INR", 1, 100),
        ("USD", 2, 901),
    ]


def test_without_rupees_the_most_used_currency_comes_first() -> None:
    tally = a_tally(("EUR", "card", "failed", 1), ("USD", "card", "failed", 1), ("USD", "upi", "failed", 1))
    assert SUMMARY.present(summarise({DAY: tally}, DAY, DAY))["currency"] == "USD"


def test_without_payments_everything_is_nought_and_every_day_is_there() -> None:
    shown = SUMMARY.present(summarise({}, date(2026, 1, 30), date(2026, 2, 1)))
    assert (shown["currency"], shown["total_amount"], shown["success_rate"]) == ("INR", 0, 0.0)
    assert [day["date"] for day in shown["by_day"]] == ["2026-01-30", "2026-01-31", "2026-02-01"]
