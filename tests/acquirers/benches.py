"""The acquirers of the conformance suite: the connector, what to pay with, and how to disturb it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.adapters.acquirers.razorpay import Razorpay
from gateway.adapters.acquirers.simulator import Simulator
from gateway.adapters.acquirers.stripe import Stripe
from gateway.domain.acquiring.account import Account
from gateway.domain.payments.instruments import Card
from gateway.use_cases.acquirer import Acquirer
from local.razorpay.server import KEY_ID, KEY_SECRET
from tests.support.factories import a_config

ROOT = Path(__file__).resolve().parent.parent.parent
STRIPE_PYTHON = ROOT / ".venv-stripe" / "bin" / "python"


@dataclass
class Bench:
    """An acquirer under test. `cards` and `vpas` by what they do there; it has one kind or the other.

    `authorizes` is the path of the request that asks for money.
    """

    name: str
    acquirer: Acquirer
    cards: dict[str, Card] = field(default_factory=dict)
    vpas: dict[str, str] = field(default_factory=dict)
    control: str | None = None
    keeps_books: bool = True
    authorizes: str = "/v1/payment_intents"
    charges_of: Callable[[str, str], list[dict[str, Any]]] = lambda _url, _id: []

    def fault(self, path: str, kind: str, times: int = 1) -> None:
        """What goes wrong with the next requests to a path (a pattern)."""
        self.tell("/_fake/faults", [{"path": path, "kind": kind, "times": times}])

    def advance(self, seconds: float) -> None:
        self.tell("/_fake/clock", {"seconds": seconds})

    def charges(self, payment_id: str) -> list[dict[str, Any]]:
        """What the fake itself holds for a payment of ours, past the connector."""
        return self.charges_of(str(self.control), payment_id)

    def answer_challenge(self, url: str, *, success: bool) -> str:
        """What a shopper's browser does at the bank; answers where it is sent then."""

        form = {"success": str(success).lower()}
        response = requests.post(url, data=form, allow_redirects=False, timeout=10)
        return response.headers["Location"]

    def tell(self, path: str, body: Any) -> None:
        requests.post(f"{self.control}{path}", json=body, timeout=10).raise_for_status()


def charged_at_stripe(url: str, payment_id: str) -> list[dict[str, Any]]:
    query = {"query": f"metadata['payment_id']:'{payment_id}'"}
    key = ("sk_test_localstripe", "")
    response = requests.get(f"{url}/v1/payment_intents/search", query, auth=key, timeout=10)
    return list(response.json()["data"])


def at_razorpay(url: str, payment_id: str) -> list[dict[str, Any]]:
    """Every payment that the stand-in holds for one of ours."""

    def ask(path: str, **query: str) -> list[dict[str, Any]]:
        response = requests.get(f"{url}{path}", query, auth=(KEY_ID, KEY_SECRET), timeout=10)
        response.raise_for_status()
        return list(response.json()["items"])

    orders = ask("/v1/orders", receipt=payment_id)
    return [payment for order in orders for payment in ask(f"/v1/orders/{order['id']}/payments")]


def charged_at_razorpay(url: str, payment_id: str) -> list[dict[str, Any]]:
    return [one for one in at_razorpay(url, payment_id) if one["status"] in ("authorized", "captured")]


def card(number: str) -> Card:
    return Card(number, "123", 12, 2039, "Asha Rao")


def simulator_bench() -> Bench:
    config = a_config(TEST_PROCESSING_DELAY="0").processor
    return Bench(
        "simulator",
        Simulator(config),
        cards={"approves": card("4000000000000077"), "declines": card("4000000000000002")},
        keeps_books=False,
    )


@contextmanager
def localstripe(*arguments: str) -> Iterator[str]:
    """localstripe behind its proxy, on a free port of loopback."""
    if not STRIPE_PYTHON.exists():
        pytest.skip("localstripe is not installed: make install-dev")
    with listening([str(STRIPE_PYTHON), "-m", "local.stripe", "0", *arguments]) as url:
        yield url


@contextmanager
def razorpay_stand_in(*arguments: str) -> Iterator[str]:
    """The stand-in for Razorpay, on a free port of loopback."""
    with listening([sys.executable, "-m", "local.razorpay", "0", *arguments]) as url:
        yield url


@contextmanager
def listening(command: list[str]) -> Iterator[str]:
    """A server that says its port once it listens; its address."""
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
        cards={
            "approves": card("4242424242424242"),
            "declines": card("4000000000000341"),
            "challenges": card("4000002500003155"),
        },
        control=url,
        charges_of=charged_at_stripe,
    )


def a_razorpay_account(secret_key: str = KEY_SECRET, **members: Any) -> Account:
    """An account at Razorpay."""
    given = {"public_key": KEY_ID, "webhook_secrets": ("webhook_new", "webhook_old")} | members
    return Account("razorpay_Fq3ZtW8kLmXs0aBc", "merchant-1", secret_key, **given)


def razorpay_bench(url: str) -> Bench:
    return Bench(
        "razorpay",
        Razorpay(a_razorpay_account(api_base=url)),
        vpas={"approves": "success@razorpay", "declines": "failure@razorpay"},
        control=url,
        authorizes="/v1/payments/create/json",
        charges_of=charged_at_razorpay,
    )
