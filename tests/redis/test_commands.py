"""Each command as redis-py uses it, and the errors that Redis itself would answer."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from local.redis.commands import COMMANDS, QUEUED_MAX, WRITES
from tests.redis.conftest import Gateway, a_queue, serving


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def client(request: pytest.FixtureRequest, port: int) -> Iterator["redis.Redis"]:
    with redis.Redis(port=port, protocol=request.param, decode_responses=True) as made:
        yield made


def test_the_plain_keys_say_what_the_status_endpoint_says(client: Any) -> None:
    expected = {"pending": "28", "processing": "12", "completed": "160", "failed": "4"}
    assert client.hgetall("asyncpay:jobs") == expected | {"worker_status": "running"}
    names = [f"asyncpay:jobs:{name}" for name in expected]
    assert client.mget([*names, "nothing", "asyncpay:jobs"]) == [*expected.values(), None, None]
    assert client.get("asyncpay:worker") == "running"
    assert set(client.smembers("asyncpay:queues")) == {"payments", "refunds", "webhooks", "slow_webhooks"}
    assert client.scard("asyncpay:queues") == 4
    assert client.hget("asyncpay:queue:payments", "waiting") == "5"
    assert client.hmget("asyncpay:queue:payments", ["delayed", "oldest_age_seconds"]) == ["2", None]
    assert client.hlen("asyncpay:jobs") == 5
    assert (client.hexists("asyncpay:jobs", "failed"), client.hexists("asyncpay:jobs", "x")) == (True, False)


def test_a_queues_states_are_bulls_keys(client: Any) -> None:
    assert [client.llen(f"bull:payments:{state}") for state in ("wait", "active", "paused")] == [5, 3, 0]
    assert [client.zcard(f"bull:payments:{state}") for state in ("delayed", "completed", "failed")] == [
        2,
        40,
        1,
    ]
    assert client.llen("bull:asyncpay:wait") == 20
    assert (client.lrange("bull:payments:wait", 0, -1), client.zrange("bull:payments:failed", 0, -1)) == (
        [],
        [],
    )
    types = [client.type(f"bull:payments:{name}") for name in ("wait", "failed", "id", "meta", "none")]
    assert types == ["list", "zset", "string", "hash", "none"]


def test_what_is_empty_does_not_exist(gateway: Gateway, client: Any) -> None:
    gateway.queues = [a_queue("payments", waiting=0, worker_status="stopped")]
    assert client.exists("bull:payments:wait", "bull:payments:active", "bull:payments:active") == 2
    assert client.llen("bull:payments:wait") == 0
    assert (client.ttl("bull:payments:wait"), client.ttl("bull:payments:active")) == (-2, -1)
    assert client.pttl("asyncpay:jobs") == -1
    assert client.get("asyncpay:worker") == "stopped"


def test_keys_are_listed_counted_and_scanned(client: Any) -> None:
    everything = client.keys("*")
    assert len(everything) == client.dbsize() == len(set(everything))
    assert sorted(client.scan_iter()) == sorted(everything)
    assert sorted(client.scan_iter(match="bull:*:id", count=3)) == sorted(client.keys("bull:*:id"))
    assert set(client.scan_iter(_type="set")) == {"asyncpay:queues"}
    assert client.keys("asyncpay:job[st]") == ["asyncpay:jobs"]
    assert client.keys("asyncpay:job[^s]") == []
    assert client.keys(r"asyncpay:\*") == []
    assert client.keys("*a*a*a*a*a*a*a*a*a*a*b" * 20) == []


def test_a_transaction_sees_one_moment(gateway: Gateway, client: Any) -> None:
    with client.pipeline(transaction=True) as pipe:
        pipe.llen("bull:payments:wait")
        pipe.zcard("bull:payments:failed")
        pipe.get("asyncpay:jobs")
        found = pipe.execute(raise_on_error=False)
    assert found[:2] == [5, 1]
    assert "WRONGTYPE" in str(found[2])


def test_what_is_wrong_in_a_transaction_discards_it(client: Any) -> None:
    with client.pipeline(transaction=True) as pipe:
        pipe.get("asyncpay:worker")
        pipe.set("asyncpay:worker", "x")
        with pytest.raises(redis.ResponseError, match="read only"):
            pipe.execute()
    assert client.get("asyncpay:worker") == "running"


def ask(port: int, *lines: str) -> list[str]:
    """Inline commands on one connection; the first line of each reply."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        connection.makefile("rwb") as file,
    ):
        found = []
        for line in lines:
            file.write(f"{line}\r\n".encode())
            file.flush()
            found.append(file.readline().decode().strip())
        return found


