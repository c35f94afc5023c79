"""A day of an acquirer's statement compared with the ledger, as the dashboard sees it."""

from dataclasses import asdict
from typing import Any

from gateway.domain.acquiring.account import acquirer_of, routed_as
from gateway.domain.acquiring.statement import Difference, Problem, Run
from gateway.presenters.resource import Member, Resource, a_collection
from gateway.presenters.vocabulary import (
    COUNT,
    OBJECT,
    TEXT,
    TIME,
    an_array,
    an_object,
    one_of,
    or_null,
)


def _sums(name: str, description: str) -> Member[Run]:
    schema = {**OBJECT, "additionalProperties": COUNT, "description": f"{description}, by currency."}
    return Member(name, schema, lambda run: dict(getattr(run, name)))


_DIFFERENCE = an_object(
    {
        "problem": one_of(Problem),
        "our_id": {**or_null(TEXT), "description": "Our payment or refund, where there is one."},
        "reference": {**or_null(TEXT), "description": "The acquirer's own id, where it has one."},
        "ours": {**or_null(COUNT), "description": "The ledger's amount."},
        "theirs": {**or_null(COUNT), "description": "The acquirer's amount."},
        "currency": {**TEXT, "examples": ["INR"]},
    }
)


def _difference(found: Difference) -> dict[str, Any]:
    return {**asdict(found), "problem": str(found.problem)}


RECONCILIATION = Resource[Run](
    "Reconciliation",
    Member("account", TEXT, lambda run: routed_as(run.account)),
    Member("acquirer", TEXT, lambda run: acquirer_of(run.account)),
    Member(
        "day",
        {**TEXT, "format": "date", "description": "In UTC.", "examples": ["2026-01-31"]},
        lambda run: run.day.isoformat(),
    ),
    Member("finished_at", or_null(TIME)),
    Member("movements", {**COUNT, "description": "How many lines the acquirer's statement has."}),
    Member("matched", {**COUNT, "description": "How many of them the ledger has too, with their amount."}),
    _sums("taken", "What shoppers paid at the acquirer, in minor units"),
    _sums("given_back", "What went back to them"),
    _sums("fees", "What the acquirer kept for itself"),
    Member(
        "differences",
        {**an_array(_DIFFERENCE), "description": "The first 100. Nothing is corrected by itself."},
        lambda run: [_difference(found) for found in run.differences],
    ),
    Member("differences_total", COUNT),
)
RECONCILIATION_LIST = a_collection("ReconciliationList", RECONCILIATION)
