"""Faults that a merchant of a test stage asked for (gateway/domain/chaos.py), caused at its own requests."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from chalicelib.frame.errors import ResponseDropped
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response, error_response
from gateway.domain.chaos import FAULT_HEADER, Chaos, Fault
from gateway.domain.errors import AsyncPayError, RateLimited
from gateway.runtime import log
from gateway.use_cases.chaos import count_request


def respond(handler: Callable[[Request], Response], request: Request) -> Response:
    """The handler's response, or what becomes of it. Costs nothing unless chaos is on; then a write."""
    chaos = request.deps.chaos_now(request.caller.chaos)
    if chaos is None or not chaos.disturbs_requests or request.operation.undisturbed:
        return handler(request)
    number = count_request(request.deps, request.merchant_id, chaos)
    fault = chaos.fault_of_request(number)
    if fault is None:
        return handler(request)
    log.info("request disturbed", fault=fault, number=number, merchant_id=request.merchant_id)
    response = _disturbed(fault, chaos, handler, request)
    return replace(response, headers={**response.headers, FAULT_HEADER: str(fault)})


def _disturbed(
    fault: Fault, chaos: Chaos, handler: Callable[[Request], Response], request: Request
) -> Response:
    if fault is Fault.ERROR:
        return error_response(AsyncPayError("You asked for errors: nothing was done"))
    if fault is Fault.RATE_LIMIT:
        return error_response(RateLimited("You asked for rate limits: nothing was done", 1))
    if fault is Fault.SLOW:
        request.deps.sleep(chaos.slow_ms / 1000)
        return handler(request)
    with suppress(AsyncPayError):
        handler(request)
    return error_response(ResponseDropped())