@pytest.mark.parametrize("name", sorted(name.decode() for name in WRITES))
def test_a_write_is_refused_as_a_replica_does(port: int, name: str) -> None:
    assert ask(port, f"{name} a b") == ["-READONLY You can't write against a read only replica."]


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("NONSENSE a b", "-ERR unknown command 'NONSENSE', with args beginning with: 'a' 'b'"),
        ("GET", "-ERR wrong number of arguments for 'get' command"),
        ("get a b", "-ERR wrong number of arguments for 'get' command"),
        ("LLEN asyncpay:jobs", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("ZCARD bull:payments:wait", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("LRANGE bull:payments:wait a b", "-ERR value is not an integer or out of range"),
        ("SCAN x", "-ERR invalid cursor"),
        ("SCAN 0 MATCH", "-ERR syntax error"),
        ("SELECT 16", "-ERR DB index is out of range"),
        ("SELECT 15", "+OK"),
        ("EXEC", "-ERR EXEC without MULTI"),
        ("DISCARD", "-ERR DISCARD without MULTI"),
        ("AUTH x", "-ERR AUTH <password> called without any password configured for the default user"),
        ("HELLO 4", "-NOPROTO unsupported protocol version"),
        ("CLIENT KILL 1", "-ERR unknown subcommand 'KILL'. Try CLIENT ID, INFO, LIST, GETNAME, SETNAME."),
        ("CONFIG SET save x", "-READONLY You can't write against a read only replica."),
        ("EVALSHA 0123 1 bull:payments: wait", "-NOSCRIPT No matching script. Please use EVAL."),
        ("EVAL return 0", "-READONLY this server runs no scripts but BullMQ's getCounts"),
        ("COMMAND DOCS GET NOTHING", "*2"),
        ("RESET", "+RESET"),
        ("PING", "+PONG"),
        ("QUIT", "+OK"),
    ],
)
def test_a_reply_is_redis_own(port: int, line: str, reply: str) -> None:
    assert ask(port, line) == [reply]


def test_the_commands_about_the_connection(client: Any) -> None:
    assert client.ping() is True
    assert client.echo("नमस्ते") == "नमस्ते"
    assert client.client_setname("tests") is True
    assert client.client_getname() == "tests"
    assert client.client_id() in {int(line["id"]) for line in client.client_list()}
    assert client.client_info()["name"] == "tests"
    assert client.info()["redis_version"] == "7.2.0"
    assert client.config_get("max*") == {"maxclients": "128"}
    assert client.command_count() == len(COMMANDS) == len(client.command())


def test_a_transaction_has_an_end(port: int) -> None:
    replies = ask(port, "MULTI", *["PING"] * (QUEUED_MAX + 1), "EXEC", "PING")
    assert replies[1] == "+QUEUED"
    assert replies[-3].startswith(f"-ERR a transaction has at most {QUEUED_MAX} commands")
    assert replies[-2:] == ["-EXECABORT Transaction discarded because of previous errors.", "+PONG"]


def test_without_the_password_nothing_is_told(gateway: Gateway) -> None:
    with serving(gateway, password="open sesame") as port:
        assert ask(port, "GET asyncpay:worker", "MULTI", "PING", "INFO", "HELLO 3") == [
            *["-NOAUTH Authentication required."] * 4,
            ask(port, "HELLO 2")[0],
        ]
        assert ask(port, "HELLO 2")[0].startswith("-NOAUTH HELLO")
        assert ask(port, "AUTH wrong", "AUTH somebody x", "PING")[0].startswith("-WRONGPASS")
        assert gateway.reads == 0
        with redis.Redis(port=port, password="open sesame", protocol=3) as client:
            assert client.get("asyncpay:worker") == b"running"
        with pytest.raises(redis.AuthenticationError), redis.Redis(port=port, password="no") as client:
            client.ping()
