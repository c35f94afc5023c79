"""The session of the dashboard: logging in, staying, logging out."""

from collections.abc import Mapping

from chalice import Blueprint

from chalicelib.frame.caller import DEVICE_COOKIE, read_cookie, set_cookie, visit_of
from chalicelib.frame.handlers import operation
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.device import LASTS_FOR as DEVICE_LASTS_FOR
from gateway.domain.access.rights import ANYTHING
from gateway.domain.errors import AuthenticationFailed, RateLimited
from gateway.presenters.merchant import SESSION, SESSION_ENDED
from gateway.use_cases.access.sessions import Visit, confirm, log_in, log_out

blueprint = Blueprint(__name__)
PATH = "/api/v1/dashboard/session"


@operation(
    blueprint,
    "POST",
    PATH,
    public=True,
    body="LogIn",
    own_page=True,
    responses={200: SESSION},
    errors=(AuthenticationFailed, RateLimited),
)
def post_session(request: Request) -> Response:
    """Logs in to the dashboard. The session's cookie is HttpOnly; the token goes into X-CSRF-Token."""
    deps = request.deps
    device = read_cookie(deps, request.headers, DEVICE_COOKIE)
    body = request.body
    visit = log_in(deps, body["email"], body["password"], request.source, device, code=body.get("code"))
    given = set_cookie(deps, visit.device, DEVICE_COOKIE, DEVICE_LASTS_FOR)
    return _shown(request, visit, {"Set-Cookie": [set_cookie(deps, visit.cookie), given]})


@operation(blueprint, "GET", PATH, needs=ANYTHING, responses={200: SESSION})
def get_session(request: Request) -> Response:
    """Reads the session. Reading extends it."""
    return _shown(request, visit_of(request.caller), {})


@operation(
    blueprint,
    "POST",
    f"{PATH}/confirm",
    needs=ANYTHING,
    body="Confirmation",
    responses={200: SESSION},
    errors=(RateLimited,),
)
def post_confirmation(request: Request) -> Response:
    """Gives the password again. Changing keys and people needs one that was given lately."""
    visit = confirm(request.deps, visit_of(request.caller), request.body["password"], request.source)
    return _shown(request, visit, {})


@operation(blueprint, "DELETE", PATH, needs=ANYTHING, responses={200: SESSION_ENDED})
def delete_session(request: Request) -> Response:
    """Logs out. The session's cookie is worth nothing from then on."""
    log_out(request.deps, visit_of(request.caller))
    return Response(SESSION_ENDED.present(None), headers={"Set-Cookie": set_cookie(request.deps, "")})


def _shown(request: Request, visit: Visit, headers: Mapping[str, str | list[str]]) -> Response:
    return Response(SESSION.present((visit, request.deps.config.stage)), headers=headers)
