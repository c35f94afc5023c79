import pytest

from gateway.domain.payments.tally import Tally


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
