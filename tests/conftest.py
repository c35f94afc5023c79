"""What every test gets: no way to AWS, and a fresh process-wide state."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from asyncpay.services import authentication, log
from asyncpay.services.config import config
from asyncpay.services.deps import deps
from tests.factories import Clock

pytest_plugins = ["tests.fixtures_emulator"]

# Two cores are shared with others: a slow example is no failure.
settings.register_profile("asyncpay", deadline=None, max_examples=100)
settings.load_profile("asyncpay")

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


@pytest.fixture(scope="session", autouse=True)
def _no_way_to_aws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in AWS_ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    yield
    authentication.forget_all()
    config.cache_clear()
    deps.cache_clear()
    log.set_level("INFO")


@pytest.fixture
def clock() -> Clock:
    return Clock()
