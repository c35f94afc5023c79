"""Identifies the caller: a merchant's server by its API key, or a person by the dashboard's session.

API key headers take precedence. Browsers send the session's cookie whichever page makes the request, so
unsafe requests must prove that they come from the dashboard's own page (OWASP, "Cross-Site Request Forgery
Prevention"): by the session's token in a header, and by what the browser says about the page's origin, if
it says anything.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from chalicelib.frame.errors import EdgeBypassed, RequestForged
from chalicelib.frame.ignored import shown_name
from gateway.domain.access.rights import Right
from gateway.domain.access.session import LASTS_FOR
from gateway.domain.chaos import Chaos
from gateway.domain.errors import AuthenticationFailed, Forbidden
from gateway.domain.reasons import Reason
from gateway.use_cases.access.authentication import authenticate, chaos_of_key
from gateway.use_cases.access.sessions import Visit, find_visit
from gateway.use_cases.dependencies import Dependencies

COOKIE = "asyncpay_session"
DEVICE_COOKIE = "asyncpay_device"
# CloudFront sets it whatever a viewer put there (developer guide, "Add custom headers to origin requests").
EDGE_HEADER = "X-Edge-Secret"
API_KEY_HEADER = "X-Api-Key"
API_SECRET_HEADER = "X-Api-Secret"  # noqa: S105 - the name of a header
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = ("GET", "HEAD")


class Caller(NamedTuple):
    """The caller's merchant, rights, and name in the audit trail; empty for public operations.

    `api_key` is None for people, `visit` for servers; `chaos` is what a server's merchant asked for.
    """

    merchant_id: str = ""
    actor: str = ""
    visit: Visit | None = None
    rights: frozenset[Right] = frozenset()
    api_key: str | None = None
    chaos: Chaos | None = None

    @property
    def refund_limit(self) -> int | None:
        """What the caller may refund a day; None for no limit."""
        return self.visit.user.refund_limit if self.visit is not None else None


NOBODY = Caller()


def identify(deps: Dependencies, sent: Any) -> Caller:
    """The caller of a Chalice request; AuthenticationFailed or RequestForged if there is none to trust."""
    headers = sent.headers
    api_key, api_secret = headers.get("x-api-key"), headers.get("x-api-secret")
    cookie = None if api_key or api_secret else read_cookie(deps, headers)
    if cookie is None:
        check_headers(headers)
        key = authenticate(deps, api_key, api_secret, source_of(deps, sent))
        actor = f"key:{key.api_key}"
        return Caller(
            key.merchant_id,
            actor,
            rights=key.allowed,
            api_key=key.api_key,
            chaos=chaos_of_key(key.api_key),
        )
    visit = find_visit(deps, cookie)
    if sent.method not in SAFE_METHODS:
        check_same_site(deps, headers)
        given = headers.get(CSRF_HEADER.lower()) or ""
        if not hmac.compare_digest(given.encode(), visit.csrf_token.encode()):
            raise RequestForged(CSRF_HEADER)
    return Caller(visit.merchant.id, visit.actor, visit, visit.user.rights)


def check_allowed(deps: Dependencies, caller: Caller, needs: tuple[Right, ...], *, confirmed: bool) -> None:
    """Raises Forbidden unless the caller has one of the rights, and gave the password lately if need be."""
    if caller.rights.isdisjoint(needs):
        who = "This API key" if caller.visit is None else "Your role"
        raise Forbidden(
            f"{who} does not allow this: it needs the right to {' or '.join(needs)}",
            reason=Reason.RIGHT_MISSING,
        )
    if confirmed and not visit_of(caller).session.has_recent_password(deps.now()):
        raise Forbidden(
            "Give your password again to go on", field="password", reason=Reason.PASSWORD_NOT_RECENT
        )


def check_headers(headers: Mapping[str, str]) -> None:
    """AuthenticationFailed, saying what is missing, where the two headers are not both there."""
    missing = [name for name in (API_KEY_HEADER, API_SECRET_HEADER) if not headers.get(name.lower())]
    if not missing:
        return
    scheme = (headers.get("authorization") or "").split(" ")[0]
    if scheme and len(missing) == 2:
        raise AuthenticationFailed(
            field="Authorization",
            reason=Reason.UNSUPPORTED_SCHEME,
            hint=f"{shown_name(scheme)} is not taken; send {API_KEY_HEADER} and {API_SECRET_HEADER}",
        )
    raise AuthenticationFailed(
        field=missing[0],
        reason=Reason.MISSING_CREDENTIALS,
        hint=f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
    )


def visit_of(caller: Caller) -> Visit:
    """The caller's session; AuthenticationFailed if the caller used an API key."""
    if caller.visit is None:
        raise AuthenticationFailed("There is no session")
    return caller.visit


