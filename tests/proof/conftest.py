"""A gateway whose tables nobody else uses: the sweeper sees everybody's overdue work."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.adapters.aws import timeouts
from gateway.adapters.aws.dynamodb import tables
from tests.proof.size import REPORT, SEED, TIMEOUT_SECONDS, TORTURE
from tests.proof.world import World, a_world
from tests.support.aws_calls import tapped
from tests.support.emulator import Emulator


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
    monkeypatch.setattr(timeouts, "ends_at", lambda _timeouts, _now: float("inf"))
    tables.bind(proof_tables)
    patient = tapped(lambda request, send: send(replace(request, read_seconds=60.0)))
    with patient, a_world(emulator, proof_tables) as made:
        yield made
