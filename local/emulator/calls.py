"""How often each operation of AWS was asked for, so that `make bench` can say what a payment takes.

The emulator and the table engine's guard count in processes of their own; both answer `GET /_asyncpay/calls`.
"""

import json
from collections import Counter

from local.emulator.guard import API_PATH, Application, Headers, Receive, Scope, Send

PATH = b"/_asyncpay/calls"
TARGET = b"x-amz-target"
LAMBDA_PATH = b"/2015-03-31/"
SERVICES = {"DynamoDB_20120810": "DynamoDB", "AmazonSQS": "SQS", "secretsmanager": "Secrets Manager"}
HEADERS = ((b"content-type", b"application/json"), (b"connection", b"close"))


class Calls:
    """The calls of one process since it started."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()

    def count(self, path: bytes, headers: Headers) -> None:
        """Counts a request; those of deployed APIs, whatever they carry, are none of AWS's operations."""
        if path.startswith((API_PATH, b"/_")):
            return
        for name, value in headers:
            if name == TARGET:
                service, _, operation = value.decode("latin-1").partition(".")
                self._numbers[f"{SERVICES.get(service, service)} {operation}"] += 1
                return
        self._numbers["Lambda" if path.startswith(LAMBDA_PATH) else "others"] += 1

    def as_json(self) -> bytes:
        """The numbers by service and operation."""
        return json.dumps(self._numbers).encode()


def counting(app: Application) -> Application:
    """Counts what comes, and answers how much it was; all else is `app`'s."""
    calls = Calls()

    async def count_or_tell(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
        elif scope["raw_path"] == PATH and scope["method"] == "GET":
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            await send({"type": "http.response.body", "body": calls.as_json()})
        else:
            calls.count(scope["raw_path"], scope["headers"])
            await app(scope, receive, send)

    return count_or_tell
