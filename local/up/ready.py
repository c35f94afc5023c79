"""What a developer is told once everything runs; its last line is what scripts wait for."""

import os
from pathlib import Path

from infra.ops.settings import REGION
from local.acquirers.account import webhook_path
from local.acquirers.process import base_url
from local.emulator import binary
from local.parameters import parameters
from local.settings import Settings

LINE = "AsyncPay is ready"


def show(settings: Settings, health_status: int) -> None:
    """Prints it."""
    lines = [*_served(settings), "", *_try_it(settings), "", _persistence(settings)]
    if health_status != 200:
        lines += [f"Note: GET /health answered {health_status}; `{settings.typed('logs')}` shows why."]
    print("\n".join(["", *lines, LINE]), flush=True)


def _served(settings: Settings) -> list[str]:
    ports, logs = settings.ports, settings.typed("logs")
    return [
        f"  API              http://localhost:{ports['api']}",
        f"  Dashboard        http://localhost:{ports['dashboard']}/login   ({_sign_in(settings)})",
        f"  Checkout         http://localhost:{ports['checkout']}/checkout.js",
        f"  Demo shop        http://127.0.0.1:{ports['shop']}",
        f"  Sample merchant  http://localhost:{ports['merchant']}/webhook   (what it received: /events)",
        *_acquirer(settings),
        f"  Job status       redis-cli -p {ports['status']} HGETALL asyncpay:jobs",
        f"  AWS              {settings.endpoint}   (region {REGION}, stack {settings.stack})",
        f"  Logs             {logs}   (the functions'; files are in {_shown(settings, settings.logs)})",
    ]


def _acquirer(settings: Settings) -> list[str]:
    if settings.acquirer == "simulated":
        return []
    path = webhook_path(settings)
    if settings.stand_in == "stripe":
        return [f"  Acquirer         localstripe, {base_url(settings)}   (cards: docs/acquirers.md)"]
    if settings.stand_in == "razorpay":
        at = f"a stand-in for Razorpay, {base_url(settings)}"
        return [f"  Acquirer         {at}   (UPI addresses: docs/acquirers.md)"]
    if settings.acquirer == "razorpay":
        return [f"  Acquirer         Razorpay's test mode   (webhooks: a tunnel to {path})"]
    forward = f"stripe listen --forward-to localhost:{settings.ports['api']}{path}"
    return [f"  Acquirer         Stripe's test mode   (webhooks: {forward})"]


def _sign_in(settings: Settings) -> str:
    values = parameters(settings)
    if values["Stage"] != "test":
        return "sign in with your e-mail address and password"
    return f"sign in as {values['TestMerchantEmail']}, any password"


def _try_it(settings: Settings) -> list[str]:
    """A first call. A secret that is not the published one is not printed."""
    values = parameters(settings)
    secret = "$TEST_API_SECRET" if settings.environment.get("TEST_API_SECRET") else values["TestApiSecret"]
    return [
        "  Try it:",
        f"    curl -s http://localhost:{settings.ports['api']}/api/v1/orders \\",
        f'      -H "X-Api-Key: {values["TestApiKey"]}" -H "X-Api-Secret: {secret}" \\',
        """      -H "Content-Type: application/json" -d '{"amount": 50000, "currency": "INR"}'""",
    ]


def _persistence(settings: Settings) -> str:
    down = settings.typed("down")
    if settings.given_endpoint:
        return f"Ctrl-C or `{down}` ends the servers; what was deployed stays at {settings.endpoint}."
    engine, _ = binary.find(settings)
    kept = _shown(settings, settings.home / ("tables" if engine else "state"))
    if engine:
        return f"Data survives Ctrl-C, `{down}` and a crash (in {kept})."
    return (
        f"Data survives Ctrl-C and `{down}` (in {kept}).\n"
        "A SIGKILL or a crash loses what was written since this start."
    )


def _shown(settings: Settings, path: Path) -> str:
    return os.path.relpath(path, settings.root) if path.is_relative_to(settings.root) else str(path)
