import pytest

from gateway.runtime.config import ConfigError, config, read_config
from tests.support.factories import a_config

REQUIRED = {
    "TABLE_PREFIX": "asyncpay-data",
    "PAYMENTS_QUEUE_URL": "https://sqs/payments",
    "REFUNDS_QUEUE_URL": "https://sqs/refunds",
    "WEBHOOKS_QUEUE_URL": "https://sqs/webhooks",
    "SLOW_WEBHOOKS_QUEUE_URL": "https://sqs/slow-webhooks",
}
FLAGS = ["TEST_MODE", "TEST_PAYMENT_SUCCESS", "WEBHOOK_RETRY_INTERVALS_TEST"]
MILLISECONDS = ["TEST_PROCESSING_DELAY", "PROCESSING_DELAY_MIN", "PROCESSING_DELAY_MAX"]
RATES = ["UPI_SUCCESS_RATE", "CARD_SUCCESS_RATE"]


def test_what_is_not_set_is_as_the_contract_says() -> None:
    settings = read_config(REQUIRED)
    bank = settings.processor
    assert (bank.upi_success_rate, bank.card_success_rate) == (0.90, 0.95)
    assert (bank.delay_min_ms, bank.delay_max_ms) == (5000, 10000)
    assert (bank.test_mode, bank.test_delay_ms, bank.test_success) == (False, 1000, True)
    assert settings.webhook_gaps_test is False
    assert settings.test_merchant_email == "test@example.com"
    assert (settings.test_api_key, settings.test_api_secret) == ("key_test_abc123", "secret_test_xyz789")


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in REQUIRED.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(ConfigError, match=f"^{name} is not set$"):
        read_config(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in FLAGS for value in ("yes", "2", "tru", "-")]
    + [(name, value) for name in MILLISECONDS for value in ("-1", "1.5", "1s", "900001", "1e3", "²")]
    + [(name, value) for name in RATES for value in ("-0.1", "1.01", "90%", "nan", "inf", "-inf")],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} "):
        read_config(REQUIRED | {name: value})


@pytest.mark.parametrize("value", ["-1", "3601", "1.5"])
def test_a_grace_that_makes_no_sense_is_named(value: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^SWEEP_GRACE_SECONDS must be a number of seconds from 0 to 3600$"
    ):
        read_config(REQUIRED | {"SWEEP_GRACE_SECONDS": value})


@pytest.mark.parametrize("value", ["-1", "3651", "30d"])
def test_days_to_keep_webhooks_that_make_no_sense_are_named(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^WEBHOOKS_KEPT_DAYS must be a number of days from 0 to 3650$"):
        read_config(REQUIRED | {"WEBHOOKS_KEPT_DAYS": value})


def test_webhooks_are_kept_for_ever_or_for_as_long_as_the_feeds_events() -> None:
    for days in ("0", "40", "41", "3650"):
        kept = read_config(REQUIRED | {"EVENTS_KEPT_DAYS": "40", "WEBHOOKS_KEPT_DAYS": days})
        assert kept.webhooks_kept_days == int(days)
    with pytest.raises(ConfigError, match=r"^WEBHOOKS_KEPT_DAYS must be 0, for ever, or at least EVENTS_"):
        read_config(REQUIRED | {"EVENTS_KEPT_DAYS": "40", "WEBHOOKS_KEPT_DAYS": "39"})


def test_delays_the_wrong_way_round_are_named() -> None:
    wrong = {"PROCESSING_DELAY_MIN": "2000", "PROCESSING_DELAY_MAX": "1999"}
    with pytest.raises(ConfigError, match="PROCESSING_DELAY_MIN is greater than PROCESSING_DELAY_MAX"):
        read_config(REQUIRED | wrong)
    assert read_config(REQUIRED | wrong | {"PROCESSING_DELAY_MIN": "1999"}).processor.delay_min_ms == 1999


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("TRUE", True),
        (" 1 ", True),
        ("false", False),
        ("0", False),
        ("", False),
        (" ", False),
    ],
)
def test_a_flag_is_true_or_false(text: str, *, value: bool) -> None:
    assert a_config(WEBHOOK_RETRY_INTERVALS_TEST=text).webhook_gaps_test is value


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("900000", 900_000), ("", 1000), (" 5 ", 5)])
def test_a_delay_is_a_number_of_milliseconds(text: str, value: int) -> None:
    assert a_config(TEST_PROCESSING_DELAY=text).processor.test_delay_ms == value


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("1", 1.0), ("0.5", 0.5), ("", 0.90)])
def test_a_rate_lies_between_0_and_1(text: str, value: float) -> None:
    assert a_config(UPI_SUCCESS_RATE=text).processor.upi_success_rate == value


def test_a_list_is_split_at_commas_and_trimmed() -> None:
    origins = a_config(ALLOWED_ORIGINS=" http://a ,,http://b, ").allowed_origins
    assert origins == ("http://a", "http://b")
    assert a_config(ALLOWED_ORIGINS="").allowed_origins == ()


@pytest.mark.parametrize(("stage", "is_test"), [("test", True), ("live", False)])
def test_scripted_instruments_and_test_endpoints_exist_in_the_test_stage_only(
    stage: str, *, is_test: bool
) -> None:
    settings = a_config(STAGE=stage)
    assert (settings.is_test_stage, settings.processor.scripted) == (is_test, is_test)


def test_chaos_is_allowed_where_the_template_says_so_and_never_in_a_live_stage() -> None:
    assert (a_config().allows_chaos, a_config(ALLOWS_CHAOS="true").allows_chaos) == (False, True)
    assert a_config(STAGE="live", ALLOWS_CHAOS="false").allows_chaos is False
    with pytest.raises(ConfigError, match=r"^ALLOWS_CHAOS must not be true outside test stages$"):
        a_config(STAGE="live", ALLOWS_CHAOS="true")


def test_the_text_of_the_settings_shows_no_secret() -> None:
    assert "hidden-secret" not in repr(a_config(TEST_API_SECRET="hidden-secret"))


def test_the_settings_of_a_process_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (REQUIRED | {"STAGE": "live"}).items():
        monkeypatch.setenv(name, value)
    first = config()
    monkeypatch.setenv("STAGE", "test")
    assert config() is first
    assert first.stage == "live"
