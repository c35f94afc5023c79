"""What clients share and what each has for itself: reads, limits, and the end of a connection."""

import asyncio
import json
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from local.redis import server
from local.redis.server import SharedStatus
from tests.redis.conftest import Gateway, serving
from tests.support.fixtures_node import script

PING = b"*1\r\n$4\r\nPING\r\n"
HOSTILE = [
    b"*1000000000\r\n",
    b"*1\r\n$2147483647\r\n",
    b"*1\r\n" * 20_000,
    b"\x00\xff" * 40_000,
    b"A" * 1_000_000,
    b"*2\r\n$3\r\nGET\r\n$70000\r\n" + b"x" * 70_000,
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n*x\r\n",
]


@pytest.mark.parametrize("sent", HOSTILE, ids=lambda sent: repr(sent[:20]))
def test_what_is_malformed_or_huge_ends_its_own_connection_and_no_other(port: int, sent: bytes) -> None:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as good,
        socket.create_connection(("127.0.0.1", port), timeout=10) as bad,
    ):
        try:
            bad.sendall(sent)
            while bad.recv(65536):
                pass
        except ConnectionError:
            pass  # it may be closed before all was sent
        good.sendall(PING)
        assert good.recv(100) == b"+PONG\r\n"


def test_a_thousand_pipelined_requests_are_answered_in_order(port: int) -> None:
    with redis.Redis(port=port) as client, client.pipeline(transaction=False) as pipe:
        for number in range(1000):
            pipe.echo(str(number))
        assert pipe.execute() == [str(number).encode() for number in range(1000)]


def test_one_client_too_many_is_told_so(gateway: Gateway) -> None:
    with serving(gateway, clients_max=2) as port:
        first, second = redis.Redis(port=port), redis.Redis(port=port)
        assert (first.ping(), second.ping()) == (True, True)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as third:
            assert third.recv(100) == b"-ERR max number of clients reached\r\n"
            assert third.recv(100) == b""
        first.close()
        second.close()


def test_a_client_that_says_nothing_is_let_go(gateway: Gateway) -> None:
    with (
        serving(gateway, idle_seconds=0.2) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as idle,
    ):
        assert idle.recv(100) == b""


def test_however_many_ask_the_endpoint_is_read_once(
    gateway: Gateway, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FRESH_SECONDS", 3600.0)

    def ask(_number: int) -> Any:
        with redis.Redis(port=port) as client:
            return [client.get("asyncpay:worker") for _ in range(5)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert answers == [[b"running"] * 5] * 20
    assert gateway.reads == 1


def test_who_asks_in_the_very_turn_in_which_a_read_ends_shares_it() -> None:
    async def ask_as_it_ends() -> int:
        gateway = Gateway()
        late: list[asyncio.Task[Any]] = []

        async def read() -> Any:
            # Its first step is due before anything that the end of this read sets off.
            late.append(asyncio.create_task(status.keys()))
            return await gateway.read()

        status = SharedStatus(read)
        await status.keys()
        await late[0]
        return gateway.reads

    assert asyncio.run(ask_as_it_ends()) == 1


def test_what_was_read_is_read_again_when_it_is_old() -> None:
    async def read_twice() -> int:
        gateway = Gateway()
        status = SharedStatus(gateway.read)
        await status.keys()
        status._read_at -= server.FRESH_SECONDS + 1
        await status.keys()
        return gateway.reads

    assert asyncio.run(read_twice()) == 2


def test_a_client_that_goes_away_takes_the_answer_from_nobody() -> None:
    async def leave_early() -> Any:
        gateway, release = Gateway(), asyncio.Event()

        async def slowly() -> Any:
            await release.wait()
            return await gateway.read()

        status = SharedStatus(slowly)
        first, second = asyncio.create_task(status.keys()), asyncio.create_task(status.keys())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        release.set()
        return (await second)[b"asyncpay:worker"], gateway.reads

    assert asyncio.run(leave_early()) == (b"running", 1)


def test_a_status_that_cannot_be_had_is_an_error_and_the_connection_goes_on(
    gateway: Gateway, port: int
) -> None:
    gateway.is_down = True
    with redis.Redis(port=port) as client:
        with pytest.raises(redis.ResponseError, match="status endpoint did not respond"):
            client.get("asyncpay:worker")
        assert client.ping() is True
        assert client.info()["role"] == "slave"


def test_info_waits_for_no_slow_status(gateway: Gateway, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Clients send it when they connect, and many give up soon.
    monkeypatch.setattr(server, "AT_HAND_SECONDS", 0.05)
    gateway.hangs = True
    with redis.Redis(port=port, socket_timeout=10) as client:
        assert "db0" not in client.info()


def test_replies_before_a_wait_are_sent_before_it(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(PING + b"XREAD BLOCK 30000 STREAMS a $\r\n")
        assert connection.recv(100) == b"+PONG\r\n"


def output_of(program: str, port: int, *options: str) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (.ci/packages)")
    command = [program, "-p", str(port), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "rror" not in done.stdout + done.stderr
    return done.stdout


def test_redis_cli_shows_the_counts(port: int) -> None:
    shown = output_of("redis-cli", port, "HGETALL", "asyncpay:jobs").split()
    assert shown[:4] == ["pending", "28", "processing", "12"]
    assert output_of("redis-cli", port, "-3", "HGETALL", "asyncpay:jobs").split() == shown
    assert len(output_of("redis-cli", port, "--scan", "--pattern", "asyncpay:jobs:*").split()) == 4


def test_redis_benchmark_with_fifty_clients_finishes_without_an_error(port: int) -> None:
    options = ["-c", "50", "-n", "1000", "-P", "4", "-t", "ping,get", "--csv"]
    lines = output_of("redis-benchmark", port, *options).splitlines()[1:]
    assert [line.split(",")[0].strip('"') for line in lines] == ["PING_INLINE", "PING_MBULK", "GET"]
    with redis.Redis(port=port) as client:
        assert client.ping() is True


def test_bull_bullmq_and_ioredis_read_the_counts(gateway: Gateway, node_home: Path) -> None:
    counts = script(node_home, Path(__file__).with_name("counts.mjs"))
    with serving(gateway, password="sesame") as port:
        command = ["node", str(counts), str(port), "payments", "sesame"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    by_state = {"active": 3, "completed": 40, "delayed": 2, "failed": 1, "waiting": 5}
    assert found["bull"] == by_state | {"paused": 0}
    assert found["bullmq"] == by_state | {"prioritized": 0, "waiting-children": 0}
    assert (found["bullWaiting"], found["bullCompleted"], found["bullTotal"]) == (5, 40, 7)
    assert (found["bullmqTwo"], found["bullmqAgain"]) == ({"completed": 40, "wait": 5}, {"failed": 1})
    assert (found["bullmqPaused"], found["bullmqProblems"]) == (False, [])
    assert found["bullmqAdd"].startswith("READONLY ")
    assert found["hash"]["worker_status"] == "running"
    assert found["keys"] == [
        f"asyncpay:jobs:{name}" for name in ("completed", "failed", "pending", "processing")
    ]
    assert found["pipeline"] == [[None, "running"], [None, 5], [None, None]]
    assert found["multi"] == [[None, 40], [None, 1]]
    assert found["set"].startswith("READONLY ")
    assert "bull:payments:wait" in found["scanned"]
