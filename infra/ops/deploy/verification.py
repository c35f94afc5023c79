"""What a deployment ends with: a payment on a test stage, a look at /health on a live one.

A live stage is never sent a payment that nobody made. Both need the new release to answer over HTTP as its
users reach it, with its own tables, queues and workers behind it.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import urllib3
from urllib3.exceptions import HTTPError

from infra.ops.application import api_base_url
from infra.ops.cloudformation.stacks import pauses
from infra.ops.console import Problem, Progress
from infra.ops.deploy.stage_parameters import deployed_test_key
from infra.ops.deploy.target import Target
from infra.ops.operate.workers import STOPPED, states

REQUEST_SECONDS = 30
# A new API on AWS answers 403 or 5xx for some seconds.
READY_SECONDS = 90
READY_SECONDS_MAX = 3600
AMOUNT = 100
Sleep = Callable[[float], object]
T = TypeVar("T")


class Failed(Exception):
    """What was looked at is not as it has to be, so far."""


@dataclass(frozen=True)
class Reply:
    """A response, with the part of its body that matters."""

    status: int
    body: Mapping[str, Any]


def verify(
    target: Target,
    outputs: Mapping[str, str],
    progress: Progress,
    *,
    sleep: Sleep = time.sleep,
) -> None:
    """Looks at the stage as its users do. Raises Problem if it is not fit for use within VERIFY_SECONDS."""
    within_seconds = _seconds(target.settings.environment)
    base = api_base_url(target.endpoint, outputs)
    stopped = [name for name, state in states(target.aws, target.stack).items() if state in STOPPED]
    _until(lambda: _check_health(base, stopped), within_seconds, sleep)
    if target.stage == "live":
        progress.say("verified: /health says that all is well")
        return
    if stopped:
        progress.say(f"verified: /health; no payment was made, as workers are stopped: {', '.join(stopped)}")
        return
    key = deployed_test_key(target.aws, outputs)
    headers = {"X-Api-Key": key["TEST_API_KEY"], "X-Api-Secret": key["TEST_API_SECRET"]}
    payment_id = _until(lambda: _pay(base, headers), within_seconds, sleep)
    # The simulated bank takes ten seconds at most, unless a setting says otherwise.
    path = f"{base}/api/v1/payments/{payment_id}"
    status = _until(lambda: _final(path, headers), within_seconds, sleep)
    progress.say(f"verified: payment {payment_id} was taken, and is {status}")


def _seconds(environment: Mapping[str, str]) -> int:
    text = environment.get("VERIFY_SECONDS") or str(READY_SECONDS)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= READY_SECONDS_MAX):
        raise Problem(f"VERIFY_SECONDS must be 1 to {READY_SECONDS_MAX}, not '{text}'.")
    return int(text)


def _check_health(base: str, stopped: list[str]) -> None:
    reply = _request("GET", f"{base}/health")
    wanted = {"status": "healthy", "database": "connected", "redis": "connected", "worker": "running"}
    if stopped:  # by an operator, and so no fault of the release
        wanted = {name: wanted[name] for name in ("database", "redis")}
    parts = {name: reply.body.get(name) for name in wanted}
    if parts != wanted or (reply.status != 200 and not stopped):
        raise Failed(f"/health answers {reply.status}: {parts}")


def _pay(base: str, headers: Mapping[str, str]) -> str:
    order = _created(f"{base}/api/v1/orders", headers, {"amount": AMOUNT, "notes": {"made_by": "deployment"}})
    body = {"order_id": order["id"], "method": "upi", "vpa": "deployment@bank"}
    return str(_created(f"{base}/api/v1/payments", headers, body)["id"])


def _created(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Mapping[str, Any]:
    reply = _request("POST", url, headers, body)
    if reply.status != 201:
        raise Failed(f"POST {url} answers {reply.status}: {reply.body.get('error')}")
    return reply.body


def _final(url: str, headers: Mapping[str, str]) -> str:
    """A payment's outcome. Whether the bank takes it is the bank's affair."""
    reply = _request("GET", url, headers)
    status = reply.body.get("status")
    if reply.status != 200 or status not in ("success", "failed"):
        raise Failed(f"the payment at {url} is {status} ({reply.status})")
    return str(status)


def _request(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
) -> Reply:
    try:
        response = urllib3.request(
            method, url, headers=headers, json=body, timeout=REQUEST_SECONDS, retries=False, redirect=False
        )
        found = json.loads(response.data)
    except (HTTPError, ValueError) as problem:
        raise Failed(f"{method} {url}: {problem}") from problem
    return Reply(response.status, found if isinstance(found, dict) else {})


def _until(look: Callable[[], T], within_seconds: float, sleep: Sleep) -> T:
    failed = "nothing was tried"
    for pause in pauses(within_seconds):
        try:
            return look()
        except Failed as found:
            failed = str(found)
        sleep(pause)
    raise Problem(f"The stage is not fit for use: {failed}")
