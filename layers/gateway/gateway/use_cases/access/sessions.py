"""Logging in to the dashboard, staying logged in, and logging out.

A session lives in a table and is read with its merchant and its person at every request: ending it, disabling
the merchant, or changing somebody's password or role counts from the next request on. Attempts are limited
before the password is checked: per network address first, so that a refused one uses up nobody's tries, then
per e-mail address. A browser that is known for the address has tries of its own.
"""

import hmac
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway.domain.access import device, totp
from gateway.domain.access import session as domain
from gateway.domain.access.audit import Action
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import TEST_MERCHANT_ID, Merchant
from gateway.domain.access.password import NOBODYS_HASH, password_matches
from gateway.domain.access.session import Session, Token
from gateway.domain.access.user import User, hash_link
from gateway.domain.errors import AuthenticationFailed, Forbidden, RateLimited
from gateway.domain.reasons import Reason
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed
from gateway.use_cases.unit_of_work import UnitOfWork

PER_EMAIL = Limit("login-email", 10, timedelta(minutes=15))
PER_DEVICE = Limit("login-device", 10, timedelta(minutes=15))
# Many people may share an address: an office, a mobile network.
PER_SOURCE = Limit("login-source", 100, timedelta(minutes=15))


@dataclass(frozen=True)
class Visit:
    """A session, its merchant and person, and what the browser holds; `device` is set by logging in alone."""

    session: Session
    merchant: Merchant
    user: User
    cookie: str = field(repr=False)
    csrf_token: str = field(repr=False)
    device: str = field(default="", repr=False, compare=False)

    @property
    def actor(self) -> str:
        """The name in the audit trail."""
        return f"user:{self.session.email}"


def log_in(
    deps: Dependencies,
    email: str,
    password: str,
    source: str,
    device_cookie: str | None = None,
    *,
    code: str | None = None,
) -> Visit:
    """A new session; AuthenticationFailed or RateLimited.

    `source` is the caller's network address, `device_cookie` what an earlier log-in gave the browser. `code`
    is of the second factor, or a recovery code, for those who have switched that on.
    """
    email = plain_email(email)
    now = deps.now()
    known = device.read_device(_key(deps), device_cookie, email)
    tries = _tries(source, (PER_DEVICE, known) if known else (PER_EMAIL, email))
    _use(deps, tries)
    stored, merchant, right = _check(deps, email, password)
    user = user_of(merchant, stored, email) if merchant is not None else None
    if merchant is None or user is None or not right or not merchant.active:
        _refused(deps, merchant, email, "password")
        raise AuthenticationFailed("Wrong e-mail or password")
    if user.totp_secret is not None:
        _check_code(deps, merchant, user, code)
    _give_back(deps, tries)
    token = Token(deps.new_id("") + deps.new_id("") + deps.new_id(""), merchant.id, email)
    begun = domain.begin(token, email, merchant.session_version, now, deps.config.stage)
    session = replace(begun, user_version=user.version, source=source or None)
    with change_of(deps, "session") as work:
        work.sessions.add(session)
        _record(deps, work, merchant.id, Action.LOGGED_IN, email)
    log.info("logged in", merchant_id=merchant.id, known_device=known is not None)
    given = device.sign_device(_key(deps), known or deps.new_id("") + deps.new_id(""), email)
    return replace(_visit(deps, token, session, merchant, user), device=given)


def find_visit(deps: Dependencies, cookie: str) -> Visit:
    """The session that a cookie stands for, extended by this request; AuthenticationFailed if there is none.

    Round trips: 1, and one more every few minutes; one more too with a cookie of an earlier release.
    """
    token = domain.read(_key(deps), cookie)
    if token is None:
        raise AuthenticationFailed
    session_id = domain.stored_id(token.secret_id)
    wanted: list[tuple[type, str]] = [(Session, session_id), (Merchant, token.merchant_id)]
    found = deps.database.load([*wanted, (User, token.email)] if token.email else wanted)
    session, merchant = found.get(Session, session_id), found.get(Merchant, token.merchant_id)
    if session is None or merchant is None or session.merchant_id != merchant.id:
        raise AuthenticationFailed
    stored = found.get(User, token.email) if token.email else deps.database.users.get(session.email)
    user = user_of(merchant, stored, session.email)
    now = deps.now()
    if user is None or user.version != session.user_version:
        raise AuthenticationFailed
    if not merchant.active or not session.is_current(now, merchant.session_version):
        raise AuthenticationFailed
    if not session.is_of(deps.config.stage):
        raise AuthenticationFailed
    extended = session.extended(now)
    if extended != session and not deps.database.sessions.extend(extended):
        raise AuthenticationFailed
    return _visit(deps, token, extended, merchant, user)


def confirm(deps: Dependencies, visit: Visit, password: str, source: str) -> Visit:
    """The session with the password given again; Forbidden where it is wrong; RateLimited."""
    now, email = deps.now(), visit.session.email
    # Who has a session is no stranger.
    tries = _tries(source, (PER_DEVICE, visit.session.id))
    _use(deps, tries)
    _, merchant, right = _check(deps, email, password)
    if merchant is None or not right or merchant.id != visit.merchant.id:
        _refused(deps, visit.merchant, email, "confirmation")
        raise Forbidden("Wrong password", field="password")
    _give_back(deps, tries)
    confirmed = replace(visit.session, confirmed_at=now)
    if not deps.database.sessions.confirm(confirmed):
        raise AuthenticationFailed
    log.info("password confirmed", merchant_id=visit.merchant.id)
    return replace(visit, session=confirmed)