def check_same_site(deps: Dependencies, headers: Mapping[str, str]) -> None:
    """Raises RequestForged if the browser says that another site's page sent the request (Fetch Metadata)."""
    origin = headers.get("origin")
    if origin and origin not in deps.config.allowed_origins:
        raise RequestForged("Origin")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise RequestForged("Sec-Fetch-Site")


def check_came_by_edge(deps: Dependencies, sent: Any) -> None:
    """Raises EdgeBypassed where the stage has an edge and the request did not come by it.

    Past the edge is past its firewall. The first request costs a round trip in each process.
    """
    if deps.config.edge_only and not _is_by_edge(deps, sent):
        raise EdgeBypassed


def source_of(deps: Dependencies, sent: Any) -> str:
    """The network address that limits are counted for.

    API Gateway sees who called it. For what comes by CloudFront that is an edge, an address that strangers
    share. A request with the secret of this stage's own distribution is taken at its word: the last address
    that CloudFront added to X-Forwarded-For is the viewer's (CloudFront developer guide, "Request and
    response behavior for custom origins").
    """
    caller: str = (sent.context.get("identity") or {}).get("sourceIp") or ""
    if not _is_by_edge(deps, sent):
        return caller
    hops = [hop.strip() for hop in (sent.headers.get("x-forwarded-for") or "").split(",")]
    # API Gateway adds whoever called it: the edge.
    if hops[-1] == caller:
        hops.pop()
    return (hops and hops[-1]) or caller


def _is_by_edge(deps: Dependencies, sent: Any) -> bool:
    given, arn = sent.headers.get(EDGE_HEADER.lower()), deps.config.edge_secret_arn
    if not given or not arn:
        return False
    accepted = _accepted(deps.secrets.get(arn))
    return any(hmac.compare_digest(given.encode(), value) for value in accepted)


def _accepted(secret: bytes) -> list[bytes]:
    """The values that count: the members of an object, or all of a text that is none; never an empty one.

    There are two while one replaces the other (docs/runbooks/key-rotation.md).
    """
    try:
        found = json.loads(secret)
    except ValueError:
        found = None
    values = found.values() if isinstance(found, dict) else [secret.decode()]
    return [str(value).encode() for value in values if value]


def read_cookie(deps: Dependencies, headers: Mapping[str, str], plain_name: str = COOKIE) -> str | None:
    """A cookie's value, or None (RFC 6265, 4.2.1); the session's unless another one is named."""
    for pair in (headers.get("cookie") or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == cookie_name(deps, plain_name) and value:
            return value
    return None


def cookie_name(deps: Dependencies, plain_name: str = COOKIE) -> str:
    """`__Host-` outside test stages: such a cookie can't come from another host (RFC 6265bis, 4.1.3.2)."""
    return plain_name if deps.config.is_test_stage else f"__Host-{plain_name}"


def set_cookie(
    deps: Dependencies, value: str, plain_name: str = COOKIE, lasts_for: timedelta = LASTS_FOR
) -> str:
    """A Set-Cookie header's value; an empty `value` clears the cookie."""
    # The longest that a session can last; the server decides when it really ends.
    seconds = int(lasts_for.total_seconds()) if value else 0
    secure = "" if deps.config.is_test_stage else "; Secure"
    pair = f"{cookie_name(deps, plain_name)}={value}"
    return f"{pair}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
