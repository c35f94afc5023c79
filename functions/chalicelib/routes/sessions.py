"""The session of the dashboard: logging in, staying, logging out."""

from chalice import Blueprint

from chalicelib.frame.caller import check_same_site, set_cookie, visit_of
from chalicelib.frame.http import Answer, Call, endpoint
from gateway.domain.errors import AuthenticationFailed, RateLimited, RequestForged
from gateway.domain.values import to_iso
from gateway.use_cases.access.sessions import Visit, log_in, log_out

blueprint = Blueprint(__name__)
PATH = "/api/v1/dashboard/session"


@endpoint(
    blueprint,
    "POST",
    PATH,
    public=True,
    body="LogIn",
    answers={200: "Session"},
    errors=(AuthenticationFailed, RateLimited, RequestForged),
)
def post_session(call: Call) -> Answer:
    """Logs in to the dashboard. The session's cookie is HttpOnly; the token goes into X-CSRF-Token."""
    check_same_site(call.deps, call.headers)
    body = call.json()
    visit = log_in(call.deps, body["email"], body["password"], call.source)
    return _shown(call, visit, {"Set-Cookie": set_cookie(call.deps, visit.cookie)})


@endpoint(blueprint, "GET", PATH, answers={200: "Session"})
def get_session(call: Call) -> Answer:
    """Reads the session, which goes on by it."""
    return _shown(call, visit_of(call.caller), {})


@endpoint(blueprint, "DELETE", PATH, answers={200: "SessionEnded"})
def delete_session(call: Call) -> Answer:
    """Logs out. The session's cookie is worth nothing from then on."""
    log_out(visit_of(call.caller))
    return Answer({"ended": True}, headers={"Set-Cookie": set_cookie(call.deps, "")})


def _shown(call: Call, visit: Visit, headers: dict[str, str]) -> Answer:
    merchant = visit.merchant
    return Answer(
        {
            "merchant": {"id": merchant.id, "name": merchant.name, "email": merchant.email},
            "csrf_token": visit.csrf_token,
            "expires_at": to_iso(visit.session.expires_at),
            "stage": call.deps.config.stage,
        },
        headers=headers,
    )
