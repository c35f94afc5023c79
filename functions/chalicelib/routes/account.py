"""Operations about one's own account: password, second factor, sessions."""

from chalice import Blueprint

from chalicelib.frame.caller import set_cookie, visit_of
from chalicelib.frame.handlers import operation
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access import totp
from gateway.domain.access.rights import PEOPLE_ONLY
from gateway.domain.errors import BadRequest
from gateway.presenters.merchant import SESSION_ENDED
from gateway.presenters.people import (
    PASSWORD_CHANGED,
    RECOVERY_CODES,
    SECOND_FACTOR,
    SECOND_FACTOR_ENDED,
    SESSION_LIST,
)
from gateway.use_cases.access import own_sessions, people, second_factor

blueprint = Blueprint(__name__)
PATH = "/api/v1/dashboard"


@operation(
    blueprint,
    "PUT",
    f"{PATH}/password",
    needs=PEOPLE_ONLY,
    confirmed=True,
    body="PasswordChange",
    responses={200: PASSWORD_CHANGED},
)
def put_password(request: Request) -> Response:
    """Sets one's own password. All of one's sessions end."""
    body = request.body
    people.change_password(
        request.deps, visit_of(request.caller), body["current_password"], body["new_password"]
    )
    return Response(PASSWORD_CHANGED.present(None), headers={"Set-Cookie": set_cookie(request.deps, "")})


@operation(
    blueprint,
    "POST",
    f"{PATH}/password/reset",
    public=True,
    own_page=True,
    body="PasswordReset",
    responses={200: PASSWORD_CHANGED},
)
def post_password_reset(request: Request) -> Response:
    """Sets a password by an invitation's token, or by an administrator's. A token works once."""
    people.set_password_by_link(request.deps, request.body["token"], request.body["password"])
    return Response(PASSWORD_CHANGED.present(None))


@operation(
    blueprint,
    "POST",
    f"{PATH}/second-factor",
    needs=PEOPLE_ONLY,
    confirmed=True,
    responses={200: SECOND_FACTOR},
    errors=(BadRequest,),
)
def post_second_factor(request: Request) -> Response:
    """Makes a secret for an authenticator app. It counts once a code was given."""
    visit = visit_of(request.caller)
    secret = second_factor.begin_second_factor(request.deps, visit)
    return Response(SECOND_FACTOR.present((secret, totp.uri(secret, visit.session.email))))


@operation(
    blueprint,
    "POST",
    f"{PATH}/second-factor/confirm",
    needs=PEOPLE_ONLY,
    confirmed=True,
    body="SecondFactorCode",
    responses={200: RECOVERY_CODES},
)
def post_second_factor_code(request: Request) -> Response:
    """Switches the second factor on. From then on logging in needs a code of the app."""
    codes = second_factor.confirm_second_factor(request.deps, visit_of(request.caller), request.body["code"])
    return Response(RECOVERY_CODES.present(codes))


@operation(
    blueprint,
    "DELETE",
    f"{PATH}/second-factor",
    needs=PEOPLE_ONLY,
    confirmed=True,
    responses={200: SECOND_FACTOR_ENDED},
    errors=(BadRequest,),
)
def delete_second_factor(request: Request) -> Response:
    """Switches the second factor off. Its recovery codes are worth nothing then."""
    second_factor.end_second_factor(request.deps, visit_of(request.caller))
    return Response(SECOND_FACTOR_ENDED.present(None))


@operation(blueprint, "GET", f"{PATH}/sessions", needs=PEOPLE_ONLY, responses={200: SESSION_LIST})
def get_sessions(request: Request) -> Response:
    """Lists one's own sessions, newest first. Those that are over are not among them."""
    visit = visit_of(request.caller)
    found = own_sessions.list_sessions(request.deps, visit)
    return Response(SESSION_LIST.present([(each, each.id == visit.session.id) for each in found]))


@operation(blueprint, "DELETE", f"{PATH}/sessions", needs=PEOPLE_ONLY, responses={200: SESSION_ENDED})
def delete_sessions(request: Request) -> Response:
    """Signs out everywhere. This session ends too."""
    own_sessions.end_all_sessions(request.deps, visit_of(request.caller))
    return Response(SESSION_ENDED.present(None), headers={"Set-Cookie": set_cookie(request.deps, "")})


@operation(
    blueprint,
    "DELETE",
    f"{PATH}/sessions/{{session_id}}",
    needs=PEOPLE_ONLY,
    responses={200: SESSION_ENDED},
)
def delete_one_session(request: Request) -> Response:
    """Ends one of one's own sessions. Its cookie is worth nothing from then on."""
    own_sessions.end_session(request.deps, visit_of(request.caller), request.path["session_id"])
    return Response(SESSION_ENDED.present(None))
