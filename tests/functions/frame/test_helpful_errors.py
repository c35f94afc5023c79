"""Errors say what is wrong, exactly enough to mend it, and link to a section that exists."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.frame.application import Application
from chalicelib.frame.response import error_response
from gateway.domain.errors import BadRequest
from gateway.domain.reasons import Reason
from gateway.use_cases.dependencies import Dependencies
from tests.functions.conftest import KEYS
from tests.support.http_calls import send

ROOT = Path(__file__).resolve().parents[3]
ERRORS = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
BASIC = "Basic a2V5OnNlY3JldA=="


@pytest.mark.parametrize(
    ("headers", "field", "reason", "hint"),
    [
        ({}, "X-Api-Key", "missing_credentials", "X-Api-Key and X-Api-Secret are missing"),
        ({"X-Api-Key": "key"}, "X-Api-Secret", "missing_credentials", "X-Api-Secret is missing"),
        ({"X-Api-Secret": "secret"}, "X-Api-Key", "missing_credentials", "X-Api-Key is missing"),
        (
            {"Authorization": BASIC},
            "Authorization",
            "unsupported_scheme",
            "Basic is not taken; send X-Api-Key and X-Api-Secret",
        ),
        (
            {"Authorization": "4111111111111111"},
            "Authorization",
            "unsupported_scheme",
            "(digits) is not taken; send X-Api-Key and X-Api-Secret",
        ),
        ({"Authorization": BASIC, "X-Api-Key": "key"}, "X-Api-Secret", "missing_credentials", None),
    ],
)
def test_a_401_says_what_is_missing_beside_the_words_that_never_change(
    gateway: Application, headers: dict[str, str], field: str, reason: str, hint: str | None
) -> None:
    reply = send(gateway, "GET", "/things", headers=headers)
    assert (reply.status, reply.error["code"]) == (401, "AUTHENTICATION_ERROR")
    assert reply.error["description"] == "Invalid API credentials"
    assert (reply.error["field"], reply.error["reason"]) == (field, reason)
    assert hint in (None, reply.error["hint"])


def test_every_reason_has_a_section_and_every_section_of_one_a_reason() -> None:
    sections = re.findall(r"^### (\w+)$", ERRORS, re.MULTILINE)
    assert sorted(sections) == sorted(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_link_of_an_error_leads_to_a_heading_of_the_page(reason: Reason) -> None:
    body = error_response(BadRequest("x", reason=reason), "https://docs.example").body
    address, _, heading = body["error"]["doc_url"].partition("#")
    assert address == "https://docs.example/errors.html"
    assert f"\n### {heading}\n" in ERRORS


def test_without_a_place_for_the_documents_there_is_no_link() -> None:
    assert "doc_url" not in error_response(BadRequest("x", reason=Reason.EMPTY_BODY)).body["error"]
    assert "doc_url" not in error_response(BadRequest("x"), "https://docs.example").body["error"]


def test_the_link_is_to_the_configured_place(
    dependencies: Dependencies, gateway: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(dependencies.config, docs_url="http://localhost:3000/docs")
    monkeypatch.setattr(gateway, "dependencies", lambda: replace(dependencies, config=config))
    reply = send(gateway, "POST", "/things", headers=KEYS, body="")
    assert reply.error["doc_url"] == "http://localhost:3000/docs/errors.html#empty_body"


def test_figures_stand_beside_the_reason() -> None:
    facts: dict[str, int | str] = {"amount_available": 300}
    error = BadRequest("too much", field="amount", reason=Reason.AMOUNT_EXCEEDS_AVAILABLE, facts=facts)
    assert error_response(error).body["error"] == {
        "code": "BAD_REQUEST_ERROR",
        "description": "too much",
        "field": "amount",
        "reason": "amount_exceeds_available",
        "amount_available": 300,
        "request_id": "",
    }
