"""AWS that isn't there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asyncpay.domain.errors import Unavailable
from asyncpay.store import queues, tables
from tests.conftest import NOBODY_LISTENS
from tests.store.operations import DYNAMODB, OTHERS


@pytest.fixture(scope="module", autouse=True)
def _nobody_there() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", NOBODY_LISTENS)
        # The SDK waits between its tries; that there are several is its own business.
        patch.setattr(tables, "RETRIES_MAX", 0)
        one_try = queues.client.__wrapped__
        patch.setattr(queues, "client", lambda service, **_: one_try(service, attempts_max=1))
        tables.bind("nowhere")
        yield
        queues.secret.cache_clear()


@pytest.mark.parametrize("operation", [*DYNAMODB.values(), *OTHERS.values()], ids=[*DYNAMODB, *OTHERS])
def test_a_service_that_is_not_there_is_unavailable(operation: Callable[[], Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        operation()
    assert caught.value.http_status == 503
    assert "127.0.0.1" not in caught.value.description
    assert caught.value.__cause__ is not None
