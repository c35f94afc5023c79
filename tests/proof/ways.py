"""The ways in which one AWS call can go wrong."""

import json
from dataclasses import replace
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from gateway.adapters.aws.messages import Request, Response
from tests.proof.wire import Crash, Sending, as_json


def refused(sending: Sending) -> Response:
    """It never reaches AWS, however often the transport tries."""
    raise ConnectTimeoutError(endpoint_url=sending.request.endpoint.url)


def answer_lost(sending: Sending) -> Response:
    """AWS carries it out each time the transport tries, and no answer ever arrives."""
    sending.carry_out()
    raise ReadTimeoutError(endpoint_url=sending.request.endpoint.url)


def twice(sending: Sending) -> Response:
    """AWS carries it out twice for one answer."""
    first = sending.carry_out()
    sending.carry_out()
    return first


def first_answer_lost(sending: Sending) -> Response:
    """AWS carries it out, the answer is lost, and the transport's retry is carried out as well."""
    answer = sending.carry_out()
    if sending.request.attempt == 1:
        raise ReadTimeoutError(endpoint_url=sending.request.endpoint.url)
    return answer


def crash(sending: Sending) -> Response:
    """AWS carries it out and the process dies before it hears of it."""
    sending.carry_out()
    raise Crash


def again_at_the_end(sending: Sending) -> Response:
    """A copy of it stays in the network and is carried out when all is over, its token long forgotten."""
    copied = replace(sending.request, ends_at=float("inf"))
    body = as_json(copied.body)
    if body.pop("ClientRequestToken", None) is not None:
        copied = replace(copied, body=json.dumps(body).encode())
    sending.wire.late.append(lambda: sending.carry_out_instead(copied))
    return sending.carry_out()


def conflict(sending: Sending) -> Response:
    """DynamoDB refuses the transaction: another one holds one of its items."""
    return _cancelled(sending.request, "TransactionConflict")


def no_capacity(sending: Sending) -> Response:
    """DynamoDB refuses the transaction: one of its items has no write capacity left."""
    return _cancelled(sending.request, "ProvisionedThroughputExceeded")


def throttled(sending: Sending) -> Response:
    """DynamoDB refuses to look at the request, however often the transport tries."""
    return _error("ProvisionedThroughputExceededException", {})


def _cancelled(request: Request, code: str) -> Response:
    count = len(as_json(request.body)["TransactItems"])
    reasons = [{"Code": code, "Message": "for a test"}] + [{"Code": "None"}] * (count - 1)
    return _error("TransactionCanceledException", {"CancellationReasons": reasons})


def _error(code: str, members: dict[str, Any]) -> Response:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **members}
    return Response(400, {"content-type": "application/x-amz-json-1.0"}, json.dumps(body).encode())