def log_out(deps: Dependencies, visit: Visit) -> None:
    """Ends a session; its cookie is no longer valid."""
    deps.database.sessions.end(visit.session.id)
    log.info("logged out", merchant_id=visit.merchant.id)


def plain_email(email: str) -> str:
    """The normalised form of an e-mail address."""
    return email.strip().lower()


def _tries(source: str, of_whom: tuple[Limit, str]) -> tuple[tuple[Limit, str], ...]:
    return ((PER_SOURCE, source), of_whom)


def _use(deps: Dependencies, tries: tuple[tuple[Limit, str], ...]) -> None:
    now = deps.now()
    for limit, subject in tries:
        if not deps.database.throttles.use(limit, subject, now):
            log.warning("log-in throttled", by=limit.name)
            raise RateLimited("Too many attempts to log in; please wait", limit.left_seconds(now))


def _give_back(deps: Dependencies, tries: tuple[tuple[Limit, str], ...]) -> None:
    for limit, subject in tries:
        deps.database.throttles.give_back(limit, subject, deps.now())


def user_of(merchant: Merchant, stored: User | None, email: str) -> User | None:
    """Who this address is at the merchant. Its own address is an owner's, also without a row."""
    if stored is not None and stored.merchant_id == merchant.id:
        return stored
    return User(email, merchant.id) if email == plain_email(merchant.email) else None


def row_of(deps: Dependencies, user: User) -> User | None:
    """Somebody's row as it is now, None without one; Forbidden where the address is another merchant's."""
    row = deps.database.users.get(user.email)
    if row is not None and row.merchant_id != user.merchant_id:
        raise Forbidden("This e-mail address is another merchant's")
    return row


def _check(deps: Dependencies, email: str, password: str) -> tuple[User | None, Merchant | None, bool]:
    """Whose address this is, and whether the password is right. Takes as long where it is nobody's."""
    stored = deps.database.users.get(email) if email else None
    if deps.config.is_test_stage:
        seeded = deps.database.merchants.get(TEST_MERCHANT_ID)
        if seeded is not None and plain_email(seeded.email) == email and _fits_test_stage(deps, password):
            return stored, seeded, True
    known = stored.password_hash if stored is not None else None
    right = password_matches(password, known or NOBODYS_HASH) and known is not None
    merchant = deps.database.merchants.get(stored.merchant_id) if stored is not None else None
    return stored, merchant, right


def _fits_test_stage(deps: Dependencies, password: str) -> bool:
    """On a laptop any password is the seeded merchant's (docs/dashboard.md); on AWS one of its own."""
    arn = deps.config.test_password_arn
    return not arn or hmac.compare_digest(deps.secrets.get(arn), password.encode())


def _check_code(deps: Dependencies, merchant: Merchant, user: User, code: str | None) -> None:
    """AuthenticationFailed unless the code is right; each is good for one log-in."""
    if not code:
        raise AuthenticationFailed(
            "Give the code of your authenticator app", field="code", reason=Reason.CODE_REQUIRED
        )
    assert user.totp_secret is not None
    digest = hash_link(code.strip())
    step = totp.matching_step(user.totp_secret, code.strip(), deps.now(), user.totp_step)
    if step is None and digest not in user.recovery:
        _refused(deps, merchant, user.email, "code")
        raise AuthenticationFailed(
            "The code is wrong, or was used already", field="code", reason=Reason.CODE_REQUIRED
        )
    left = user.recovery if step is not None else tuple(each for each in user.recovery if each != digest)
    try:
        with deps.unit_of_work() as work:
            after = replace(user, totp_step=user.totp_step if step is None else step, recovery=left)
            work.users.put(user, after, deps.now())
    except ConditionFailed as refusal:  # another log-in took the same code
        raise AuthenticationFailed("The code was used already", field="code") from refusal


def _refused(deps: Dependencies, merchant: Merchant | None, email: str, why: str) -> None:
    """Puts a refused attempt on record, where the address is somebody's."""
    log.warning("log-in refused", merchant_id=merchant.id if merchant else None)
    if merchant is not None:
        with deps.unit_of_work() as work:
            _record(deps, work, merchant.id, Action.LOG_IN_REFUSED, email, wrong=why)


def _record(
    deps: Dependencies, work: UnitOfWork, merchant_id: str, action: Action, email: str, **details: str
) -> None:
    user = f"user:{email}"
    record(
        work, deps, merchant_id=merchant_id, action=action, changed=user, actor=user, details=dict(details)
    )


def _visit(deps: Dependencies, token: Token, session: Session, merchant: Merchant, user: User) -> Visit:
    key = _key(deps)
    return Visit(session, merchant, user, domain.sign(key, token), domain.csrf_token(key, token))


def _key(deps: Dependencies) -> bytes:
    return deps.secrets.get(deps.config.session_key_arn)
