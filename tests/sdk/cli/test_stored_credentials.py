"""`asyncpay login`: what is kept, for whose eyes, and what is said where nobody is logged in."""

import json
import stat
from pathlib import Path

import pytest

from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.fake_feed import API_SECRET, KEY
from tests.sdk.scripted import Answer, Gateway, refusal, scripted

ORDER = {"id": "order_Fq3ZtW8kLmXs0aBc", "amount": 50000}


def login(cli: Cli, gateway: Gateway, tmp_path: Path, *options: str) -> tuple[int, str, str]:
    gateway.answers(Answer(200, {"data": []}))
    secret = tmp_path / "secret"
    secret.write_text(API_SECRET + "\n")
    return cli("login", "--base-url", gateway.url, "--api-key", KEY, "--secret-file", str(secret), *options)


def test_a_profile_is_kept_for_its_owner_only_and_used(bare: Cli, home: Path, tmp_path: Path) -> None:
    with scripted() as gateway:
        code, out, err = login(bare, gateway, tmp_path)
        assert (code, err) == (0, "")
        assert API_SECRET not in out
        file = home / "credentials.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        gateway.answers(Answer(200, ORDER))
        assert bare("orders", "get", ORDER["id"])[0] == 0
        assert gateway.asked[-1].headers["x-api-secret"] == API_SECRET


def test_credentials_that_do_not_work_are_not_kept(bare: Cli, home: Path, tmp_path: Path) -> None:
    with scripted() as gateway:
        gateway.answers(refusal(401, "AUTHENTICATION_ERROR", "Invalid API credentials"))
        code, _, err = login(bare, gateway, tmp_path)
    assert code == 3
    assert "Invalid API credentials" in err
    assert not (home / "credentials.json").exists()


def test_an_address_where_something_else_answers_is_not_kept(bare: Cli, home: Path, tmp_path: Path) -> None:
    with scripted() as gateway:
        gateway.answers(Answer(200, {"detail": "ok"}))
        code, _, err = login(bare, gateway, tmp_path)
    assert (code, "is not AsyncPay" in err) == (1, True)
    assert not (home / "credentials.json").exists()


def test_profiles_stand_beside_each_other(bare: Cli, home: Path, tmp_path: Path) -> None:
    with scripted() as gateway:
        login(bare, gateway, tmp_path)
        login(bare, gateway, tmp_path, "--profile", "live")
    profiles = json.loads((home / "credentials.json").read_text())["profiles"]
    assert set(profiles) == {"default", "live"}
    code, _, err = bare("orders", "get", "x", "--profile", "staging")
    assert (code, "Run: asyncpay login --profile staging Known profiles: default, live." in err) == (3, True)


def test_a_file_that_others_can_read_is_refused(bare: Cli, home: Path, tmp_path: Path) -> None:
    with scripted() as gateway:
        login(bare, gateway, tmp_path)
    (home / "credentials.json").chmod(0o644)
    code, _, err = bare("orders", "get", "x")
    assert (code, "chmod 600" in err) == (3, True)


@pytest.mark.parametrize("text", ["{", "[]", '{"profiles": {"default": {"x": 1}}}'])
def test_a_broken_file_is_told_and_not_a_traceback(bare: Cli, home: Path, text: str) -> None:
    home.mkdir()
    (home / "credentials.json").write_text(text)
    (home / "credentials.json").chmod(0o600)
    code, _, err = bare("orders", "get", "x")
    assert code == 1
    assert str(home / "credentials.json") in err


def test_half_of_the_environment_is_not_enough(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASYNCPAY_API_KEY", KEY)
    code, _, err = bare("orders", "get", "x")
    assert (code, "Set ASYNCPAY_API_SECRET and ASYNCPAY_BASE_URL too." in err) == (3, True)
