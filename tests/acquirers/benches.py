"""The acquirers of the conformance suite: the connector, what to pay with, and how to disturb it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.adapters.acquirers.simulator import Simulator
from gateway.adapters.acquirers.stripe import Stripe
from gateway.domain.acquiring.account import Account
from gateway.domain.payments.instruments import Card
from gateway.use_cases.acquirer import Acquirer
from tests.support.factories import a_config

ROOT = Path(__file__).resolve().parent.parent.parent
STRIPE_PYTHON = ROOT / ".venv-stripe" / "bin" / "python"


@dataclass
class Bench:
    """An acquirer under test. Cards by what they do there; None where it has none that does so."""

    name: str
    acquirer: Acquirer
    approves: Card
    declines: Card
    challenges: Card | None = None
    control: str | None = None
    keeps_books: bool = True
    made: list[str] = field(default_factory=list)

    def fault(self, path: str, kind: str, times: int = 1) -> None:
        """What goes wrong with the next requests to a path (a pattern)."""
        self._tell("/_fake/faults", [{"path": path, "kind": kind, "times": times}])

    def advance(self, seconds: float) -> None:
        self._tell("/_fake/clock", {"seconds": seconds})

    def charges(self, payment_id: str) -> list[dict[str, Any]]:
        """What the fake itself holds for a payment of ours, past the connector."""
        query = {"query": f"metadata['payment_id']:'{payment_id}'"}
        key = ("sk_test_localstripe", "")
        response = requests.get(f"{self.control}/v1/payment_intents/search", query, auth=key, timeout=10)
        return list(response.json()["data"])

    def answer_challenge(self, url: str, *, success: bool) -> str:
        """What a shopper's browser does at the bank; answers where it is sent then."""

        form = {"success": str(success).lower()}
        response = requests.post(url, data=form, allow_redirects=False, timeout=10)
        return response.headers["Location"]

    def _tell(self, path: str, body: Any) -> None:
        requests.post(f"{self.control}{path}", json=body, timeout=10).raise_for_status()


def card(number: str) -> Card:
    return Card(number, "123", 12, 2039, "Asha Rao")


def simulator_bench() -> Bench:
    config = a_config(TEST_PROCESSING_DELAY="0").processor
    return Bench(
        "simulator",
        Simulator(config),
        approves=card("4000000000000077"),
        declines=card("4000000000000002"),
        keeps_books=False,
    )


@contextmanager
def localstripe(*arguments: str) -> Iterator[str]:
    """localstripe behind its proxy, on a free port of loopback."""
    if not STRIPE_PYTHON.exists():
        pytest.skip("localstripe is not installed: make install-dev")
    command = [str(STRIPE_PYTHON), "-m", "local.stripe", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=sys.stderr, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield f"http://127.0.0.1:{line.split()[-1]}"
        finally:
            process.kill()


def an_account(secret_key: str = "sk_test_1", **members: Any) -> Account:  # noqa: S107 - nobody's
    """An account at Stripe that takes card numbers."""
    given = {"raw_cards": True, "webhook_secrets": ("whsec_new", "whsec_old")} | members
    return Account("stripe_Fq3ZtW8kLmXs0aBc", "merchant-1", secret_key, **given)


def stripe_bench(url: str) -> Bench:
    connector = Stripe(an_account("sk_test_localstripe", api_base=url))
    return Bench(
        "stripe",
        connector,
        approves=card("4242424242424242"),
        declines=card("4000000000000341"),
        challenges=card("4000002500003155"),
        control=url,
    )
