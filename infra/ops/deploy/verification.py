"""What a deployment ends with: a payment on a test stage, a look at /health on a live one.

A live stage is never sent a payment that nobody made. Both need the new release to answer over HTTP as its
users reach it, with its own tables, queues and workers behind it.

What /health says of the workers is history: it may still tell of the batches of the release before. So it is
asked before a deployment too. Where it told of a stopped worker then, as when this release is the remedy,
only batches since the release count against it, and a quiet stage has none for minutes.
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
from infra.ops.operate import batches
from infra.ops.operate.workers import STOPPED, states

REQUEST_SECONDS = 30
# A new API on AWS answers 403 or 5xx for some seconds.
READY_SECONDS = 90
READY_SECONDS_MAX = 3600
# What /health found out is shared for some seconds (gateway.use_cases.operations.status).
HEALTH_KEPT_SECONDS = 10
PARTS = {"status": "healthy", "database": "connected", "redis": "connected"}
WORKER = {"worker": "running"}
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


def workers_ran(target: Target, outputs: Mapping[str, str]) -> bool:
    """Whether /health says that the workers run, asked before a deployment. A new stage has no past."""
    if not outputs:
        return True
    try:
        reply = _request("GET", f"{api_base_url(target.endpoint, outputs)}/health")
    except Failed:
        return False
    return reply.body.get("worker") == "running"


def verify(
    target: Target,
    outputs: Mapping[str, str],
    progress: Progress,
    *,
    ran_before: bool = True,
    sleep: Sleep = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Looks at the stage as its users do. Raises Problem if it is not fit for use within VERIFY_SECONDS.

    `ran_before`: what `workers_ran` said before the deployment.
    """
    within_seconds = seconds_for_it(target.settings.environment)
    base = api_base_url(target.endpoint, outputs)
    since, began = batches.read(target.aws, target.data_stack), clock()
    stopped = [name for name, state in states(target.aws, target.stack).items() if state in STOPPED]
    # Who stopped a worker was an operator, so that is no fault of the release.
    wanted = PARTS if not stopped else {name: PARTS[name] for name in ("database", "redis")}

    def check_parts() -> None:
        _check_health(base, wanted)
        is_old = batches.read(target.aws, target.data_stack).health_read_at_ms == since.health_read_at_ms
        if is_old and clock() - began < HEALTH_KEPT_SECONDS:
            raise Failed("/health says what it found out before this release")

    _until(check_parts, within_seconds, sleep)
    if stopped:
        progress.say(f"verified: /health, but for the workers that are stopped: {', '.join(stopped)}")
        return
    if target.stage != "live":
        _take_a_payment(target, outputs, base, progress, sleep)
    try:
        _until(lambda: _check_health(base, WORKER), within_seconds, sleep)
    except Problem:
        if ran_before:
            raise
        _check_batches(target, since)
        progress.say("/health says as before that a worker stands still; no batch has failed since")
        return
    progress.say("verified: /health says that all is well")


def _check_batches(target: Target, since: batches.Batches) -> None:
    """Raises Problem where batches fail that ended since then."""
    failing = batches.read(target.aws, target.data_stack).failing_since(since)
    if failing:
        raise Problem(f"The stage is not fit for use: batches fail as before, of {', '.join(failing)}")


def _take_a_payment(
    target: Target, outputs: Mapping[str, str], base: str, progress: Progress, sleep: Sleep
) -> None:
    """A payment of the test merchant, up to its outcome, whatever that is."""
    within_seconds = seconds_for_it(target.settings.environment)
    key = deployed_test_key(target.aws, outputs)
    headers = {"X-Api-Key": key["TEST_API_KEY"], "X-Api-Secret": key["TEST_API_SECRET"]}
    payment_id = _until(lambda: _pay(base, headers), within_seconds, sleep)
    # The simulated bank takes ten seconds at most, unless a setting says otherwise.
    path = f"{base}/api/v1/payments/{payment_id}"
    status = _until(lambda: _final(path, headers), within_seconds, sleep)
    progress.say(f"verified: payment {payment_id} was taken, and is {status}")


def seconds_for_it(environment: Mapping[str, str]) -> int:
    """VERIFY_SECONDS, to be read before anything is changed. Raises Problem where it is no such number."""
    text = environment.get("VERIFY_SECONDS") or str(READY_SECONDS)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= READY_SECONDS_MAX):
        raise Problem(f"VERIFY_SECONDS must be 1 to {READY_SECONDS_MAX}, not '{text}'.")
    return int(text)


def _check_health(base: str, wanted: Mapping[str, str]) -> None:
    reply = _request("GET", f"{base}/health")
    parts = {name: reply.body.get(name) for name in wanted}
    if reply.status != 200 or parts != wanted:
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
