"""Logging in to the dashboard, staying logged in, and logging out.

A session lives in a table and is read with its merchant at every request: ending it, disabling the merchant
or setting a new password counts from the next request on. Attempts are limited before the password is
checked: per network address first, so that a refused one uses up nobody's tries, then per e-mail address. A
browser that is known for the address has tries of its own.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway.domain.access import device
from gateway.domain.access import session as domain
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import TEST_MERCHANT_ID, Merchant
from gateway.domain.access.password import NOBODYS_HASH, password_matches
from gateway.domain.access.session import Session, Token
from gateway.domain.errors import AuthenticationFailed, Forbidden, RateLimited
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

PER_EMAIL = Limit("login-email", 10, timedelta(minutes=15))
PER_DEVICE = Limit("login-device", 10, timedelta(minutes=15))
# Many people may share an address: an office, a mobile network.
PER_SOURCE = Limit("login-source", 100, timedelta(minutes=15))


@dataclass(frozen=True)
class Visit:
    """A session, its merchant, and what the browser holds; `device` is set by logging in alone."""

    session: Session
    merchant: Merchant
    cookie: str = field(repr=False)
    csrf_token: str = field(repr=False)
    device: str = field(default="", repr=False, compare=False)

    @property
    def actor(self) -> str:
        """The name in the audit trail."""
        return f"user:{self.session.email}"


def log_in(
    deps: Dependencies, email: str, password: str, source: str, device_cookie: str | None = None
) -> Visit:
    """A new session; AuthenticationFailed or RateLimited.

    `source` is the caller's network address, `device_cookie` what an earlier log-in gave the browser.
    """
    email = plain_email(email)
    now = deps.now()
    known = device.read_device(_key(deps), device_cookie, email)
    tries = _tries(source, (PER_DEVICE, known) if known else (PER_EMAIL, email))
    _use(deps, tries)
    merchant = _merchant_of(deps, email, password)
    if merchant is None or not merchant.active:
        log.warning("log-in refused", merchant_id=merchant.id if merchant else None)
        raise AuthenticationFailed("Wrong e-mail or password")
    _give_back(deps, tries)
    token = Token(deps.new_id("") + deps.new_id("") + deps.new_id(""), merchant.id)
    session = domain.begin(token, email, merchant.session_version, now, deps.config.stage)
    deps.database.sessions.add(session)
    log.info("logged in", merchant_id=merchant.id, known_device=known is not None)
    given = device.sign_device(_key(deps), known or deps.new_id("") + deps.new_id(""), email)
    return replace(_visit(deps, token, session, merchant), device=given)


def find_visit(deps: Dependencies, cookie: str) -> Visit:
    """The session that a cookie stands for, extended by this request; AuthenticationFailed if there is none.

    Round trips: 1, and one more every few minutes.
    """
    token = domain.read(_key(deps), cookie)
    if token is None:
        raise AuthenticationFailed
    session_id = domain.stored_id(token.secret_id)
    found = deps.database.load([(Session, session_id), (Merchant, token.merchant_id)])
    session, merchant = found.get(Session, session_id), found.get(Merchant, token.merchant_id)
    if session is None or merchant is None or session.merchant_id != merchant.id:
        raise AuthenticationFailed
    now = deps.now()
    if not merchant.active or not session.is_current(now, merchant.session_version):
        raise AuthenticationFailed
    if not session.is_of(deps.config.stage):
        raise AuthenticationFailed
    extended = session.extended(now)
    if extended != session and not deps.database.sessions.extend(extended):
        raise AuthenticationFailed
    return _visit(deps, token, extended, merchant)


def confirm(deps: Dependencies, visit: Visit, password: str, source: str) -> Visit:
    """The session with the password given again; AuthenticationFailed or RateLimited as at logging in."""
    now, email = deps.now(), visit.session.email
    # Who has a session is no stranger.
    tries = _tries(source, (PER_DEVICE, visit.session.id))
    _use(deps, tries)
    merchant = _merchant_of(deps, email, password)
    if merchant is None or merchant.id != visit.merchant.id:
        log.warning("confirmation refused", merchant_id=visit.merchant.id)
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


def _merchant_of(deps: Dependencies, email: str, password: str) -> Merchant | None:
    """The merchant with this login. An unknown address takes as long as a wrong password."""
    if deps.config.is_test_stage:
        # docs/dashboard.md: in test stages the seeded merchant logs in with any password.
        seeded = deps.database.merchants.get(TEST_MERCHANT_ID)
        if seeded is not None and plain_email(seeded.email) == email:
            return seeded
    login = deps.database.sessions.get_login(email) if email else None
    merchant_id, stored = login if login is not None else ("", NOBODYS_HASH)
    if not password_matches(password, stored) or login is None:
        return None
    return deps.database.merchants.get(merchant_id)


def _visit(deps: Dependencies, token: Token, session: Session, merchant: Merchant) -> Visit:
    key = _key(deps)
    return Visit(session, merchant, domain.sign(key, token), domain.csrf_token(key, token))


def _key(deps: Dependencies) -> bytes:
    return deps.secrets.get(deps.config.session_key_arn)
