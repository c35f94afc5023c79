"""Queues and secrets in memory, and dependencies that put everything in memory together."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import QueueDepth, Sending
from gateway.domain.webhooks.delivery import Attempt
from gateway.use_cases.dependencies import Dependencies
from tests.support.factories import Clock, ScriptedAcquirer, a_config, some_id, some_uuid
from tests.support.memory.database import MemoryDatabase


@dataclass
class MemoryQueues:
    """Remembers what was sent and given back; a queue in `failing` refuses everything."""

    sends: list[tuple[str, list[dict[str, Any]], int]] = field(default_factory=list)
    given_back: list[tuple[str, str, int]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    dead: dict[str, int] = field(default_factory=dict)
    depths: dict[str, QueueDepth] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)

    def send(self, queue: str, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
        self._check(queue)
        self.sends.append((queue, [dict(message) for message in messages], delay_seconds))

    def send_all(self, sendings: Sequence[Sending]) -> list[Unavailable | None]:
        failures: list[Unavailable | None] = []
        for sending in sendings:
            try:
                self.send(*sending)
            except Unavailable as error:
                failures.append(error)
            else:
                failures.append(None)
        return failures

    def give_back(self, queue: str, receipt_handle: str, delay_seconds: int) -> None:
        self._check(queue)
        self.given_back.append((queue, receipt_handle, delay_seconds))

    def depth(self, queue: str) -> QueueDepth:
        self._check(queue)
        return self.depths.get(queue, QueueDepth(0, 0, 0))

    def dead_letters(self, queue: str) -> int | None:
        self._check(queue)
        return self.dead.get(queue)

    def has_trigger(self, queue: str) -> bool:
        return queue not in self.disabled

    def is_stopped(self, queue: str) -> bool:
        self._check(queue)
        return queue in self.disabled

    def sent(self, queue: str) -> list[dict[str, Any]]:
        """All messages of a queue, in order."""
        return [message for name, messages, _ in self.sends if name == queue for message in messages]

    def _check(self, queue: str) -> None:
        if queue in self.failing:
            raise Unavailable("The service is temporarily unavailable; please try again")


@dataclass
class MemorySecrets:
    """Any ARN's secret has the same value; those with a name are what was put there."""

    named: dict[str, str] = field(default_factory=dict)

    def get(self, _arn: str) -> bytes:
        return b"pepper"

    def find(self, name: str) -> bytes | None:
        return self.named[name].encode() if name in self.named else None

    def put(self, name: str, value: str, _description: str) -> None:
        self.named[name] = value


@dataclass
class ScriptedEndpoint:
    """A merchant's receiver that responds as told, and remembers what it got."""

    response_code: int | None = 200
    duration_ms: int = 10
    error: str | None = None
    retry_after_seconds: int | None = None
    posts: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)  # what single URLs respond with

    def __call__(
        self, url: str, body: bytes, headers: Mapping[str, str], *, now: datetime, **limits: Any
    ) -> Attempt:
        self.posts.append({"url": url, "body": body, "headers": dict(headers), **limits})
        code = self.codes.get(url, self.response_code)
        return Attempt(now, self.duration_ms, code, None, self.error, self.retry_after_seconds)


def memory_deps(
    clock: Clock | None = None,
    acquirer: ScriptedAcquirer | None = None,
    endpoint: ScriptedEndpoint | None = None,
    **settings: str,
) -> Dependencies:
    """Dependencies with nothing behind them but this process."""
    bank = acquirer or ScriptedAcquirer()
    receiver = endpoint or ScriptedEndpoint()
    arns = {"FINGERPRINT_KEY_ARN": "arn:fingerprint", "SESSION_KEY_ARN": "arn:session"}
    return Dependencies(
        config=a_config(**(arns | settings)),
        now=clock or Clock(),
        new_id=some_id,
        new_uuid=some_uuid,
        acquirer_of=lambda _account: bank,
        database=MemoryDatabase(),
        queues=MemoryQueues(),
        secrets=MemorySecrets(),
        webhook_client=lambda: nullcontext(receiver),
        jitter=lambda: 0.0,
    )
