"""DynamoDB that answers, but not what was asked for."""

import pytest

from gateway.domain.errors import Unavailable
from tests.adapters.dynamodb.operations import DYNAMODB
from tests.support.aws_calls import an_error, answering

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("GetItem", "get"),
        ("PutItem", "put"),
        ("PutItem", "conditional put"),
        ("UpdateItem", "postpone"),
        ("UpdateItem", "count"),
        ("Query", "list"),
        ("Query", "overdue"),
        ("TransactWriteItems", "transaction"),
    ],
)
@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "InternalServerError", "ResourceNotFoundException"]
)
def test_a_refusal_of_dynamodb_is_unavailable(operation: str, call: str, code: str) -> None:
    # Enough of them for each try of the SDK.
    with answering(operation, [an_error(code)] * 10), pytest.raises(Unavailable):
        DYNAMODB[call]()


@pytest.mark.parametrize("call", ["postpone", "conditional put"])
def test_a_condition_that_failed_is_an_answer_and_no_failure(call: str) -> None:
    refusal = [an_error("ConditionalCheckFailedException")]
    with answering("UpdateItem", refusal), answering("PutItem", refusal):
        assert DYNAMODB[call]() is False
