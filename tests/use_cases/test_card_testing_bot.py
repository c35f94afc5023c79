"""A bot with 10,000 cards, 1,000 unpaid orders and 50 addresses: of how many cards does it learn the state?

It knows everything that docs/card-testing.md says. What it can learn is what the bank was asked about: of any
other card the public response says the same, dead or alive. docs/card-testing.md quotes these numbers.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import cycle, islice
from typing import Any

import pytest

from gateway.domain.acquiring.results import Result
from gateway.domain.card_testing.challenge import Answer, Occasion, ProofOfWork
from gateway.domain.errors import AsyncPayError, ChallengeRequired
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.use_cases.payments.new_payment import Sender
from gateway.use_cases.payments.process_payments import process_payments
from tests.support.factories import ScriptedAcquirer, a_message, approved, declined
from tests.support.memory.shop import MemoryShop

CARDS, ORDERS, ADDRESSES = 10_000, 1_000, 50
LIVE_ONE_IN = 50
BATCH = 10
# One PBKDF2 of 5,000 iterations takes a core about so long (OpenSSL 3 on a server of 2025).
PBKDF2_SECONDS = 0.0025


class Bank(ScriptedAcquirer):
    """One card in fifty is alive."""

    def tokenize(self, card: Card) -> str:
        return f"tok_card_{int(card.number[1:])}"

    def authorize(self, payment: Payment, key: str, _now: datetime) -> Result:
        self.authorized.append(key)
        number = int((payment.processor_token or "").rsplit("_", 1)[1])
        return approved(payment) if number % LIVE_ONE_IN == 0 else declined(payment)


class CountedWork(ProofOfWork):
    """Takes any solution, and counts what it would have cost."""

    tries = 0

    def passes(self, key: bytes, occasion: Occasion, answer: Answer, now: datetime) -> bool:
        self.tries += int(2 ** int(answer.token.split(".")[2]))
        return answer.token == self.ask(key, occasion, now)["token"]


class Bot:
    """Sends attempts, and does what it is asked to if it `solves`."""

    def __init__(self, addresses: int, cards: int = CARDS, *, solves: bool = False) -> None:
        self.shop = MemoryShop(Bank(delay_ms=0))
        self.shop.set_merchant(webhook_url=None)
        self.work = CountedWork()
        self.shop.deps = replace(self.shop.deps, challenger=self.work)
        self.orders = [self.shop.order() for _ in range(ORDERS)]
        self.sources = [f"198.51.100.{number}" for number in range(addresses)]
        self.solves = solves
        self.cards = cards

    def attempts(self) -> Iterator[tuple[Order, str, Card]]:
        """Cards over orders over addresses, each as rarely as can be."""
        pairs = zip(cycle(self.orders), cycle(self.sources), strict=False)
        for number, (order, source) in enumerate(islice(pairs, self.cards)):
            yield order, source, Card(f"4{number:015d}", "123", 12, 2030, "A")

    def try_card(self, order: Order, source: str, card: Card) -> Payment | None:
        try:
            return self._pay(order, card, Sender(source))
        except ChallengeRequired as refusal:
            if not self.solves:
                return None
            return self._pay(order, card, Sender(source, Answer(refusal.challenge["token"], "1")))
        except AsyncPayError:
            return None

    def _pay(self, order: Order, card: Card, sender: Sender) -> Payment:
        asked: dict[str, Any] = {"method": "card", "vpa": None, "card": card, "sender": sender}
        return self.shop.payment(self.shop.pay(order, merchant_id=None, **asked).body)

    def process(self, payments: Iterable[Payment]) -> None:
        queue = deque(payments)
        while queue:
            some = [queue.popleft() for _ in range(min(BATCH, len(queue)))]
            messages = [
                a_message(payment_id=each.id, merchant_id=each.merchant_id, origin="request") for each in some
            ]
            process_payments(self.shop.deps, messages)

    @property
    def learned(self) -> int:
        return len(set(self.shop.bank.authorized))


@pytest.fixture(autouse=True)
def _no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    # Tens of thousands of lines that nobody reads.
    monkeypatch.setattr("gateway.runtime.log._print", lambda *_: None)


def burst(addresses: int, cards: int = CARDS) -> int:
    """Everything is sent before the first outcome."""
    bot = Bot(addresses, cards)
    bot.process([made for each in bot.attempts() if (made := bot.try_card(*each)) is not None])
    return bot.learned


def patient(addresses: int, cards: int = CARDS, *, solves: bool = False) -> Bot:
    """Each outcome is waited for."""
    bot = Bot(addresses, cards, solves=solves)
    for each in bot.attempts():
        made = bot.try_card(*each)
        bot.process([made] if made else [])
    return bot


def test_a_bot_that_sends_everything_at_once_learns_ten_cards_for_each_address() -> None:
    # Live cards are among the first ten of an address and do not count as failures: hence a few more.
    assert burst(ADDRESSES) == 510
    assert burst(10, cards=2_000) == 103


def test_a_bot_that_waits_learns_a_hundred_cards_an_hour_however_many_addresses_it_has() -> None:
    assert patient(ADDRESSES).learned == 103
    assert patient(5, cards=1_000).learned == 52


def test_a_bot_that_solves_challenges_pays_for_each_card_and_stops_at_the_orders_limits() -> None:
    bot = patient(ADDRESSES, solves=True)
    core_hours = bot.work.tries * PBKDF2_SECONDS / 3600
    # Each live card pays an order, on which the cards that follow are refused.
    assert bot.learned == 9_820
    assert 36 < core_hours < 38
