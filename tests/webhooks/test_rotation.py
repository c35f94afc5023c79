"""After a rotation the old secret keeps signing beside the new one for a day."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import Unavailable
from gateway.use_cases.webhooks import configure as service
from tests.support.database import merchants
from tests.support.memory.shop import SECRET_ITSELF
from tests.webhooks.conftest import Api
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import Delivery, Receiver

pytestmark = pytest.mark.emulator


def hex_signature(secret: str, delivery: Delivery) -> str:
    return hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()


def standard_signatures(secret: str, delivery: Delivery) -> list[str]:
    """By the secret's text; and as libraries do it, where the secret was issued and not published."""
    head = f"{delivery.headers['webhook-id']}.{delivery.headers['webhook-timestamp']}."
    keys = [secret.encode()]
    if len(secret) == len("whsec_") + 32:
        keys.append(base64.b64decode(secret.removeprefix("whsec_")))
    macs = [hmac.new(key, head.encode() + delivery.body, hashlib.sha256).digest() for key in keys]
    return ["v1," + base64.b64encode(mac).decode() for mac in macs]


def delivered(post: PostOffice, receiver: Receiver) -> Delivery:
    post.event()
    post.deliver()
    return receiver.deliveries[-1]


def assert_signed_by(delivery: Delivery, *secrets: str) -> None:
    """Signed by these, the current one first, and by no other."""
    standard = delivery.headers["webhook-signature"].split(" ")
    assert standard == [one for secret in secrets for one in standard_signatures(secret, delivery)]
    ours = [delivery.headers["x-webhook-signature"]]
    if "x-webhook-signature-previous" in delivery.headers:
        ours.append(delivery.headers["x-webhook-signature-previous"])
    assert ours == [hex_signature(secret, delivery) for secret in secrets]


def test_before_a_rotation_one_secret_signs(post: PostOffice, receiver: Receiver) -> None:
    assert_signed_by(delivered(post, receiver), post.merchant.webhook_secret)


def test_after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    old = post.merchant.webhook_secret
    new = api("POST", "/webhooks/config/secret").json["webhook_secret"]
    assert new != old
    assert api("GET", "/webhooks/config").json["webhook_secret"] == new
    assert_signed_by(delivered(post, receiver), new, old)
    post.clock.advance(hours=24, microseconds=-1)
    assert_signed_by(delivered(post, receiver), new, old)
    post.clock.advance(microseconds=1)
    assert_signed_by(delivered(post, receiver), new)


def test_a_second_rotation_keeps_the_one_before_it_for_its_own_day(
    api: Api, post: PostOffice, receiver: Receiver
) -> None:
    second = api("POST", "/webhooks/config/secret").json["webhook_secret"]
    post.clock.advance(hours=10)
    third = api("POST", "/webhooks/config/secret").json["webhook_secret"]
    assert len({post.merchant.webhook_secret, second, third}) == 3
    assert_signed_by(delivered(post, receiver), third, second)
    post.clock.advance(hours=24)
    assert_signed_by(delivered(post, receiver), third)


@dataclass(frozen=True)
class Stale:
    """What a read found before somebody else's change."""

    found: Merchant

    def get(self, _kind: object, _key: object) -> Merchant:
        return self.found


def test_of_two_rotations_at_once_one_is_refused_and_no_secret_is_lost(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = service.find_merchant(post.deps, post.merchant.id)
    new = service.rotate_webhook_secret(post.deps, post.merchant.id, SECRET_ITSELF).body
    monkeypatch.setattr(DynamoDatabase, "load", lambda _self, _keys: Stale(stale))
    with pytest.raises(Unavailable):
        service.rotate_webhook_secret(post.deps, post.merchant.id, SECRET_ITSELF)
    kept = merchants.get(post.merchant.id)
    assert kept is not None
    assert (kept.webhook_secret, kept.previous_secret) == (new, stale.webhook_secret)
    assert kept.previous_secret_until == post.clock() + timedelta(hours=24)


def test_the_id_is_the_same_on_every_retry_and_the_timestamp_is_of_the_attempt(
    post: PostOffice, receiver: Receiver
) -> None:
    from tests.webhooks.receiver import BROKEN

    receiver.answer = BROKEN
    hook = post.event()
    for _ in range(3):
        post.deliver()
        post.pass_gap()
    assert receiver.ids == [hook.id] * 3
    stamps = [int(delivery.headers["webhook-timestamp"]) for delivery in receiver.deliveries]
    assert stamps == [int(attempt.at.timestamp()) for attempt in post.row(hook).attempts]
    assert stamps[0] < stamps[1] < stamps[2]
