"""Each command as redis-py uses it, and the errors that Redis itself would answer."""

import time
from typing import Any

import hiredis
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from local.redis.commands.dispatch import COMMANDS, WRITES, respond
from local.redis.keys import keys_of
from local.redis.session import Server, Session
from local.redis.wire import encode
from tests.redis.conftest import Gateway, a_queue, ask

READ_ONLY = "-READONLY You can't write against a read only replica."
XREAD_UNBALANCED = (
    "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."
)


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


ODD = [
    b"",
    b"0",
    b"1",
    b"2",
    b"3",
    b"-1",
    b"*",
    b"[",
    b"\\",
    b"(1",
    b"LIMIT",
    b"AUTH",
    b"default",
    b"STREAMS",
    b"BLOCK",
]
WORDS = st.lists(
    st.sampled_from([*ODD, b"asyncpay:jobs", b"bull:payments:wait"]) | st.binary(max_size=9), max_size=6
)


@given(st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), WORDS), max_size=8))
def test_whatever_a_client_sends_each_request_gets_one_reply(
    requests: list[tuple[bytes, list[bytes]]],
) -> None:
    session = Session(Server(), 1, "127.0.0.1:1")
    session.reset()
    for name, words in requests:
        session.keys = keys_of([a_queue("payments")])
        reply = encode(respond(session, [name, *words]), session.protocol)
        reader = hiredis.Reader()
        reader.feed(reply)
        assert reader.gets() is not False
