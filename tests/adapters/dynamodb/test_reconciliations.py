"""What became of comparing statements with the ledger, as it is stored."""

from datetime import date, timedelta

import pytest

from gateway.adapters.aws.dynamodb.repositories.reconciliations import Reconciliations
from gateway.domain.acquiring.statement import Difference, Problem, Run
from tests.support.aws_calls import watched
from tests.support.factories import NOW, some_id

pytestmark = pytest.mark.emulator
DAY = date(2026, 3, 10)


@pytest.mark.usefixtures("store")
def test_a_run_is_read_as_it_was_kept_and_the_later_one_of_a_day_counts() -> None:
    runs, account = Reconciliations(), f"stripe_{some_id('pay_')[4:]}"
    difference = Difference(Problem.AMOUNT_DIFFERS, "pay_1", "pi_1", 500, 499, "INR")
    sums = {"taken": {"INR": 500}, "given_back": {}, "fees": {"INR": 10}}
    runs.keep(Run(account, DAY, NOW))
    run = Run(account, DAY, NOW, NOW, 1, **sums, differences=(difference,), differences_total=1)
    before = Run(account, DAY - timedelta(days=1), NOW, NOW)
    for one in (run, before):
        runs.keep(one)
    days = [DAY, DAY - timedelta(days=1), DAY - timedelta(days=2)]
    with watched() as calls:
        assert runs.of_days(account, days) == [run, before]
    assert calls == ["BatchGetItem"]
    assert runs.of_days("stripe_0000000000000000", days) == []
