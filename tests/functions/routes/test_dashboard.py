"""The dashboard's own endpoints over HTTP, on the emulator."""

from datetime import UTC, date, datetime

import pytest

from app import app
from gateway.domain.acquiring.account import simulated_account
from gateway.domain.acquiring.statement import Difference, Problem, Run
from gateway.use_cases.access.seed import seed_test_merchant
from gateway.use_cases.dependencies import Dependencies
from tests.support.factories import some_id
from tests.support.http_calls import send
from tests.support.people import Person

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
CREDENTIALS = "/api/v1/dashboard/credentials"
KEYS = "/api/v1/dashboard/api-keys"
RECONCILIATIONS = "/api/v1/dashboard/reconciliations"
EXPORTS = "/api/v1/dashboard/exports"


def test_in_test_stages_the_seeded_merchant_sees_its_secret(deps: Dependencies, secret_arn: str) -> None:
    seed_test_merchant(deps)
    body = {"email": deps.config.test_merchant_email, "password": "any"}
    begun = send(app, "POST", "/api/v1/dashboard/session", json_body=body)
    headers = {"Cookie": begun.headers["set-cookie"].partition(";")[0]}
    shown = send(app, "GET", CREDENTIALS, headers=headers).json
    assert (shown["api_key"], shown["api_secret"]) == ("key_test_abc123", "secret_test_xyz789")


def test_a_secret_that_was_issued_is_never_shown_again(me: Person) -> None:
    shown = me.call("GET", CREDENTIALS)
    assert (shown.json["api_key"], shown.json["api_secret"]) == (me.issued.key.api_key, None)
    assert me.issued.secret not in shown.text
    assert me.issued.key.secret_hash not in shown.text


def test_a_key_is_issued_rotated_and_disabled(me: Person) -> None:
    made = me.call("POST", KEYS)
    assert made.status == 201
    old = made.json
    rotated = me.call("POST", f"{KEYS}/{old['api_key']}/rotate", json_body={"overlap_hours": 2})
    assert rotated.status == 201
    assert rotated.json["replaces"]["expires_at"] == "2026-01-31T11:30:00.250Z"
    for pair in (old, rotated.json):
        headers = {"X-Api-Key": pair["api_key"], "X-Api-Secret": pair["api_secret"]}
        assert send(app, "GET", "/api/v1/payments", headers=headers).status == 200
    gone = me.call("DELETE", f"{KEYS}/{old['api_key']}")
    assert (gone.status, gone.json["active"]) == (200, False)
    keys = {key["api_key"]: key["active"] for key in me.call("GET", CREDENTIALS).json["keys"]}
    assert keys == {me.issued.key.api_key: True, old["api_key"]: False, rotated.json["api_key"]: True}


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "1", None])
def test_an_overlap_that_makes_no_sense_is_named(me: Person, hours: object) -> None:
    path = f"{KEYS}/{me.issued.key.api_key}/rotate"
    reply = me.call("POST", path, json_body={"overlap_hours": hours})
    assert (reply.status, reply.error["field"]) == (400, "overlap_hours")


def test_without_an_overlap_in_the_body_it_is_a_day(me: Person) -> None:
    reply = me.call("POST", f"{KEYS}/{me.issued.key.api_key}/rotate", json_body={})
    assert reply.json["replaces"]["expires_at"] == "2026-02-01T09:30:00.250Z"


def test_the_audit_trail_tells_who_it_was(me: Person) -> None:
    made = me.call("POST", KEYS).json
    me.call("DELETE", f"{KEYS}/{made['api_key']}")
    page = me.call("GET", "/api/v1/dashboard/audit")
    found = {(row["action"], row["object"], row["actor"]) for row in page.json["data"]}
    assert page.json["total"] == 3
    assert found == {
        ("api_key.issued", me.issued.key.api_key, "admin:test"),
        ("api_key.issued", made["api_key"], f"user:{me.merchant.email}"),
        ("api_key.disabled", made["api_key"], f"user:{me.merchant.email}"),
    }
    assert made["api_secret"] not in page.text


