import json
from pathlib import Path

import pytest

from infra.ops.capacity.quotas import Quotas
from infra.ops.capacity.report import report
from infra.ops.capacity.simulation import merchant_limit
from infra.ops.capacity.usage import COUNTED, counted_usage
from tests.bill.__main__ import MANY
from tests.bill.capacity_units import capacity_units
from tests.bill.prices import Assumptions
from tests.bill.walk import walk

# Some thousand calls, each answered by moto in this process: 15 s on an idle core, minutes on a busy one.
pytestmark = pytest.mark.timeout(900)

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"


def test_the_capacity_simulation_reads_the_units_that_the_code_takes() -> None:
    """Otherwise: make bill."""
    assert json.loads(COUNTED.read_text(encoding="utf-8")) == capacity_units(walk(MANY), Assumptions())


def test_no_partition_of_one_merchant_is_full_below_a_thousand_payments_a_second() -> None:
    most, name = merchant_limit(counted_usage(), Quotas())
    assert most >= 1_000, name


def test_the_capacity_page_shows_what_the_command_prints() -> None:
    shown = PAGE.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert shown.splitlines() == list(report(counted_usage(), Quotas(), seed=1))
