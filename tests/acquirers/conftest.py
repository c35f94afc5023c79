from collections.abc import Iterator

import pytest

from tests.acquirers.benches import (
    Bench,
    localstripe,
    razorpay_bench,
    razorpay_stand_in,
    simulator_bench,
    stripe_bench,
)


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    with localstripe() as url:
        yield url


@pytest.fixture(scope="session")
def razorpay_url() -> Iterator[str]:
    with razorpay_stand_in() as url:
        yield url


@pytest.fixture(params=["simulator", "stripe", "razorpay"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "simulator":
        return simulator_bench()
    if request.param == "razorpay":
        return razorpay_bench(request.getfixturevalue("razorpay_url"))
    return stripe_bench(request.getfixturevalue("stripe_url"))


@pytest.fixture
def stripe(stripe_url: str) -> Bench:
    return stripe_bench(stripe_url)


@pytest.fixture
def razorpay(razorpay_url: str) -> Bench:
    return razorpay_bench(razorpay_url)