def test_the_days_that_were_compared_with_the_acquirer_are_listed(me: Person) -> None:
    at = datetime(2026, 3, 11, 6, tzinfo=UTC)
    found = Difference(Problem.AMOUNT_DIFFERS, "pay_1", "pi_1", 500, 499, "INR")
    days = [date(2026, 3, 9), date(2026, 3, 10)]
    account = f"stripe_{some_id('pay_')[4:]}"
    me.deps.database.reconciliations.keep(me.merchant.id, Run(account, days[0], at, at))
    differs = Run(
        account,
        days[1],
        at,
        at,
        3,
        2,
        {"INR": 999},
        {},
        {"INR": 20},
        differences=(found,),
        differences_total=1,
    )
    me.deps.database.reconciliations.keep(me.merchant.id, differs)
    shown = me.call("GET", RECONCILIATIONS, query={"limit": ["1"]}).json
    assert (shown["total"], shown["limit"], shown["offset"]) == (2, 1, 0)
    assert shown["data"] == [
        {
            "account": account,
            "acquirer": "stripe",
            "day": "2026-03-10",
            "finished_at": "2026-03-11T06:00:00.000Z",
            "movements": 3,
            "matched": 2,
            "taken": {"INR": 999},
            "given_back": {},
            "fees": {"INR": 20},
            "differences": [
                {
                    "problem": "amount_differs",
                    "our_id": "pay_1",
                    "reference": "pi_1",
                    "ours": 500,
                    "theirs": 499,
                    "currency": "INR",
                }
            ],
            "differences_total": 1,
        }
    ]
    older = me.call("GET", RECONCILIATIONS, query={"offset": ["1"]}).json["data"]
    assert [run["day"] for run in older] == ["2026-03-09"]


def test_a_merchants_account_at_the_simulated_bank_is_shown_as_such(me: Person) -> None:
    account, at = simulated_account(me.merchant.id), datetime(2026, 3, 11, 6, tzinfo=UTC)
    me.deps.database.reconciliations.keep(me.merchant.id, Run(account.name, date(2026, 3, 10), at, at))
    (shown,) = me.call("GET", RECONCILIATIONS).json["data"]
    assert (shown["account"], shown["acquirer"]) == ("simulated", "simulated")


def test_without_an_acquirer_account_no_day_was_compared(me: Person) -> None:
    assert me.call("GET", RECONCILIATIONS).json == {"data": [], "total": 0, "limit": 10, "offset": 0}


def test_an_export_is_on_record_with_its_filters(me: Person) -> None:
    reply = me.call("POST", EXPORTS, json_body={"of": "payments", "q": "r-1", "status": "", "from": None})
    assert (reply.status, reply.json) == (201, {"of": "payments"})
    rows = me.call("GET", "/api/v1/dashboard/audit").json["data"]
    found = [(row["object"], row["actor"], row["details"]) for row in rows if row["action"] == "export.begun"]
    assert found == [("payments", f"user:{me.merchant.email}", {"q": "r-1"})]


@pytest.mark.parametrize(
    ("body", "field"), [({}, "of"), ({"of": "secrets"}, "of"), ({"of": "payments", "q": "x" * 256}, "q")]
)
def test_an_export_of_what_there_is_not_is_refused(me: Person, body: object, field: str) -> None:
    reply = me.call("POST", EXPORTS, json_body=body)
    assert (reply.status, reply.error["field"]) == (400, field)


def test_the_numbers_of_no_payments_are_noughts(me: Person) -> None:
    shown = me.call("GET", "/api/v1/dashboard/summary").json
    assert (shown["total_transactions"], shown["total_amount"], shown["success_rate"]) == (0, 0, 0.0)
    assert len(shown["by_day"]) == 30


@pytest.mark.parametrize(
    "text", ["2026-1-1", "20260101", "2026-02-30", "2026-W01-1", "1999-01-01", "x", "2026-01-01T00:00"]
)
@pytest.mark.parametrize("name", ["from", "to"])
def test_a_day_that_is_none_is_named(me: Person, name: str, text: str) -> None:
    reply = me.call("GET", "/api/v1/dashboard/summary", query={name: [text]})
    assert (reply.status, reply.error["field"]) == (400, name)
