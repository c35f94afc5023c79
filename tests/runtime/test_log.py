import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.exceptions import GetError

from gateway.domain.errors import Unavailable
from gateway.runtime import log

CARD = "4111111111111111"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """The error with a traceback, as a handler gets it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        raise error from cause
    return caught.value


def test_a_line_is_json_with_level_message_and_members(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("payment created", payment_id="pay_1", amount=500, reason=None)
    assert lines(capsys) == [
        {"level": "INFO", "message": "payment created", "payment_id": "pay_1", "amount": 500}
    ]


def test_the_request_id_is_on_every_line_of_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    token = log.request_id.set("req-1")
    log.info("inside")
    log.request_id.reset(token)
    log.info("outside")
    inside, outside = lines(capsys)
    assert inside["request_id"] == "req-1"
    assert "request_id" not in outside


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("DEBUG", ["INFO", "WARNING", "ERROR"]),
        ("INFO", ["INFO", "WARNING", "ERROR"]),
        ("WARNING", ["WARNING", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_lines_below_the_level_are_dropped(
    level: str, written: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_level(level)
    for write in (log.info, log.warning, log.error):
        write("line")
    assert [line["level"] for line in lines(capsys)] == written


def test_a_line_break_in_a_value_makes_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("request", path='/a\n{"level":"ERROR"}')
    assert len(lines(capsys)) == 1


def test_an_error_is_logged_by_type_and_place_and_never_by_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.error("job failed", raised(ValueError(f"bad card {CARD}"), raised(KeyError(CARD))))
    text = capsys.readouterr().out
    assert CARD not in text
    line = json.loads(text)
    assert line["error"] == "ValueError < KeyError"
    assert line["at"][-1].startswith("test_log.py:")
    assert line["at"][-1].endswith(" raised")


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        pytest.param(
            ClientError({"Error": {"Code": "ThrottlingException", "Message": CARD}}, "GetItem"),
            "ClientError(ThrottlingException)",
            id="an answer of AWS",
        ),
        # botocore's own errors of a lost connection carry `response = None`.
        pytest.param(ReadTimeoutError(endpoint_url=f"http://{CARD}"), "ReadTimeoutError", id="no answer"),
        pytest.param(GetError(f"about {CARD}"), "GetError", id="PynamoDB"),
        pytest.param(
            GetError(
                cause=ClientError({"Error": {"Code": "AccessDeniedException", "Message": CARD}}, "GetItem")
            ),
            "GetError(AccessDeniedException)",
            id="PynamoDB about an answer of AWS",
        ),
    ],
)
def test_the_causes_of_an_error_are_named_with_their_code(
    cause: Exception, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.error("request failed", raised(Unavailable("try again"), raised(cause)))
    text = capsys.readouterr().out
    assert json.loads(text)["error"] == f"Unavailable < {named}"
    assert CARD not in text


def test_a_long_chain_of_causes_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    error = raised(ValueError())
    for _ in range(20):
        error = raised(ValueError(), error)
    log.error("deep", error)
    assert lines(capsys)[0]["error"].count("ValueError") == 5


def test_a_value_that_json_does_not_know_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("odd", value=frozenset({1}))
    assert lines(capsys)[0]["value"] == "frozenset({1})"
