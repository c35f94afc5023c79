"""The settings, read from the environment once, on first use.

template.yaml is what sets the environment; docs/configuration.md lists the settings for users.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from gateway.domain.jobs import JOB_QUEUES


class ConfigError(Exception):
    """A setting is missing or invalid; the message names it."""


@dataclass(frozen=True)
class ProcessorConfig:
    """How the simulated bank behaves. Delays in milliseconds, rates between 0 and 1."""

    test_mode: bool
    test_delay_ms: int
    test_success: bool
    upi_success_rate: float
    card_success_rate: float
    delay_min_ms: int
    delay_max_ms: int
    scripted: bool


@dataclass(frozen=True)
class Config:
    """All settings of the functions."""

    stage: str
    stack_name: str
    table_prefix: str
    log_level: str
    allowed_origins: tuple[str, ...]
    payments_queue_url: str
    refunds_queue_url: str
    webhooks_queue_url: str
    slow_webhooks_queue_url: str
    fingerprint_key_arn: str
    session_key_arn: str
    edge_secret_arn: str
    edge_only: bool
    cards_exchanged: bool
    api_function_arn: str
    test_password_arn: str
    worker_triggers: Mapping[str, str]
    dead_letter_queue_urls: Mapping[str, str]
    is_status_function: bool
    webhook_gaps_test: bool
    webhook_allowed_hosts: tuple[str, ...]
    sweep_grace_seconds: int
    allows_chaos: bool
    events_kept_days: int
    webhooks_kept_days: int
    processor: ProcessorConfig
    checkout_url: str
    test_merchant_email: str
    test_api_key: str
    test_api_secret: str = field(repr=False)
    test_webhook_url: str | None = None
    docs_url: str = ""

    @property
    def job_queue_urls(self) -> Mapping[str, str]:
        """The queues that workers take jobs from, by name."""
        urls = (
            self.payments_queue_url,
            self.refunds_queue_url,
            self.webhooks_queue_url,
            self.slow_webhooks_queue_url,
        )
        return dict(zip(JOB_QUEUES, urls, strict=True))

    @property
    def checkout_origins(self) -> tuple[str, ...]:
        """The origins that the checkout page may have."""
        own = "/".join(self.checkout_url.split("/")[:3])
        return (*self.allowed_origins, own) if own else self.allowed_origins

    @property
    def is_test_stage(self) -> bool:
        """Whether the test endpoints, the seeded merchant and scripted cards exist."""
        return self.stage == "test"


@cache
def config() -> Config:
    """The settings of this process."""
    return read_config(os.environ)


def read_config(environ: Mapping[str, str]) -> Config:
    """The settings in `environ`, or ConfigError."""
    return Config(
        stage=_one_of(environ, "STAGE", ("test", "live")),
        stack_name=environ.get("STACK_NAME") or "asyncpay",
        table_prefix=_required(environ, "TABLE_PREFIX"),
        log_level=_one_of(environ, "LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        allowed_origins=_list(environ.get("ALLOWED_ORIGINS", "")),
        payments_queue_url=_required(environ, "PAYMENTS_QUEUE_URL"),
        refunds_queue_url=_required(environ, "REFUNDS_QUEUE_URL"),
        webhooks_queue_url=_required(environ, "WEBHOOKS_QUEUE_URL"),
        slow_webhooks_queue_url=_required(environ, "SLOW_WEBHOOKS_QUEUE_URL"),
        fingerprint_key_arn=environ.get("FINGERPRINT_KEY_ARN", ""),
        session_key_arn=environ.get("SESSION_KEY_ARN", ""),
        edge_secret_arn=environ.get("EDGE_SECRET_ARN", ""),
        edge_only=_flag(environ, "EDGE_ONLY", default=False),
        cards_exchanged=_flag(environ, "CARDS_EXCHANGED", default=False),
        api_function_arn=environ.get("API_FUNCTION_ARN", ""),
        test_password_arn=environ.get("TEST_PASSWORD_ARN", ""),
        worker_triggers=dict(zip(JOB_QUEUES, _list(environ.get("WORKER_TRIGGERS", "")), strict=False)),
        dead_letter_queue_urls=dict(
            zip(JOB_QUEUES, _list(environ.get("DEAD_LETTER_QUEUE_URLS", "")), strict=False)
        ),
        is_status_function=_flag(environ, "STATUS_FUNCTION", default=False),
        webhook_gaps_test=_flag(environ, "WEBHOOK_RETRY_INTERVALS_TEST", default=False),
        webhook_allowed_hosts=_list(environ.get("WEBHOOK_ALLOWED_HOSTS", "")),
        sweep_grace_seconds=_integer(environ, "SWEEP_GRACE_SECONDS", 45, "seconds from 0 to 3600", 3600),
        allows_chaos=_allows_chaos(environ),
        events_kept_days=_events_kept_days(environ),
        webhooks_kept_days=_webhooks_kept_days(environ),
        processor=_processor(environ, scripted=environ.get("STAGE", "test") == "test"),
        checkout_url=environ.get("CHECKOUT_URL", "").rstrip("/"),
        test_merchant_email=environ.get("TEST_MERCHANT_EMAIL", "test@example.com"),
        test_api_key=environ.get("TEST_API_KEY", "key_test_abc123"),
        test_api_secret=environ.get("TEST_API_SECRET", "secret_test_xyz789"),
        test_webhook_url=environ.get("TEST_WEBHOOK_URL") or None,
        docs_url=environ.get("DOCS_URL", "").rstrip("/"),
    )


def _allows_chaos(environ: Mapping[str, str]) -> bool:
    allowed = _flag(environ, "ALLOWS_CHAOS", default=False)
    if allowed and _one_of(environ, "STAGE", ("test", "live")) != "test":
        raise ConfigError("ALLOWS_CHAOS must not be true outside test stages")
    return allowed


def _events_kept_days(environ: Mapping[str, str]) -> int:
    return _integer(environ, "EVENTS_KEPT_DAYS", 30, "days from 1 to 400", 400, minimum=1)


def _webhooks_kept_days(environ: Mapping[str, str]) -> int:
    """0 for ever. Deliveries are in the feed too, which is to reach back as far as it says."""
    days = _integer(environ, "WEBHOOKS_KEPT_DAYS", 0, "days from 0 to 3650", 3650)
    if 0 < days < _events_kept_days(environ):
        raise ConfigError("WEBHOOKS_KEPT_DAYS must be 0, for ever, or at least EVENTS_KEPT_DAYS")
    return days


def _processor(environ: Mapping[str, str], *, scripted: bool) -> ProcessorConfig:
    delay_min_ms = _integer(environ, "PROCESSING_DELAY_MIN", 5000)
    delay_max_ms = _integer(environ, "PROCESSING_DELAY_MAX", 10000)
    if delay_min_ms > delay_max_ms:
        raise ConfigError("PROCESSING_DELAY_MIN is greater than PROCESSING_DELAY_MAX")
    return ProcessorConfig(
        test_mode=_flag(environ, "TEST_MODE", default=False),
        test_delay_ms=_integer(environ, "TEST_PROCESSING_DELAY", 1000),
        test_success=_flag(environ, "TEST_PAYMENT_SUCCESS", default=True),
        upi_success_rate=_rate(environ, "UPI_SUCCESS_RATE", 0.90),
        card_success_rate=_rate(environ, "CARD_SUCCESS_RATE", 0.95),
        delay_min_ms=delay_min_ms,
        delay_max_ms=delay_max_ms,
        scripted=scripted,
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise ConfigError(f"{name} is not set")
    return value


def _one_of(environ: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """A setting with a few values, the first being the default."""
    value = environ.get(name) or known[0]
    if value not in known:
        raise ConfigError(f"{name} must be one of {', '.join(known)}")
    return value


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in ("true", "false", "1", "0"):
        raise ConfigError(f"{name} must be true or false")
    return text in ("true", "1")


def _integer(
    environ: Mapping[str, str],
    name: str,
    default: int,
    # SQS delays a message by 15 minutes at most.
    what: str = "milliseconds from 0 to 900000",
    maximum: int = 900_000,
    *,
    minimum: int = 0,
) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isdecimal() or not minimum <= int(text) <= maximum:
        raise ConfigError(f"{name} must be a number of {what}")
    return int(text)


def _rate(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        rate = float(environ.get(name, "").strip() or default)
    except ValueError:
        raise ConfigError(f"{name} must be a number from 0 to 1") from None
    if not 0 <= rate <= 1:
        raise ConfigError(f"{name} must be a number from 0 to 1")
    return rate
