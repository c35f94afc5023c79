"""The samples of docs/checkout.md that verify a success, on what the gateway signs."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from gateway.domain.webhooks.signature import sign_success
from tests.docs.blocks import ROOT, blocks_of

ORDER, PAYMENT, SECRET, OLD = "order_A", "pay_B", "whsec_test_abc123", "whsec_before"
Verify = Callable[[str, str, str, str], bool]


def sample(language: str) -> str:
    blocks = blocks_of(ROOT / "docs/checkout.md")
    return next(b.text for b in blocks if b.language == language and b.marker.startswith("run by tests/docs"))


def python(*given: str) -> bool:
    code = f"{sample('python')}import sys\nprint(is_paid(*sys.argv[1:]))"
    return answer([sys.executable, "-c", code, *given])


def node(*given: str) -> bool:
    code = f"{sample('js')}console.log(isPaid(...process.argv.slice(1)));"
    return answer(["node", "--input-type=module", "-e", code, "--", *given])


def answer(command: list[str]) -> bool:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().lower() in ("true", "false"), done.stdout + done.stderr
    return done.stdout.strip().lower() == "true"


@pytest.mark.parametrize("verify", [python, node], ids=lambda f: f.__name__)
def test_a_sample_takes_our_success_and_no_other(verify: Verify) -> None:
    both = sign_success([SECRET, OLD], ORDER, PAYMENT)
    assert verify(ORDER, PAYMENT, both, SECRET)
    assert verify(ORDER, PAYMENT, both, OLD)
    assert not verify(ORDER, PAYMENT, both, "whsec_other")
    assert not verify("order_C", PAYMENT, both, SECRET)
    assert not verify(ORDER, "pay_C", both, SECRET)
    assert not verify(ORDER, PAYMENT, "", SECRET)
