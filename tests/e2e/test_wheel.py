"""The wheel as a new user has it: an empty environment, no checkout, no Node; a gateway by `asyncpay up`."""

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of
from tests.e2e.conftest import ROOT, own_ports
from tests.sdk.cli.fake_feed import serving_receiver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
START_SECONDS = 600
WHEEL_BYTES_MAX = 3_000_000
# What a shell script and venv need of a system; node and npm are not among them.
PROGRAMS = ("sh", "env", "uname", "bash")
# The documents that say how to install it; each begins with that.
INSTALLING = ("cli.md", "sdk-python.md")
FIRST_PAYMENT = """
import asyncpay

client = asyncpay.Client(api_key="key_test_abc123", api_secret="secret_test_xyz789", base_url="{url}")
order = client.orders.create(amount=50000)
payment = client.payments.create(order_id=order.id, method="upi", vpa="success@asyncpay")
payment = client.payments.wait_until_final(payment.id, timeout=30)
print(payment.status, asyncpay.__file__)
"""


@dataclass(frozen=True)
class User:
    """A machine with Python and the wheel."""

    home: Path
    environment: dict[str, str]
    api: str

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=300
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make wheel` makes it."""
    output = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(output)]
    subprocess.run(command, cwd=ROOT / "sdk/python", check=True, capture_output=True)
    return next(output.glob("asyncpay-*.whl"))


@pytest.fixture(scope="module")
def user(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    home = tmp_path_factory.mktemp("user")
    programs = home / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", str(home / "venv")], check=True, capture_output=True)
    ports = own_ports()
    environment = {**ports, "HOME": str(home), "PATH": f"{home / 'venv/bin'}:{programs}"}
    # How pip finds the packages' index on this machine, where it is told so.
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    made = User(home, environment, f"http://localhost:{ports['API_PORT']}")
    (home / "dist").mkdir()
    shutil.copy(wheel, home / "dist")
    for name in INSTALLING:
        block = next(one for one in blocks_of(ROOT / "docs" / name) if one.language == "sh")
        done = subprocess.run(
            ["bash", "-ec", block.text], cwd=home, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    (up,) = (one.text for one in blocks_of(ROOT / "docs/cli.md") if "asyncpay up" in one.text)
    with (home / "up.log").open("w") as log:
        process = subprocess.Popen(
            ["bash", "-c", up], cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _await_ready(process, home / "up.log")
        yield made
    finally:
        made.run("asyncpay", "down")
        process.wait(60)


def _await_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "AsyncPay is ready" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"it did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.5)


def test_the_wheel_is_small_and_holds_the_gateway_once(wheel: Path) -> None:
    assert wheel.stat().st_size <= WHEEL_BYTES_MAX
    with zipfile.ZipFile(wheel) as outer, outer.open("asyncpay/_gateway.zip") as inner:
        names = zipfile.ZipFile(inner).namelist()
    assert {"template.yaml", "local/__main__.py", "requirements/local.txt"} <= set(names)
    assert "checkout-site/dist/checkout/index.html" in names
    assert [name for name in names if "node_modules" in name or name.endswith((".pyc", ".tsx"))] == []
    print(f"the wheel has {wheel.stat().st_size} bytes, the gateway in it {len(names)} files")


def test_a_new_user_has_a_gateway_and_makes_a_first_payment(user: User) -> None:
    started = (user.home / "up.log").read_text()
    assert str(user.home / ".cache/asyncpay") in started
    assert "make " not in started.partition("Try it")[0]
    done = user.run(str(user.home / "venv/bin/python"), "-c", FIRST_PAYMENT.format(url=user.api))
    assert done.stdout.startswith("success "), done.stderr
    assert str(user.home) in done.stdout


def test_the_readmes_example_prints_success(user: User) -> None:
    (example,) = (block.text for block in blocks_of(ROOT / "README.md") if block.language == "python")
    assert "http://localhost:8000" in example
    own = example.replace("http://localhost:8000", user.api)
    done = user.run(str(user.home / "venv/bin/python"), "-c", own)
    assert done.stdout == "success\n", done.stderr


def test_listen_brings_events_to_the_users_receiver(user: User) -> None:
    login = user.run("asyncpay", "login", "--test", "--base-url", user.api)
    assert login.returncode == 0, login.stderr
    with serving_receiver() as receiver:
        command = ["asyncpay", "listen", "--forward-to", receiver.url]
        with subprocess.Popen(
            command, cwd=user.home, env=user.environment, stderr=subprocess.PIPE, text=True
        ) as listener:
            assert listener.stderr is not None
            while "Listening" not in listener.stderr.readline():
                assert listener.poll() is None
            made = user.run("asyncpay", "trigger", "payment.success")
            assert made.returncode == 0, made.stderr
            deadline = time.monotonic() + 60
            while len(receiver.got) < 3 and time.monotonic() < deadline:
                time.sleep(0.1)
            listener.send_signal(signal.SIGINT)
            assert listener.wait(20) == 0
        names = list(dict.fromkeys(one.json["event"] for one in receiver.got))
        assert names == ["payment.created", "payment.pending", "payment.success"]


def test_the_pytest_plugin_is_there_for_a_project_of_the_users(user: User) -> None:
    (example,) = (b.text for b in blocks_of(ROOT / "docs/sdk-python.md") if "def test_" in b.text)
    project = user.home / "project"
    project.mkdir()
    # A busy machine is no fault of the plugin's.
    (project / "test_shop.py").write_text(example.replace("timeout=30", "timeout=240"))
    bin_ = user.home / "venv/bin"
    installed = subprocess.run([bin_ / "pip", "install", "-q", "pytest"], capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    done = user.run(str(bin_ / "pytest"), "--asyncpay-url", user.api, "--asyncpay-required", str(project))
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_command_works_from_there(user: User) -> None:
    assert user.run("asyncpay", "login", "--test", "--base-url", user.api).returncode == 0
    done = user.run("asyncpay", "trigger", "payment.failed")
    assert done.returncode == 0, done.stderr
    assert "failed" in done.stdout
    made = user.run("asyncpay", "admin", "create-merchant", "--name", "New", "--email", "new@example.com")
    assert "merchant id: " in made.stdout, made.stderr
    again = user.run("asyncpay", "up")
    assert again.returncode == 1
    assert "End it with: asyncpay down" in again.stderr
