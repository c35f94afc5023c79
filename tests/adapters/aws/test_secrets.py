"""Secrets that are kept by name, on moto: emulators of tables and queues have no opinion on them."""

from collections.abc import Iterator

import pytest

from gateway.adapters.aws.secrets import AwsSecrets
from tests.bill.meter import asked_of_moto, client, on_moto

NAME = "asyncpay/acquirers/m-1"


@pytest.fixture(autouse=True)
def moto() -> Iterator[None]:
    with on_moto(asked_of_moto):
        yield


def test_a_secret_is_made_then_replaced() -> None:
    secrets = AwsSecrets()
    assert secrets.find(NAME) is None
    secrets.put(NAME, '{"key": "चाय"}', "The account of merchant m-1.")
    assert secrets.find(NAME) == '{"key": "चाय"}'.encode()
    assert client("secretsmanager").describe_secret(SecretId=NAME)["Description"].endswith("m-1.")
    secrets.put(NAME, "another", "Not looked at, as the secret is there.")
    assert secrets.find(NAME) == b"another"
    assert len(client("secretsmanager").list_secrets()["SecretList"]) == 1


def test_a_secret_that_waits_for_its_deletion_is_none() -> None:
    secrets = AwsSecrets()
    secrets.put(NAME, "old", "The account of merchant m-1.")
    client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    assert secrets.find(NAME) is None
