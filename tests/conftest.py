"""What every test gets: no way to AWS, and a fresh process-wide state.

Under pytest-xdist a file's tests stay together (`--dist loadfile`): each process has an emulator, and
where it needs one a deployed stack, of its own.
"""

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from gateway.adapters.aws import timeouts
from gateway.domain.counting import counts
from gateway.runtime import log
from gateway.runtime.config import config
from gateway.runtime.dependencies import dependencies
from gateway.use_cases.access import authentication
from tests.support.aws_calls import forget_transport
from tests.support.factories import Clock, repeat_ids

pytest_plugins = ["tests.support.emulator", "tests.support.fixtures_node"]

# A gate gives the same verdict on the same code twice: examples, ids and walks follow from one number,
# which is 0 unless ASYNCPAY_SEED names another. `make torture` draws one each time and prints it.
TORTURE = "ASYNCPAY_TORTURE" in os.environ
FIXED = not TORTURE and os.environ.get("ASYNCPAY_SEED", "0") == "0"

# Two cores are shared with others: a slow example is no failure.
settings.register_profile("asyncpay", deadline=None, max_examples=100, derandomize=FIXED)
settings.load_profile("asyncpay")

SLOW = ("proof", "openapi")
NOBODY_LISTENS = "http://127.0.0.1:1"
AWS_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": NOBODY_LISTENS,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def pytest_configure() -> None:
    """One seed for all processes, so that one number repeats a run."""
    seed = random.SystemRandom().randrange(1_000_000) if TORTURE else 0
    os.environ.setdefault("ASYNCPAY_SEED", str(seed))


@pytest.fixture(autouse=True)
def _ids_of_its_own(request: pytest.FixtureRequest) -> None:
    """A test's ids, and so the shards of its rows, are the same in every run, and those of no other test."""
    repeat_ids(f"{os.environ['ASYNCPAY_SEED']}:{request.node.nodeid}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, so that no process does it alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None and item.path.parent.name not in SLOW)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints what tests measured, whichever process they ran in."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    for report in reports:
        # A test's properties are in the reports of all its phases; the last has them all.
        if getattr(report, "when", None) == "teardown":
            for name, line in report.user_properties:
                terminalreporter.write_line(f"{name}: {line}")


@pytest.fixture(scope="session", autouse=True)
def _no_way_to_aws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in AWS_ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def _counting_is_asked_for_by_tests_only() -> Iterator[None]:
    """By chance, one new row in some hundreds asks for it: one call more in one run of some hundreds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "ASKED_EVERY", 2**40)
        yield


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    yield
    authentication.forget_all()
    config.cache_clear()
    dependencies.cache_clear()
    forget_transport()
    timeouts.invocation_ends_in(float("inf"))
    log.set_level("INFO")
    log.request_id.set("")


@pytest.fixture
def clock() -> Clock:
    return Clock()
