"""What is counted of acquirers: requests, errors by kind, and the age of the oldest unknown outcome."""

from dataclasses import replace

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import NotSent, Result, Unknown
from gateway.domain.payments.payment import Payment
from tests.support.memory.shop import MemoryShop, lines

ACCOUNT = "stripe_Fq3ZtW8kLmXs0aBc"


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def at_stripe(shop: MemoryShop) -> Payment:
    payment = shop.pending()
    found: Payment = shop.put(
        "payments", replace(payment, attempt=Attempt(ACCOUNT, asked_at=payment.created_at))
    )
    return found


def test_a_batch_is_one_line_for_each_acquirer(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    payments = [at_stripe(shop), at_stripe(shop), shop.pending()]
    capsys.readouterr()
    shop.process(*payments)
    (line,) = lines(capsys, "acquirer asked")
    assert (line["Acquirer"], line["AcquirerRequests"]) == ("stripe", 2)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Stack"], ["Stack", "Acquirer"]]


@pytest.mark.parametrize(
    ("error", "metric", "requests"), [(Unknown("timeout"), "AcquirerUnknown", 2), (NotSent("busy"),
    "AcquirerNotSent", 1)]
)  # fmt: skip
def test_errors_are_counted_by_kind_with_the_age_of_the_oldest_that_is_open(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str], error: Exception, metric: str, requests: int
) -> None:
    def fails(_payment: Payment) -> Result:
        raise error

    shop.bank.outcome = fails
    payment = at_stripe(shop)
    shop.clock.advance(seconds=90)
    capsys.readouterr()
    shop.process(payment)
    (line,) = lines(capsys, "acquirer asked")
    assert (line["AcquirerRequests"], line[metric], line["AcquirerOpenSeconds"]) == (requests, requests, 90)
    units = {metric["Name"]: metric["Unit"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units["AcquirerOpenSeconds"] == "Seconds"


def test_the_simulated_bank_is_counted_only_where_something_goes_wrong(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.paid()
    assert lines(capsys, "acquirer asked") == []
