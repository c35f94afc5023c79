"""What merchants do with their webhooks: the log, one row, retry, config, rotation, the test event."""

from typing import Any

import pytest

from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.events import DEFAULT_EVENTS
from tests.webhooks.conftest import Api
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, OK, Answer, Receiver

pytestmark = pytest.mark.emulator
LISTED = {"id", "event", "status", "attempts", "created_at", "last_attempt_at", "response_code"}
READ = LISTED | {"payload", "next_retry_at", "response_body"}


def listed(api: Api, **query: Any) -> dict[str, Any]:
    reply = api("GET", "/webhooks", query={name: [str(value)] for name, value in query.items()})
    assert reply.status == 200
    return dict(reply.json)


def delivered(post: PostOffice, receiver: Receiver, answer: Answer) -> WebhookDelivery:
    receiver.answer = answer
    hook = post.event()
    post.deliver()
    post.clock.advance(seconds=1)
    return post.row(hook)


def failed(post: PostOffice, receiver: Receiver) -> WebhookDelivery:
    receiver.answer = BROKEN
    return post.exhaust(post.event())


def test_the_log_is_newest_first_with_the_contracts_members_and_a_total(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    ids = [delivered(post, receiver, OK).id for _ in range(3)]
    first = listed(api, limit=2)
    assert [row["id"] for row in first["data"]] == ids[:0:-1]
    assert (first["total"], first["limit"], first["offset"]) == (3, 2, 0)
    assert [row["id"] for row in listed(api, limit=2, offset=2)["data"]] == ids[:1]
    (row,) = listed(api, limit=1)["data"]
    assert set(row) >= LISTED
    assert (row["status"], row["attempts"], row["response_code"]) == ("success", 1, 200)


def test_the_log_is_filtered_by_status_and_event_and_totals_follow(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    bad = failed(post, receiver)
    good = [delivered(post, receiver, OK) for _ in range(2)]
    waiting = post.event()
    for status, wanted in (("failed", [bad]), ("success", good[::-1]), ("pending", [waiting])):
        page = listed(api, status=status)
        assert [row["id"] for row in page["data"]] == [hook.id for hook in wanted]
        assert page["total"] == len(wanted)
    assert listed(api, event="webhook.test")["total"] == 4
    assert listed(api, event="webhook.test", status="success")["total"] == 2
    assert listed(api, event="payment.success") | {"limit": 0} == {
        "data": [], "total": 0, "limit": 0, "offset": 0, "next_cursor": None,
    }  # fmt: skip


@pytest.mark.parametrize("query", [{"status": "done"}, {"event": "payment.lost"}, {"limit": "0"}])
def test_an_unknown_filter_is_a_400(api: Api, query: dict[str, str]) -> None:
    reply = api("GET", "/webhooks", query={name: [value] for name, value in query.items()})
    assert (reply.status, reply.error["code"]) == (400, "BAD_REQUEST_ERROR")


def test_a_row_shows_its_payload_and_every_attempt(api: Api, post: PostOffice, receiver: Receiver) -> None:
    hook = failed(post, receiver)
    row = api("GET", f"/webhooks/{hook.id}").json
    assert set(row) >= READ
    assert row["payload"] == receiver.deliveries[0].json
    assert (row["status"], row["attempts"], row["next_retry_at"]) == ("failed", 5, None)
    assert (row["response_code"], row["response_body"]) == (500, "broken")
    assert len(row["attempt_log"]) == 5
    for attempt in row["attempt_log"]:
        assert set(attempt) == {"at", "duration_ms", "response_code", "response_body", "error"}
    assert row["attempt_log"][-1]["at"] == row["last_attempt_at"]


def test_a_manual_retry_of_a_failed_delivery_starts_at_0_and_keeps_the_history(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    hook = failed(post, receiver)
    reply = api("POST", f"/webhooks/{hook.id}/retry")
    assert reply.json == {"id": hook.id, "status": "pending", "message": "Webhook retry scheduled"}
    row = api("GET", f"/webhooks/{hook.id}").json
    assert (row["status"], row["attempts"], len(row["attempt_log"])) == ("pending", 0, 5)
    assert post.exhaust(hook).status is DeliveryStatus.FAILED
    assert len(receiver.deliveries) == 10
    assert len(set(receiver.ids)) == 1
    assert api("GET", f"/webhooks/{hook.id}").json["attempts"] == 5
    assert len(api("GET", f"/webhooks/{hook.id}").json["attempt_log"]) == 10


def test_a_delivery_that_succeeded_can_be_sent_again(api: Api, post: PostOffice, receiver: Receiver) -> None:
    hook = delivered(post, receiver, OK)
    assert api("POST", f"/webhooks/{hook.id}/retry").status == 200
    assert post.row(hook).status is DeliveryStatus.PENDING
    post.deliver()
    row = post.row(hook)
    assert (row.status, len(row.attempts), len(row.history)) == (DeliveryStatus.SUCCESS, 1, 1)
    assert receiver.ids == [hook.id, hook.id]


def test_a_pending_delivery_is_tried_at_once_and_its_old_message_changes_nothing(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    hook = delivered(post, receiver, BROKEN)
    assert api("POST", f"/webhooks/{hook.id}/retry").status == 200
    assert (post.row(hook).attempts, len(post.row(hook).history)) == ((), 1)
    receiver.answer = OK
    assert post.deliver() == 1
    assert post.row(hook).status is DeliveryStatus.SUCCESS
    post.pass_gap()
    assert post.deliver() == 1
    assert len(receiver.deliveries) == 2
    assert len(post.row(hook).attempts) == 1


def test_the_url_is_set_and_cleared_by_config(api: Api, post: PostOffice, receiver: Receiver) -> None:
    secret = post.merchant.webhook_secret
    kept = {"webhook_secret": secret, "events": list(DEFAULT_EVENTS)}
    assert api("GET", "/webhooks/config").json == {"webhook_url": receiver.url, **kept}
    for url in (receiver.url + "/other", None):
        wanted = {"webhook_url": url, **kept}
        assert api("PUT", "/webhooks/config", json_body={"webhook_url": url}).json == wanted
        assert api("GET", "/webhooks/config").json == wanted


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://10.0.0.1/", "http://169.254.169.254/", 5])
def test_a_url_that_may_not_be_used_is_refused_and_the_old_one_stays(
    api: Api, receiver: Receiver, url: object
) -> None:
    reply = api("PUT", "/webhooks/config", json_body={"webhook_url": url})
    assert (reply.status, reply.error["code"]) == (400, "BAD_REQUEST_ERROR")
    assert api("GET", "/webhooks/config").json["webhook_url"] == receiver.url


def test_a_test_event_goes_the_way_of_every_event(api: Api, post: PostOffice, receiver: Receiver) -> None:
    reply = api("POST", "/webhooks/test")
    assert (reply.status, reply.json["status"]) == (200, "pending")
    post.deliver()
    (delivery,) = receiver.deliveries
    assert delivery.webhook_id == reply.json["id"]
    assert delivery.json["event"] == "webhook.test"
    assert delivery.headers["content-type"] == "application/json"
    assert api("GET", f"/webhooks/{reply.json['id']}").json["status"] == "success"


def test_a_test_event_without_a_url_is_a_400(api: Api, post: PostOffice) -> None:
    post.listen(None)
    assert api("POST", "/webhooks/test").status == 400
    assert listed(api)["total"] == 0


def test_another_merchants_webhook_is_a_404_and_stays_as_it_was(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    hook = failed(post, receiver)
    stranger = post.add_merchant(receiver.url).id
    for method, path in (("GET", f"/webhooks/{hook.id}"), ("POST", f"/webhooks/{hook.id}/retry")):
        reply = api(method, path, merchant_id=stranger)
        assert (reply.status, reply.error["code"]) == (404, "NOT_FOUND_ERROR")
    assert post.row(hook).status is DeliveryStatus.FAILED
    assert api("GET", "/webhooks", merchant_id=stranger).json["total"] == 0
