"""Operations about a merchant's people: who may log in, and as what."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.caller import visit_of
from chalicelib.frame.handlers import operation
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.rights import Right
from gateway.domain.access.user import Role
from gateway.domain.errors import BadRequest, RateLimited
from gateway.presenters.people import INVITATION, USER, USER_LIST
from gateway.use_cases.access import people

blueprint = Blueprint(__name__)
PATH = "/api/v1/dashboard/users"
NEEDS = (Right.PEOPLE,)


@operation(blueprint, "GET", PATH, needs=NEEDS, responses={200: USER_LIST})
def get_users(request: Request) -> Response:
    """Lists everybody who may log in. Those who are invited are among them."""
    return Response(USER_LIST.present(people.list_people(request.deps, _merchant(request))))


@operation(
    blueprint,
    "POST",
    PATH,
    needs=NEEDS,
    confirmed=True,
    body="NewUser",
    responses={201: INVITATION},
    errors=(RateLimited,),
)
def post_user(request: Request) -> Response:
    """Invites somebody. Hand on the token: nobody is sent e-mail."""
    role, limit = _role(request.body)
    invited = people.invite(request.deps, _merchant(request), request.body["email"], role, limit)
    return Response(INVITATION.present(invited), 201)


@operation(
    blueprint,
    "PUT",
    f"{PATH}/{{email}}",
    needs=NEEDS,
    confirmed=True,
    body="RoleChange",
    responses={200: USER},
)
def put_user(request: Request) -> Response:
    """Changes what somebody may do. Their sessions end."""
    role, limit = _role(request.body)
    user = people.change_role(request.deps, _merchant(request), request.path["email"], role, limit)
    return Response(USER.present(user))


@operation(
    blueprint,
    "DELETE",
    f"{PATH}/{{email}}",
    needs=NEEDS,
    confirmed=True,
    responses={200: USER},
    errors=(BadRequest,),
)
def delete_user(request: Request) -> Response:
    """Takes somebody's access away. It takes effect at once."""
    user = people.remove_person(request.deps, _merchant(request), request.path["email"])
    return Response(USER.present(user))


def _merchant(request: Request) -> Merchant:
    return visit_of(request.caller).merchant


def _role(body: dict[str, Any]) -> tuple[Role, int | None]:
    return Role(body["role"]), body.get("refund_limit")
