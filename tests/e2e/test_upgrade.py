"""A test stage of 8d968c8, upgraded in place by `make deploy` while it works and its queues are full.

The old code makes everything that a stage can hold half-done. Some of its messages are taken in hand by the
test, as by a worker that hangs, and come back to the queue once the new code runs, however long the upgrade
took; others are lost, for the new sweeper to find. A shop goes on paying all the while.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.domain.webhooks import events
from gateway.domain.webhooks.delivery import DeliveryStatus
from infra.ops.cloudformation.stacks import stack_outputs
from infra.ops.cloudformation.template import load
from tests.e2e import upgrade_way_back as way_back
from tests.e2e.conftest import KEY, ROOT, Stack, until
from tests.e2e.upgrade_clients import Receiver, Sender, Stage
from tests.e2e.upgrade_half_done import (
    PROXY_TOKEN,
    QUEUES,
    HalfDone,
    begin_everything,
    let_go,
    pending_deliveries,
)
from tests.proof import books
from tests.proof.shop import Shop
from tests.support import old_release
from tests.support.emulator import running_emulator

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="has an emulator of its own"),
]

OLD = "8d968c8"
ALARMS = [
    one
    for one in load(ROOT / "infra" / "monitoring.yaml")["Resources"].values()
    if one["Type"] == "AWS::CloudWatch::Alarm"
]
NAME = "upgraded"
MERCHANT_ID = "550e8400-e29b-41d4-a716-446655440000"
SETTINGS = {
    "TEST_MODE": "true",
    "WEBHOOK_RETRY_INTERVALS_TEST": "true",
    "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
    # Nothing is swept unless the test says so: what is in hand must be finished by its own message.
    "SWEEP_GRACE_SECONDS": "900",
}
OLD_DELAY_MS, NEW_DELAY_MS = "2000", "500"
SETTLED_WITHIN_SECONDS = 90
DEAD_LETTER_QUEUES = ("PaymentsDeadLetter", "RefundsDeadLetter", "WebhooksDeadLetter")


def _ops(command: str, stack: Stack, url: str, home: str) -> str:
    """An operator's command, as the documents have it; answers what it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | SETTINGS | {
        "TEST_WEBHOOK_URL": url,
        "TEST_PROCESSING_DELAY": NEW_DELAY_MS,
        "AWS_ENDPOINT_URL": stack.endpoint,
        "STAGE": "test",
        "ASYNCPAY_STACK": NAME,
        "ASYNCPAY_HOME": home,
        "CONFIRM": "yes",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "infra.ops", *command.split()],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _alarms(stack: Stack, name: str) -> set[str]:
    made = stack.aws("cloudformation")
    resources = made.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        resource["PhysicalResourceId"]
        for page in resources
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
    }


