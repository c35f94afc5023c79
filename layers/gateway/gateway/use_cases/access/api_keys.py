"""Issuing, replacing and disabling API keys. Each change and its audit row are one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.domain.access.api_key import (
    ACTIVE_KEYS_MAX,
    ApiKey,
    Credentials,
    IssuedKey,
    NewKey,
    hash_secret,
)
from gateway.domain.access.audit import Action
from gateway.domain.access.limit import Limit
from gateway.domain.errors import BadRequest, NotFound, RateLimited, Unavailable
from gateway.domain.page import LIMIT_MAX, Page
from gateway.domain.reasons import Reason
from gateway.domain.values import to_iso
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed, Write
from gateway.use_cases.unit_of_work import UnitOfWork

ISSUED_PER_DAY = Limit("api-keys", 100, timedelta(days=1))


def list_keys(deps: Dependencies, merchant_id: str, limit: int = LIMIT_MAX, offset: int = 0) -> Page[ApiKey]:
    """A page of the merchant's keys, newest first."""
    return deps.database.api_keys.page(merchant_id, limit, offset)


def read_credentials(deps: Dependencies, merchant_id: str) -> Credentials:
    """The merchant's newest keys, and the one to show, if any works.

    That is a test stage's seeded key, whose secret is published; otherwise the newest that has no end, or the
    newest of those that still work.
    """
    keys, now, config = list_keys(deps, merchant_id).items, deps.now(), deps.config
    seeded = config.test_api_key if config.is_test_stage else None
    usable = sorted(
        (key for key in keys if key.is_usable(now)),
        key=lambda key: (key.api_key != seeded, key.rights is not None, key.ends_at is not None),
    )
    shown = usable[0].api_key if usable else None
    is_seeded = shown is not None and shown == seeded
    return Credentials(keys, shown, config.test_api_secret if is_seeded else None)


def issue_key(
    deps: Dependencies, merchant_id: str, actor: str, new: NewKey | None = None, *, limited: bool = True
) -> IssuedKey:
    """Issues another key; administrators' are not `limited`.

    BadRequest at ACTIVE_KEYS_MAX, RateLimited past ISSUED_PER_DAY, NotFound without such a merchant.
    """
    issued = _new_key(deps, merchant_id, new or NewKey())
    _count_keys(deps, merchant_id)
    with _change(deps) as work:
        _add(work, deps, issued.key, limited=limited)
        record(
            work,
            deps,
            merchant_id=merchant_id,
            actor=actor,
            action=Action.API_KEY_ISSUED,
            changed=issued.key.api_key,
            details=_restrictions(issued.key),
        )
    log.info("API key issued", merchant_id=merchant_id, api_key=issued.key.api_key, actor=actor)
    return issued


def rotate_key(
    deps: Dependencies,
    merchant_id: str,
    api_key: str,
    overlap_hours: int,
    actor: str,
    *,
    limited: bool = True,
) -> IssuedKey:
    """Issues a key in place of another one, which goes on working for `overlap_hours`.

    The new key has the old one's rights, addresses and length of life. NotFound, or BadRequest if the key is
    disabled or has been replaced already.
    """
    old = find_key(deps, api_key, merchant_id)
    replaced = old.replaced(overlap_hours, deps.now())
    assert replaced.expires_at is not None
    issued = _new_key(deps, merchant_id, NewKey.like(old))
    _count_keys(deps, merchant_id)
    details = {"replaced_by": issued.key.api_key, "overlap_hours": overlap_hours}
    try:
        with _change(deps) as work:
            _add(work, deps, issued.key, limited=limited)
            work.api_keys.set_end(old.api_key, replaced.expires_at)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                actor=actor,
                action=Action.API_KEY_ROTATED,
                changed=old.api_key,
                details=details,
            )
    except ConditionFailed:
        # Raises the reason, if another request was faster.
        find_key(deps, api_key, merchant_id).replaced(overlap_hours, deps.now())
        raise
    log.info(
        "API key rotated",
        merchant_id=merchant_id,
        api_key=old.api_key,
        replaced_by=issued.key.api_key,
        overlap_hours=overlap_hours,
        actor=actor,
    )
    return replace(issued, replaced=replaced)


