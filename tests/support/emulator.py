"""The embedded AWS emulator for tests: one for the whole run, with the tables of infra/data.yaml in it.

Its interpreter is `.venv-emulator/bin/python` (`make install-dev` makes it), or ASYNCPAY_EMULATOR_PYTHON. The
table engine keeps the tables where there is one for this machine; with ASYNCPAY_TABLE_ENGINE=none MiniStack
does.
"""

import http.client
import io
import os
import signal
import subprocess
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest

from gateway.adapters.aws.dynamodb import tables
from local.emulator import binary
from local.emulator.process import runtime
from local.settings import Settings
from tests.support import ports
from tests.support.aws_calls import forget_transport

ROOT = Path(__file__).resolve().parents[2]
DATA_TEMPLATE = (ROOT / "infra" / "data.yaml").read_text(encoding="utf-8")
READY_SECONDS = 30
# Reading ends when the test run does, however it ended: an emulator never outlives it.
WATCHDOG = '"$0" -m local.emulator.serve </dev/null & read -r _; kill -9 $!'
REGION = "us-east-1"


def interpreter() -> Path:
    """The emulator's own Python."""
    python = ROOT / os.environ.get("ASYNCPAY_EMULATOR_PYTHON", ".venv-emulator/bin/python")
    if not python.exists():
        pytest.fail(f"{python} does not exist; `make install-dev` makes it", pytrace=False)
    return python


def packed(code: str) -> bytes:
    """The archive of a function that is this code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("code.py", code)
    return archive.getvalue()


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    endpoint: str
    # Of the table engine, where it keeps the tables.
    tables_endpoint: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client of the tests' own: what it does is not seen by what counts the library's calls."""
        return _client(self.endpoint, service)

    def make_function(self, code: bytes | str, handler: str = "code.handler", **settings: Any) -> str:
        """A new function of some code, or of an archive, and the function in it to call; answers its name."""
        name = f"of-a-test-{uuid.uuid4().hex[:8]}"
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime=runtime(),
            Role="arn:aws:iam::000000000000:role/any",
            Handler=handler,
            Code={"ZipFile": packed(code) if isinstance(code, str) else code},
            **settings,
        )
        return name

    def make_tables(self) -> str:
        """A new set of empty tables; answers their prefix."""
        name = f"t{uuid.uuid4().hex[:12]}"
        retention = [{"ParameterKey": "Retention", "ParameterValue": "disposable"}]
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(StackName=name, TemplateBody=DATA_TEMPLATE, Parameters=retention)
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        return name

    def empty_tables(self, prefix: str) -> None:
        """Deletes every row of a set of tables."""
        dynamodb = self.client("dynamodb")
        for row, name in tables.ROWS.items():
            table = f"{prefix}-{name}"
            keys = [key["AttributeName"] for key in row._get_schema()["key_schema"]]
            for page in dynamodb.get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})

    def make_queue(self, **attributes: str) -> str:
        """A new queue; answers its URL."""
        name = f"q-{uuid.uuid4().hex[:12]}"
        return str(self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def messages(self, queue_url: str) -> list[str]:
        """The bodies of all messages that are ready in a queue; they stay hidden for half a minute."""
        bodies: list[str] = []
        sqs = self.client("sqs")
        while found := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in found]
        return bodies


@contextmanager
def running_emulator(home: Path, *, proxy_token: str = "", asks_iam: bool = False) -> Iterator[Emulator]:
    """An emulator with its files in `home`; nothing is kept of it.

    With `asks_iam` each call is checked against its caller's policies, and MiniStack has the tables.

    Requests with `proxy_token` reach deployed APIs although they look like a web page's (guard.PROXY_HEADER).
    """
    python = interpreter()
    port, tables_port = ports.take(2)
    engine = None if asks_iam else binary.find(Settings.read())[0]
    environment = {
        "PYTHONPATH": str(ROOT),
        "ASYNCPAY_PROXY_TOKEN": proxy_token,
        "AUTH": "true" if asks_iam else "false",
        "ASYNCPAY_TABLE_ENGINE": str(engine or ""),
        "ASYNCPAY_TABLES_PORT": str(tables_port),
        "ASYNCPAY_TABLES_DATABASE": str(home / "tables.db"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "0",
        # Both would listen on ports of their own, on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with (home / "emulator.log").open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, python],
            env=environment,
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, port, home / "emulator.log")
        tables_endpoint = f"http://127.0.0.1:{tables_port}" if engine else None
        yield Emulator(f"http://127.0.0.1:{port}", tables_endpoint)
    finally:
        # Nothing in it is worth a clean stop, and its workers end with its group.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture(scope="session")
def emulator(_no_way_to_aws: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator; AWS_ENDPOINT_URL points at it from now on."""
    try:
        with (
            running_emulator(tmp_path_factory.mktemp("emulator")) as running,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv("AWS_ENDPOINT_URL", running.endpoint)
            if running.tables_endpoint:  # as the functions have it
                patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", running.tables_endpoint)
            forget_transport()
            yield running
    finally:
        forget_transport()


@pytest.fixture(scope="session")
def table_prefix(emulator: Emulator) -> str:
    """The tables that all tests share: each brings ids of its own, so none sees another's rows."""
    return emulator.make_tables()


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str:
    """The store, bound to the shared tables; answers their prefix.

    A test that asks for `empty_store` as well has the empty tables, in whichever order the two are set up: a
    module's `usefixtures` comes after the one of its test.
    """
    if "empty_store" in request.fixturenames:
        return str(request.getfixturevalue("empty_store"))
    return _bound(str(request.getfixturevalue("table_prefix")))


@pytest.fixture(scope="session")
def private_prefix(emulator: Emulator) -> str:
    """The tables that one test at a time has for itself."""
    return emulator.make_tables()


@pytest.fixture
def empty_store(emulator: Emulator, private_prefix: str) -> str:
    """The store, bound to empty tables of this test alone: for what reads across merchants."""
    emulator.empty_tables(private_prefix)
    return _bound(private_prefix)


@pytest.fixture(scope="session")
def secret_arn(emulator: Emulator) -> str:
    """The key of fingerprints, as the template makes one."""
    name = f"fingerprint-{uuid.uuid4().hex}"
    answer = emulator.client("secretsmanager").create_secret(Name=name, SecretString="pepper")
    return str(answer["ARN"])


@cache
def _client(endpoint: str, service: str) -> Any:
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint)  # type: ignore[call-overload]


def _bound(prefix: str) -> str:
    if tables.OrderRow.Meta.table_name != f"{prefix}-orders":
        tables.bind(prefix)
    return prefix


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    pause = Event()
    for _ in range(READY_SECONDS * 20):
        if process.poll() is not None:
            break
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            try:
                connection.request("GET", "/_ministack/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pause.wait(0.05)
    pytest.fail(f"The emulator did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)
