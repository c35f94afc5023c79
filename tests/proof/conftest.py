"""A gateway whose tables nobody else uses: the sweeper sees everybody's overdue work."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.timeouts import WORK
from tests.fixtures_emulator import Emulator
from tests.proof.size import REPORT, SEED, TIMEOUT_SECONDS, TORTURE
from tests.proof.world import World, a_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "proof" in item.path.parts:
            item.add_marker(pytest.mark.emulator)
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


@pytest.fixture(autouse=True)
def _reported(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hands what a test counted to the summary at the end of the run."""
    yield
    size = "torture" if TORTURE else "quick"
    lines = [f"{line} ({size} size, ASYNCPAY_SEED={SEED})" for line in REPORT]
    request.node.user_properties.extend(("proof", line) for line in lines)
    REPORT.clear()


@pytest.fixture(scope="session")
def proof_tables(emulator: Emulator) -> str:
    return emulator.make_tables()


@pytest.fixture
def world(emulator: Emulator, proof_tables: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # A busy machine answers late: that is not among the failures that are tested here.
    patient = replace(WORK, read_seconds=60.0)
    make = queues.client.__wrapped__
    monkeypatch.setattr(queues, "client", cache(lambda service, *_: make(service, patient)))
    tables.bind(proof_tables, timeouts=patient)
    with a_world(emulator, proof_tables) as made:
        yield made
