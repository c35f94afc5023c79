"""The ways in which one AWS call can go wrong."""

import copy
import json
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.proof.wire import Crash, Sending, as_json


def refused(sending: Sending) -> AWSResponse:
    """It never reaches AWS, however often the SDK tries."""
    raise ConnectTimeoutError(endpoint_url=sending.request.url)


def answer_lost(sending: Sending) -> AWSResponse:
    """AWS carries it out each time the SDK tries, and no answer ever arrives."""
    sending.carry_out()
    raise ReadTimeoutError(endpoint_url=sending.request.url)


def twice(sending: Sending) -> AWSResponse:
    """AWS carries it out twice for one answer."""
    first = sending.carry_out()
    sending.carry_out()
    return first


def first_answer_lost(sending: Sending) -> AWSResponse:
    """AWS carries it out, the answer is lost, and the SDK's retry is carried out as well."""
    answer = sending.carry_out()
    if sending.attempt == 1:
        raise ReadTimeoutError(endpoint_url=sending.request.url)
    return answer


def crash(sending: Sending) -> AWSResponse:
    """AWS carries it out and the process dies before it hears of it."""
    sending.carry_out()
    raise Crash


def again_at_the_end(sending: Sending) -> AWSResponse:
    """A copy of it stays in the network and is carried out when all is over, its token long forgotten."""
    copied = copy.copy(sending.request)
    body = as_json(copied.body)
    if body.pop("ClientRequestToken", None) is not None:
        copied.body = json.dumps(body).encode()
        copied.headers = copy.copy(copied.headers)
        copied.headers.replace_header("Content-Length", str(len(copied.body)))
    sending.wire.late.append(lambda: sending.carry_out_instead(copied))
    return sending.carry_out()


def conflict(sending: Sending) -> AWSResponse:
    """DynamoDB refuses the transaction: another one holds one of its items."""
    return _cancelled(sending.request, "TransactionConflict")


def no_capacity(sending: Sending) -> AWSResponse:
    """DynamoDB refuses the transaction: one of its items has no write capacity left."""
    return _cancelled(sending.request, "ProvisionedThroughputExceeded")


def throttled(sending: Sending) -> AWSResponse:
    """DynamoDB refuses to look at the request, however often the SDK tries."""
    return _error(sending.request, "ProvisionedThroughputExceededException", {})


def _cancelled(request: Any, code: str) -> AWSResponse:
    count = len(as_json(request.body)["TransactItems"])
    reasons = [{"Code": code, "Message": "for a test"}] + [{"Code": "None"}] * (count - 1)
    return _error(request, "TransactionCanceledException", {"CancellationReasons": reasons})


def _error(request: Any, code: str, members: dict[str, Any]) -> AWSResponse:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **members}
    answer = AWSResponse(request.url, 400, HeadersDict({"content-type": "application/x-amz-json-1.0"}), None)
    answer._content = json.dumps(body).encode()
    return answer
