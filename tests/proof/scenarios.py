"""What merchants and shoppers do: recorded once, and then repeated with every AWS call failing in turn.

Where a scenario needs the outcome of queued work, it waits for it, as a merchant would.
"""

from collections.abc import Callable
from typing import Any

from tests.proof.shop import DECLINED, SLOW, Request, Shop
from tests.support.people import a_person

Scenario = Callable[[Shop], None]


def a_payment_with_everything(shop: Shop) -> None:
    """Paid, captured in part, refunded; another refund cancelled; all read again."""
    payment = shop.pay(shop.order())
    shop.wait()
    shop.capture(payment, 30_000)
    shop.wait()
    shop.refund(payment, 10_000)
    shop.cancel(shop.refund(payment, 5_000))
    shop.wait()


def card_payments(shop: Shop) -> None:
    """By card, by the merchant and by a shopper without a key."""
    order = shop.order()
    shop.pay(order, None, public=True)
    shop.wait()
    shop.pay(shop.order(), None, key=False, public=True)
    shop.wait()


def a_declined_payment_and_a_second_try(shop: Shop) -> None:
    """The bank declines, then takes its time over the second payment of the order."""
    order = shop.order()
    shop.pay(order, DECLINED)
    shop.wait()
    shop.pay(order, SLOW)
    shop.wait()
    shop.world.clock.advance(seconds=4)
    shop.wait()


def two_payments_of_one_order(shop: Shop) -> None:
    """Both are approved; only one may pay the order."""
    order = shop.order()
    shop.pay(order)
    shop.pay(order, None)
    shop.wait()


def the_same_request_twice(shop: Shop) -> None:
    """Idempotent replays of a payment and of a refund."""
    payment = shop.pay(shop.order())
    shop.ask(next(request for request in reversed(shop.asked) if request.key))
    shop.wait()
    shop.refund(payment, 50_000)
    shop.ask(next(request for request in reversed(shop.asked) if request.key))
    shop.wait()


def a_failing_receiver(shop: Shop) -> None:
    """Its first posts fail and are repeated; then the merchant sends one again by hand."""
    url = shop.account.webhook_url
    assert url is not None
    shop.world.receivers.failures[url] = 3
    shop.pay(shop.order())
    shop.wait()
    shop.world.clock.advance(seconds=6)
    shop.wait()
    listed = shop.get("/api/v1/webhooks?limit=1").json["data"][0]["id"]
    shop.post(f"/api/v1/webhooks/{listed}/retry")
    shop.post("/api/v1/webhooks/test")
    shop.wait()


def a_slow_receiver(shop: Shop) -> None:
    """It takes long; what follows goes to it through the lane of the slow ones."""
    assert shop.account.webhook_url is not None
    shop.world.receivers.slow.add(shop.account.webhook_url)
    # One by itself: of several in a batch, it is the threads' affair which still go by the fast lane.
    shop.post("/api/v1/webhooks/test")
    shop.wait()
    shop.pay(shop.order())
    shop.wait()


def overdue_work(shop: Shop) -> None:
    """Every message is lost; the sweeper sends all of it again."""
    payment = shop.pay(shop.order())
    shop.wait()
    shop.refund(payment, 20_000)
    shop.pay(shop.order(), None)
    for url in shop.world.pump.workers:
        while shop.world.pump.lose_one(url):
            pass
    shop.world.settle()


def reading(shop: Shop) -> None:
    """Everything that only reads."""
    order = shop.order()
    payment = shop.pay(order)
    shop.wait()
    refund = shop.refund(payment, 100)
    shop.wait()
    hook = shop.get("/api/v1/webhooks").json["data"][0]["id"]
    shop.get(f"/api/v1/orders/{order}/public", public=True)
    shop.get(f"/api/v1/payments/{payment}/public?order_id={order}", public=True)
    shop.get(f"/api/v1/checkout/orders/{order}?key={shop.account.key}", public=True)
    shop.get(f"/api/v1/checkout/origins?key={shop.account.key}", public=True)
    shop.get("/api/v1/test/jobs/status", public=True)
    shop.get("/api/v1/test/jobs/queues", public=True)
    shop.get("/health", public=True)
    shop.get("/api/v1/test/merchant", public=True)
    for path in (
        "/api/v1/orders",
        f"/api/v1/orders/{order}",
        "/api/v1/payments",
        "/api/v1/refunds",
        f"/api/v1/payments?order_id={order}&status=success",
        f"/api/v1/payments/{payment}",
        f"/api/v1/payments/{payment}/refunds",
        f"/api/v1/refunds/{refund}",
        f"/api/v1/events?object={refund}",
        f"/api/v1/webhooks/{hook}",
        "/api/v1/webhooks?offset=1&limit=1",
        "/api/v1/webhooks/config",
        "/api/v1/balance",
        "/api/v1/ledger?limit=1",
    ):
        shop.get(path)


def changing_the_webhook_settings(shop: Shop) -> None:
    """A new secret, and the URL set again."""
    account = shop.account
    assert account.webhook_url is not None
    path = "/api/v1/webhooks/config"
    secrets = shop.world.receivers.secrets[account.webhook_url]
    shop.post(f"{path}/secret")
    secrets.append(shop.get(path).json["webhook_secret"])
    shop.ask(Request("PUT", path, {"webhook_url": account.webhook_url}))
    shop.pay(shop.order())
    shop.wait()


