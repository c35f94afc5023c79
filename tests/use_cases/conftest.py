import pytest

from tests.support.emulator import Emulator
from tests.support.shop import Shop


@pytest.fixture
def shop(emulator: Emulator, store: str, secret_arn: str) -> Shop:
    """A shop on the shared tables."""
    return Shop(emulator, secret_arn)


@pytest.fixture
def only_shop(emulator: Emulator, empty_store: str, secret_arn: str) -> Shop:
    """A shop on tables of its own: for what reads across merchants."""
    return Shop(emulator, secret_arn)
