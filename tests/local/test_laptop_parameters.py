import re

import pytest

from infra.ops.cloudformation.template import load, variable
from infra.ops.settings import ROOT
from local.parameters import parameters
from tests.local.conftest import SettingsMaker

DECLARED = load(ROOT / "template.yaml")["Parameters"]
OF_THE_CONTRACT = [
    *("TEST_MODE", "TEST_PROCESSING_DELAY", "TEST_PAYMENT_SUCCESS", "UPI_SUCCESS_RATE", "CARD_SUCCESS_RATE"),
    *("PROCESSING_DELAY_MIN", "PROCESSING_DELAY_MAX", "WEBHOOK_RETRY_INTERVALS_TEST", "TEST_MERCHANT_EMAIL"),
    *("TEST_API_KEY", "TEST_API_SECRET", "LOG_LEVEL", "STAGE"),
]


def _name(environment_variable: str) -> str:
    return next(name for name in DECLARED if variable(name) == environment_variable)


def test_every_parameter_of_the_template_is_told_so_that_none_is_left_from_the_run_before(
    settings_of: SettingsMaker,
) -> None:
    assert parameters(settings_of()).keys() == DECLARED.keys()


@pytest.mark.parametrize("name", OF_THE_CONTRACT)
def test_a_setting_is_taken_from_the_environment(settings_of: SettingsMaker, name: str) -> None:
    assert parameters(settings_of(**{name: "given"}))[_name(name)] == "given"


@pytest.mark.parametrize("name", OF_THE_CONTRACT)
def test_a_setting_not_given_or_empty_has_the_template_s_default(
    settings_of: SettingsMaker, name: str
) -> None:
    default = str(DECLARED[_name(name)]["Default"])
    assert parameters(settings_of())[_name(name)] == default
    assert parameters(settings_of(**{name: ""}))[_name(name)] == default


def test_an_empty_webhook_url_means_that_there_is_none(settings_of: SettingsMaker) -> None:
    assert parameters(settings_of(TEST_WEBHOOK_URL=""))["TestWebhookUrl"] == ""


def test_moved_ports_move_the_webhook_url_and_the_allowed_origins(settings_of: SettingsMaker) -> None:
    values = parameters(settings_of(MERCHANT_PORT="4100", CHECKOUT_PORT="3101", DASHBOARD_PORT="3100"))
    assert values["TestWebhookUrl"] == "http://localhost:4100/webhook"
    assert values["AllowedOrigins"].split(",") == [
        *("http://localhost:3100", "http://localhost:3101", "http://127.0.0.1:3100", "http://127.0.0.1:3101")
    ]


def test_the_default_origins_are_those_of_the_template(settings_of: SettingsMaker) -> None:
    assert parameters(settings_of())["AllowedOrigins"] == DECLARED["AllowedOrigins"]["Default"]


def test_what_the_target_decides_is_not_read_from_the_environment(settings_of: SettingsMaker) -> None:
    values = parameters(
        settings_of(SIZE="cloud", SNAP_START="PublishedVersions", RUNTIME="nodejs", DATA_STACK="x")
    )
    assert (values["Size"], values["SnapStart"], values["DataStack"]) == ("laptop", "None", "asyncpay-data")
    assert re.fullmatch(r"python3\.\d+", values["Runtime"])


def test_the_settings_version_changes_with_any_setting_and_with_nothing_else(
    settings_of: SettingsMaker,
) -> None:
    version = parameters(settings_of())["SettingsVersion"]
    assert parameters(settings_of(HOME="/elsewhere", SETTINGS_VERSION="mine"))["SettingsVersion"] == version
    assert parameters(settings_of(TEST_MODE="true"))["SettingsVersion"] != version
    assert parameters(settings_of(MERCHANT_PORT="4001"))["SettingsVersion"] != version
