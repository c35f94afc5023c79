"""Everything the environment may say to the laptop, read once; all other modules are handed this object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.console import Problem

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"

# Port -> the variable that moves it, its default, and what it is for. One place: messages quote it.
PORTS = {
    "api": ("API_PORT", 8000, "the API"),
    "merchant": ("MERCHANT_PORT", 4000, "the sample merchant's webhook receiver"),
    "dashboard": ("DASHBOARD_PORT", 3000, "the dashboard"),
    "checkout": ("CHECKOUT_PORT", 3001, "the checkout page"),
    "shop": ("SHOP_PORT", 3002, "the demo shop"),
    "status": ("STATUS_PORT", 6379, "job status in the Redis protocol"),
    # Not 4566 (LocalStack) and not 4510..4559 (the ports that LocalStack hands to its services).
    "emulator": ("ASYNCPAY_EMULATOR_PORT", 4600, "the AWS emulator"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One run of the laptop. Two with other homes and ports run side by side."""

    root: Path
    home: Path
    host: str
    ports: Mapping[str, int]
    given_endpoint: str
    access_key_id: str
    secret_access_key: str
    stack: str
    webhook_secret: str
    environment: Mapping[str, str]

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, root: Path = ROOT) -> "Settings":
        """From the environment of the command."""
        values = dict(os.environ if environ is None else environ)
        endpoint = values.get("AWS_ENDPOINT_URL", "").rstrip("/")
        if endpoint and not endpoint.startswith(("http://", "https://")):
            raise Problem(f"AWS_ENDPOINT_URL must begin with http:// or https://, not '{endpoint}'.")
        ports = {name: _port(values, variable, default) for name, (variable, default, _) in PORTS.items()}
        return cls(
            root=root,
            home=root / (values.get("ASYNCPAY_HOME") or ".build"),
            host=values.get("ASYNCPAY_HOST") or "127.0.0.1",
            ports=ports,
            given_endpoint=endpoint,
            # The caller's own keys go nowhere but to an endpoint that the caller named.
            access_key_id=(endpoint and values.get("AWS_ACCESS_KEY_ID")) or "test",
            secret_access_key=(endpoint and values.get("AWS_SECRET_ACCESS_KEY")) or "test",
            stack=values.get("ASYNCPAY_STACK") or "asyncpay",
            webhook_secret=values.get("WEBHOOK_SECRET") or "whsec_test_abc123",
            environment=values,
        )

    @property
    def endpoint(self) -> str:
        """Where AWS is: the caller's endpoint, or the emulator that `up` starts."""
        return self.given_endpoint or f"http://127.0.0.1:{self.ports['emulator']}"

    @property
    def is_other_emulator(self) -> bool:
        """Whether the caller brought an endpoint that is not AWS itself."""
        return bool(self.given_endpoint) and not is_aws(self.given_endpoint)

    @property
    def data_stack(self) -> str:
        """The tables' stack."""
        return f"{self.stack}-data"

    @property
    def logs(self) -> Path:
        """Log files of this home."""
        return self.home / "logs"

    @property
    def temporary(self) -> Path:
        """Scratch space: home directory and TMPDIR of the programs started here."""
        return self.home / "tmp"


def is_aws(endpoint: str) -> bool:
    """Whether an endpoint is AWS itself."""
    return (urlsplit(endpoint).hostname or "").endswith(".amazonaws.com")


def _port(values: Mapping[str, str], variable: str, default: int) -> int:
    text = values.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise Problem(f"{variable} must be a port from 1 to 65535, not '{text}'.")
    return int(text)
