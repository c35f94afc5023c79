"""PynamoDB's connection, with our transport in the place of its botocore client."""

from collections.abc import Callable
from typing import Any

from pynamodb.connection import Connection

from gateway.adapters.aws.services import DYNAMODB
from gateway.adapters.aws.timeouts import Timeouts
from gateway.adapters.aws.transport import Transport


class TransportConnection(Connection):
    """What PynamoDB's models, queries and transactions call.

    PynamoDB still turns ClientError and BotoCoreError into its own exceptions. `find_transport` is asked at
    each call, so that the tables outlive a transport.
    """

    def __init__(self, find_transport: Callable[[], Transport], timeouts: Timeouts) -> None:
        super().__init__()
        self._caller = _Caller(find_transport, timeouts)

    @property
    def client(self) -> Any:
        """What `Connection._make_api_call` sends by, and turns the errors of."""
        return self._caller

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        """Sends an operation. PynamoDB's own also asks for the consumed capacity, and signals."""
        response: dict[str, Any] = self._make_api_call(operation_name, operation_kwargs)
        return response


class _Caller:
    """The one method of botocore's client that PynamoDB uses."""

    def __init__(self, find_transport: Callable[[], Transport], timeouts: Timeouts) -> None:
        self._find_transport = find_transport
        self._timeouts = timeouts

    def _make_api_call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return self._find_transport().call(DYNAMODB, operation, parameters, self._timeouts)
