"""A merchant's chaos: begin it, end it, see it. Only in test stages."""

from dataclasses import asdict
from typing import Any

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.chaos import MINUTES_MAX, SEED_MAX, SETTINGS, Chaos, lasting
from gateway.domain.errors import NotFound
from gateway.domain.values import to_iso, to_unix_ms
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.access.authentication import forget_all
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed
from gateway.use_cases.webhooks.configure import find_merchant


def read_chaos(deps: Dependencies, merchant_id: str) -> Chaos | None:
    """The faults that the merchant gets at present; None for none."""
    return deps.chaos_of(_merchant(deps, merchant_id))


def begin_chaos(deps: Dependencies, merchant_id: str, wanted: dict[str, Any]) -> Chaos:
    """Has the merchant's requests, deliveries and outcomes disturbed, in place of what was asked for before.

    `wanted` has members of Chaos; what it does not name is not disturbed. `minutes` says how long it lasts;
    without a `seed` one is drawn.
    """
    _merchant(deps, merchant_id)
    now = deps.now()
    seed = wanted.get("seed")
    chaos = Chaos(
        until=lasting(now, wanted.get("minutes", MINUTES_MAX)),
        seed=to_unix_ms(now) % SEED_MAX if seed is None else seed,
        **{name: wanted[name] for name in SETTINGS if name in wanted},
    )
    _keep(deps, merchant_id, Action.CHAOS_BEGUN, chaos)
    log.warning("chaos begun", merchant_id=merchant_id, until=chaos.until.isoformat(), seed=chaos.seed)
    return chaos


def end_chaos(deps: Dependencies, merchant_id: str) -> None:
    """Ends it before its time. What is delayed already stays delayed."""
    _merchant(deps, merchant_id)
    _keep(deps, merchant_id, Action.CHAOS_ENDED, None)
    log.info("chaos ended", merchant_id=merchant_id)


def count_request(deps: Dependencies, merchant_id: str, chaos: Chaos) -> int:
    """The number of the merchant's present request, since this chaos began. One write."""
    name = f"chaos#{merchant_id}#{to_unix_ms(chaos.until)}#{chaos.seed}"
    return deps.database.throttles.next_number(name, chaos.until)


def _keep(deps: Dependencies, merchant_id: str, action: Action, chaos: Chaos | None) -> None:
    details = {**asdict(chaos), "until": to_iso(chaos.until)} if chaos else {}
    try:
        with change_of(deps, "merchant") as work:
            work.merchants.set_chaos(merchant_id, chaos)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                action=action,
                changed=merchant_id,
                details={name: value for name, value in details.items() if value != 0},
            )
    except ConditionFailed as refusal:
        raise NotFound("Merchant not found") from refusal
    forget_all()  # other processes remember a merchant for a while


def _merchant(deps: Dependencies, merchant_id: str) -> Merchant:
    if not deps.config.allows_chaos:
        raise NotFound("No such endpoint")
    return find_merchant(deps, merchant_id)
