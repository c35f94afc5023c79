"""`asyncpay replay`: real events again, disturbed as asked for, and the same again by the seed."""

import random
import time

import pytest

from asyncpay import Webhook
from asyncpay.cli.disturbing import disturb
from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.fake_feed import SECRET, Feed, Receiver, event

NOW = int(time.time())


def bodies(receiver: Receiver) -> list[bytes]:
    return [one.body for one in receiver.got]


def test_events_of_a_time_are_delivered_once_and_signed(cli: Cli, feed: Feed, receiver: Receiver) -> None:
    feed.events += [event(1, 1, timestamp=NOW - 9000), *(event(2, n, timestamp=NOW - 60) for n in (1, 2, 3))]
    code, out, err = cli("replay", "--forward-to", receiver.url, "--since", "1h")
    assert (code, "3 events, 0 dropped, 0 twice" in err) == (0, True)
    assert [one.json["sequence"] for one in receiver.got] == [1, 2, 3]
    assert len(out.splitlines()) == 3
    for one in receiver.got:
        Webhook.verify(one.body, one.headers, SECRET)


def test_only_the_time_that_is_asked_for_is_read(cli: Cli, feed: Feed, receiver: Receiver) -> None:
    feed.events += [event(number, 1, timestamp=NOW - 9000) for number in range(300)]
    feed.events.append(event(300, 1, timestamp=NOW - 60))
    code, _, err = cli("replay", "--forward-to", receiver.url, "--since", "1h")
    assert (code, "1 events" in err, len(feed.asked)) == (0, True, 1)


def test_a_seed_repeats_the_disturbance(cli: Cli, feed: Feed, receiver: Receiver) -> None:
    feed.events += [event(number, 1, timestamp=NOW) for number in range(200)]
    disturbed = ("--drop", "10%", "--duplicate", "0.1", "--shuffle")
    runs = []
    for seed in ("7", "7", "8"):
        receiver.got.clear()
        code, _, _ = cli("replay", "--forward-to", receiver.url, "--since", "1h", *disturbed, "--seed", seed)
        assert code == 0
        runs.append(bodies(receiver))
    assert runs[0] == runs[1] != runs[2]
    assert runs[0] != sorted(runs[0])
    assert 160 <= len(set(runs[0])) <= 195


def test_reading_a_long_feed_says_how_far_it_is(
    cli: Cli, feed: Feed, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncpay.cli.commands.replay.TOLD_EVERY", 2)
    feed.events += [event(number, 1, timestamp=NOW) for number in range(5)]
    _, _, err = cli("replay", "--forward-to", receiver.url, "--since", "1h")
    assert err.splitlines()[:2] == [f"reading the feed: {number} events so far" for number in (2, 4)]


def test_a_seed_that_was_drawn_is_told(cli: Cli, feed: Feed, receiver: Receiver) -> None:
    feed.events.append(event(1, 1, timestamp=NOW))
    _, _, err = cli("replay", "--forward-to", receiver.url, "--since", "1h", "--shuffle")
    assert "does the same again" in err


def test_a_receiver_that_refuses_is_told_by_the_exit_code(cli: Cli, feed: Feed, receiver: Receiver) -> None:
    feed.events += [event(1, 1, timestamp=NOW), event(1, 2, timestamp=NOW)]
    receiver.decide = lambda number, _delivery: 500 if number == 1 else 200
    code, _, err = cli("replay", "--forward-to", receiver.url, "--since", "1h")
    assert (code, "did not take 1 of 2" in err) == (6, True)


@pytest.mark.parametrize("since", ["yesterday", "5", "2h3m", ""])
def test_a_time_that_is_none_is_a_usage_error(cli: Cli, since: str) -> None:
    code, _, err = cli("replay", "--forward-to", "localhost:1", "--since", since)
    assert (code, "must be such as 2h" in err) == (2, True)


@pytest.mark.parametrize("share", ["101%", "1.1", "-1%", "some"])
def test_a_share_that_is_none_is_a_usage_error(cli: Cli, share: str) -> None:
    code, _, err = cli("replay", "--forward-to", "localhost:1", "--since", "1h", "--drop", share)
    assert (code, "from 0% to 100%" in err) == (2, True)


@pytest.mark.parametrize("seed", range(20))
def test_disturbing_invents_nothing_and_counts_what_it_does(seed: int) -> None:
    items = list(range(100))
    share = random.Random(seed).random()
    made, dropped, doubled = disturb(items, drop=share, duplicate=share, shuffle=True, seed=seed)
    assert set(made) <= set(items)
    assert len(set(made)) == len(items) - dropped
    assert len(made) == len(set(made)) + doubled


def test_without_disturbance_nothing_changes() -> None:
    assert disturb([1, 2, 3], drop=0, duplicate=0, shuffle=False, seed=1) == ([1, 2, 3], 0, 0)
    assert disturb([1, 2], drop=0, duplicate=1, shuffle=False, seed=1) == ([1, 1, 2, 2], 0, 2)
    assert disturb([1, 2], drop=1, duplicate=1, shuffle=True, seed=1) == ([], 2, 0)
