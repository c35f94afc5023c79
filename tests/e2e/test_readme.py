"""The README's first payment, run as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.smoke]


def first_payment(readme: Path) -> str:
    section = readme.read_text().partition("## The first payment")[2]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_readmes_lines_take_an_order_to_success(stack: Stack) -> None:
    lines = first_payment(ROOT / "README.md")
    assert "http://localhost:8000" in lines
    here = lines.replace("http://localhost:8000", stack.api)
    done = subprocess.run(["bash", "-c", here], capture_output=True, text=True, timeout=60, check=True)
    assert '"status":"success"' in done.stdout
    payment_id = re.search(r"pay_[A-Za-z0-9]{16}", done.stdout)
    assert payment_id is not None
    events = stack.received(payment_id.group(), 3)
    shown = [line for line in stack.printed if payment_id.group() in line]
    assert {event["event"] for event in events} == {"payment.created", "payment.pending", "payment.success"}
    # Beside these it may say that an event came before an earlier one: queues keep no order.
    assert len([line for line in shown if line.startswith("verified ")]) == 3
    assert not any("REJECTED" in line for line in shown)
