"""A merchant that uses the gateway as the documentation tells it to: it repeats what got no answer."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.proof.world import Account, World
from tests.support.http_calls import Reply

TRIES_MAX = 6
APPROVED, DECLINED, SLOW = "success@asyncpay", "decline@asyncpay", "timeout@asyncpay"
CARD = {
    "number": "4539 5787 6362 1486",
    "expiry_month": "12",
    "expiry_year": "2039",
    "cvv": "739",
    "holder_name": "Zebulon Quixworth",
}


@dataclass(frozen=True)
class Request:
    """What is sent, and may be sent again."""

    method: str
    path: str
    body: Any = None
    key: str | None = None
    public: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Shop:
    """One merchant, with all that it has asked for and all answers that it got."""

    world: World
    account: Account
    asked: list[Request] = field(default_factory=list)
    answers: list[tuple[Request, Reply]] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    def ask(self, request: Request) -> Reply:
        """Asks until there is an answer that says yes or no."""
        for _ in range(TRIES_MAX):
            self.asked.append(request)
            account = None if request.public else self.account
            reply = self.world.call(
                account,
                request.method,
                request.path,
                body=request.body,
                key=request.key,
                headers=request.headers,
            )
            if reply is None:
                continue
            self.answers.append((request, reply))
            if reply.status < 500 and reply.status != 409:
                return reply
        raise AssertionError(f"{request.method} {request.path} was never answered: {reply}")

    def wait(self) -> None:
        """Waits for the outcome of what was asked for."""
        self.world.wait()

    def post(self, path: str, body: Any = None, *, key: bool = False, public: bool = False) -> Reply:
        """A POST; with a new idempotency key if wanted."""
        name = f"key-{next(self._numbers)}" if key else None
        return self.ask(Request("POST", path, body, name, public))

    def get(self, path: str, *, public: bool = False) -> Reply:
        return self.ask(Request("GET", path, public=public))

    def log_in(self, path: str, email: str) -> tuple[tuple[str, str], ...]:
        """Begins a session of the dashboard, waiting where told to; answers the headers that go with it."""
        request = Request("POST", path, {"email": email, "password": "any"}, public=True)
        while (reply := self.ask(request)).status == 429:
            self.world.clock.advance(seconds=int(reply.headers["retry-after"]))
        cookie = reply.headers["set-cookie"].partition(";")[0]
        return (("Cookie", cookie), ("X-CSRF-Token", reply.json["csrf_token"]))

    def order(self, amount: int = 50_000, **members: Any) -> str:
        return str(self.post("/api/v1/orders", {"amount": amount, **members}).json["id"])

    def pay(
        self, order_id: str, vpa: str | None = APPROVED, *, key: bool = True, public: bool = False
    ) -> str:
        """A payment by UPI, or by card where there is no VPA; answers its id."""
        body: dict[str, Any] = {"order_id": order_id, "method": "upi", "vpa": vpa}
        if vpa is None:
            body = {"order_id": order_id, "method": "card", "card": CARD}
        path = "/api/v1/payments/public" if public else "/api/v1/payments"
        reply = self.post(path, body, key=key, public=public)
        return str(reply.json.get("id", ""))

    def capture(self, payment_id: str, amount: int) -> Reply:
        return self.post(f"/api/v1/payments/{payment_id}/capture", {"amount": amount})

    def refund(self, payment_id: str, amount: int, *, key: bool = True) -> str:
        reply = self.post(f"/api/v1/payments/{payment_id}/refunds", {"amount": amount}, key=key)
        return str(reply.json.get("id", ""))

    def cancel(self, refund_id: str) -> Reply:
        return self.post(f"/api/v1/refunds/{refund_id}/cancel")
