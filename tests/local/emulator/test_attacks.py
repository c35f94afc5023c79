"""The emulator and the table engine as they run, attacked by what reaches a port of this machine."""

import json
import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.emulator import Emulator

pytestmark = pytest.mark.emulator
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)
LIST = json.dumps({"Limit": 1}).encode()


@pytest.fixture(params=["emulator", "table engine"])
def port(request: pytest.FixtureRequest, emulator: Emulator) -> int:
    """Each of the two ports."""
    endpoint = emulator.endpoint if request.param == "emulator" else emulator.tables_endpoint
    if endpoint is None:
        pytest.skip("there is no table engine here")
    found = urlsplit(endpoint).port
    assert found is not None
    return found


def _request(
    *more: str,
    host: str = "127.0.0.1",
    start: str = "POST / HTTP/1.1",
    signed: bool = True,
    body: bytes = LIST,
) -> bytes:
    lines = [start, f"Host: {host}", "X-Amz-Target: DynamoDB_20120810.ListTables", *more]
    lines += [f"Authorization: {SIGNATURE}", "X-Amz-Date: 20260101T000000Z"] if signed else []
    lines += ["Content-Type: application/x-amz-json-1.0", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _answers(port: int, *pieces: bytes) -> bytes:
    """What comes back, until the other side closes or has answered one request in full."""
    got = b""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            while piece := connection.recv(65536):
                got += piece
                if got.startswith(b"HTTP/1.1 200") and (b"TableNames" in got or b"TableStatus" in got):
                    break
        except OSError:
            pass
    return got


def test_a_signed_request_is_answered(port: int) -> None:
    assert _answers(port, _request()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "headers",
    [
        ["Origin: https://evil.example"],
        ["oRiGiN: null"],
        ["Sec-Fetch-Mode: no-cors"],
        ["Referer: https://evil.example/"],
        ["Cookie: a=b"],
        ["User-Agent: Mozilla/5.0"],
        ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
        ["Host: evil.example"],
    ],
    ids=lambda headers: headers[-1].partition(":")[0],
)
def test_a_browser_s_header_is_refused(port: int, headers: list[str]) -> None:
    answer = _answers(port, _request(*headers))
    assert answer[9:12] in {b"403", b"400"}
    assert b"TableNames" not in answer


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.", "127.0.0.1.evil.example"])
def test_a_rebound_name_is_refused(port: int, host: str) -> None:
    assert _answers(port, _request(host=host)).startswith(b"HTTP/1.1 403")


def test_preflights_get_no_leave(port: int) -> None:
    answer = _answers(
        port, _request("Origin: https://evil.example", start="OPTIONS / HTTP/1.1", signed=False)
    )
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"access-control" not in answer.lower()


@pytest.mark.parametrize(
    "start", ["POST / HTTP/1.1", "GET /_ministack/config HTTP/1.1", "POST /_ministack/reset HTTP/1.1"]
)
def test_what_carries_no_signature_is_refused(port: int, start: str) -> None:
    assert _answers(port, _request(start=start, signed=False)).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("path", ["/_aws/execute-api/abc/v1/health", "/_aws/execute-api/abc/v1/", "/health"])
def test_a_request_to_a_deployed_api_reaches_no_table_whatever_it_carries(
    emulator: Emulator, path: str
) -> None:
    port = urlsplit(emulator.endpoint).port or 0
    answer = _answers(port, _request("Connection: close", start=f"POST {path} HTTP/1.1"))
    assert b"TableNames" not in answer
    assert answer.startswith(b"HTTP/1.1")


def test_a_form_that_would_make_a_stack_makes_none(emulator: Emulator) -> None:
    form = b"Action=CreateStack&StackName=evil&TemplateBody=%7B%22Resources%22%3A%7B%7D%7D"
    for headers in (["Origin: null"], ["Sec-Fetch-Site: cross-site"], []):
        port = urlsplit(emulator.endpoint).port or 0
        assert _answers(port, _request(*headers, signed=False, body=form)).startswith(b"HTTP/1.1 403")
    stacks = emulator.client("cloudformation").list_stacks()["StackSummaries"]
    assert "evil" not in {stack["StackName"] for stack in stacks}


@pytest.fixture
def engine_port(emulator: Emulator) -> int:
    if emulator.tables_endpoint is None:
        pytest.skip("there is no table engine here")
    return urlsplit(emulator.tables_endpoint).port or 0


def test_nothing_passes_the_engine_s_guard_behind_a_request_that_does(
    emulator: Emulator, engine_port: int
) -> None:
    table = {
        "TableName": "evil",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    create = _request("Origin: https://evil.example", body=json.dumps(table).encode())
    evil = create.replace(b"ListTables", b"CreateTable")
    for pieces in ([_request() + evil], [_request(), evil], [_request() + evil[:40], evil[40:]]):
        _answers(engine_port, *pieces)
    assert "evil" not in emulator.client("dynamodb").list_tables()["TableNames"]
    assert b"TableStatus" in _answers(engine_port, evil.replace(b"Origin:", b"X-Origin:"))
    emulator.client("dynamodb").delete_table(TableName="evil")


def test_a_head_that_comes_in_pieces_is_judged_as_a_whole(engine_port: int) -> None:
    good, evil = _request(), _request("Origin: https://evil.example")
    assert b"TableNames" in _answers(engine_port, *(good[i : i + 1] for i in range(len(good))))
    assert b"TableNames" not in _answers(engine_port, *(evil[i : i + 1] for i in range(len(evil))))


@pytest.mark.parametrize(
    "evil",
    [
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: x\r\nA: b\r\n " + b"x" * 70_000,
        b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: x\r\n\r\n",
        b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ],
    ids=["a head without end", "absolute-form", "CONNECT", "HTTP/2", "TLS"],
)
def test_what_is_no_plain_request_ends_the_connection(engine_port: int, evil: bytes) -> None:
    assert _answers(engine_port, evil).startswith(b"HTTP/1.1 403")


def test_a_caller_that_goes_on_sending_loses_no_refusal(engine_port: int) -> None:
    evil = _request("Origin: https://evil.example")
    assert _answers(engine_port, evil, *[b"x" * 64_000] * 100).startswith(b"HTTP/1.1 403")


def test_the_engine_itself_listens_where_no_page_finds_it(engine_port: int) -> None:
    engines = [
        path.parent
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.read_bytes().split(b"\0")[1:2] == [b"serve"] and _belongs_to(path.parent, engine_port)
    ]
    assert engines
    for engine in engines:
        hidden = (engine / "ns" / "net").readlink() != Path("/proc/self/ns/net").readlink()
        command = (engine / "cmdline").read_bytes().split(b"\0")
        assert hidden or command[command.index(b"--host") + 1] != b"127.0.0.1"


def _belongs_to(process: Path, port: int) -> bool:
    status = (process / "status").read_text()
    parent = next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:"))
    return str(port).encode() in Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")


def test_both_ports_are_on_the_loopback_interface_only(port: int) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    found = {line[1] for line in listening if line[3] == "0A" and line[1].endswith(f":{port:04X}")}
    assert found == {f"0100007F:{port:04X}"}
    assert not any(
        f":{port:04X}" in line for line in Path("/proc/net/tcp6").read_text().splitlines() if " 0A " in line
    )
