"""Standard Webhooks libraries verify our deliveries, and so does a receiver that parses and prints again."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from gateway.domain.webhooks.signature import signature_headers
from gateway.presenters.json_text import compact_json
from tests.webhooks.conftest import Api
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import Receiver

NODE = Path(__file__).with_name("node")
SECRET, OLD_SECRET = "whsec_test_abc123", "whsec_ü_₹_before"
ENVELOPE = {
    "event": "refund.created",
    "timestamp": 1_700_000_000,
    "data": {
        "refund": {"reason": 'Zoë: "चाय" ठंडी थी 😀\n\t\u2028\x7f / \\ <>&', "amount": 1},
        "payment": {"amount": 50_000, "list": [True, None, {}]},
    },
    "sequence": 1,
}
BODY = compact_json(ENVELOPE).encode()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script beside its package, as the lock file says."""
    if shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed")
    home = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", ".npmrc", "verify.mjs"):
        shutil.copy(NODE / name, home)
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=home, check=True, capture_output=True, timeout=100)
    return home


def by_node(node: Path, how: str, body: bytes, headers: dict[str, str], secret: str) -> bool:
    given: dict[str, Any] = {"secret": secret, "body": body.decode(), "headers": headers}
    done = subprocess.run(
        ["node", "verify.mjs", how],
        check=False,
        cwd=node,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() == "valid"


def by_python(body: bytes, headers: dict[str, str], secret: str) -> bool:
    webhook = standardwebhooks.Webhook(base64.b64encode(secret.encode()).decode())
    try:
        webhook.verify(body, headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def headers_of(*secrets: str, body: bytes = BODY) -> dict[str, str]:
    made = signature_headers(secrets, "b3c7a5d8", body, datetime.now(UTC))
    return {name.lower(): value for name, value in made.items()}


@pytest.mark.parametrize("secrets", [(SECRET,), (SECRET, OLD_SECRET)])
def test_the_python_package_verifies_with_each_secret_that_signs(secrets: tuple[str, ...]) -> None:
    headers = headers_of(*secrets)
    assert all(by_python(BODY, headers, secret) for secret in secrets)
    assert not by_python(BODY, headers, "whsec_another")
    assert not by_python(BODY + b" ", headers, SECRET)
    assert not by_python(BODY, headers | {"webhook-id": "another"}, SECRET)


def test_the_npm_package_verifies_with_each_secret_that_signs(node: Path) -> None:
    headers = headers_of(SECRET, OLD_SECRET)
    assert by_node(node, "standard", BODY, headers, SECRET)
    assert by_node(node, "standard", BODY, headers, OLD_SECRET)
    assert not by_node(node, "standard", BODY, headers, "whsec_another")
    assert not by_node(node, "standard", BODY + b" ", headers, SECRET)


def test_a_receiver_that_parses_and_prints_again_gets_the_bytes_that_were_signed(node: Path) -> None:
    headers = headers_of(SECRET)
    assert by_node(node, "hmac", BODY, headers, SECRET)
    assert not by_node(node, "hmac", BODY, headers, "whsec_another")
    # What Python would print by default is other text, so the script does compare bytes.
    assert not by_node(node, "hmac", BODY, headers_of(SECRET, body=json.dumps(ENVELOPE).encode()), SECRET)


@pytest.mark.emulator
def test_a_real_delivery_verifies_with_all_of_them_after_a_rotation(
    api: Api, post: PostOffice, receiver: Receiver, node: Path
) -> None:
    new = api("POST", "/webhooks/config/secret").json["webhook_secret"]
    post.clock.advance(seconds=(datetime.now(UTC) - post.clock()).total_seconds())
    # The rotation lies years off in the test's time: both secrets sign only within a day of it.
    api("POST", "/webhooks/config/secret")
    newest = api("GET", "/webhooks/config").json["webhook_secret"]
    post.event()
    post.deliver()
    (delivery,) = receiver.deliveries
    for secret in (newest, new):
        assert by_python(delivery.body, delivery.headers, secret)
        assert by_node(node, "standard", delivery.body, delivery.headers, secret)
    assert by_node(node, "hmac", delivery.body, delivery.headers, newest)
    assert not by_python(delivery.body, delivery.headers, post.merchant.webhook_secret)