def disable_key(deps: Dependencies, merchant_id: str, api_key: str, actor: str) -> ApiKey:
    """Disables a key; processes that cached it stop within 15 s. BadRequest if it is disabled already."""
    key = find_key(deps, api_key, merchant_id)
    _check_active(key)
    _count_keys(deps, merchant_id)
    try:
        with _change(deps) as work:
            work.api_keys.disable(api_key)
            if key.is_usable(deps.now()):
                work.merchants.count_key(merchant_id, -1)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                actor=actor,
                action=Action.API_KEY_DISABLED,
                changed=api_key,
            )
    except ConditionFailed:
        _check_active(find_key(deps, api_key, merchant_id))
        raise
    log.info("API key disabled", merchant_id=merchant_id, api_key=api_key, actor=actor)
    return find_key(deps, api_key, merchant_id)


def find_key(deps: Dependencies, api_key: str, merchant_id: str) -> ApiKey:
    """The merchant's key, or NotFound; also where it belongs to another merchant."""
    key = deps.database.api_keys.get(api_key)
    if key is None or key.merchant_id != merchant_id:
        raise NotFound("API key not found")
    return key


def owner_of(deps: Dependencies, api_key: str) -> str:
    """The id of the merchant whose key this is, or NotFound. For administrators."""
    key = deps.database.api_keys.get(api_key)
    if key is None:
        raise NotFound("API key not found")
    return key.merchant_id


def _check_active(key: ApiKey) -> None:
    if not key.active:
        raise BadRequest("The API key is disabled already")


def _count_keys(deps: Dependencies, merchant_id: str) -> None:
    """Counts the keys in use where that was never done, or where some may have run out since.

    A change then counts up or down; the count is a condition of its transaction.
    """
    merchant = deps.database.merchants.get(merchant_id)
    if merchant is None:
        raise NotFound("Merchant not found")
    known = merchant.active_keys
    if known is not None and known < ACTIVE_KEYS_MAX:
        return
    counted = deps.database.api_keys.in_use(merchant_id, deps.now())
    if counted != known and not deps.database.merchants.set_active_keys(merchant_id, known, counted):
        raise Unavailable("The key is being changed by another request; please try again")


def _new_key(deps: Dependencies, merchant_id: str, new: NewKey) -> IssuedKey:
    stage, now = deps.config.stage, deps.now()
    name = deps.new_id(f"key_{stage}_")
    secret = f"secret_{stage}_" + deps.new_id("") + deps.new_id("")
    key = ApiKey(
        name,
        merchant_id,
        hash_secret(name, secret),
        active=True,
        created_at=now,
        name=new.name,
        rights=new.rights,
        valid_until=now + new.lifetime if new.lifetime else None,
        addresses=new.addresses,
        stage=stage,
    )
    return IssuedKey(key, secret)


def _restrictions(key: ApiKey) -> dict[str, Any]:
    """What the audit trail tells of a new key."""
    told = {
        "name": key.name,
        "rights": None if key.rights is None else sorted(key.rights),
        "valid_until": to_iso(key.valid_until) if key.valid_until else None,
        "addresses": list(key.addresses) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _add(work: UnitOfWork, deps: Dependencies, key: ApiKey, *, limited: bool) -> None:
    work.api_keys.add(key)
    work.merchants.count_key(key.merchant_id, 1, ACTIVE_KEYS_MAX if limited else None)
    if limited:
        work.throttles.use(ISSUED_PER_DAY, key.merchant_id, deps.now())


@contextmanager
def _change(deps: Dependencies) -> Iterator[UnitOfWork]:
    """A change of keys; RateLimited if it would issue one too many, BadRequest if too many are in use."""
    try:
        with change_of(deps, "key") as work:
            yield work
    except ConditionFailed as refusal:
        if Write.THROTTLE in refusal.labels:
            left = ISSUED_PER_DAY.left_seconds(deps.now())
            raise RateLimited(
                f"At most {ISSUED_PER_DAY.uses_max} API keys can be issued a day", left
            ) from refusal
        if Write.ACTIVE_KEYS in refusal.labels:
            raise BadRequest(
                f"At most {ACTIVE_KEYS_MAX} API keys can be in use at once; disable one first",
                reason=Reason.TOO_MANY_ACTIVE_KEYS,
            ) from refusal
        raise
