"""What is generated from the OpenAPI document is what is committed, and no operation is forgotten."""

import inspect

import pytest

import asyncpay
from app import app
from asyncpay.async_client import AsyncClient
from chalicelib.frame.operation import operations
from chalicelib.openapi.document import document
from generator.__main__ import OUTPUT, generate
from generator.names import BY_HAND, METHODS, OMITTED

DOCUMENT = document(operations(app))
CLIENTS = (asyncpay.Client("k", "s", "http://x"), AsyncClient("k", "s", "http://x"))
# What the SDK adds to the operations.
ADDED = {"payments.capture", "payments.wait_until_final", "refunds.wait_until_final"}


def test_the_committed_modules_are_those_of_the_document() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in OUTPUT.glob("*.py")}
    assert found == generate(DOCUMENT), "the API changed: run `make sdk`"


@pytest.mark.parametrize("client", CLIENTS, ids=["sync", "async"])
def test_the_methods_are_the_documents_operations(client: object) -> None:
    methods = {
        f"{resource}.{name}"
        for resource, found in vars(client).items()
        if not resource.startswith("_")
        for name, _ in inspect.getmembers(found, callable)
        if not name.startswith("_")
    }
    by_hand = {name for names in BY_HAND.values() for name in names}
    assert methods == set(METHODS.values()) | by_hand | ADDED


def test_each_operation_has_a_method_or_a_reason_to_have_none() -> None:
    shown = {one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()}
    assert shown == METHODS.keys() | BY_HAND.keys() | OMITTED.keys()
    assert not METHODS.keys() & OMITTED.keys()
    assert all(len(reason) > 20 for reason in OMITTED.values())


def test_both_clients_take_the_same_parameters() -> None:
    sync, asynchronous = CLIENTS
    for operation in {*METHODS.values(), *ADDED, "events.list", "events.of_object"}:
        resource, name = operation.split(".")
        one, other = (
            list(inspect.signature(getattr(getattr(client, resource), name)).parameters.values())
            for client in (sync, asynchronous)
        )
        assert one == other, operation
