"""The same requests to this server and to a Redis, where one is installed: their replies are the same bytes.

Both are asked about keys that exist in neither. What depends on the server itself, such as INFO, is left out.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import hiredis
import pytest

from tests.support.fixtures_node import script

START_SECONDS = 10
REQUESTS = """
PING | PING a | PING a b | ECHO | ECHO a | QUIT | RESET | RESET x | AUTH | AUTH x | AUTH default x
AUTH default | AUTH nobody x | AUTH default x y | HELLO 4 | HELLO x | HELLO AUTH default x
HELLO 3 AUTH nobody x | HELLO 3 AUTH default | HELLO 3 SETNAME | HELLO 3 x | SELECT 0 | SELECT 15
SELECT 16 | SELECT -1 | SELECT x | SELECT | SELECT 0 1 | SELECT 99999999999999999999 | CLIENT | CLIENT x
CLIENT GETNAME | CLIENT SETNAME | CLIENT SETNAME a | CLIENT SETNAME a b | CLIENT ID x
CLIENT LIST ID 999999 | CLIENT LIST TYPE pubsub | CLIENT LIST x | CLIENT INFO x | CLIENT NO-EVICT x
CLIENT GETREDIR | CLIENT TRACKING OFF | MULTI | EXEC | DISCARD | WATCH a | UNWATCH | COMMAND x
COMMAND COUNT x | CONFIG | CONFIG x | CONFIG GET | CONFIG GET nothing | SLOWLOG GET | SLOWLOG LEN
SLOWLOG x | LATENCY LATEST | ACL WHOAMI | ACL x | MODULE LIST | PUBSUB CHANNELS | PUBSUB NUMPAT
CLUSTER INFO | READONLY | READWRITE | FUNCTION LIST | GET | GET a | GET a b | MGET a b | STRLEN a
GETRANGE a 0 1 | GETRANGE a x 1 | SUBSTR a 0 1 | EXISTS a a | TOUCH a | TYPE a | TTL a | PTTL a
EXPIRETIME a | PEXPIRETIME a | OBJECT ENCODING a | OBJECT x | KEYS a | SCAN x | SCAN 0 MATCH
SCAN 0 MATCH a | SCAN 0 COUNT 0 | SCAN 0 COUNT x | SCAN 0 MATCH a TYPE set | HGETALL a | HGET a b
HMGET a b c | HLEN a | HSTRLEN a b | HEXISTS a b | HKEYS a | HVALS a | HSCAN a 0 | HSCAN a x | LLEN a
LRANGE a 0 -1 | LRANGE a x 1 | LINDEX a 0 | LPOS a b | SCARD a | SMEMBERS a | SISMEMBER a b
SMISMEMBER a b c | SSCAN a 0 | SSCAN a x | XLEN a | XRANGE a - + | XREVRANGE a + - | XREAD STREAMS a 0
XREAD COUNT 1 STREAMS a $ | XREAD COUNT x STREAMS a 0 | XREAD BLOCK -1 STREAMS a 0 | ZCARD a
ZCOUNT a -inf +inf | ZCOUNT a (1 2.5e3 | ZCOUNT a x 1 | ZSCORE a b | ZMSCORE a b c | ZRANK a b
ZREVRANK a b | ZSCAN a 0 | ZSCAN a x | ZRANGE a 0 -1 | ZRANGE a 0 -1 REV WITHSCORES | ZRANGE a 0 -1 x
ZRANGE a x -1 | ZRANGE a (0 +inf BYSCORE LIMIT 0 1 | ZRANGE a x y BYSCORE | ZRANGE a 0 -1 LIMIT 0 1
ZRANGE a - + BYLEX | ZRANGE a - + BYLEX WITHSCORES | ZRANGE a b c BYLEX | ZREVRANGE a 0 | ZREVRANGE a 0 -1
ZREVRANGE a 0 -1 x | ZREVRANGE a 0 -1 WITHSCORES | ZRANGEBYSCORE a -inf +inf LIMIT 0
ZRANGEBYSCORE a -inf inf LIMIT 0 1 | ZRANGEBYSCORE a x +inf | ZREVRANGEBYSCORE a +inf -inf WITHSCORES
ZRANGEBYLEX a - + | ZREVRANGEBYLEX a [b (c | ZRANGEBYLEX a b c | EVALSHA abc 0 | EVAL x | EVAL x y
EVAL x 2 a | EVAL x -1 | SCRIPT x | SCRIPT EXISTS a | SCRIPT EXISTS | SCRIPT FLUSH | SUBSCRIBE a b
PSUBSCRIBE a | UNSUBSCRIBE | PUNSUBSCRIBE a | NONSENSE | NONSENSE a b
"""
# Bull's and BullMQ's scripts that read, with keys that do not exist and the arguments that they take.
SCRIPTS = {
    "getCounts": ["1", "none:", "wait", "active", "delayed"],
    "getCountsPerPriority": ["4", "w", "p", "m", "z", "0", "1"],
    "getRanges": ["1", "none:", "0", "9", "1", "wait", "active", "failed"],
    "getJobs": ["1", "none:", "0", "9", "1", "3", "wait", "active", "failed"],
    "getMetrics": ["2", "none:metrics", "none:metrics:data", "0", "-1"],
    "getDependencyCounts": ["4", "a", "b", "c", "d", "processed", "unprocessed", "failed"],
    "getRateLimitTtl": ["2", "none:limiter", "none:meta", "0"],
    "isMaxed": ["2", "none:meta", "none:active"],
    "getState": ["8", *"abcdefgh", "7"],
    "getStateV2": ["8", *"abcdefgh", "7"],
    "isFinished": ["3", "a", "b", "none:7", "7", "1"],
    "isJobInList": ["1", "none:active", "7"],
    "getJobScheduler": ["1", "none:repeat", "daily"],
    "paginate": ["1", "none:dependencies", "0", "9", "0", "0", "5"],
}


def replies_of(port: int, *requests: list[str]) -> list[str]:
    """What each request gets, on a connection of its own in either protocol, until the connection ends."""
    found = []
    for protocol in ("2", "3"):
        for request in requests:
            packed = [
                hiredis.pack_command(tuple(words)) for words in (["HELLO", protocol], request, ["QUIT"])
            ]
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(packed[0])
                hello = hiredis.Reader()
                while hello.gets() is False:
                    hello.feed(connection.recv(65536))
                connection.sendall(packed[1] + packed[2])
                with connection.makefile("rb") as file:
                    found.append(file.read().decode())
    return found


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis of its own, without a password and with nothing in it."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=tmp_path_factory.mktemp("redis"), stdout=subprocess.DEVNULL) as server:
        try:
            ends = time.monotonic() + START_SECONDS
            while time.monotonic() < ends:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except ConnectionError:
                    time.sleep(0.05)
            yield port
        finally:
            server.terminate()


@pytest.mark.parametrize(
    "line", [line.strip() for row in REQUESTS.strip().splitlines() for line in row.split("|")]
)
def test_a_request_gets_the_reply_that_redis_gives(port: int, real: int, line: str) -> None:
    assert replies_of(port, line.split()) == replies_of(real, line.split())


def test_bulls_scripts_find_what_they_find_in_a_redis_without_jobs(
    port: int, real: int, node_home: Path
) -> None:
    command = ["node", str(script(node_home, Path(__file__).with_name("scripts.mjs")))]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    scripts = json.loads(listed.stdout)
    assert {found["name"] for found in scripts} == set(SCRIPTS)
    for found in scripts:
        name, keys = found["name"], int(found["keys"])
        words = SCRIPTS[name]
        # Releases differ in how many keys they pass.
        all_keys = (words[1 : int(words[0]) + 1] * 2)[:keys]
        request = ["EVAL", found["text"], str(keys), *all_keys, *words[int(words[0]) + 1 :]]
        assert replies_of(port, request) == replies_of(real, request), (found["package"], name)
