"""Idempotency keys: an answer that was given is given again byte for byte; a key without one did nothing."""

from collections import defaultdict
from collections.abc import Iterator

from chalicelib.frame.idempotency_header import scoped_key
from tests.proof.books import Books
from tests.proof.shop import Request, Shop
from tests.support.database import idempotency


def replays(shop: Shop, books: Books) -> Iterator[str]:
    """What is wrong with the merchant's keys."""
    given: dict[Request, set[str]] = defaultdict(set)
    for request, reply in shop.answers:
        if request.key is not None and reply.status == 201:
            given[_hashable(request)].add(reply.text)
    kept_ids = set()
    for request in {_hashable(request): request for request in shop.asked if request.key}.values():
        bodies = given[_hashable(request)]
        record = idempotency.get(_scoped(shop, request))
        if record is None:
            if bodies:
                yield f"{request.path} {request.key} was answered and is not kept"
            continue
        if bodies - {record.body}:
            yield f"{request.path} {request.key} was answered {bodies}, kept is {record.body}"
        again = shop.ask(request)
        if again.text != record.body or again.headers.get("idempotent-replayed") != "true":
            yield f"{request.path} {request.key} is not replayed: {again}"
        kept_ids.add(again.json["id"])
    for missing in kept_ids - set(books.payments) - set(books.refunds):
        yield f"{missing} is kept under a key and does not exist"
    yield from _unasked(shop, books, kept_ids)


def _unasked(shop: Shop, books: Books, kept_ids: set[str]) -> Iterator[str]:
    """Payments and refunds beyond one for each key, and one for each request without a key."""
    for path, there in (("payments", set(books.payments)), ("refunds", set(books.refunds))):
        creations = [
            r for r in shop.asked if r.method == "POST" and r.path.endswith((path, f"{path}/public"))
        ]
        unkeyed = sum(1 for request in creations if request.key is None)
        if len(there - kept_ids) > unkeyed:
            yield f"{there - kept_ids} were made beyond what was asked for"


def _hashable(request: Request) -> Request:
    return Request(request.method, request.path, None, request.key, request.public)


def _scoped(shop: Shop, request: Request) -> str:
    assert request.key is not None
    if request.public:
        return scoped_key(request.body["order_id"], "payments/public", request.key)
    endpoint = "refunds" if request.path.endswith("/refunds") else "payments"
    return scoped_key(shop.account.id, endpoint, request.key)
