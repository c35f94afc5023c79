"""Connectors by the name of an account, each acquirer's module imported on first use."""

import time
from collections.abc import Callable
from typing import NamedTuple

from gateway.adapters.acquirers.simulator import Simulator
from gateway.domain.acquiring.account import (
    RAZORPAY,
    STRIPE,
    Account,
    is_account_name,
    read_account,
    secret_name,
)
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.errors import NotFound, Unavailable
from gateway.runtime import log
from gateway.runtime.config import Config
from gateway.use_cases.acquirer import Acquirer

# How long credentials are used before they are read anew: after a rotation the old ones work on for as long.
REMEMBERED_SECONDS = 300.0
# Anybody may name accounts that are not there, at the route for acquirers' webhooks.
UNKNOWN_SECONDS = 30.0
REMEMBERED_MAX = 1000


class _Known(NamedTuple):
    until: float
    text: bytes | None
    connector: Acquirer | None


class Accounts:
    """The connectors of a process. `find_secret` returns a secret's value by name, None for no such."""

    def __init__(
        self,
        settings: Config,
        find_secret: Callable[[str], bytes | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._simulator = Simulator(settings.processor)
        self._stack = settings.stack_name
        self._find_secret = find_secret
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def of(self, account: str) -> Acquirer:
        """The connector of an account; NotFound where there is no such account."""
        if account == SIMULATED:
            return self._simulator
        known = self._known.get(account)
        if known is None or known.until <= self._clock():
            known = self._read(account, known)
        if known.connector is None:
            raise NotFound("No such acquirer account")
        return known.connector

    def _read(self, account: str, before: _Known | None) -> _Known:
        text = self._find_secret(secret_name(self._stack, account)) if is_account_name(account) else None
        now = self._clock()
        if text is None:
            known = _Known(now + UNKNOWN_SECONDS, None, None)
        elif before is not None and before.text == text:
            # The same connector: its connections are kept.
            known = _Known(now + REMEMBERED_SECONDS, text, before.connector)
        else:
            try:
                connector = connect(read_account(text.decode()))
            except ValueError as error:
                log.error("an acquirer account's secret can't be read", error, account=account)
                raise Unavailable("The acquirer account can't be used") from error
            known = _Known(now + REMEMBERED_SECONDS, text, connector)
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[account] = known
        return known


def connect(account: Account) -> Acquirer:
    """The connector of an account; ValueError for an acquirer that is not known here."""
    if account.acquirer == STRIPE:
        from gateway.adapters.acquirers.stripe import Stripe

        return Stripe(account)
    if account.acquirer == RAZORPAY:
        from gateway.adapters.acquirers.razorpay import Razorpay

        return Razorpay(account)
    raise ValueError(f"no connector for {account.acquirer}")
