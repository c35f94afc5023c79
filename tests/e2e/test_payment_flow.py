"""The main job: from the request to the merchant's verified webhooks, under load and through crashes."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.conftest import Stack, running_stack, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

AT_ONCE = 50
DEFAULT_MODE_PAYMENTS = 200
FINAL_WITHIN_SECONDS = 30


@pytest.mark.smoke
def test_the_merchant_gets_a_verified_webhook_of_each_step(stack: Stack) -> None:
    payment = stack.pay(stack.order(receipt="नमस्ते")["id"])
    events = stack.received(payment["id"], 3)
    assert all(event["verified"] for event in events)
    assert {event["event"]: event["payload"]["sequence"] for event in events} == {
        "payment.created": 1,
        "payment.pending": 2,
        "payment.success": 3,
    }
    last = next(event for event in events if event["event"] == "payment.success")
    told = {"receipt": "नमस्ते", "notes": {}, "amount_captured": 0, "amount_refunded": 0}
    assert last["payload"]["data"]["payment"] == payment | {"status": "success"} | told
    assert any(line.startswith(f"verified payment.success {payment['id']}") for line in stack.printed)


def test_fifty_requests_at_once_with_one_key_make_one_payment(stack: Stack) -> None:
    order = stack.order()
    body = {"order_id": order["id"], "method": "upi", "vpa": "shopper@bank"}
    headers = {"Idempotency-Key": f"fifty-{order['id']}"}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        calls = [
            pool.submit(stack.call, "POST", "/api/v1/payments", json=body, headers=headers)
            for _ in range(AT_ONCE)
        ]
        answers = [call.result() for call in calls]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert stack.call("GET", f"/api/v1/payments?order_id={order['id']}").json()["total"] == 1


@pytest.mark.smoke
def test_a_key_with_another_body_is_refused_and_changes_nothing(stack: Stack) -> None:
    order = stack.order()
    headers = {"Idempotency-Key": f"other-{order['id']}"}
    first = stack.pay(order["id"], headers=headers)
    body = {"order_id": order["id"], "method": "upi", "vpa": "somebody-else@bank"}
    answer = stack.call("POST", "/api/v1/payments", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "IDEMPOTENCY_ERROR")
    assert stack.pay(order["id"], headers=headers) == first


@pytest.mark.smoke
def test_a_purged_queue_loses_no_payment(stack: Stack) -> None:
    made = [stack.pay(stack.order()["id"])["id"] for _ in range(10)]
    stack.aws("sqs").purge_queue(QueueUrl=stack.outputs["PaymentsQueueUrl"])
    _finish_by_sweeping(stack, made)
    _check_each_finished_once(stack, made)


def test_a_worker_killed_in_the_middle_loses_no_payment(stack: Stack) -> None:
    if os.environ.get("ASYNCPAY_E2E_ENDPOINT"):
        pytest.skip("the processes of another emulator are not ours to kill")
    orders = [stack.order()["id"] for _ in range(30)]
    with ThreadPoolExecutor(8) as pool:
        made = [payment["id"] for payment in pool.map(stack.pay, orders)]
    # From the first outcome on, so that batches are under way while workers die.
    until(lambda: [stack.payment(made[0])], lambda found: found[0]["status"] != "pending", 20)
    killed = sum(_kill_workers(stack, "ProcessPaymentFunctionName") for _ in range(5))
    assert killed > 0
    _finish_by_sweeping(stack, made)
    _check_each_finished_once(stack, made)


def test_the_schedule_runs_the_sweeper_by_itself(stack: Stack) -> None:
    payment = stack.pay(stack.order()["id"])
    stack.aws("sqs").purge_queue(QueueUrl=stack.outputs["PaymentsQueueUrl"])
    assert stack.final(payment["id"], within_seconds=100)["status"] == "success"


@pytest.fixture(scope="module")
def default_stack() -> Iterator[Stack]:
    """A stack with no setting at all: the bank takes 5 to 10 s and declines a few."""
    with running_stack("default") as running:
        yield running


def test_the_banks_delay_holds_no_worker(default_stack: Stack) -> None:
    orders = [default_stack.order()["id"] for _ in range(DEFAULT_MODE_PAYMENTS)]
    with ThreadPoolExecutor(8) as pool:
        made = [payment["id"] for payment in pool.map(default_stack.pay, orders)]

    def pending() -> int:
        found = default_stack.call("GET", "/api/v1/payments?status=pending&limit=1").json()
        return int(found["total"])

    until(pending, lambda count: count == 0, FINAL_WITHIN_SECONDS)
    statuses = Counter(default_stack.payment(payment_id)["status"] for payment_id in made)
    assert statuses["success"] + statuses["failed"] == DEFAULT_MODE_PAYMENTS
    # 90 % of 200 succeed; outside of six standard deviations something is wrong with the rate.
    assert 154 <= statuses["success"] <= 200


def _finish_by_sweeping(stack: Stack, payment_ids: list[str]) -> None:
    def sweep_and_count() -> int:
        stack.sweep()
        return sum(stack.payment(payment_id)["status"] == "pending" for payment_id in payment_ids)

    until(sweep_and_count, lambda pending: pending == 0, 90)


def _check_each_finished_once(stack: Stack, payment_ids: list[str]) -> None:
    """One outcome, one ledger entry and one event of it for each payment."""
    entries = Counter(entry["payment_id"] for entry in _ledger(stack))
    for payment_id in payment_ids:
        assert stack.payment(payment_id)["status"] == "success"
        assert entries[payment_id] == 1
        page = stack.call("GET", f"/api/v1/events?object={payment_id}").json()
        assert [event["event"] for event in page["data"]].count("payment.success") == 1


def _ledger(stack: Stack) -> Iterator[dict[str, str]]:
    offset = 0
    while page := stack.call("GET", f"/api/v1/ledger?limit=100&offset={offset}").json()["data"]:
        yield from page
        offset += len(page)


def _kill_workers(stack: Stack, output: str) -> int:
    """SIGKILL for every process that runs the function; how many there were."""
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={stack.outputs[output]}".encode()
    killed = 0
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environ.read_bytes().split(b"\0"):
                os.kill(int(environ.parent.name), signal.SIGKILL)
                killed += 1
        except OSError:
            continue  # it ended by itself meanwhile
    return killed
