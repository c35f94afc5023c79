import pytest

from infra.ops.console import Problem
from tests.local.conftest import SettingsMaker


def test_the_contract_s_ports_are_the_defaults(settings_of: SettingsMaker) -> None:
    ports = settings_of().ports
    assert {name: ports[name] for name in ("api", "merchant", "dashboard", "checkout", "status")} == {
        "api": 8000,
        "merchant": 4000,
        "dashboard": 3000,
        "checkout": 3001,
        "status": 6379,
    }


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80a", "\u0663"])
def test_a_port_that_is_none_is_named_with_its_variable(settings_of: SettingsMaker, port: str) -> None:
    with pytest.raises(Problem, match="API_PORT must be a port"):
        settings_of(API_PORT=port)


def test_without_an_endpoint_aws_is_the_emulator_of_this_machine(settings_of: SettingsMaker) -> None:
    assert settings_of(ASYNCPAY_EMULATOR_PORT="4999").endpoint == "http://127.0.0.1:4999"


def test_the_caller_s_keys_go_only_to_an_endpoint_that_the_caller_named(settings_of: SettingsMaker) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hidden"}
    ours = settings_of(**keys)
    assert (ours.access_key_id, ours.secret_access_key) == ("test", "test")
    theirs = settings_of(**keys, AWS_ENDPOINT_URL="http://127.0.0.1:4566/")
    assert (theirs.access_key_id, theirs.secret_access_key) == ("AKIA", "hidden")
    assert theirs.endpoint == "http://127.0.0.1:4566"


def test_an_endpoint_without_a_scheme_is_refused(settings_of: SettingsMaker) -> None:
    with pytest.raises(Problem, match="AWS_ENDPOINT_URL must begin with http"):
        settings_of(AWS_ENDPOINT_URL="localhost:4566")


@pytest.mark.parametrize(
    ("endpoint", "other"),
    [("", False), ("http://127.0.0.1:4566", True), ("https://lambda.us-east-1.amazonaws.com", False)],
)
def test_only_an_endpoint_that_is_neither_ours_nor_aws_is_another_emulator(
    settings_of: SettingsMaker, endpoint: str, *, other: bool
) -> None:
    assert settings_of(AWS_ENDPOINT_URL=endpoint).is_other_emulator is other
