"""The expressions of conditions, updates and filters as moto reads them: another reader than the emulators'.

All tests that hold the database in memory to the one on DynamoDB, once more on moto. One thread: moto carries
out concurrent transactions one into another (docs/decisions.md), so races are no matter for it.
"""

import inspect
from collections.abc import Iterator

import pytest

from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.transport import transport
from gateway.use_cases.protocols.database import Database
from tests.adapters import test_databases_agree
from tests.bill.meter import asked_of_moto, on_moto
from tests.bill.walk import Moto

# Tests that do not say which database they are about make one of their own, on the emulator.
globals().update(
    {
        name: test
        for name, test in vars(test_databases_agree).items()
        if name.startswith("test_") and "database" in inspect.signature(test).parameters
    }
)


@pytest.fixture(scope="module")
def tables_on_moto() -> Iterator[str]:
    with on_moto(asked_of_moto):
        yield Moto("moto").make_tables()


@pytest.fixture
def database(tables_on_moto: str) -> Database:
    # Each test forgets the transport of the one before.
    transport().send = asked_of_moto
    tables.bind(tables_on_moto)
    return DynamoDatabase()
