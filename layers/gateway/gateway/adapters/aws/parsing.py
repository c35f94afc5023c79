"""What a response means: the parsed body, or the error that a service answered.

Errors are botocore's ClientError, since PynamoDB and the log know that one.
"""

import json
import zlib
from typing import Any

from botocore.exceptions import ChecksumError, ClientError, HTTPClientError

from gateway.adapters.aws.messages import Response
from gateway.adapters.aws.services import Service


class UnreadableResponse(HTTPClientError):
    """A success whose body is no JSON object: whether it was one, nobody can say."""

    fmt = 'The response from endpoint URL "{endpoint_url}" is not readable.'


def parsed(response: Response, url: str) -> dict[str, Any]:
    """The body of a success; UnreadableResponse where it has none that makes sense."""
    if not response.body:
        return {}
    try:
        body = json.loads(response.body)
    except ValueError as error:
        raise UnreadableResponse(endpoint_url=url, error=error) from error
    if not isinstance(body, dict):
        raise UnreadableResponse(endpoint_url=url, error="no object")
    return body


def check_sum(response: Response) -> None:
    """ChecksumError where DynamoDB's header `x-amz-crc32` is not that of the body."""
    expected = response.headers.get("x-amz-crc32")
    if expected is not None:
        actual = str(zlib.crc32(response.body))
        if actual != expected:
            raise ChecksumError(checksum_type="crc32", expected_checksum=expected, actual_checksum=actual)


def client_error(service: Service, operation: str, response: Response, attempt: int) -> ClientError:
    """What a service answered instead of a success, in the shape that botocore gives it."""
    body = _object(response.body)
    headers = response.headers
    # REST-JSON has the code in a header, AWS JSON in the body, either with more around it:
    # `com.amazonaws.dynamodb.v20120810#ThrottlingException`, `ResourceNotFoundException:http://...`.
    named = headers.get("x-amzn-errortype") if not service.target else None
    code = str(named or body.get("__type") or body.get("code") or response.status)
    code = code.partition(":")[0].rpartition("#")[2]
    error = {"Message": str(body.get("message") or body.get("Message") or ""), "Code": code}
    query_code, _, kind = headers.get("x-amzn-query-error", "").partition(";")
    if service.has_query_errors and query_code and kind:
        error |= {"Code": query_code, "QueryErrorCode": code, "Type": kind}
    members = {name: value for name, value in body.items() if name not in ("__type", "message", "Message")}
    metadata = {
        "RequestId": headers.get("x-amzn-requestid", ""),
        "HTTPStatusCode": response.status,
        "HTTPHeaders": dict(headers),
        "RetryAttempts": attempt - 1,
    }
    # Any: the stubs know the members of no service's errors.
    found: Any = {**members, "Error": error, "ResponseMetadata": metadata}
    return ClientError(found, operation)


def _object(body: bytes) -> dict[str, Any]:
    # Load balancers answer pages, and nothing at all: the status has to do then.
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
