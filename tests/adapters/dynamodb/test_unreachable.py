"""AWS that isn't there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.secrets import forget_secrets
from gateway.domain.errors import Unavailable
from tests.adapters.dynamodb.operations import DYNAMODB, OTHERS
from tests.support.aws_calls import unreachable


@pytest.fixture(autouse=True)
def _nobody_there() -> Iterator[None]:
    tables.bind("nowhere")
    with unreachable("dynamodb", "sqs", "secretsmanager", "lambda"):
        yield
    forget_secrets()


@pytest.mark.parametrize("operation", [*DYNAMODB.values(), *OTHERS.values()], ids=[*DYNAMODB, *OTHERS])
def test_a_service_that_is_not_there_is_unavailable(operation: Callable[[], Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        operation()
    assert caught.type is Unavailable
    assert "127.0.0.1" not in caught.value.description
    assert caught.value.__cause__ is not None
