"""Who is there while a stage is upgraded: its clients, a merchant's webhook receiver, and a shop."""

import base64
import hashlib
import hmac
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from botocore.exceptions import HTTPClientError

from infra.ops.application import api_base_url
from infra.ops.cloudformation.stacks import stack_outputs
from tests.e2e.conftest import KEY, Stack
from tests.support.http_server import QuietHandler, serving

SECRET = b"whsec_test_abc123"
PAUSE_SECONDS = 0.25
LOOKUPS_MAX = 5
TRIES_MAX = 20
NO_SUCH_API = (404, '{"message": "Not Found"}')  # MiniStack's


@dataclass(frozen=True)
class Stage(Stack):
    """The stage as clients see it, at an address that stays: on AWS the update changes the API in place.

    MiniStack replaces a changed API, and its address has the new one's id, which has to be looked up.
    """

    name: str = ""

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request of the seeded merchant."""
        return self.public(method, path, headers=KEY | options.pop("headers", {}), **options)

    def public(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request without credentials."""
        for _ in range(LOOKUPS_MAX):
            url = api_base_url(self.endpoint, stack_outputs(self.endpoint, self.name)) + path
            answer = requests.request(method, url, timeout=30, **options)
            if (answer.status_code, answer.text) != NO_SUCH_API:
                return answer
            threading.Event().wait(PAUSE_SECONDS)
        return answer


class Receiver:
    """The merchant's webhook receiver. For a while it refuses events about some objects."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.accepted: dict[str, set[bytes]] = defaultdict(set)
        self.wrongly_signed: list[str] = []
        self._lock = threading.Lock()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its URL."""
        receiver = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                body = self.read_body()
                self.send_response(receiver.status(dict(self.headers), body))
                self.end_headers()

        with serving(Handler) as server:
            yield f"{server.url}/webhook"

    def status(self, headers: dict[str, str], body: bytes) -> int:
        """Notes a request; answers the status of the response."""
        delivery, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
        ours = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        standard = hmac.new(SECRET, f"{delivery}.{sent_at}.".encode() + body, hashlib.sha256).digest()
        wanted = (ours, "v1," + base64.b64encode(standard).decode())
        data = json.loads(body)["data"]
        objects = {data[kind]["id"] for kind in ("payment", "refund") if kind in data}
        with self._lock:
            if (headers["X-Webhook-Signature"], headers["webhook-signature"]) != wanted:
                self.wrongly_signed.append(delivery)
            if objects & self.refused:
                return 503
            self.accepted[delivery].add(body)
            return 200


@dataclass
class Sender:
    """A shop that orders and pays, each payment under a key of its own, until it is told to stop."""

    stack: Stack
    paid: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    # Requests that got no response in time, or whose calls to AWS got none (503): what happens on a machine
    # with too much to do, and is repeated. Nothing else may happen while a stage is changed.
    unanswered: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def shopping(self) -> Iterator[None]:
        """Shops meanwhile."""
        thread = threading.Thread(target=self._shop)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _shop(self) -> None:
        number = 0
        while not self._stop.wait(PAUSE_SECONDS):
            number += 1
            with suppress(AssertionError):
                order = self._until_created("/api/v1/orders", {"amount": 20_000 + number}, f"o{number}")
                body = {"order_id": order["id"], "method": "upi", "vpa": "shopper@bank"}
                self.paid.append(self._until_created("/api/v1/payments", body, f"p{number}"))

    def _until_created(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Asks as a careful client does: again, under the same key."""
        headers = {"Idempotency-Key": f"upgrade-{key}"}
        for _ in range(TRIES_MAX):
            try:
                answer = self.stack.call("POST", path, json=body, headers=headers)
            except (requests.RequestException, HTTPClientError) as problem:
                self.unanswered.append(f"{path}: {problem}")
                continue
            if answer.status_code == 201:
                return dict(answer.json())
            kind = self.unanswered if answer.status_code == 503 else self.refused
            kind.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            self._stop.wait(PAUSE_SECONDS)
        raise AssertionError
