"""Administration of merchants: creating, enabling, disabling, and setting passwords.

Each change and its audit row are one transaction. No operation of the API leads here.
"""

import re
from collections.abc import Mapping

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import TEST_MERCHANT_ID, Merchant
from gateway.domain.access.password import check_password, hash_password
from gateway.domain.access.user import User
from gateway.domain.card_testing.limits import Limits
from gateway.domain.errors import BadRequest, NotFound
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.access.sessions import plain_email, user_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed

NAME_LENGTH_MAX = 100
EMAIL_LENGTH_MAX = 254  # RFC 5321, 4.5.3.1.3, as corrected by erratum 1690
# Only an e-mail can tell whether the address exists.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def find_merchant(deps: Dependencies, wanted: str) -> Merchant:
    """The merchant with this id or e-mail address, or NotFound.

    The seeded merchant of a test stage has an address, but no user who signs in with it.
    """
    if "@" in wanted:
        merchant = _at(deps, plain_email(wanted))
    else:
        merchant = deps.database.merchants.get(wanted) if wanted else None
    if merchant is None:
        raise NotFound("Merchant not found")
    return merchant


def _at(deps: Dependencies, email: str) -> Merchant | None:
    user = deps.database.users.get(email)
    if user is not None:
        return deps.database.merchants.get(user.merchant_id)
    seeded = deps.database.merchants.get(TEST_MERCHANT_ID)
    return seeded if seeded is not None and plain_email(seeded.email) == email else None


def create_merchant(deps: Dependencies, name: str, email: str, password: str, actor: str) -> Merchant:
    """Creates a merchant and its login; BadRequest if the e-mail address is taken."""
    name, email = name.strip(), plain_email(email)
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise BadRequest(f"name must have 1 to {NAME_LENGTH_MAX} characters", field="name")
    email = check_email(email)
    hashed = _hashed(deps, password)
    merchant = Merchant(
        id=deps.new_uuid(),
        name=name,
        email=email,
        active=True,
        webhook_url=None,
        webhook_secret=deps.new_id("whsec_") + deps.new_id(""),
        created_at=deps.now(),
    )
    details = {"name": name, "email": email}
    try:
        with change_of(deps, "merchant") as work:
            work.merchants.add(merchant)
            work.users.put(None, User(email, merchant.id, hashed, created_at=deps.now()), deps.now())
            record(
                work,
                deps,
                merchant_id=merchant.id,
                actor=actor,
                action=Action.MERCHANT_CREATED,
                changed=merchant.id,
                details=details,
            )
    except ConditionFailed as refusal:
        raise _address_taken() from refusal
    log.info("merchant created", merchant_id=merchant.id, actor=actor)
    return merchant


def _address_taken() -> BadRequest:
    return BadRequest("email is another merchant's", field="email")


def set_password(deps: Dependencies, merchant: Merchant, password: str, actor: str) -> None:
    """Sets the password of the merchant's e-mail address, and ends all its sessions."""
    hashed = _hashed(deps, password)
    before = deps.database.users.get(plain_email(merchant.email))
    user = user_of(merchant, before, plain_email(merchant.email))
    if user is None or (before is not None and before.merchant_id != merchant.id):
        raise _address_taken()
    try:
        with change_of(deps, "merchant") as work:
            work.users.put(before, user.with_password(hashed), deps.now())
            work.merchants.end_sessions(merchant.id)
            record(
                work,
                deps,
                merchant_id=merchant.id,
                actor=actor,
                action=Action.PASSWORD_SET,
                changed=merchant.id,
            )
    except ConditionFailed as refusal:
        raise _address_taken() from refusal
    log.info("password set", merchant_id=merchant.id, actor=actor)


def set_active(deps: Dependencies, merchant: Merchant, actor: str, *, active: bool) -> None:
    """Enables or disables a merchant. Disabling ends its sessions at once and its keys within 15 s.

    Work under way continues: payments finish, refunds are paid. BadRequest if nothing would change.
    """
    action = Action.MERCHANT_ENABLED if active else Action.MERCHANT_DISABLED
    try:
        with change_of(deps, "merchant") as work:
            work.merchants.set_active(merchant.id, active=active)
            record(work, deps, merchant_id=merchant.id, actor=actor, action=action, changed=merchant.id)
    except ConditionFailed as refusal:
        state = "enabled" if active else "disabled"
        raise BadRequest(f"The merchant is {state} already") from refusal
    log.info("merchant switched", merchant_id=merchant.id, active=active, actor=actor)


def set_limits(deps: Dependencies, merchant: Merchant, changed: Mapping[str, int], actor: str) -> Limits:
    """Changes some of the limits against card testing; BadRequest where one is out of range."""
    limits = merchant.limits.changed(changed)
    with change_of(deps, "merchant") as work:
        work.merchants.set_limits(merchant.id, limits)
        record(
            work,
            deps,
            merchant_id=merchant.id,
            actor=actor,
            action=Action.LIMITS_SET,
            changed=merchant.id,
            details=dict(changed),
        )
    log.info("limits set", merchant_id=merchant.id, actor=actor, **changed)
    return limits


def list_merchants(deps: Dependencies, limit: int) -> list[Merchant]:
    """All merchants, in no order, at most `limit`. Reads the whole table: for administrators only."""
    return deps.database.merchants.scan(limit)


def check_email(text: str) -> str:
    """An e-mail address in lower case, or BadRequest."""
    email = plain_email(text)
    if len(email) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(email):
        raise BadRequest("email must look like name@example.com", field="email")
    return email


def _hashed(deps: Dependencies, password: str) -> str:
    return hash_password(check_password(password), deps.new_id("").encode())
