"""The OpenAPI document: complete, valid, and served. That the gateway answers as it says: tests/openapi."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.frame.errors import status_of
from chalicelib.frame.operation import Operation, operations
from chalicelib.frame.validation import check
from chalicelib.openapi.components import COMPONENTS, SCHEMAS
from chalicelib.openapi.document import PATH_PARAMETERS, TAGS, document
from chalicelib.openapi.request_bodies import BODIES, DOCUMENTED
from chalicelib.routes.reference import OPEN_API
from gateway import __version__
from gateway.domain.errors import AsyncPayError, AuthenticationFailed
from gateway.domain.webhooks.events import EVENTS
from gateway.use_cases.dependencies import Dependencies
from tests.support.http_calls import send

OPERATIONS = operations(app)
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda known: known.name)


def test_the_document_is_valid_openapi_3_1() -> None:
    made = document(OPERATIONS)
    assert made["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(made).iter_errors()] == []


def test_the_document_is_what_its_own_operation_says_that_it_returns() -> None:
    assert document(OPERATIONS).keys() == OPEN_API.schema["properties"].keys()


def test_every_route_declares_itself() -> None:
    routes = {(method, path) for path, methods in app.routes.items() for method in methods}
    assert {(operation.method, operation.path) for operation in OPERATIONS} == routes


@each_operation
def test_an_endpoint_is_documented(operation: Operation) -> None:
    summary, description = operation.texts()
    assert 5 <= len(summary) <= 80
    assert len(description) >= 10
    assert operation.tag in TAGS
    assert operation.responses
    assert [shown for shown in operation.responses.values() if shown not in COMPONENTS] == []
    assert operation.body is None or operation.body in BODIES
    assert set(re.findall(r"{(\w+)}", operation.path)) <= set(PATH_PARAMETERS)


@each_operation
def test_what_an_endpoint_may_refuse_with_has_a_text_and_a_code(operation: Operation) -> None:
    shown = document([operation])["paths"][operation.path][operation.method.lower()]["responses"]
    assert {str(status_of(error)) for error in operation.errors_of()} <= set(shown)
    assert ("401" in shown) is (not operation.public or AuthenticationFailed in operation.errors)
    assert "500" in shown


def test_no_schema_and_no_group_is_left_over() -> None:
    made = json.dumps(document(OPERATIONS))
    names = {**BODIES, **SCHEMAS}
    assert [name for name in names if f'"#/components/schemas/{name}"' not in made] == []
    assert {operation.tag for operation in OPERATIONS} == set(TAGS)


def test_a_schemas_name_is_given_once() -> None:
    assert len(SCHEMAS) == len(COMPONENTS)
    assert not set(SCHEMAS) & set(DOCUMENTED)


def examples_in(part: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each schema that has examples, with one of them."""
    if isinstance(part, dict):
        for example in part.get("examples", ()) if isinstance(part.get("examples"), list) else ():
            yield where, part, example
        for name, value in part.items():
            yield from examples_in(value, f"{where}/{name}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from examples_in(value, f"{where}/{number}")


def test_every_example_is_what_its_schema_allows() -> None:
    made = document(OPERATIONS)
    found = list(examples_in(made))
    assert len(found) > 100
    for where, schema, example in found:
        # References in it are to the document.
        validator = Draft202012Validator(
            {**schema, "components": made["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        assert [error.message for error in validator.iter_errors(example)] == [], where


@pytest.mark.parametrize("name", BODIES)
def test_every_body_has_examples_that_are_accepted(name: str) -> None:
    assert BODIES[name]["examples"]
    for example in BODIES[name]["examples"]:
        check(name, example)


def test_the_body_that_is_shown_allows_what_the_one_that_is_checked_allows() -> None:
    shown = {"$ref": "#/components/schemas/NewPayment", "components": {"schemas": DOCUMENTED}}
    for example in BODIES["NewPayment"]["examples"]:
        assert Draft202012Validator(shown).is_valid(example)
        for name in example:
            less = {key: value for key, value in example.items() if key != name}
            assert not Draft202012Validator(shown).is_valid(less)
            with pytest.raises(AsyncPayError):
                check("NewPayment", less)


def test_every_event_is_a_webhook_with_its_body() -> None:
    hooks = document(OPERATIONS)["webhooks"]
    assert set(hooks) == set(EVENTS)
    for event, hook in hooks.items():
        schema = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert schema["properties"]["event"]["const"] == event
        assert schema["$ref"].endswith(event.partition(".")[0].removeprefix("web").title() + "Event") or (
            event == "webhook.test" and schema["$ref"].endswith("/TestEvent")
        )


def test_a_parameter_is_documented_with_the_bounds_that_are_enforced() -> None:
    parameters: list[Any] = document(OPERATIONS)["paths"]["/api/v1/payments"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert by_name["limit"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}
    assert by_name["status"]["enum"] == ["pending", "success", "failed"]


def test_the_document_is_served_to_everybody_and_may_be_kept(dependencies: Dependencies) -> None:
    reply = send(app, "GET", "/openapi.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.json == json.loads(json.dumps(document(OPERATIONS)))
    assert reply.json["info"]["version"] == __version__


def test_a_cold_start_does_not_make_the_document() -> None:
    code = "import app, sys; print(*sys.modules)"
    paths = {"PYTHONPATH": "functions:layers/gateway"}
    done = subprocess.run([sys.executable, "-c", code], env=paths, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "chalicelib.frame.operation" in loaded
    assert not loaded & {
        "chalicelib.openapi.document",
        "chalicelib.openapi.components",
        "chalicelib.openapi.responses",
    }
