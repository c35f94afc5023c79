"""Where keys come from, and that they are renewed."""

import datetime as dt
import json
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, NoCredentialsError

from gateway.adapters.aws.credentials import credentials
from gateway.adapters.aws.services import DYNAMODB
from gateway.adapters.aws.signing import Keys
from gateway.adapters.aws.transport import Transport
from tests.support.aws_server import Behaviour, answer, serving, success

# What SnapStart sets in place of keys (Lambda Developer Guide, "Lambda SnapStart").
WITHOUT_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WITHOUT_KEYS:
        monkeypatch.delenv(name, raising=False)


def lease(number: int, *, minutes: int) -> Behaviour:
    """What the container endpoint answers."""
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    found = {
        "AccessKeyId": f"AKID{number}",
        "SecretAccessKey": f"secret{number}",
        "Token": f"token{number}",
        "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return answer(json.dumps(found).encode(), crc=False)


def test_a_functions_keys_are_those_of_its_environment() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    assert credentials(environ)() == Keys("AKID", "secret", "token")
    assert credentials({**environ, "AWS_SESSION_TOKEN": ""})() == Keys("AKID", "secret", None)


def test_the_container_endpoint_is_asked_with_its_token_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lease(1, minutes=60)) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/credentials")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let me in")
        find = credentials({})
        assert [find() for _ in range(3)] == [Keys("AKID1", "secret1", "token1")] * 3
        (request,) = server.received
        assert request.headers["authorization"] == "let me in"
        assert request.line.startswith("GET /credentials ")


def test_keys_are_renewed_before_they_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lease(1, minutes=5), lease(2, minutes=60)) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url)
        find = credentials({})
        find()
        assert find() == Keys("AKID2", "secret2", "token2")
        assert len(server.received) == 2


def test_a_profile_is_found_on_a_laptop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("[shop]\naws_access_key_id = AKID\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "shop")
    assert credentials({})() == Keys("AKID", "secret", None)


def test_nothing_found_is_said_and_looked_for_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find = credentials({})
    with pytest.raises(NoCredentialsError):
        find()
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = AKID\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    assert find() == Keys("AKID", "secret", None)


def test_half_of_a_pair_is_an_error_that_callers_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    with pytest.raises(BotoCoreError):
        credentials({"AWS_ACCESS_KEY_ID": "AKID"})()


def test_a_call_is_signed_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lease(1, minutes=60)) as endpoint, serving(success({})) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url)
        transport = Transport({"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": server.url})
        transport.call(DYNAMODB, "GetItem", {})
        headers = server.received[0].headers
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID1/")
        assert headers["x-amz-security-token"] == "token1"
        transport.reset_connections()
