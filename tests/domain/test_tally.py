from datetime import date

import pytest

from gateway.domain.tally import Tally, as_read

DAY = date(2026, 1, 31)


def a_tally(*payments: tuple[str, str, str, int]) -> Tally:
    tally = Tally()
    for payment in payments:
        tally.add(*payment)
    return tally


def test_payments_are_counted_by_method_and_status_and_successes_summed() -> None:
    tally = a_tally(
        ("INR", "upi", "success", 500),
        ("INR", "upi", "failed", 300),
        ("INR", "card", "success", 50),
        ("INR", "card", "pending", 7),
    )
    assert (tally.count(), tally.amount()) == (4, 550)
    assert (tally.count(method="upi"), tally.amount(method="card")) == (2, 50)
    assert not tally.is_final


@pytest.mark.parametrize(
    ("success", "failed", "rate"),
    [
        (0, 0, 0.0),
        (0, 3, 0.0),
        (3, 0, 100.0),
        (2, 1, 66.7),
        (1, 2, 33.3),
        (1, 7, 12.5),
        (1, 15, 6.3),
        (999, 1, 99.9),
    ],
)
def test_the_success_rate_is_of_the_finished_ones_to_one_decimal_half_up(
    success: int, failed: int, rate: float
) -> None:
    tally = a_tally(*[("INR", "upi", "success", 1)] * success, *[("INR", "upi", "failed", 1)] * failed)
    tally.add("INR", "upi", "pending", 1)
    assert tally.success_rate() == rate


def test_a_tally_comes_back_as_it_was_stored() -> None:
    tally = a_tally(("INR", "upi", "success", 500), ("USD", "card", "failed", 9))
    assert Tally.from_json(tally.as_json()) == tally


def test_amounts_of_two_currencies_are_never_added() -> None:
    tally = a_tally(
        ("USD", "card", "success", 900), ("USD", "card", "success", 1), ("INR", "upi", "success", 100)
    )
    shown = as_read({DAY: tally}, DAY, DAY)
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
    assert as_read({DAY: tally}, DAY, DAY)["currency"] == "USD"


def test_without_payments_everything_is_nought_and_every_day_is_there() -> None:
    shown = as_read({}, date(2026, 1, 30), date(2026, 2, 1))
    assert (shown["currency"], shown["total_amount"], shown["success_rate"]) == ("INR", 0, 0.0)
    assert [day["date"] for day in shown["by_day"]] == ["2026-01-30", "2026-01-31", "2026-02-01"]
