"""What operators and evaluators are told, against what is really going on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from tests.e2e.conftest import Stack, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
STOPPED_WITHIN_SECONDS = 15
WORKERS = (
    "ProcessPaymentFunctionName",
    "ProcessRefundFunctionName",
    "DeliverWebhookFunctionName",
    "DeliverSlowWebhookFunctionName",
)


def jobs(stack: Stack) -> dict[str, Any]:
    return dict(stack.public("GET", "/api/v1/test/jobs/status").json())


def queue(stack: Stack, name: str) -> dict[str, Any]:
    found = stack.public("GET", "/api/v1/test/jobs/queues").json()["data"]
    return dict(next(queue for queue in found if queue["name"] == name))


@contextmanager
def stopped(stack: Stack, *workers: str) -> Iterator[None]:
    """The triggers of these workers are off inside, as an operator would switch them off."""
    functions = stack.aws("lambda")
    mappings = [
        mapping["UUID"]
        for worker in workers
        for mapping in functions.list_event_source_mappings(FunctionName=stack.outputs[worker])[
            "EventSourceMappings"
        ]
    ]
    assert len(mappings) == len(workers)
    try:
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        yield
    finally:
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping, Enabled=True)


@pytest.mark.parametrize("worker", WORKERS)
def test_one_stopped_trigger_stops_the_worker_and_starting_it_starts_it(stack: Stack, worker: str) -> None:
    with stopped(stack, worker):
        until(
            lambda: (jobs(stack)["worker_status"], stack.public("GET", "/health").json()["worker"]),
            lambda found: found == ("stopped", "stopped"),
            STOPPED_WITHIN_SECONDS,
        )
        strict = stack.public("GET", "/health", params={"strict": "true"})
        assert (strict.status_code, strict.json()["error"]["description"]) == (503, "Not healthy: worker")
    # One reading of the health serves all who ask within some seconds.
    until(
        lambda: (jobs(stack)["worker_status"], stack.public("GET", "/health").json()["worker"]),
        lambda found: found == ("running", "running"),
        STOPPED_WITHIN_SECONDS,
    )
    assert stack.public("GET", "/health", params={"strict": "true"}).status_code == 200


def test_stopped_workers_leave_the_work_to_be_counted_and_take_it_up_again(stack: Stack) -> None:
    until(lambda: jobs(stack), lambda found: found["pending"] + found["processing"] == 0, 120)
    with stopped(stack, *WORKERS):
        until(lambda: jobs(stack)["worker_status"], lambda found: found == "stopped", STOPPED_WITHIN_SECONDS)
        made = [stack.pay(stack.order()["id"])["id"] for _ in range(3)]
        # One message for each payment, and one for its first two events.
        waiting = until(lambda: queue(stack, "payments"), lambda found: found["waiting"] == len(made), 10)
        assert waiting["worker_status"] == "stopped"
        assert (waiting["delayed"], waiting["processing"], waiting["dead_letters"]) == (0, 0, 0)
        assert until(lambda: queue(stack, "payments")["oldest_age_seconds"], bool, 10) >= 1
        assert queue(stack, "webhooks")["waiting"] == len(made)
        before = jobs(stack)
        assert before["pending"] == 2 * len(made)
    for payment_id in made:
        assert stack.final(payment_id)["status"] == "success"
    # Three payments and their nine events. SQS's own numbers are approximate: the count may come a bit later.
    done = before["completed"] + 4 * len(made)
    after = until(
        lambda: jobs(stack),
        lambda found: found["pending"] + found["processing"] == 0 and found["completed"] >= done,
        30,
    )
    assert (after["worker_status"], after["completed"]) == ("running", done)


def test_a_dead_letter_is_seen_in_its_queue(stack: Stack) -> None:
    sqs, url = stack.aws("sqs"), stack.outputs["RefundsDeadLetterQueueUrl"]
    before = queue(stack, "refunds")["dead_letters"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert queue(stack, "refunds")["dead_letters"] == before + 1
    sqs.purge_queue(QueueUrl=url)


@pytest.mark.parametrize("path", ["/health", "/api/v1/test/jobs/status", "/api/v1/test/jobs/queues"])
def test_a_method_that_a_status_path_has_not_is_refused_in_the_contracts_form(
    stack: Stack, path: str
) -> None:
    answer = stack.public("DELETE", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "BAD_REQUEST_ERROR")
    head = stack.public("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")


def test_the_redis_port_shows_what_the_status_endpoint_says(stack: Stack) -> None:
    until(lambda: jobs(stack), lambda found: found["pending"] + found["processing"] == 0, 120)
    # Without a password configured, every password of the default user is right.
    address = f"redis://default:x@127.0.0.1:{stack.status_port}"
    with redis.Redis.from_url(address, decode_responses=True, protocol=3) as client:
        shown = {name: str(value) for name, value in jobs(stack).items()}
        until(lambda: client.hgetall("asyncpay:jobs"), lambda found: found == shown, 10)
        with stopped(stack, *WORKERS):
            stack.pay(stack.order()["id"])
            until(
                lambda: client.get("asyncpay:worker"),
                lambda found: found == "stopped",
                STOPPED_WITHIN_SECONDS,
            )
            until(lambda: client.llen("bull:payments:wait"), lambda found: found == 1, 10)
        until(lambda: client.llen("bull:payments:wait"), lambda found: found == 0, 30)
        until(lambda: client.zcard("bull:payments:completed"), lambda found: found > 0, 30)
        # What dashboards ask for next: the jobs, which are counted and not listed.
        assert client.zrevrange("bull:payments:completed", 0, 9) == []