def _let_sweep(stack: Stack) -> None:
    """From now on, what is overdue by a second is swept."""
    functions, name = stack.aws("lambda"), stack.outputs["SweepFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables |= {"SWEEP_GRACE_SECONDS": "1"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def _settle(stack: Stack) -> None:
    """Sweeps until nothing is pending and no message is to be worked on.

    What the old workers had in hand when they were replaced comes back after a minute or more. The sweeper
    sends it again, so that is not waited for.
    """

    def unfinished() -> Counter[str]:
        stack.sweep()
        refunds = stack.call("GET", "/api/v1/refunds?limit=100").json()["data"]
        left = Counter(
            payments=stack.call("GET", "/api/v1/payments?status=pending").json()["total"],
            deliveries=stack.call("GET", "/api/v1/webhooks?status=pending").json()["total"],
            refunds=sum(refund["status"] == "pending" for refund in refunds),
        )
        for queue in QUEUES:
            left[queue] = _depth(stack, queue)["ApproximateNumberOfMessages"]
        return +left

    until(unfinished, lambda left: not left, SETTLED_WITHIN_SECONDS)


def _depth(stack: Stack, queue: str) -> dict[str, int]:
    url = stack.outputs[f"{queue}QueueUrl"]
    found = stack.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {name: int(value) for name, value in found.items() if name.startswith("ApproximateNumberOf")}


def test_a_stage_of_the_first_release_is_upgraded_in_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: Any
) -> None:
    began, receiver = time.monotonic(), Receiver()
    old = old_release.take_out(OLD, tmp_path / "old", library="asyncpay")
    (tmp_path / "emulator").mkdir()
    an_emulator = running_emulator(tmp_path / "emulator", proxy_token=PROXY_TOKEN)
    with receiver.serving() as url, an_emulator as emulator:
        settings = SETTINGS | {"TEST_WEBHOOK_URL": url, "TEST_PROCESSING_DELAY": OLD_DELAY_MS}
        outputs = old_release.deploy(old, emulator.endpoint, NAME, settings)
        stack = Stage(
            api="",
            merchant="",
            checkout_origin="",
            status_port=0,
            dashboard="",
            endpoint=emulator.endpoint,
            outputs=outputs,
            data_stack=f"{NAME}-data",
            printed=[],
            process_id=0,
            name=NAME,
        )
        before = begin_everything(stack, receiver)
        old_alarms, prepared = _alarms(stack, NAME), time.monotonic()
        shopper = Sender(stack)
        with shopper.shopping():
            until(lambda: len(shopper.paid), lambda count: count >= 3, 30)
            printed = _ops("deploy", stack, url, str(tmp_path / "home"))
            upgraded, paid = time.monotonic(), len(shopper.paid)
            until(lambda: len(shopper.paid), lambda count: count >= paid + 5, 30)
        assert f"changing stack {NAME}" in printed
        # No queue and no function was replaced.
        new = stack_outputs(stack.endpoint, NAME)
        assert {name for name in outputs if new[name] != outputs[name]} <= {"Release", "ApiId", "ApiUrl"}
        _check_alarms(stack, old_alarms)
        _check_what_was_given_out(stack, before)
        _finish(stack, receiver, before)
        in_hand = sum(_depth(stack, queue)["ApproximateNumberOfMessagesNotVisible"] for queue in QUEUES)
        stack.bind_library(monkeypatch)
        _check_books(stack, receiver, before, shopper)
        tables = way_back.tables_of(stack)
        printed = _ops("rollback --stage test", stack, url, str(tmp_path / "home"))
        way_back.check(stack, outputs["Release"], tables, printed)
        assert len(_alarms(stack, NAME)) == 12
    took = f"old {prepared - began:.0f} s, upgrade {upgraded - prepared:.0f} s"
    said = f"{len(shopper.paid)} payments meanwhile, {in_hand} messages in hand of workers that were replaced"
    record_property("upgrade", f"{took}, all {time.monotonic() - began:.0f} s; {said}")
    assert shopper.refused == []


def _check_alarms(stack: Stack, old: set[str]) -> None:
    """They moved to a stack of their own, and none is left over or there twice."""
    new = _alarms(stack, f"{NAME}-monitoring")
    found = [alarm["AlarmName"] for alarm in stack.aws("cloudwatch").describe_alarms()["MetricAlarms"]]
    assert len(old) == 12
    # Those that ask by query are left out on emulators.
    assert len(new) == sum("Condition" not in alarm for alarm in ALARMS)
    assert _alarms(stack, NAME) == set()
    assert sorted(found) == sorted(new)


