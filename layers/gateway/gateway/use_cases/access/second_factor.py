"""The second factor at logging in: switching it on and off, and checking a code."""

from dataclasses import replace

from gateway.domain.access import totp
from gateway.domain.access.audit import Action
from gateway.domain.access.user import RECOVERY_CODES, hash_link
from gateway.domain.errors import BadRequest
from gateway.runtime import log
from gateway.use_cases.access.people import save_user
from gateway.use_cases.access.sessions import Visit, row_of
from gateway.use_cases.dependencies import Dependencies


def begin_second_factor(deps: Dependencies, visit: Visit) -> str:
    """A new secret for an authenticator app; it counts once a code of it was given."""
    secret = totp.secret_text((deps.new_id("") + deps.new_id(""))[: totp.SECRET_BYTES].encode())
    before = row_of(deps, visit.user)
    after = replace(before or visit.user, totp_pending=secret)
    save_user(deps, before, after, Action.SECOND_FACTOR_BEGUN)
    return secret


def confirm_second_factor(deps: Dependencies, visit: Visit, code: str) -> list[str]:
    """Switches the second factor on; returns recovery codes, each good for one log-in without the app."""
    before = row_of(deps, visit.user)
    pending = before.totp_pending if before else None
    step = totp.matching_step(pending, code, deps.now(), 0) if pending else None
    if before is None or step is None:
        raise BadRequest("The code is wrong: check the clock of the device", field="code")
    codes = [deps.new_id("")[:10] for _ in range(RECOVERY_CODES)]
    after = replace(
        before,
        totp_secret=pending,
        totp_pending=None,
        totp_step=step,
        recovery=tuple(hash_link(code) for code in codes),
    )
    save_user(deps, before, after, Action.SECOND_FACTOR_ON)
    log.info("second factor switched on", merchant_id=before.merchant_id)
    return codes


def end_second_factor(deps: Dependencies, visit: Visit) -> None:
    """Switches the second factor off; BadRequest if it is off."""
    before = row_of(deps, visit.user)
    if before is None or before.totp_secret is None:
        raise BadRequest("There is no second factor")
    after = replace(before, totp_secret=None, totp_pending=None, recovery=())
    save_user(deps, before, after, Action.SECOND_FACTOR_OFF)
    log.info("second factor switched off", merchant_id=before.merchant_id)
