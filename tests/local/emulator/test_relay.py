"""The guarded port before the table engine, with an engine that does as the request says."""

import http.client
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import ports
from tests.support.emulator import ROOT, interpreter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine is run on Linux only")

# "wait" in a request: the response comes once there is a file; "refuse": 400; "die": the connection ends.
ENGINE = """#!{python}
import json, pathlib, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
host, port, database = sys.argv[3], int(sys.argv[5]), pathlib.Path(sys.argv[7])
def note(path, line):
    with path.open("a") as log:
        log.write(line + "\\n")
class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        note(database, json.dumps(body))
        number = len(database.read_text().splitlines())
        while "wait" in body and not database.with_suffix(".go").exists():
            time.sleep(0.01)
        if "die" in body:
            self.close_connection = True
            return
        answer = json.dumps({{"number": number}}).encode()
        self.send_response(400 if "refuse" in body else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def setup(self):
        super().setup()
        note(database.with_suffix(".begun"), "begun")
    def finish(self):
        super().finish()
        note(database.with_suffix(".ended"), "ended")
    def log_message(self, *_):
        pass
ThreadingHTTPServer((host, port), Engine).serve_forever()
"""


class Guarded:
    """A guard that runs, and the engine behind it."""

    def __init__(self, port: int, database: Path) -> None:
        self.port = port
        self._database = database

    @property
    def asked(self) -> list[str]:
        """The bodies that have reached the engine."""
        lines = self._database.read_text().splitlines() if self._database.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def begun(self) -> int:
        """How many connections to the engine there have been."""
        return self._noted(".begun")

    @property
    def ended(self) -> int:
        """How many of them are no more."""
        return self._noted(".ended")

    def _noted(self, suffix: str) -> int:
        path = self._database.with_suffix(suffix)
        return len(path.read_text().splitlines()) if path.exists() else 0

    def go_on(self) -> None:
        self._database.with_suffix(".go").touch()

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def ask(self, body: str, operation: str = "TransactWriteItems") -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/", body, headers(operation))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def send_and_leave(self, body: str) -> None:
        """Sends a request and goes away once it has reached the engine."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers("TransactWriteItems").items())
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
        before = len(self.asked) + 1
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall((head + body[:-20]).encode())
            self.ask(transaction("so that the guard has seen the first half of the token"))
            assert body not in self.asked
            connection.sendall(body[-20:].encode())
            self.until(lambda: len(self.asked) > before)


def headers(operation: str) -> dict[str, str]:
    return {"Authorization": "AWS4-HMAC-SHA256 x", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}


def transaction(what: str = "") -> str:
    """One with a token of its own, as the functions send them."""
    items = [{"Put": {"TableName": "t", "Item": {"a": {"S": what}}}}]
    made = {"TransactItems": items, "ClientRequestToken": str(uuid.uuid4())}
    return json.dumps(made, separators=(",", ":"))


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    engine, database = tmp_path / "engine", tmp_path / "database"
    (port,) = ports.take(1)
    engine.write_text(ENGINE.format(python=sys.executable))
    engine.chmod(0o700)
    command = [interpreter(), "-m", "local.emulator.engine", str(port), str(engine), str(database)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            made = Guarded(port, database)
            made.until(lambda: _is_there(port))
            yield made
        finally:
            process.kill()


def _is_there(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_transaction_reaches_the_engine_without_its_token_and_once(guarded: Guarded) -> None:
    first, second = transaction("one"), transaction("two")
    responses = [guarded.ask(body) for body in (first, second, first, first)]
    assert responses == [(200, {"number": number}) for number in (1, 2, 1, 1)]
    asked = [json.loads(body) for body in guarded.asked]
    assert asked == [{"TransactItems": json.loads(body)["TransactItems"]} for body in (first, second)]


def test_one_that_is_asked_for_again_while_it_is_under_way_is_waited_for(guarded: Guarded) -> None:
    body = transaction("wait")
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(guarded.ask, body)
        guarded.until(lambda: len(guarded.asked) == 1)
        others = [pool.submit(guarded.ask, body) for _ in range(2)]
        assert guarded.ask(transaction("another"))[0] == 200  # it holds up nothing else
        guarded.go_on()
        assert [each.result(30) for each in (first, *others)] == [(200, {"number": 1})] * 3
    assert len(guarded.asked) == 2


def test_the_response_is_kept_for_a_caller_that_went_away_before_it_came(guarded: Guarded) -> None:
    body = transaction("wait")
    guarded.send_and_leave(body)
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(guarded.ask, body)
        ended = guarded.ended
        guarded.go_on()
        assert again.result(30) == (200, {"number": 2})
    assert len(guarded.asked) == 2
    guarded.until(lambda: guarded.ended >= ended + 2)  # nothing is left of either


def test_one_that_was_refused_may_be_asked_for_again(guarded: Guarded) -> None:
    body = transaction("refuse")
    assert [guarded.ask(body) for _ in range(2)] == [(400, {"number": 1}), (400, {"number": 2})]


def test_all_who_wait_for_a_response_that_is_lost_are_told(guarded: Guarded) -> None:
    body = transaction("wait and die")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(guarded.ask, body)
        guarded.until(lambda: len(guarded.asked) == 1)
        begun = guarded.begun
        second = pool.submit(guarded.ask, body)
        guarded.until(lambda: guarded.begun > begun)
        guarded.go_on()
        for each in (first, second):
            with pytest.raises(ConnectionError):
                each.result(30)


def test_one_whose_response_was_lost_at_the_engine_may_be_asked_for_again(guarded: Guarded) -> None:
    body = transaction("die")
    for _ in range(2):
        with pytest.raises(ConnectionError):
            guarded.ask(body)
    assert len(guarded.asked) == 2


UNTOUCHED = {
    "another operation": ("PutItem", transaction()),
    "a token in another place": ("TransactWriteItems", '{"ClientRequestToken":"a","TransactItems":[]}'),
    "no token": ("TransactWriteItems", '{"TransactItems":[]}'),
}


@pytest.mark.parametrize(("operation", "body"), UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_what_is_no_transaction_of_the_functions_passes_as_it_came(
    guarded: Guarded, operation: str, body: str
) -> None:
    assert [guarded.ask(body, operation)[0] for _ in range(2)] == [200, 200]
    assert guarded.asked == [body, body]


def test_one_that_is_too_large_to_be_held_passes_as_it_came(guarded: Guarded) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=30)
    large = transaction("a" * 20_000_000)
    for body in ("{}", large):  # the second finds a connection to the engine, and does not arrive at once
        connection.request("POST", "/", body, headers("TransactWriteItems"))
        assert connection.getresponse().read()
    connection.close()
    assert guarded.asked[1] == large


def test_many_over_one_connection_get_their_own_responses(guarded: Guarded) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=30)
    for number in range(1, 30):
        connection.request("POST", "/", transaction(), headers("TransactWriteItems"))
        assert json.loads(connection.getresponse().read()) == {"number": number}
    connection.close()
