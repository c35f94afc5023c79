"""The people of a merchant: inviting, changing and removing them, and their passwords.

Each change and its audit row are one transaction. Nobody is sent e-mail: a link is shown once, to who asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.password import check_password, hash_password, password_matches
from gateway.domain.access.user import (
    INVITED_FOR,
    INVITED_PER_DAY,
    RESET_WITHIN,
    Role,
    User,
    check_role,
    link_text,
    read_link,
)
from gateway.domain.errors import BadRequest, Forbidden, NotFound, RateLimited
from gateway.domain.page import LIMIT_MAX
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.access.merchants import check_email
from gateway.use_cases.access.sessions import Visit, plain_email, row_of, user_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed, Write


@dataclass(frozen=True)
class Invited:
    """Somebody, and the text of the link that sets their password."""

    user: User
    token: str = field(repr=False)


def list_people(deps: Dependencies, merchant: Merchant) -> list[User]:
    """Everybody who may log in for a merchant, at most LIMIT_MAX; the owner of its own address among them."""
    found = deps.database.users.of_merchant(merchant.id, LIMIT_MAX)
    first = user_of(merchant, None, plain_email(merchant.email))
    known = {user.email for user in found}
    return found if first is None or first.email in known else [first, *found]


def invite(
    deps: Dependencies, merchant: Merchant, email: str, role: Role, refund_limit: int | None
) -> Invited:
    """Invites somebody, or anew whoever has not accepted yet; BadRequest if the address is in use."""
    email = check_email(email)
    check_role(role, refund_limit)
    before = deps.database.users.get(email)
    own_addresses = {plain_email(merchant.email), plain_email(deps.config.test_merchant_email)}
    if email in own_addresses or (
        before is not None and (before.merchant_id != merchant.id or before.password_hash is not None)
    ):
        raise BadRequest("email is in use already", field="email")
    secret = deps.new_id("") + deps.new_id("")
    user = User(email, merchant.id, role=role, refund_limit=refund_limit, created_at=deps.now())
    user = user.with_link(secret, deps.now() + INVITED_FOR)
    details = {"role": str(role), "refund_limit": refund_limit}
    _change(deps, before, user, Action.USER_INVITED, details, invites=True)
    log.info("user invited", merchant_id=merchant.id, role=role)
    return Invited(user, link_text(email, secret))


def change_role(
    deps: Dependencies, merchant: Merchant, email: str, role: Role, refund_limit: int | None
) -> User:
    """What somebody is from now on; their sessions end. Not for oneself, nor the merchant's own address."""
    check_role(role, refund_limit)
    before = _other(deps, merchant, email)
    after = replace(before, role=role, refund_limit=refund_limit, version=before.version + 1)
    details = {"role": str(role), "refund_limit": refund_limit}
    _change(deps, before, after, Action.USER_CHANGED, details)
    log.info("user changed", merchant_id=merchant.id, role=role)
    return after


def remove_person(deps: Dependencies, merchant: Merchant, email: str) -> User:
    """Takes somebody's access away, at once."""
    user = _other(deps, merchant, email)
    try:
        with change_of(deps, "user") as work:
            work.users.remove(user)
            record(
                work, deps, merchant_id=merchant.id, action=Action.USER_REMOVED, changed=f"user:{user.email}"
            )
    except ConditionFailed as refusal:
        raise NotFound("User not found") from refusal
    log.info("user removed", merchant_id=merchant.id)
    return user


def make_reset_link(deps: Dependencies, merchant: Merchant, email: str, actor: str) -> str:
    """The text of a link with which somebody sets a new password; for administrators."""
    email = plain_email(email)
    user = user_of(merchant, deps.database.users.get(email), email)
    if user is None:
        raise NotFound("User not found")
    before = row_of(deps, user)
    secret = deps.new_id("") + deps.new_id("")
    after = user.with_link(secret, deps.now() + RESET_WITHIN)
    _change(deps, before, after, Action.PASSWORD_RESET_BEGUN, {}, actor=actor)
    return link_text(user.email, secret)


def set_password_by_link(deps: Dependencies, token: str, password: str) -> User:
    """Sets the password of whoever a link was made for; their sessions end, and the link with it."""
    email, secret = read_link(token)
    before = deps.database.users.get(email)
    if before is None or not before.accepts(secret, deps.now()):
        raise BadRequest("The link was used already, or is too old; ask for another one", field="token")
    after = before.with_password(_hashed(deps, password))
    _change(deps, before, after, Action.PASSWORD_SET, {}, actor=f"user:{email}")
    log.info("password set by link", merchant_id=before.merchant_id)
    return after


def change_password(deps: Dependencies, visit: Visit, current: str, password: str) -> None:
    """Sets one's own password; all of one's sessions end. Forbidden where the present one is wrong."""
    before = row_of(deps, visit.user)
    user = before or visit.user
    if user.password_hash is not None and not password_matches(current, user.password_hash):
        raise Forbidden("Wrong password", field="current_password")
    after = user.with_password(_hashed(deps, password))
    _change(deps, before, after, Action.PASSWORD_SET, {})
    log.info("password changed", merchant_id=user.merchant_id)


def save_user(deps: Dependencies, before: User | None, after: User, action: Action) -> None:
    """Stores a change that somebody made to their own account."""
    _change(deps, before, after, action, {})


def _change(
    deps: Dependencies,
    before: User | None,
    after: User,
    action: Action,
    details: Mapping[str, str | int | None],
    *,
    actor: str | None = None,
    invites: bool = False,
) -> None:
    try:
        with change_of(deps, "user") as work:
            work.users.put(before, after, deps.now())
            if invites:
                work.throttles.use(INVITED_PER_DAY, after.merchant_id, deps.now())
            record(
                work,
                deps,
                merchant_id=after.merchant_id,
                action=action,
                changed=f"user:{after.email}",
                details={name: value for name, value in details.items() if value is not None},
                actor=actor,
            )
    except ConditionFailed as refusal:
        if Write.THROTTLE in refusal.labels:
            left = INVITED_PER_DAY.left_seconds(deps.now())
            raise RateLimited(
                f"At most {INVITED_PER_DAY.uses_max} people can be invited a day", left
            ) from refusal
        raise BadRequest("The account was changed by another request; please try again") from refusal


def _other(deps: Dependencies, merchant: Merchant, email: str) -> User:
    """Somebody else of the merchant; NotFound without one, BadRequest for who must keep what they have."""
    email = plain_email(email)
    if email == plain_email(merchant.email) or deps.actor.name == f"user:{email}":
        raise BadRequest("You cannot change yourself, nor whoever has the merchant's own address")
    user = deps.database.users.get(email)
    if user is None or user.merchant_id != merchant.id:
        raise NotFound("User not found")
    return user


def _hashed(deps: Dependencies, password: str) -> str:
    return hash_password(check_password(password), deps.new_id("").encode())
