"""The same responses, given to the transport and to botocore: the same outcome, in as many tries.

botocore is set up as the gateway used it before it had a transport of its own.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ChecksumError, ClientError

from gateway.adapters.aws.parsing import UnreadableResponse
from gateway.adapters.aws.services import DYNAMODB, LAMBDA, SECRETS_MANAGER, SQS
from gateway.adapters.aws.timeouts import Timeouts
from gateway.adapters.aws.transport import Transport
from tests.support.aws_server import (
    Behaviour,
    Server,
    answer,
    closing,
    error,
    raw,
    resetting,
    serving,
    silent,
    success,
)

SESSION = botocore.session.get_session()
TIMEOUTS = Timeouts(connect_seconds=5, read_seconds=10, tries_max=3, total_seconds=60)
SERVICES = {service.name: service for service in (DYNAMODB, SQS, SECRETS_MANAGER, LAMBDA)}
ITEM = {"Item": {"id": {"S": "order_1"}, "notes": {"S": "₹ 5"}}}
GET = ("dynamodb", "GetItem", {"TableName": "orders", "Key": {"id": {"S": "order_1"}}})
PUT = {"Put": {"TableName": "orders", "Item": {"id": {"S": "order_1"}}}}
TRANSACTION = ("dynamodb", "TransactWriteItems", {"TransactItems": [PUT, PUT]})
SEND = ("sqs", "SendMessage", {"QueueUrl": "http://q/1", "MessageBody": "{}", "DelaySeconds": 0})
SECRET = ("secretsmanager", "GetSecretValue", {"SecretId": "arn"})
TRIGGER = ("lambda", "GetEventSourceMapping", {"UUID": "a b/c"})
REASONS = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}]
BODY = json.dumps(ITEM).encode()
TORN = b"HTTP/1.1 200 OK\r\nx-amz-crc32: %d\r\ncontent-length: %d\r\n\r\n" % (zlib.crc32(BODY), len(BODY))

Call = tuple[str, str, dict[str, Any]]


def by_transport(server: Server, call: Call, timeouts: Timeouts = TIMEOUTS) -> Any:
    service, operation, parameters = call
    environ = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
    }
    transport = Transport(environ, pause=lambda _seconds: None)
    try:
        return transport.call(SERVICES[service], operation, parameters, timeouts)
    finally:
        transport.reset_connections()


def by_botocore(server: Server, call: Call, timeouts: Timeouts = TIMEOUTS) -> Any:
    service, operation, parameters = call
    client = SESSION.create_client(
        service,
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        aws_session_token="token",
        config=Config(
            parameter_validation=False,
            connect_timeout=timeouts.connect_seconds,
            read_timeout=timeouts.read_seconds,
            retries={"total_max_attempts": timeouts.tries_max, "mode": "standard"},
        ),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
        try:
            # It fills tokens in where they are missing.
            found = client._make_api_call(operation, dict(parameters))
        finally:
            client.close()
    found.pop("ResponseMetadata")
    return found


def outcome(way: Callable[..., Any], call: Call, behaviours: tuple[Behaviour, ...]) -> Any:
    """What came of a call, and how many requests the server saw."""
    # Who is silent is not waited for.
    timeouts = replace(TIMEOUTS, read_seconds=0.3) if silent in behaviours else TIMEOUTS
    with serving(*behaviours) as server:
        try:
            found = way(server, call, timeouts)
        except ClientError as failure:
            response: Any = failure.response
            refusal, metadata = response["Error"], response["ResponseMetadata"]
            # An answer that is none of the service's is known by its status; what else it says differs.
            known = None if refusal["Code"].isdigit() else (refusal, metadata["RequestId"])
            found = (
                "ClientError",
                refusal["Code"],
                known,
                failure.operation_name,
                response.get("CancellationReasons"),
                response.get("Item"),
                metadata["HTTPStatusCode"],
                metadata["RetryAttempts"],
            )
        except BotoCoreError as failure:
            found = type(failure).__name__
        return found, len(server.received)


CASES: dict[str, tuple[Call, tuple[Behaviour, ...]]] = {
    "a success": (GET, (success(ITEM),)),
    "a success without a body": (TRANSACTION, (answer(b"{}"),)),
    "throttled once": (GET, (error("ProvisionedThroughputExceededException"), success(ITEM))),
    "throttled for good": (GET, (error("ThrottlingException"),)),
    "too many requests": (
        SEND,
        (raw(b"HTTP/1.1 429 X\r\ncontent-length: 0\r\n\r\n"), success({"MessageId": "1"})),
    ),
    "a transaction in progress": (TRANSACTION, (error("TransactionInProgressException"),)),
    "a replica's conflict": (
        ("dynamodb", "PutItem", PUT["Put"]),
        (error("ReplicatedWriteConflictException"), success({})),
    ),
    "a condition that failed": (
        ("dynamodb", "PutItem", PUT["Put"]),
        (error("ConditionalCheckFailedException", Item=ITEM["Item"]),),
    ),
    "a cancelled transaction": (
        TRANSACTION,
        (error("TransactionCanceledException", Message="cancelled", CancellationReasons=REASONS),),
    ),
    "no right": (GET, (error("AccessDeniedException"),)),
    "an expired token": (GET, (error("ExpiredTokenException"),)),
    "an internal error once": (GET, (error("InternalServerError", status=500), success(ITEM))),
    "an internal error for good": (TRANSACTION, (error("InternalServerError", status=500),)),
    "a page of a load balancer": (
        GET,
        (answer(b"<html>Bad Gateway</html>", status=502, crc=False), success(ITEM)),
    ),
    "a page of a load balancer for good": (
        GET,
        (answer(b"<html>Bad Gateway</html>", status=502, crc=False),),
    ),
    "unavailable without a body": (GET, (raw(b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n"), success(ITEM))),
    "a status without a meaning": (GET, (raw(b"HTTP/1.1 418 X\r\ncontent-length: 0\r\n\r\n"),)),
    "a torn body once": (GET, (raw(TORN + BODY[:9], then_close=True), success(ITEM))),
    "a wrong checksum once": (GET, (answer(BODY, headers={"x-amz-crc32": "1"}), success(ITEM))),
    "an error with a wrong checksum once": (
        GET,
        (error("ResourceNotFoundException", headers={"x-amz-crc32": "1"}), success(ITEM)),
    ),
    "no checksum at all": (GET, (answer(BODY, crc=False),)),
    "silence once": (GET, (silent, success(ITEM))),
    "silence for good": (GET, (silent,)),
    "hung up once": (GET, (closing, success(ITEM))),
    "hung up for good": (SEND, (closing,)),
    "reset once": (TRANSACTION, (resetting, success({}))),
    "reset for good": (TRANSACTION, (resetting,)),
    "no HTTP": (GET, (raw(b"\x00\x01\x02 nothing of the kind\r\n\r\n", then_close=True),)),
    "a message that was sent": (SEND, (success({"MessageId": "1", "MD5OfMessageBody": "2"}),)),
    "a queue that is not there": (
        SEND,
        (
            error(
                "QueueDoesNotExist",
                headers={"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
            ),
        ),
    ),
    "a secret": (SECRET, (success({"ARN": "arn", "SecretString": "pepper"}),)),
    "a secret that is not there": (SECRET, (error("ResourceNotFoundException", status=400),)),
    "a trigger": (TRIGGER, (success({"UUID": "a b/c", "State": "Enabled"}),)),
    "a trigger that is not there": (
        TRIGGER,
        (
            answer(
                b'{"Type":"User","Message":"The resource you requested does not exist."}',
                status=404,
                headers={"x-amzn-errortype": "ResourceNotFoundException:http://internal.amazon.com/"},
                crc=False,
            ),
        ),
    ),
    "triggers asked for too often": (
        TRIGGER,
        (
            answer(
                b'{"Reason":"x"}',
                status=429,
                headers={"x-amzn-errortype": "TooManyRequestsException"},
                crc=False,
            ),
            success({"State": "Disabled"}),
        ),
    ),
}


@pytest.mark.parametrize(("call", "behaviours"), CASES.values(), ids=CASES)
def test_the_outcome_is_the_one_that_botocore_has(call: Call, behaviours: tuple[Behaviour, ...]) -> None:
    assert outcome(by_transport, call, behaviours) == outcome(by_botocore, call, behaviours)


# Where botocore takes something for an empty success, which a reader of rows would understand as "no such
# row".
WORSE: dict[str, tuple[tuple[Behaviour, ...], type[BotoCoreError]]] = {
    "garbage": ((answer(b"garbage", crc=False),), UnreadableResponse),
    "a body that is torn each time": ((raw(TORN + BODY[:9], then_close=True),), BotoCoreError),
    "a checksum that is wrong each time": ((answer(b"{}", headers={"x-amz-crc32": "1"}),), ChecksumError),
}


@pytest.mark.parametrize(("behaviours", "failure"), WORSE.values(), ids=WORSE)
def test_what_cannot_be_trusted_is_an_error_where_botocore_sees_an_empty_success(
    behaviours: tuple[Behaviour, ...], failure: type[BotoCoreError]
) -> None:
    assert outcome(by_botocore, GET, behaviours)[0] == {}
    with serving(*behaviours) as server:
        with pytest.raises(failure):
            by_transport(server, GET)
        assert len(server.received) == TIMEOUTS.tries_max


@pytest.mark.parametrize("call", [GET, TRANSACTION, SEND, SECRET, TRIGGER], ids=lambda call: call[1])
def test_the_request_is_the_one_that_botocore_sends(call: Call) -> None:
    with serving(answer(b"{}")) as server:
        by_transport(server, call)
        by_botocore(server, call)
        ours, theirs = server.received
    assert ours.line == theirs.line
    if call is TRIGGER:
        assert (ours.body, theirs.body) == (b"", b"")
    else:
        mine, others = ours.parameters, theirs.parameters
        for parameters in (mine, others):
            # Each call has a token of its own.
            assert len(parameters.pop("ClientRequestToken", "x" * 36)) == 36
        assert mine == others
    for name in ("content-type", "host", "x-amz-target", "x-amz-security-token", "x-amzn-query-mode"):
        assert ours.headers.get(name) == theirs.headers.get(name), name


def test_a_call_of_a_function_is_the_one_that_botocore_sends() -> None:
    name = {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:api:live"}
    with serving(answer(b"{}")) as server:
        by_transport(server, ("lambda", "Invoke", {**name, "Payload": {"body": "\u00e9"}}))
        by_botocore(server, ("lambda", "Invoke", {**name, "Payload": b'{"body":"\\u00e9"}'}))
        ours, theirs = server.received
    assert (ours.line, ours.body) == (theirs.line, theirs.body)


@pytest.mark.parametrize("way", [by_transport, by_botocore])
def test_all_tries_of_a_transaction_have_one_token(way: Callable[..., Any]) -> None:
    """DynamoDB then carries it out once (DynamoDB API reference, TransactWriteItems, ClientRequestToken)."""
    with serving(closing, error("InternalServerError", status=500), success({})) as server:
        way(server, TRANSACTION)
        way(server, TRANSACTION)
        tokens = [request.parameters["ClientRequestToken"] for request in server.received]
    assert len(tokens) == 4
    assert len(set(tokens[:3])) == 1
    assert tokens[3] != tokens[0]


def test_a_callers_own_token_is_kept() -> None:
    service, operation, parameters = TRANSACTION
    with serving(success({})) as server:
        by_transport(server, (service, operation, {**parameters, "ClientRequestToken": "mine"}))
        assert server.received[0].parameters["ClientRequestToken"] == "mine"
