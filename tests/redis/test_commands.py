"""Each command as redis-py uses it, and the errors that Redis itself would answer."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from local.redis.commands.dispatch import COMMANDS, QUEUED_MAX, WRITES
from tests.redis.conftest import Gateway, a_queue, serving

READ_ONLY = "-READONLY You can't write against a read only replica."
XREAD_UNBALANCED = (
    "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."
)
NO_PASSWORD = (
    "-ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)
WRONG_PASSWORD = "-WRONGPASS invalid username-password pair or user is disabled."


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
    assert ask(port, f"{name} a b") == [READ_ONLY]


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
        ("SELECT -1", "-ERR DB index is out of range"),
        ("SELECT x", "-ERR value is not an integer or out of range"),
        ("SELECT", "-ERR wrong number of arguments for 'select' command"),
        ("PING a b", "-ERR wrong number of arguments for 'ping' command"),
        ("HELLO x", "-ERR Protocol version is not an integer or out of range"),
        ("HELLO 3 AUTH default", "-ERR Syntax error in HELLO option 'AUTH'"),
        ("HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'"),
        ("HELLO 3 NAME me", "-ERR Syntax error in HELLO option 'NAME'"),
        ("HELLO 4", "-NOPROTO unsupported protocol version"),
        ("CLIENT KILL 1", "-ERR unknown subcommand 'KILL'. Try CLIENT HELP."),
        ("CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command"),
        ("CLIENT SETNAME a b", "-ERR wrong number of arguments for 'client|setname' command"),
        ("CLIENT SETINFO lib-name é", "-ERR lib-name cannot contain spaces, newlines or special characters."),
        ("CLIENT SETINFO colour red", "-ERR Unrecognized option 'colour'"),
        ("CLIENT TRACKING ON", "-ERR client side caching is not supported here"),
        ("XREAD STREAMS a b c", XREAD_UNBALANCED),
        ("ZCOUNT bull:payments:delayed 0 9", "-ERR the jobs are counted here, but not by their scores"),
        ("ZCOUNT bull:payments:delayed -inf +inf", ":2"),
        ("HSET bull:payments:meta opts.maxLenEvents 10000 version bullmq:6.7.0", ":0"),
        ("HMSET bull:payments:meta opts.maxLenEvents 10000", "+OK"),
        ("HSET bull:payments:meta concurrency 3", READ_ONLY),
        ("HSET bull:payments:meta version x concurrency 3", READ_ONLY),
        ("HSET bull:payments:7 version x", READ_ONLY),
        ("CONFIG SET save x", READ_ONLY),
        ("EVALSHA 0123 1 bull:payments: wait", "-NOSCRIPT No matching script. Please use EVAL."),
        (
            "EVAL return 0",
            f"{READ_ONLY} Of scripts, only those that BullMQ and Bull read with are answered here.",
        ),
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
    assert client.config_get("max*") == {
        "maxclients": "128",
        "maxmemory": "0",
        "maxmemory-policy": "noeviction",
    }
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


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AUTH x", NO_PASSWORD),
        ("AUTH default x", "+OK"),
        ("AUTH Default x", WRONG_PASSWORD),
        ("AUTH nobody x", WRONG_PASSWORD),
        ("AUTH default x y", "-ERR syntax error"),
        ("AUTH", "-ERR wrong number of arguments for 'auth' command"),
        ("HELLO 3 AUTH default x", "%7"),
        ("HELLO 2 AUTH default x SETNAME me", "*14"),
        ("HELLO 3 AUTH nobody x", WRONG_PASSWORD),
    ],
)
def test_without_a_password_configured_every_password_of_the_default_user_is_right(
    port: int, line: str, reply: str
) -> None:
    # Whichever it was, the connection goes on, as it was authenticated before.
    with redis.Redis(port=port) as client:
        assert ask(port, line)[0] == reply
        assert client.ping() is True


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("credentials", ["default:x@", "default:@", ""])
def test_an_address_with_the_default_users_name_connects(port: int, protocol: int, credentials: str) -> None:
    with redis.Redis.from_url(f"redis://{credentials}127.0.0.1:{port}/3", protocol=protocol) as client:
        assert client.get("asyncpay:worker") == b"running"
        assert client.client_info()["db"] == 3


def test_a_failed_login_leaves_who_is_logged_in_and_reset_does_not(gateway: Gateway) -> None:
    with serving(gateway, password="sesame") as port:
        assert ask(port, "AUTH sesame", "AUTH default no", "PING", "RESET", "PING", "RESET") == [
            *["+OK", WRONG_PASSWORD, "+PONG", "+RESET"],
            *["-NOAUTH Authentication required.", "+RESET"],
        ]
        assert ask(port, "HELLO 3 AUTH default no", "PING")[1].startswith("-NOAUTH")


def test_a_list_of_jobs_is_empty_whichever_way_it_is_asked_for(client: Any) -> None:
    failed, wait = "bull:payments:failed", "bull:payments:wait"
    assert client.zrevrange(failed, 0, -1, withscores=True) == []
    assert client.zrangebyscore(failed, "-inf", "(5", start=0, num=10) == []
    assert client.zrevrangebyscore(failed, "+inf", 0) == []
    assert client.zrange(failed, 0, 9, desc=True) == []
    assert client.zscan(failed) == (0, [])
    assert (client.zscore(failed, "7"), client.zrank(failed, "7"), client.zmscore(failed, ["7"])) == (
        None,
        None,
        [None],
    )
    assert (client.lindex(wait, 0), client.lpos(wait, "7")) == (None, None)
    assert client.xrange("bull:payments:events") == client.xrevrange("bull:payments:events") == []
    assert client.xlen("bull:payments:events") == 0
    assert client.zcount(failed, "-inf", "+inf") == 1


def test_hashes_sets_and_keys_are_read_in_every_way(client: Any) -> None:
    assert client.hscan("asyncpay:jobs", match="*ing")[1] == {"pending": "28", "processing": "12"}
    assert client.hvals("bull:payments:meta") == ["asyncpay"]
    assert client.hstrlen("asyncpay:jobs", "pending") == 2
    assert client.getrange("asyncpay:worker", 0, -5) == "run"
    assert client.sscan("asyncpay:queues", match="pay*") == (0, ["payments"])
    assert (
        client.sismember("asyncpay:queues", "x"),
        client.smismember("asyncpay:queues", ["x", "refunds"]),
    ) == (0, [0, 1])
    assert client.touch("asyncpay:jobs", "none") == 1
    assert client.object("ENCODING", "bull:payments:wait") == "quicklist"
    assert client.exists(client.randomkey()) == 1


def test_monitoring_tools_learn_about_the_server(port: int, client: Any) -> None:
    told = client.info()
    assert told["db0"]["keys"] == client.dbsize()
    assert (told["role"], told["master_link_status"], told["loading"]) == ("slave", "up", 0)
    assert 0 < told["used_memory"] < told["total_system_memory"]
    assert client.role()[0] in ("slave", b"slave")
    assert (client.slowlog_len(), client.slowlog_get(), client.acl_whoami()) == (0, [], "default")
    assert (client.module_list(), client.latency_latest(), client.pubsub_channels()) == ([], [], [])
    assert abs(client.time()[0] - time.time()) < 60
    with pytest.raises(redis.ResponseError, match="cluster support disabled"):
        client.execute_command("CLUSTER INFO")


def test_a_client_may_subscribe_and_is_pushed_nothing(client: Any) -> None:
    listener = client.pubsub()
    listener.subscribe("bull:payments:completed")
    listener.psubscribe("bull:*")
    shown = [listener.get_message(timeout=5) for _ in range(2)]
    assert [(message["type"], message["data"]) for message in shown] == [("subscribe", 1), ("psubscribe", 2)]
    listener.unsubscribe()
    listener.punsubscribe()
    shown = [listener.get_message(timeout=5) for _ in range(2)]
    assert [(message["type"], message["data"]) for message in shown] == [
        ("unsubscribe", 1),
        ("punsubscribe", 0),
    ]
    listener.close()


def test_a_subscribed_client_may_send_little_else_in_the_older_protocol(port: int) -> None:
    refused = (
        "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"SUBSCRIBE a\r\nGET b\r\nPING\r\nRESET\r\nGET b\r\nQUIT\r\n")
        with connection.makefile("rb") as file:
            shown = file.read().decode().split("\r\n")[6:]
    assert shown[0].startswith(refused)
    assert shown[1:] == ["*2", "$4", "pong", "$0", "", "+RESET", "$-1", "+OK", ""]


def test_who_waits_for_a_stream_is_told_that_nothing_came_when_the_time_is_over(client: Any) -> None:
    started = time.monotonic()
    assert not client.xread({"bull:payments:events": "$"}, block=50)
    assert 0.05 <= time.monotonic() - started < 5
    assert not client.xread({"bull:payments:events": "0"}, count=1)
    with client.pipeline(transaction=True) as pipe:
        pipe.xread({"bull:payments:events": "$"}, block=3_600_000)
        assert pipe.execute() in ([[]], [{}], [None])


def test_a_transaction_refuses_what_cannot_be_part_of_it(port: int) -> None:
    assert ask(port, "MULTI", "WATCH a", "SUBSCRIBE a", "PING", "EXEC") == [
        "+OK",
        "-ERR WATCH inside MULTI is not allowed",
        "-ERR subscriptions cannot be changed in a transaction here",
        "+QUEUED",
        "*1",
    ]
