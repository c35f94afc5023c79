"""Rows of the audit trail as the dashboard sees them."""

from operator import attrgetter

from gateway.domain.access.audit import Action, AuditEntry
from gateway.presenters.resource import Member, Resource, a_collection
from gateway.presenters.vocabulary import MERCHANT_EXAMPLE, OBJECT, TEXT, TIME, UUID, one_of, or_null

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
