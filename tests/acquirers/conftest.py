from collections.abc import Iterator

import pytest

from tests.acquirers.benches import Bench, localstripe, simulator_bench, stripe_bench


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    with localstripe() as url:
        yield url


@pytest.fixture(params=["simulator", "stripe"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "simulator":
        return simulator_bench()
    return stripe_bench(request.getfixturevalue("stripe_url"))


@pytest.fixture
def stripe(stripe_url: str) -> Bench:
    return stripe_bench(stripe_url)
