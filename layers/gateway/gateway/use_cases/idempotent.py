"""Requests that may be repeated: the key, the stored answer, and what to do when a transaction is refused.

Creating payments and creating refunds share this. The record is written in the transaction of the effect, so
whoever loses a race finds the winner's answer here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb.errors import ConditionFailed, Conflict
from gateway.adapters.aws.dynamodb.repositories import idempotency as store
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain import idempotency
from gateway.domain.errors import IdempotencyInFlight, Unavailable
from gateway.domain.idempotency import IdempotencyRecord
from gateway.runtime.deps import Deps

CREATED = 201


@dataclass(frozen=True)
class IdempotencyKey:
    """The caller's key within its scope, and the digest of the body that it came with."""

    scoped: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """A finished answer: the exact bytes, and whether they were given before."""

    http_status: int
    body: str
    replayed: bool


def idempotency_key(
    deps: Deps, owner: str, endpoint: str, key: str | None, body: Any
) -> IdempotencyKey | None:
    """The key of a request that brought one. Costs a round trip the first time in each process."""
    if key is None:
        return None
    checked = idempotency.check_key(key)
    secret = queues.secret(deps.config.fingerprint_key_arn)
    return IdempotencyKey(
        idempotency.scoped_key(owner, endpoint, checked), idempotency.fingerprint(secret, body)
    )


def replay(deps: Deps, key: IdempotencyKey | None, record: IdempotencyRecord | None) -> Answer | None:
    """The answer that a current record holds; IdempotencyKeyReused where it was for another body."""
    if key is None or record is None or not record.is_current(deps.now()):
        return None
    record.check_same_request(key.fingerprint)
    return Answer(record.http_status, record.body, replayed=True)


def remember(transaction: Transaction, key: IdempotencyKey | None, answer: Answer, now: datetime) -> None:
    """Adds the record of an answer to the transaction of its effect."""
    if key is not None:
        expires_at = now + idempotency.KEPT_FOR
        record = IdempotencyRecord(key.scoped, key.fingerprint, answer.http_status, answer.body, expires_at)
        store.put_record(transaction, record, now)


def settle_refusal(
    deps: Deps,
    refusal: ConditionFailed | Conflict,
    key: IdempotencyKey | None,
    explain: Callable[[], object],
) -> Answer:
    """What to answer when the transaction lost: the winner's answer, or why there can't be one.

    `explain` reads again what the transaction's conditions were about and raises the reason, if it still
    holds.
    """
    record = store.get_record(key.scoped) if key is not None else None
    if (answer := replay(deps, key, record)) is not None:
        return answer
    if isinstance(refusal, ConditionFailed):
        explain()
    if key is not None:
        raise IdempotencyInFlight
    raise Unavailable("Too many requests for the same object at once; please try again")
