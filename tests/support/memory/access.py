"""Repositories of merchants, their keys, sessions and endpoints, in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.access.api_key import ApiKey
from gateway.domain.access.audit import AuditEntry
from gateway.domain.access.audit_chain import Block, Head
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.session import Session
from gateway.domain.access.user import User
from gateway.domain.card_testing.limits import FailureCount, Subject
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME
from gateway.domain.webhooks.endpoint import EndpointHealth
from tests.support.memory.money import Repository
from tests.support.memory.rows import exists, is_free
from tests.support.memory.writes import window_of


class Merchants(Repository):
    table = "merchants"

    def scan(self, limit: int) -> list[Merchant]:
        return self.where(lambda _row: True)[:limit]

    def add(self, merchant: Merchant) -> bool:
        return self._rows.write_if(self.table, merchant.id, lambda _: merchant, is_free)

    def set_active_keys(self, merchant_id: str, seen: int | None, counted: int) -> bool:
        return self._rows.write_if(
            self.table,
            merchant_id,
            lambda row: replace(row, active_keys=counted),
            lambda row: exists(row) and row.active_keys == seen,
        )


class Endpoints(Repository):
    table = "endpoints"

    def record(self, before: EndpointHealth, after: EndpointHealth) -> None:
        if after == before:
            return
        if after.is_healthy:
            self._rows.of(self.table).pop(after.key, None)
            return

        def change(row: Any) -> EndpointHealth:
            known = row.failures if row is not None else 0
            return replace(after, failures=known + 1 if after.failures > before.failures else 0)

        failed_again = after.failures > before.failures > 0
        self._rows.write_if(
            self.table,
            after.key,
            change,
            lambda row: not failed_again or (exists(row) and row.failures >= before.failures),
        )

    def forget(self, key: str) -> None:
        self._rows.of(self.table).pop(key, None)

    def mark_slow(self, key: str, until: datetime) -> None:
        self._rows.write_if(
            self.table,
            key,
            lambda row: replace(row or EndpointHealth(key), slow_until=until),
        )

    def claim_probe(self, health: EndpointHealth, until: datetime) -> bool:
        return self._rows.write_if(
            self.table,
            health.key,
            lambda row: replace(row, open_until=until),
            lambda row: exists(row) and row.open_until == health.open_until,
        )


class ApiKeys(Repository):
    table = "api_keys"

    def page(self, merchant_id: str, limit: int, offset: int) -> Page[ApiKey]:
        found = self.where(lambda row: row.merchant_id == merchant_id)
        newest = sorted(found, key=lambda key: key.created_at, reverse=True)
        return Page.cut([replace(key, secret_hash="") for key in newest], limit=limit, offset=offset)

    def in_use(self, merchant_id: str, now: datetime) -> int:
        found = self.where(lambda row: row.merchant_id == merchant_id)
        return sum(key.is_usable(now) for key in found)

    def note_use(self, key: ApiKey) -> None:
        self._rows.write_if(
            self.table, key.api_key, lambda row: replace(row, last_used_at=key.last_used_at), exists
        )

    def put(self, key: ApiKey) -> None:
        self._rows.write_if(self.table, key.api_key, lambda _: key)


class Users(Repository):
    table = "users"

    def of_merchant(self, merchant_id: str, limit: int) -> list[User]:
        found = self.where(lambda row: row.merchant_id == merchant_id)
        return sorted(found, key=lambda user: user.email)[:limit]


class Sessions(Repository):
    table = "sessions"

    def of_email(self, email: str, limit: int) -> list[Session]:
        found = self.where(lambda row: row.email == email)
        return sorted(found, key=lambda session: session.created_at, reverse=True)[:limit]

    def extend(self, session: Session) -> bool:
        return self._rows.write_if(
            self.table, session.id, lambda row: replace(row, expires_at=session.expires_at), exists
        )

    def confirm(self, session: Session) -> bool:
        return self._rows.write_if(
            self.table, session.id, lambda row: replace(row, confirmed_at=session.confirmed_at), exists
        )

    def end(self, session_id: str) -> None:
        self._rows.of(self.table).pop(session_id, None)


class Throttles(Repository):
    table = "throttles"

    def use(self, limit: Limit, subject: str, now: datetime) -> bool:
        return self._rows.write_if(
            self.table,
            window_of(limit, subject, now),
            lambda used: (used or 0) + 1,
            lambda used: used is None or used < limit.uses_max,
        )

    def next_number(self, name: str, _until: datetime) -> int:
        self._rows.write_if(self.table, name, lambda used: (used or 0) + 1)
        number: int = self._rows.of(self.table)[name]
        return number

    def used(self, limit: Limit, subject: str, now: datetime) -> int:
        return self._rows.of(self.table).get(window_of(limit, subject, now)) or 0

    def give_back(self, limit: Limit, subject: str, now: datetime) -> None:
        self._rows.write_if(
            self.table,
            window_of(limit, subject, now),
            lambda used: used - 1,
            lambda used: used is not None and used > 0,
        )


class FailureWindows(Repository):
    table = "failures"

    def add(self, counts: Mapping[Subject, int], now: datetime) -> None:
        for subject, count in counts.items():
            shard = subject.shard(now, now.microsecond // 1000)
            self._rows.write_if(
                self.table,
                shard,
                lambda row, shard=shard, count=count: FailureCount(
                    shard, count + (row.failures if row is not None else 0)
                ),
            )


class AuditChain(Repository):
    table = "audit_chain"

    def head(self) -> Head | None:
        head: Head | None = self._rows.of(self.table).get("head")
        return head

    def blocks(self, numbers: Iterable[int]) -> dict[int, Block]:
        rows = self._rows.of(self.table)
        return {number: rows[str(number)] for number in numbers if str(number) in rows}


class AuditTrail(Repository):
    table = "audit"

    def since(self, merchant_id: str, first: datetime, limit: int) -> list[AuditEntry]:
        found = self.where(lambda row: row.merchant_id == merchant_id and row.at >= first)
        return sorted(found, key=lambda entry: entry.at)[:limit]

    def settled(self, since: datetime | None, before: datetime, limit: int) -> list[AuditEntry]:
        found = self.where(lambda row: (since is None or since <= row.at) and row.at <= before)
        return sorted(found, key=lambda entry: entry.at)[:limit]

    def read(self, ids: Sequence[str]) -> dict[str, AuditEntry]:
        rows = self._rows.of(self.table)
        return {entry_id: rows[entry_id] for entry_id in ids if entry_id in rows}

    def scan(self) -> Iterator[AuditEntry]:
        yield from self.where(lambda _row: True)

    def page(
        self, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None
    ) -> Page[AuditEntry]:
        return self.listed(Kind.AUDIT, merchant_id, (), ALL_TIME, limit, offset, cursor)
