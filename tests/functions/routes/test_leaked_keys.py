"""What somebody can do with an API key that leaked: no more than the key's rights, and never outlive it.

Each test is an attack that worked on an earlier release.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import app
from chalicelib.frame.operation import Operation, operations
from gateway.adapters.aws.dynamodb.repositories.api_keys import ApiKeys
from gateway.domain.access.api_key import ACTIVE_KEYS_MAX, IssuedKey, NewKey
from gateway.domain.access.rights import KEY_RIGHTS, KEY_RIGHTS_ALL, Right
from gateway.use_cases.access.api_keys import issue_key, rotate_key
from gateway.use_cases.access.authentication import forget_all
from gateway.use_cases.dependencies import Dependencies
from tests.support.factories import some_deps
from tests.support.http_calls import Reply, send
from tests.support.people import Person

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
KEYS = "/api/v1/dashboard/api-keys"
PRIVATE = [operation for operation in operations(app) if not operation.public]


def with_key(issued: IssuedKey, method: str, path: str, **request: Any) -> Reply:
    forget_all()
    headers = {"X-Api-Key": issued.key.api_key, "X-Api-Secret": issued.secret}
    return send(app, method, path, headers=headers, **request)


def restricted(me: Person, deps: Dependencies, *rights: Right, **members: Any) -> IssuedKey:
    new = NewKey(rights=frozenset(rights), **members)
    return issue_key(deps, me.merchant.id, "user:me", new)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", KEYS),
        ("POST", KEYS + "/{key}/rotate"),
        ("DELETE", KEYS + "/{key}"),
    ],
)
def test_a_leaked_key_makes_itself_no_successor(me: Person, method: str, path: str) -> None:
    reply = me.call(method, path.format(key=me.issued.key.api_key), by="key", json_body={})
    assert (reply.status, reply.error["code"]) == (403, "AUTHENTICATION_ERROR")
    assert reply.error["description"] == "This API key does not allow this: it needs the right to keys"
    assert me.call("GET", KEYS).json["total"] == 1


def test_no_number_of_keys_hides_one(me: Person, deps: Dependencies) -> None:
    hidden = me.issued.key.api_key
    for _ in range(3):
        issue_key(deps, me.merchant.id, "user:me")
    seen = []
    for offset in range(4):
        page = me.call("GET", KEYS, query={"limit": ["1"], "offset": [str(offset)]}).json
        assert page["total"] == 4
        seen += [key["api_key"] for key in page["data"]]
    assert len(set(seen)) == 4
    assert hidden in seen


def test_a_thief_cannot_use_up_what_the_administrator_needs(me: Person, deps: Dependencies) -> None:
    for _ in range(ACTIVE_KEYS_MAX - 1):
        issue_key(deps, me.merchant.id, "user:thief")
    refused = me.call("POST", KEYS)
    assert refused.status == 400
    assert refused.error["description"] == "At most 50 API keys can be in use at once; disable one first"
    new = rotate_key(deps, me.merchant.id, me.issued.key.api_key, 0, "admin:a", limited=False)
    assert new.replaced is not None
    assert with_key(me.issued, "GET", "/api/v1/payments").status == 401
    assert me.call("DELETE", f"{KEYS}/{new.key.api_key}").status == 200
    # The replaced key ran out, and counts no more.
    assert me.call("POST", KEYS).status == 201


@pytest.mark.parametrize("operation", PRIVATE, ids=lambda known: known.name)
@pytest.mark.parametrize("right", KEY_RIGHTS)
def test_a_restricted_key_is_refused_wherever_its_rights_do_not_lead(
    me: Person, deps: Dependencies, operation: Operation, right: Right
) -> None:
    if right in operation.needs:
        return
    path = operation.path.replace("{", "x").replace("}", "x")
    reply = with_key(restricted(me, deps, right), operation.method, path)
    assert reply.status == 403
    assert "This API key does not allow this" in reply.error["description"]


@pytest.mark.parametrize(
    ("right", "method", "path", "body"),
    [
        (Right.READ, "GET", "/api/v1/payments", None),
        (Right.PAYMENTS, "POST", "/api/v1/orders", {"amount": 500}),
        (Right.REFUNDS, "GET", "/api/v1/refunds", None),
        (Right.WEBHOOKS, "GET", "/api/v1/webhooks", None),
    ],
)
def test_a_restricted_key_does_what_it_is_for(
    me: Person, deps: Dependencies, right: Right, method: str, path: str, body: Any
) -> None:
    assert with_key(restricted(me, deps, right), method, path, json_body=body).status in (200, 201)


def test_a_successor_is_as_restricted_as_the_key_it_replaces(me: Person, deps: Dependencies) -> None:
    old = restricted(
        me, deps, Right.READ, name="till", lifetime=timedelta(days=3), addresses=("127.0.0.0/8",)
    )
    made = me.call("POST", f"{KEYS}/{old.key.api_key}/rotate", json_body={}).json
    assert (made["rights"], made["name"], made["addresses"]) == (["read"], "till", ["127.0.0.0/8"])
    assert made["expires_at"] == "2026-02-03T09:30:00.250Z"


def test_a_key_is_refused_from_addresses_that_are_not_on_its_list(me: Person, deps: Dependencies) -> None:
    here = restricted(me, deps, Right.READ, addresses=("127.0.0.1/32",))
    elsewhere = restricted(me, deps, Right.READ, addresses=("203.0.113.0/24", "2001:db8::/32"))
    assert with_key(here, "GET", "/api/v1/payments").status == 200
    reply = with_key(elsewhere, "GET", "/api/v1/payments")
    assert (reply.status, reply.error["description"]) == (401, "Invalid API credentials")


def test_a_key_that_was_issued_for_a_time_stops_by_itself(
    me: Person, deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = me.call("POST", KEYS, json_body={"expires_in_days": 1}).json
    assert made["expires_at"] == "2026-02-01T09:30:00.250Z"
    headers = {"X-Api-Key": made["api_key"], "X-Api-Secret": made["api_secret"]}
    assert send(app, "GET", "/api/v1/payments", headers=headers).status == 200
    monkeypatch.setattr(app, "dependencies", lambda: later)
    later = replace(deps, now=lambda: deps.now() + timedelta(days=1))
    assert send(app, "GET", "/api/v1/payments", headers=headers).status == 401


def test_the_last_use_is_seen_to_the_hour(me: Person) -> None:
    (key,) = me.call("GET", KEYS).json["data"]
    assert key["last_used_at"] is None
    me.call("GET", "/api/v1/payments", by="key")
    (key,) = me.call("GET", KEYS).json["data"]
    assert key["last_used_at"] == "2026-01-31T09:30:00.250Z"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rights": ["everything"]}, "rights.0"),
        ({"rights": []}, "rights"),
        ({"rights": ["keys"]}, "rights.0"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 367}, "expires_in_days"),
        ({"addresses": ["203.0.113.7/24"]}, "addresses.0"),
        ({"addresses": ["::1", "localhost"]}, "addresses.1"),
        ({"addresses": ["::1"] * 21}, "addresses"),
        ({"name": ""}, "name"),
    ],
    ids=str,
)
def test_a_key_that_makes_no_sense_is_named(me: Person, body: dict[str, Any], field: str) -> None:
    reply = me.call("POST", KEYS, json_body=body)
    assert (reply.status, reply.error["field"]) == (400, field)
    assert me.call("GET", KEYS).json["total"] == 1


def test_keys_are_changed_with_a_recent_password_only(
    me: Person, deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = replace(deps, now=lambda: deps.now() + timedelta(minutes=15))
    monkeypatch.setattr(app, "dependencies", lambda: later)
    assert me.call("GET", KEYS).status == 200
    reply = me.call("POST", KEYS)
    assert (reply.status, reply.error["field"]) == (403, "password")
    assert reply.error["description"] == "Give your password again to go on"


def test_a_key_of_an_earlier_release_does_what_it_did(me: Person, deps: Dependencies) -> None:
    old = replace(me.issued.key, stage=None, rights=None)
    ApiKeys().put(old)
    assert old.allowed == KEY_RIGHTS_ALL
    assert me.call("POST", "/api/v1/orders", by="key", json_body={"amount": 500}).status == 201
    assert me.call("GET", "/api/v1/dashboard/audit", by="key").status == 200


@pytest.mark.parametrize("of_an_earlier_release", [False, True])
def test_another_stage_over_the_same_tables_takes_no_key_and_no_session(
    me: Person, secret_arn: str, monkeypatch: pytest.MonkeyPatch, *, of_an_earlier_release: bool
) -> None:
    if of_an_earlier_release:
        ApiKeys().put(replace(me.issued.key, stage=None))
    live = some_deps(SESSION_KEY_ARN=secret_arn, STAGE="live")
    forget_all()
    monkeypatch.setattr(app, "dependencies", lambda: live)
    assert me.call("GET", "/api/v1/payments", by="key").status == 401
    cookie = {"Cookie": f"__Host-asyncpay_session={me.cookie}"}
    assert send(app, "GET", "/api/v1/payments", headers=cookie).status == 401
