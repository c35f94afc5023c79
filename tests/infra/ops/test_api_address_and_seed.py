import io
from typing import Any

import pytest

from infra.ops.application import api_base_url, seed
from infra.ops.console import Problem

OUTPUTS = {
    "ApiId": "abc",
    "ApiStage": "test",
    "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/test",
}


class Functions:
    """Stands for Lambda: answers one invocation."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.invoked: list[str] = []
        self._answer = answer

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 -- boto3's names
        assert Payload == b"{}"
        self.invoked.append(FunctionName)
        return self._answer


def test_an_emulator_serves_the_api_on_its_own_port() -> None:
    assert api_base_url("http://127.0.0.1:4600", OUTPUTS) == "http://127.0.0.1:4600/_aws/execute-api/abc/test"


def test_aws_serves_the_api_on_a_host_of_its_own() -> None:
    assert api_base_url("https://cloudformation.us-east-1.amazonaws.com", OUTPUTS) == OUTPUTS["ApiUrl"]


def test_the_deployed_seed_function_makes_the_test_merchant() -> None:
    functions = Functions({"Payload": io.BytesIO(b'{"created":true}')})
    seed(lambda _service: functions, {"SeedFunctionName": "seed-1"})
    assert functions.invoked == ["seed-1"]


def test_outside_test_stages_there_is_nothing_to_seed() -> None:
    seed(pytest.fail, {})


def test_a_seed_that_fails_says_why() -> None:
    said = b'{"errorType":"KeyError","errorMessage":"\'X\'","stackTrace":["  File app.py\\n    x()\\n"]}'
    functions = Functions({"Payload": io.BytesIO(said), "FunctionError": "Unhandled"})
    with pytest.raises(Problem) as caught:
        seed(lambda _service: functions, {"SeedFunctionName": "seed-1"})
    assert caught.value.details == ("  File app.py", "    x()", "KeyError: 'X'")
