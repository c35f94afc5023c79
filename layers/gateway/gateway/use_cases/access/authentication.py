"""Authenticates callers by API key. Each process caches keys for a short while."""

from datetime import datetime, timedelta

from gateway.domain.access.api_key import API_KEY_LENGTH_MAX, API_SECRET_LENGTH_MAX, ApiKey
from gateway.domain.chaos import Chaos
from gateway.domain.errors import AuthenticationFailed, Unavailable
from gateway.domain.reasons import Reason
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

# How long a disabled key may still work; also limits how often a busy process reads the key.
REMEMBERED_FOR = timedelta(seconds=15)
REMEMBERED_MAX = 1000

_remembered: dict[str, tuple[datetime, ApiKey, Chaos | None]] = {}


def authenticate(deps: Dependencies, api_key: str | None, api_secret: str | None, source: str = "") -> ApiKey:
    """The key whose credentials these are, or AuthenticationFailed; `source` is the caller's network address.

    A process reads the key every REMEMBERED_FOR, and the first one in an hour stores that it was used.
    """
    if not api_key or not api_secret:
        raise AuthenticationFailed
    if len(api_key) > API_KEY_LENGTH_MAX or len(api_secret) > API_SECRET_LENGTH_MAX:
        raise AuthenticationFailed(reason=Reason.INVALID_CREDENTIALS)
    known = _recall(deps, api_key)
    if known is None or not known.matches(api_secret, deps.now()):
        raise AuthenticationFailed(reason=Reason.INVALID_CREDENTIALS)
    if not known.allows_address(source):
        log.warning("API key used from an address that is not on its list", api_key=api_key, source=source)
        raise AuthenticationFailed(reason=Reason.INVALID_CREDENTIALS)
    _note_use(deps, known)
    return known


def merchant_of(deps: Dependencies, api_key: str) -> str | None:
    """The id of the merchant whose key this is; None if it is unknown or disabled.

    This does not authenticate the caller: keys are published in shops' pages, secrets are not.
    """
    if not api_key or len(api_key) > API_KEY_LENGTH_MAX:
        return None
    known = _recall(deps, api_key)
    return known.merchant_id if known is not None and known.is_usable(deps.now()) else None


def chaos_of_key(api_key: str) -> Chaos | None:
    """The faults that the merchant of a key which was just authenticated asked for. Reads nothing."""
    entry = _remembered.get(api_key)
    return entry[2] if entry is not None else None


def forget_all() -> None:
    """Empties this process's cache."""
    _remembered.clear()


def _recall(deps: Dependencies, api_key: str) -> ApiKey | None:
    now = deps.now()
    entry = _remembered.get(api_key)
    if entry is not None and entry[0] > now:
        return entry[1]
    # Unknown keys are not cached: guesses must not fill the memory.
    key = deps.database.api_keys.get(api_key)
    if key is None or not key.is_of(deps.config.stage):
        return None
    merchant = deps.database.merchants.get(key.merchant_id)
    if merchant is None or not merchant.active:
        return None
    if len(_remembered) >= REMEMBERED_MAX:
        _remembered.clear()
    _remembered[api_key] = (now + REMEMBERED_FOR, key, merchant.chaos)
    return key


def _note_use(deps: Dependencies, key: ApiKey) -> None:
    used = key.used(deps.now())
    if used is None:
        return
    remembered_until, _, chaos = _remembered[key.api_key]
    _remembered[key.api_key] = (remembered_until, used, chaos)
    try:
        deps.database.api_keys.note_use(used)
    except Unavailable as error:  # the request matters more
        log.error("last use of an API key not stored", error, api_key=key.api_key)
