"""The same requests without the card function and with it, on two gateways that are alike."""

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

import card
import chalicelib.frame.caller
from app import app
from gateway.domain.access.api_key import ApiKey
from gateway.domain.errors import AuthenticationFailed
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order
from gateway.runtime.card_dependencies import CardDependencies
from gateway.use_cases.dependencies import Dependencies
from tests.support.factories import NOW, ScriptedAcquirer, an_order
from tests.support.http_calls import CONTEXT, Reply, an_event, handled
from tests.support.memory.shop import MemoryShop

KEYS = {"X-Api-Key": "key", "X-Api-Secret": "secret"}
ACCOUNT = "stripe_0123456789abcdef"
ORDER_IDS = ("order_0000000000000001", "order_0000000000000002")


@dataclass
class Bank(ScriptedAcquirer):
    """An acquirer that counts the tokens it gives, or gives none."""

    tokens: list[str] = field(default_factory=list)
    refusal: Exception | None = None

    def tokenize(self, card: Card) -> str:
        self.tokens.append(card.last4)
        if self.refusal is not None:
            raise self.refusal
        return "tok_card_0123"


@dataclass
class Way:
    """One gateway. `seen` is every event that its API function was called with."""

    shop: MemoryShop
    deps: Dependencies
    bank: Bank
    at_account: Bank
    seen: list[dict[str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def begin(self) -> None:
        """Ids follow from what is stored, and not from how often it was tried."""
        self.numbers = itertools.count(1000 * self.shop.database.rows.commits)

    def rows(self) -> dict[str, Any]:
        """What is stored, in all tables."""
        return copy.deepcopy({name: dict(rows) for name, rows in self.shop.database.rows.tables.items()})


class BothWays:
    """`direct` is asked as it is, `exchanged` by the card function."""

    def __init__(self, patch: pytest.MonkeyPatch, **settings: str) -> None:
        self._patch = patch
        self.direct = _a_way(**settings)
        self.exchanged = _a_way(CARDS_EXCHANGED="true", **settings)
        merchant = self.exchanged.shop.merchant = self.direct.shop.merchant
        self.exchanged.shop.database.rows.of("merchants").clear()
        self.exchanged.shop.database.merchants.add(merchant)
        patch.setattr(chalicelib.frame.caller, "authenticate", self._authenticate)
        patch.setattr(card, "card_dependencies", self.card_dependencies)
        for number, order_id in enumerate(ORDER_IDS):
            for way in self.ways:
                way.shop.order(id=order_id, amount=500 + number)

    @property
    def ways(self) -> tuple[Way, Way]:
        return self.direct, self.exchanged

    def each(self, act: Callable[[Way], object]) -> None:
        """Does the same to both."""
        for way in self.ways:
            act(way)

    def ask(self, body: Any, *, public: bool = False, **given: Any) -> Reply:
        """The response, which must be the same both ways, to the byte."""
        headers = {"Content-Type": "application/json"} | ({} if public else KEYS) | given.pop("headers", {})
        path = f"/api/v1/payments{'/public' if public else ''}"
        text = {"body": body} if isinstance(body, str) else {"json_body": body}
        event = an_event("POST", path, headers=headers, **text) | given
        return self.send(event)

    def send(self, event: dict[str, Any]) -> Reply:
        self._use(self.direct)
        direct = handled(app, event)
        self._use(self.exchanged)
        exchanged = handled(card.handler, event)
        assert (exchanged.status, exchanged.text) == (direct.status, direct.text)
        assert list(exchanged.headers.items()) == list(direct.headers.items())
        return exchanged

    def card_dependencies(self) -> CardDependencies:
        """The card function's: the API is called in this process, past HTTP."""
        way = self.exchanged
        banks = {"simulated": way.bank, ACCOUNT: way.at_account}
        return CardDependencies(
            way.deps.config, way.deps.now, lambda name: banks[name], way.deps.secrets, self._call_api
        )

    def _call_api(self, event: dict[str, Any]) -> dict[str, Any]:
        self.exchanged.seen.append(copy.deepcopy(event))
        self.exchanged.begin()
        return app(event, CONTEXT)

    def _use(self, way: Way) -> None:
        way.begin()
        self._patch.setattr(app, "dependencies", lambda: way.deps)

    def _authenticate(self, _deps: Any, key: str | None, secret: str | None, _source: str) -> ApiKey:
        if (key, secret) != ("key", "secret"):
            raise AuthenticationFailed
        return ApiKey("key", self.direct.shop.merchant.id, "", active=True, created_at=NOW)


def another_order(ways: BothWays, order_id: str) -> Order:
    """An order of another merchant."""
    order = an_order(id=order_id)
    ways.each(lambda way: way.shop.database.orders.add(order))
    return order


def _a_way(**settings: str) -> Way:
    bank, at_account = Bank(delay_ms=0), Bank(delay_ms=0)
    shop = MemoryShop(bank, **settings)
    way = Way(shop, shop.deps, bank, at_account)
    way.deps = replace(
        shop.deps,
        new_id=lambda prefix: f"{prefix}{next(way.numbers):016}",
        new_uuid=lambda: f"00000000-0000-4000-8000-{next(way.numbers):012}",
        acquirer_of=lambda name: at_account if name == ACCOUNT else bank,
    )
    return way
