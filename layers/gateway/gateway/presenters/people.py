"""People, their sessions, and the record of what was changed, as the dashboard sees them."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from gateway.domain.access.audit import EXPORTED, Action, AuditEntry
from gateway.domain.access.rights import Right
from gateway.domain.access.session import Session
from gateway.domain.access.user import Role, User
from gateway.presenters.resource import Member, Resource, a_collection, all_of, lifted
from gateway.presenters.vocabulary import (
    BOOLEAN,
    COUNT,
    MERCHANT_EXAMPLE,
    OBJECT,
    TEXT,
    TIME,
    UUID,
    an_array,
    one_of,
    or_null,
)

_EMAIL = {**TEXT, "examples": ["asha@chai.example"]}
USER = Resource[User](
    "User",
    Member("email", _EMAIL),
    Member("role", one_of(Role)),
    Member(
        "refund_limit",
        {**or_null(COUNT), "description": "What they may refund a day, in minor units of each currency."},
    ),
    Member(
        "status",
        {**one_of(["active", "invited"]), "description": "Invited until they have set a password."},
        lambda user: "active" if user.link_hash is None or user.password_hash else "invited",
    ),
    Member("second_factor", BOOLEAN, lambda user: user.totp_secret is not None),
    Member("created_at", or_null(TIME)),
)
USER_LIST = all_of("UserList", USER)
# The subject is a use case's result: a user, and the text of a link.
INVITATION = Resource[Any](
    "Invitation",
    *lifted(USER.members, lambda invited: invited.user),
    Member(
        "token",
        {**TEXT, "description": "For `POST /dashboard/password/reset`, within a week. Shown this once."},
    ),
)
SIGNED_IN = Resource[User](
    "SignedInUser",
    *(member for member in USER.members if member.name != "created_at"),
    Member(
        "rights", an_array(one_of(Right)), lambda user: [str(each) for each in Right if each in user.rights]
    ),
)
# The subject is a session, and whether it is the one that asks.
SESSION_LISTED = Resource[tuple[Session, bool]](
    "SessionListed",
    Member("id", TEXT, lambda seen: seen[0].id),
    Member("created_at", TIME, lambda seen: seen[0].created_at),
    Member("expires_at", TIME, lambda seen: seen[0].expires_at),
    Member(
        "source",
        {**or_null(TEXT), "description": "The network address that it began from."},
        lambda seen: seen[0].source,
    ),
    Member("is_current", BOOLEAN, lambda seen: seen[1]),
)
SESSION_LIST = all_of("SessionList", SESSION_LISTED)
PASSWORD_CHANGED = Resource[None](
    "PasswordChanged", Member("changed", {**BOOLEAN, "const": True}, lambda _: True)
)
# The subject is the secret, and the URI that holds it.
SECOND_FACTOR = Resource[tuple[str, str]](
    "SecondFactor",
    Member("secret", {**TEXT, "description": "For an authenticator app, in base32."}, lambda made: made[0]),
    Member("uri", {**TEXT, "description": "The same for a QR code."}, lambda made: made[1]),
)
RECOVERY_CODES = Resource[Iterable[str]](
    "RecoveryCodes",
    Member(
        "recovery_codes",
        {**an_array(TEXT), "description": "Each logs in once without the app. Shown this once."},
        list,
    ),
)
SECOND_FACTOR_ENDED = Resource[None](
    "SecondFactorEnded", Member("ended", {**BOOLEAN, "const": True}, lambda _: True)
)
# The subject is the list's name.
EXPORT_BEGUN = Resource[str]("ExportBegun", Member("of", one_of(EXPORTED), str))
AUDIT_ENTRY = Resource[AuditEntry](
    "AuditEntry",
    Member("id", UUID),
    Member("at", TIME),
    Member("actor", {**TEXT, "examples": ["user:test@example.com"]}),
    Member("action", one_of(Action)),
    Member("object", {**TEXT, "examples": ["key_test_abc123", MERCHANT_EXAMPLE]}),
    Member("details", OBJECT),
    Member("source", {**or_null(TEXT), "description": "The network address that it was asked from."}),
    Member("request_id", {**or_null(TEXT), "description": "The request's X-Request-Id."}),
    Member("key_id", {**or_null(TEXT), "description": "The API key that was used."}, attrgetter("api_key")),
)
AUDIT_LIST = a_collection("AuditList", AUDIT_ENTRY, by_cursor=True)