def added_endpoints(shop: Shop) -> None:
    """A second address for events: made, tried, changed, and given a new secret; a third one, taken away."""
    at, url = "/api/v1/webhook-endpoints", f"{shop.account.webhook_url}/more"
    # They ask for what does not happen here, so the books expect no more webhooks than ever.
    made = shop.post(at, {"url": url, "events": ["refund.cancelled"]}).json["id"]
    secrets = shop.world.receivers.secrets.setdefault(url, [])
    secrets.append(shop.get(f"{at}/{made}").json["secret"])
    shop.post(f"{at}/{made}/test")
    shop.ask(Request("PUT", f"{at}/{made}", {"events": ["refund.failed"]}))
    shop.post(f"{at}/{made}/secret")
    secrets.append(shop.get(f"{at}/{made}").json["secret"])
    shop.wait()
    shop.get(at)
    shop.post("/api/v1/webhooks/retry", {"since": shop.world.clock().isoformat()})
    gone = shop.post(at, {"url": f"{url}/still", "events": ["refund.failed"]}).json["id"]
    shop.ask(Request("DELETE", f"{at}/{gone}"))


def the_dashboard(shop: Shop) -> None:
    """A person logs in, reads and logs out; somebody at a new merchant changes its API keys."""
    shop.world.seed()
    payment = shop.pay(shop.order())
    shop.wait()
    session = "/api/v1/dashboard/session"
    visit = shop.log_in(session, "test@example.com")
    for path in (session, "/api/v1/dashboard/summary", "/api/v1/dashboard/credentials"):
        shop.ask(Request("GET", path, public=True, headers=visit))
    shop.get(f"/api/v1/payments/{payment}/timeline")
    for query in (f"q={payment}", "q=a-receipt", "method=upi&from=2026-01-01"):
        shop.get(f"/api/v1/payments?{query}")
    keys = "/api/v1/dashboard/api-keys"
    # Not the seeded merchant's keys: those of all runs together would be more than a merchant may have.
    with shop.world.wire.unwatched():
        person = tuple(a_person(shop.world.deps).session_headers.items())
    issued = shop.ask(Request("POST", keys, {}, public=True, headers=person)).json["api_key"]
    rotate = Request("POST", f"{keys}/{issued}/rotate", {"overlap_hours": 1}, public=True, headers=person)
    shop.ask(rotate)
    shop.ask(Request("DELETE", f"{keys}/{issued}", public=True, headers=person))
    export = {"of": "payments", "status": "failed"}
    shop.ask(Request("POST", "/api/v1/dashboard/exports", export, public=True, headers=person))
    shop.ask(Request("GET", "/api/v1/dashboard/audit", public=True, headers=person))
    shop.ask(Request("DELETE", session, public=True, headers=visit))


def people(shop: Shop) -> None:
    """Somebody at a new merchant looks after people, sessions and a second factor; some of it is refused."""
    with shop.world.wire.unwatched():
        person = a_person(shop.world.deps)
    headers = tuple(person.session_headers.items())
    at = "/api/v1/dashboard"

    def ask(method: str, path: str, body: Any = None) -> None:
        shop.ask(Request(method, f"{at}/{path}", body, public=True, headers=headers))

    for path in ("api-keys", "sessions", "users"):
        ask("GET", path)
    ask("GET", "reconciliations")
    guest = f"{person.merchant.id}@example.com"
    ask("POST", "users", {"email": guest, "role": "developer"})
    ask("PUT", f"users/{guest}", {"role": "read_only"})
    ask("DELETE", f"users/{guest}")
    ask("POST", "session/confirm", {"password": "not the one"})
    ask("PUT", "password", {"current_password": "not the one", "new_password": "correct horse battery"})
    ask("POST", "second-factor")
    ask("POST", "second-factor/confirm", {"code": "000000"})
    ask("DELETE", "second-factor")
    ask("DELETE", "sessions/unknown")
    ask("DELETE", "sessions")


def days_that_are_compared(shop: Shop) -> None:
    """What the simulated bank moved is compared with the ledger, as the schedule's job does it."""
    began = shop.world.clock().date()
    payment = shop.pay(shop.order())
    shop.pay(shop.order(), DECLINED)
    shop.wait()
    shop.capture(payment, 30_000)
    shop.refund(payment, 10_000)
    shop.wait()
    days = sorted({began, shop.world.clock().date()})  # midnight may have passed
    runs = [shop.world.compare(shop.account.id, day) for day in days]
    assert [run.differences for run in runs] == [()] * len(days)
    assert sum(run.movements for run in runs) == sum(run.matched for run in runs) == 3


def a_disturbed_integration(shop: Shop) -> None:
    """Chaos on and off, the feed, and what the acquirer said."""
    chaos = "/api/v1/test/chaos"
    shop.ask(Request("PUT", chaos, {"requests": {"slow": 1}}))
    shop.get(chaos)
    shop.ask(Request("DELETE", chaos))
    payment = shop.pay(shop.order())
    shop.wait()
    shop.get(f"/api/v1/payments/{payment}/acquirer")
    shop.get("/api/v1/events?limit=10")


def seeding(shop: Shop) -> None:
    """The test merchant is made, or found."""
    shop.world.seed()
    assert shop.get("/api/v1/test/merchant", public=True).status == 200


SCENARIOS: list[Scenario] = [
    a_payment_with_everything,
    card_payments,
    a_declined_payment_and_a_second_try,
    two_payments_of_one_order,
    the_same_request_twice,
    a_failing_receiver,
    a_slow_receiver,
    the_dashboard,
    people,
    a_disturbed_integration,
    days_that_are_compared,
    seeding,
    overdue_work,
    reading,
    changing_the_webhook_settings,
    added_endpoints,
]