def _check_what_was_given_out(stack: Stack, before: HalfDone) -> None:
    """Sessions, API keys, idempotency keys and pages of the old release are good in the new one."""
    session = stack.public("GET", "/api/v1/dashboard/session", headers=before.session)
    assert (session.status_code, session.json()["merchant"]["id"]) == (200, MERCHANT_ID)
    issued = stack.public("POST", "/api/v1/dashboard/api-keys", headers=before.session)
    assert issued.status_code == 201, issued.text
    for headers in (before.api_key, KEY):
        read = stack.public("GET", f"/api/v1/payments/{before.paid['id']}", headers=headers)
        assert (read.status_code, read.json()["card_last4"]) == (200, "1111")
    for request, body in before.idempotent.values():
        again = stack.call("POST", **request)
        assert (again.status_code, again.content) == (201, body)
        assert again.headers["Idempotent-Replayed"] == "true"
    request, _ = before.idempotent["old-refund"]
    other = stack.call("POST", **request | {"json": request["json"] | {"amount": 999}})
    assert other.status_code == 422, other.text
    # Over indexes that the old tables did not have.
    refunds = stack.call("GET", "/api/v1/refunds?limit=100").json()
    assert {refund["id"] for refund in refunds["data"]} == {*before.held_refunds, before.lost_refund}
    orders = stack.call("GET", "/api/v1/orders?limit=100").json()
    assert before.paid["order_id"] in {order["id"] for order in orders["data"]}
    page = stack.call("GET", "/api/v1/payments", params={"limit": 3, "cursor": before.next_page})
    assert (page.status_code, len(page.json()["data"])) == (200, 3)


def _finish(stack: Stack, receiver: Receiver, before: HalfDone) -> None:
    """First the old messages come back, then the sweeper finds what has none."""
    for payment_id in (*before.held, *before.lost):
        assert stack.payment(payment_id)["status"] == "pending"
    waiting = {row["id"]: row["attempts"] for row in pending_deliveries(stack)}
    assert before.deliveries.items() <= waiting.items()
    receiver.refused.clear()
    let_go(stack, before.messages)
    for payment_id in before.held:
        assert stack.final(payment_id)["status"] == "success"

    def refunded(refund_id: str) -> Any:
        return stack.call("GET", f"/api/v1/refunds/{refund_id}").json()["status"]

    for refund_id in before.held_refunds:
        until(lambda: refunded(refund_id), lambda status: status == "processed", 30)  # noqa: B023
    assert {stack.payment(payment_id)["status"] for payment_id in before.lost} == {"pending"}
    assert refunded(before.lost_refund) == "pending"
    _let_sweep(stack)
    swept = stack.sweep()
    assert swept["payments"] >= len(before.lost)
    assert swept["refunds"] >= 1
    _settle(stack)


def _check_books(stack: Stack, receiver: Receiver, before: HalfDone, shopper: Sender) -> None:
    """Every payment is final and in the ledger once, every event was delivered, nothing was given up."""
    merchant = cast(Shop, SimpleNamespace(account=SimpleNamespace(id=MERCHANT_ID), answers=[]))
    found = books.read(merchant)
    wrong = [*books.always(found), *books._finished(found)]
    assert wrong == []
    known = {payment["id"] for payment in shopper.paid}
    assert known | {*before.held, *before.lost, before.paid["id"]} <= set(found.payments)
    assert len({payment.order_id for payment in found.payments.values()}) == len(found.payments)
    expected = Counter(
        (payment.id, event)
        for payment in found.payments.values()
        for event in books.unasked(events.sequence_of(payment))
    )
    expected.update(
        (refund.id, event)
        for refund in found.refunds.values()
        for event in books.unasked(events.refund_sequence_of(refund))
    )
    assert Counter((hook.object_id, hook.event) for hook in found.hooks) == expected
    assert {hook.status for hook in found.hooks} == {DeliveryStatus.SUCCESS}
    assert receiver.accepted == {hook.id: {hook.payload.encode()} for hook in found.hooks}
    assert receiver.wrongly_signed == []
    tried = {hook.id: len(hook.attempts) for hook in found.hooks if before.deliveries.get(hook.id)}
    assert tried == {i: attempts + 1 for i, attempts in before.deliveries.items() if attempts}
    assert tried
    summary = stack.public("GET", "/api/v1/dashboard/summary", headers=before.session).json()
    assert summary["total_transactions"] == len(found.payments)
    assert [queue for queue in DEAD_LETTER_QUEUES if any(_depth(stack, queue).values())] == []
