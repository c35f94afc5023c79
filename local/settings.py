"""The laptop's settings: those of every command, and the ports that a developer talks to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.ops.console import Problem
from infra.ops.settings import EMULATOR_PORT, ROOT, read_port
from infra.ops.settings import Settings as OpsSettings

# Port -> the variable that moves it, its default, and what it is for. One place: messages quote it.
PORTS = {
    "api": ("API_PORT", 8000, "the API"),
    "merchant": ("MERCHANT_PORT", 4000, "the sample merchant's webhook receiver"),
    "dashboard": ("DASHBOARD_PORT", 3000, "the dashboard"),
    "checkout": ("CHECKOUT_PORT", 3001, "the checkout page"),
    "shop": ("SHOP_PORT", 3002, "the demo shop"),
    "status": ("STATUS_PORT", 6379, "job status in the Redis protocol"),
    # Not 4566 (LocalStack) and not 4510..4559 (the ports that LocalStack hands to its services).
    "emulator": (*EMULATOR_PORT, "the AWS emulator"),
    "tables": ("ASYNCPAY_TABLES_PORT", 4601, "the emulator's table engine"),
    "stripe": ("ASYNCPAY_STRIPE_PORT", 4602, "localstripe, with ACQUIRER=stripe"),
    "razorpay": ("ASYNCPAY_RAZORPAY_PORT", 4603, "the stand-in for Razorpay, with ACQUIRER=razorpay"),
}


ACQUIRERS = ("simulated", "stripe", "razorpay")
# With this variable it is the acquirer's own test mode, else a stand-in on this machine.
SECRET_KEYS = {"stripe": "STRIPE_SECRET_KEY", "razorpay": "RAZORPAY_KEY_SECRET"}


@dataclass(frozen=True, kw_only=True)
class Settings(OpsSettings):
    """One run of the laptop. Two with different homes and ports run side by side."""

    host: str
    ports: Mapping[str, int]
    webhook_secret: str
    acquirer: str

    @property
    def stand_in(self) -> str | None:
        """The acquirer that is stood in for on this machine, for want of credentials of its test mode."""
        variable = SECRET_KEYS.get(self.acquirer)
        return None if variable is None or self.environment.get(variable) else self.acquirer

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, root: Path = ROOT) -> "Settings":
        """From the environment of the command. Raises Problem for a value that cannot be used."""
        values = dict(os.environ if environ is None else environ)
        of_every_command = OpsSettings.read(values, root)
        return cls(
            **vars(of_every_command),
            host=values.get("ASYNCPAY_HOST") or "127.0.0.1",
            ports={name: read_port(values, variable, port) for name, (variable, port, _) in PORTS.items()},
            acquirer=_acquirer(values),
            webhook_secret=values.get("WEBHOOK_SECRET") or "whsec_test_abc123",
        )


def _acquirer(values: Mapping[str, str]) -> str:
    acquirer = values.get("ACQUIRER") or "simulated"
    if acquirer not in ACQUIRERS:
        raise Problem(f"ACQUIRER must be one of {', '.join(ACQUIRERS)}, not '{acquirer}'.")
    return acquirer
