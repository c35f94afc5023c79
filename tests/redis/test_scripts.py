"""Which scripts are recognised, and what they find, without Node.js or Redis."""

import hashlib
from typing import Any

import pytest
import redis

from local.redis.scripts import KNOWN_MAX, SCRIPTS, Scripts, recognised
from tests.redis.conftest import Gateway, a_queue

PREFIX = "bull:payments:"


def text_of(opening: str, rest: str = "return redis.call('GET', KEYS[1])") -> str:
    """A script as BullMQ sends it: its comment first."""
    return f"--[[\n  {opening}\n    Input:\n      KEYS[1] 'prefix'\n]]\n{rest}"


COUNTS = text_of("Get counts per provided states", "local stateKey = prefix .. ARGV[i]")
PRIORITIES = text_of("Get counts per provided states", "local prioritizedKey = KEYS[2]")


@pytest.fixture
def client(port: int) -> Any:
    with redis.Redis(port=port, decode_responses=True) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "keys", "arguments", "reply"),
    [
        (COUNTS, [PREFIX], ["wait", "active", "delayed", "prioritized"], [5, 3, 2, 0]),
        (PRIORITIES, [f"{PREFIX}wait", f"{PREFIX}prioritized"], ["0", "1"], [5, 0]),
        (text_of("Get job ids per provided states"), [PREFIX], ["0", "9", "1", "wait", "failed"], [[], []]),
        (
            text_of("Get jobs (id + data) for the provided states."),
            [PREFIX],
            ["0", "9", "1", "3", "wait"],
            [[]],
        ),
        (text_of("Get metrics"), ["m", "d"], ["0", "-1"], [[None] * 3, [], 0]),
        (text_of("Get rate limit ttl"), ["l", "m"], ["0"], -2),
        (text_of("Get rate limit ttl"), ["l"], ["5"], 0),
        (text_of("Get a job state"), list("abcdefgh"), ["7"], "unknown"),
        (text_of("Get job scheduler record."), ["repeat"], ["daily"], []),
    ],
)
def test_a_script_that_reads_finds_counts_and_no_jobs(
    client: Any, text: str, keys: list[str], arguments: list[str], reply: Any
) -> None:
    assert client.eval(text, len(keys), *keys, *arguments) == reply
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    assert client.script_exists(digest) == [True]
    assert client.evalsha(digest, len(keys), *keys, *arguments) == reply


def test_counting_by_priority_asks_for_the_jobs_that_wait_now(gateway: Gateway, client: Any) -> None:
    gateway.queues = [a_queue("payments", waiting=9)]
    assert client.eval(PRIORITIES, 2, f"{PREFIX}wait", f"{PREFIX}prioritized", "0") == [9]


@pytest.mark.parametrize(
    "text",
    [
        "return redis.call('SET', KEYS[1], ARGV[1])",
        text_of("Pauses or resumes a queue globally."),
        text_of("Get counts per provided states", "return 1"),
        "-- Get metrics\nreturn 1",
        "--[[",
        "",
    ],
)
def test_any_other_script_is_refused_as_a_replica_refuses_one_that_writes(client: Any, text: str) -> None:
    assert recognised(text.encode()) is None
    with pytest.raises(redis.exceptions.ReadOnlyError):
        client.eval(text, 1, "key", "value")
    # Clients load all their scripts on start, those that write too.
    with pytest.raises(redis.exceptions.NoScriptError):
        client.evalsha(client.script_load(text), 1, "key")


def test_delayed_jobs_are_not_counted_up_to_a_time(client: Any) -> None:
    with pytest.raises(redis.ResponseError, match="not by their scores"):
        client.eval(COUNTS, 1, PREFIX, "1700000000000", "delayed")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.opening.decode())
def test_a_script_with_too_few_keys_or_arguments_is_an_error_and_no_more(client: Any, script: Any) -> None:
    text = text_of(script.opening.decode(), script.marker.decode())
    with pytest.raises(redis.ResponseError, match="more keys or arguments"):
        client.eval(text, 0)
    assert client.ping() is True


def test_a_thousand_scripts_take_the_room_of_the_newest() -> None:
    scripts = Scripts()
    texts = [f"{COUNTS} -- {number}".encode() for number in range(1000)]
    for text in texts:
        assert scripts.load(text) is not None
    known = [
        text for text in texts if scripts.get(hashlib.sha1(text, usedforsecurity=False).hexdigest().encode())
    ]
    assert known == texts[-KNOWN_MAX:]
