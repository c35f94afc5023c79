"""AWS that isn't there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.timeouts import WORK
from gateway.domain.errors import Unavailable
from tests.conftest import NOBODY_LISTENS
from tests.store.operations import DYNAMODB, OTHERS


@pytest.fixture(scope="module", autouse=True)
def _nobody_there() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", NOBODY_LISTENS)
        # The SDK waits between its tries; that there are several is its own business.
        once = replace(WORK, tries_max=1)
        make = queues.client.__wrapped__
        patch.setattr(queues, "client", lambda service, *_: make(service, once))
        tables.bind("nowhere", timeouts=once)
        yield
        queues.secret.cache_clear()


@pytest.mark.parametrize("operation", [*DYNAMODB.values(), *OTHERS.values()], ids=[*DYNAMODB, *OTHERS])
def test_a_service_that_is_not_there_is_unavailable(operation: Callable[[], Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        operation()
    assert caught.type is Unavailable
    assert "127.0.0.1" not in caught.value.description
    assert caught.value.__cause__ is not None
