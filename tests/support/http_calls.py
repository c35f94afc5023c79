"""HTTP calls without HTTP: what API Gateway hands to the functions, and what they hand back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
# A busy machine's invocations take longer than Lambda would let them.
CONTEXT = SimpleNamespace(aws_request_id="lambda-request-id", get_remaining_time_in_millis=lambda: 3_600_000)
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """An answer as a client sees it; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        """The error, which must be of the contract's form."""
        error = self.json["error"]
        assert isinstance(error, dict)
        assert {"code", "description"} <= set(error)
        return error


def an_event(
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, list[str]] | None = None,
    body: str | None = None,
    json_body: Any = None,
) -> dict[str, Any]:
    """A proxy event of a REST API with one greedy resource (payload format 1.0)."""
    body = json.dumps(json_body) if body is None and json_body is not None else body
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers) if headers is not None else None,
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": dict(query) if query else None,
        "pathParameters": {"proxy": path.strip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/test{path}",
            "requestId": REQUEST_ID,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def send(
    handler: Handler,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, list[str]] | None = None,
    json_body: Any = None,
    body: str | None = None,
) -> Reply:
    """Calls a handler as API Gateway does."""
    return handled(
        handler, an_event(method, path, headers=headers, query=query, body=body, json_body=json_body)
    )


def handled(handler: Handler, event: dict[str, Any]) -> Reply:
    """What a handler makes of an event."""
    # Lambda hands events and answers on as JSON.
    answer = json.loads(json.dumps(handler(json.loads(json.dumps(event)), CONTEXT)))
    names = {name.lower(): value for name, value in answer["headers"].items()}
    # Fields that come more than once (Set-Cookie): one to a line.
    several = answer.get("multiValueHeaders") or {}
    names |= {name.lower(): "\n".join(values) for name, values in several.items()}
    return Reply(answer["statusCode"], names, answer["body"])
