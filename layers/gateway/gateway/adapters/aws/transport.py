"""Calls to DynamoDB, SQS, Secrets Manager and Lambda: signed JSON over connections that are kept open.

It takes the place of botocore's clients, which need several times the CPU for a call and most of a cold
start. What they did for correctness is kept, and tested against them: tokens that make a repeated transaction
harmless, retries, DynamoDB's checksums, Lambda's trace header. docs/decisions.md says what was measured.

The seam for tests is `Transport.send`: it carries one try out (`messages.Send`). A function put in its place
sees, counts, answers or fails each try of each call; `Request.call_id` and `attempt` tell which tries are of
one call.
"""

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from gateway.adapters.aws import parsing, retry, timeouts
from gateway.adapters.aws.connections import Connections
from gateway.adapters.aws.credentials import credentials
from gateway.adapters.aws.messages import Request, Send
from gateway.adapters.aws.services import Endpoint, Service, endpoint_of, region_of
from gateway.adapters.aws.signing import Scope, signed_headers
from gateway.adapters.aws.timeouts import WORK, Timeouts

USER_AGENT = "asyncpay-gateway"
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class OutOfTime(BotoCoreError):
    """The invocation ends before the call could be made."""

    fmt = "No time is left for {operation}."


class _Call(NamedTuple):
    """What all tries of a call have in common."""

    id: str
    service: Service
    operation: str
    endpoint: Endpoint
    scope: Scope
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    limits: Timeouts
    ends_at: float


class Transport:
    """The way to AWS for all threads of a process: connections, credentials, retries.

    Nothing is built before the first call, and a snapshot of the process harms nothing but open connections
    (`reset_connections`). `pause`, `clock` (monotonic seconds), `unix_time` and `draw` (from 0 to 1) are the
    world's; tests pass their own.
    """

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        *,
        region: str | None = None,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
        draw: Callable[[], float] = retry.jitter,
    ) -> None:
        self._connections = Connections(environ)
        self.send: Send = self._connections.send
        self.pause = pause
        self._environ = environ
        self._region = region
        self._keys = credentials(environ)
        self._places: dict[str, tuple[Endpoint, Scope]] = {}
        self._quota = retry.Quota()
        self._clock = clock
        self._unix_time = unix_time
        self._draw = draw

    def call(
        self, service: Service, operation: str, parameters: Mapping[str, Any], limits: Timeouts = WORK
    ) -> dict[str, Any]:
        """The service's response.

        ClientError if it is an error, another BotoCoreError if there was none: then it may have
        been carried out or not. The error is that of the last try.
        """
        call = self._begun(service, operation, parameters, limits)
        attempt, taken = 1, 0
        while True:
            try:
                answer = self._try(call, attempt)
            except (BotoCoreError, ClientError) as failure:
                pause = retry.pause_seconds(failure, service.name, attempt, self._draw)
                if pause is None or attempt >= limits.tries_max or self._clock() + pause >= call.ends_at:
                    raise
                taken = self._quota.take(throttled=retry.is_throttling(failure))
                if not taken:
                    raise
                self.pause(pause)
                attempt += 1
            else:
                self._quota.give_back(taken)
                return answer

    def reset_connections(self) -> None:
        """Drops the open connections; to be called after a snapshot of the process was restored."""
        self._connections.reset()

    def _begun(
        self, service: Service, operation: str, parameters: Mapping[str, Any], limits: Timeouts
    ) -> _Call:
        call_id = str(uuid.uuid4())
        token = service.tokens.get(operation)
        if token is not None and token not in parameters:
            parameters = {**parameters, token: call_id}
        endpoint, scope = self._place_of(service)
        headers = {"host": endpoint.host}
        method, path, body = "GET", service.paths.get(operation, ""), b""
        if path:
            payload = service.payloads.get(operation)
            if payload is not None:
                method, body = "POST", _encode(parameters[payload]).encode("ascii")
                headers["content-type"] = "application/json"
                parameters = {name: value for name, value in parameters.items() if name != payload}
            path = path.format_map({name: quote(str(value), safe="") for name, value in parameters.items()})
        else:
            method, path, body = "POST", "/", _encode(parameters).encode("ascii")
            headers["content-type"] = f"application/x-amz-json-{service.json_version}"
            headers["x-amz-target"] = f"{service.target}.{operation}"
            if service.has_query_errors:
                headers["x-amzn-query-mode"] = "true"
        ends_at = timeouts.ends_at(limits, self._clock())
        path = endpoint.path + path
        return _Call(
            call_id, service, operation, endpoint, scope, method, path, headers, body, limits, ends_at
        )

    def _try(self, call: _Call, attempt: int) -> dict[str, Any]:
        if self._clock() >= call.ends_at:
            raise OutOfTime(operation=call.operation)
        headers = signed_headers(
            call.method,
            call.path,
            call.headers,
            call.body,
            keys=self._keys(),
            scope=call.scope,
            unix_seconds=self._unix_time(),
        )
        headers["user-agent"] = USER_AGENT
        # Lambda counts by it how often a function calls itself through a queue (Lambda Developer Guide,
        # "Recursive loop detection"). Not signed, as proxies may change it.
        if (trace := self._environ.get("_X_AMZN_TRACE_ID")) and "AWS_LAMBDA_FUNCTION_NAME" in self._environ:
            headers["x-amzn-trace-id"] = quote(trace, safe="-=;:+&[]{}\"',")
        response = self.send(
            Request(
                call_id=call.id,
                attempt=attempt,
                service=call.service.name,
                operation=call.operation,
                endpoint=call.endpoint,
                method=call.method,
                path=call.path,
                headers=headers,
                body=call.body,
                connect_seconds=call.limits.connect_seconds,
                read_seconds=call.limits.read_seconds,
                ends_at=call.ends_at,
            )
        )
        parsing.check_sum(response)
        if response.status >= 300:
            raise parsing.client_error(call.service, call.operation, response, attempt)
        return parsing.parsed(response, call.endpoint.url)

    def _place_of(self, service: Service) -> tuple[Endpoint, Scope]:
        place = self._places.get(service.name)
        if place is None:
            region = self._region or region_of(self._environ)
            place = endpoint_of(service, region, self._environ), Scope(region, service.name)
            self._places[service.name] = place
        return place


@cache
def transport() -> Transport:
    """The transport of this process, which all of its adapters share."""
    return Transport()
