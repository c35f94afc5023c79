"""`asyncpay listen` loses nothing: kills, outages, refusals, restarts."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

from asyncpay import Webhook
from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.fake_feed import SECRET, Delivery, Feed, Receiver, event, serving_receiver

EVENTS, OBJECTS, KILLS = 500, 60, 20
FAST = ("--interval", "0.05", "--retry-at-least-every", "0.2")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.01)


def a_row(count: int, objects: int, chance: random.Random) -> list[dict[str, object]]:
    """Events of some objects, mixed, each object's in its order."""
    reached: dict[int, int] = defaultdict(int)
    made = []
    for _ in range(count):
        number = chance.randrange(objects)
        reached[number] += 1
        made.append(event(number, reached[number]))
    return made


def delivered(receiver: Receiver) -> dict[str, list[int]]:
    """The sequences of each object, in the order in which they were taken."""
    found: dict[str, list[int]] = defaultdict(list)
    for number in receiver.taken:
        body = receiver.got[number - 1].json
        found[body["data"]["payment"]["id"]].append(body["sequence"])
    return found


def stop(process: "subprocess.Popen[bytes]") -> int:
    process.send_signal(signal.SIGINT)
    return process.wait(15)


class Killer:
    """Kills the listener at deliveries drawn before, half of them after the receiver has taken the event."""

    def __init__(self, at: set[int], chance: random.Random) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = 0
        self._at = at
        self._chance = chance

    def __call__(self, number: int, _delivery: Delivery) -> int:
        if number not in self._at or self.process is None:
            return 200
        self.kills += 1
        before_it_is_answered = self._chance.random() < 0.5
        os.kill(self.process.pid, signal.SIGKILL)
        # Either it is taken, and nobody hears of that; or it is not.
        return 500 if before_it_is_answered else 200


@pytest.mark.timeout(240)
def test_500_events_20_kills_and_an_outage_and_each_event_arrives_in_order(
    cli: Cli, feed: Feed, tmp_path: Path
) -> None:
    chance = random.Random(7)
    row = a_row(EVENTS, OBJECTS, chance)
    feed.events += row[:100]
    killer = Killer(set(chance.sample(range(5, EVENTS - 20), KILLS)), chance)
    receiver = Receiver(decide=killer)
    out = tmp_path / "out"
    began = time.monotonic()
    with serving_receiver(receiver):
        killer.process = start = cli.start(
            "listen", "--forward-to", receiver.url, "--from", "beginning", *FAST, out=out
        )
        while killer.kills < KILLS // 2:
            killer.process.wait(60)
            feed.events += row[len(feed.events) : len(feed.events) + 40]
            killer.process = cli.start("listen", "--forward-to", receiver.url, *FAST, out=out)
    assert start.returncode == -signal.SIGKILL
    # The receiver is down; events go on, and the gateway has trouble as well.
    feed.events += row[len(feed.events) :]
    feed.failing = 3
    until(lambda: b"no connection" in out.read_bytes())
    with serving_receiver(receiver):
        while killer.kills < KILLS:
            killer.process.wait(60)
            killer.process = cli.start("listen", "--forward-to", receiver.url, *FAST, out=out)
        until(lambda: len({receiver.got[n - 1].headers["webhook-id"] for n in receiver.taken}) == EVENTS)
        assert stop(killer.process) == 0, out.read_text()
    wanted: dict[str, list[int]] = defaultdict(list)
    for one in row:
        wanted[one["data"]["payment"]["id"]].append(one["sequence"])  # type: ignore[index]
    # Repetitions are of the event that was under way at a kill, so they stand beside the first delivery.
    assert {key: [n for n, _ in groupby(found)] for key, found in delivered(receiver).items()} == wanted
    for one in receiver.got:
        Webhook.verify(one.body, one.headers, SECRET)
    again = len(receiver.taken) - EVENTS
    assert killer.kills == KILLS
    assert again <= KILLS
    seconds = time.monotonic() - began
    print(f"{EVENTS} events, {KILLS} kills: {len(receiver.got)} posted, {again} taken twice, {seconds:.1f} s")


@pytest.fixture
def listening(cli: Cli, receiver: Receiver, tmp_path: Path) -> Callable[..., "subprocess.Popen[bytes]"]:
    def start(*options: str) -> "subprocess.Popen[bytes]":
        return cli.start("listen", "--forward-to", receiver.url, *FAST, *options, out=tmp_path / "out")

    return start


Start = Callable[..., "subprocess.Popen[bytes]"]


def test_it_begins_now_and_goes_on_where_it_was(
    listening: Start, feed: Feed, receiver: Receiver, tmp_path: Path
) -> None:
    feed.events += [event(1, 1), event(1, 2)]
    first = listening()
    until(lambda: "Listening" in (tmp_path / "out").read_text())
    feed.events.append(event(1, 3))
    until(lambda: len(receiver.taken) == 1)
    assert stop(first) == 0
    feed.events += [event(2, 1), event(2, 2)]  # while nobody listens
    second = listening("--from", "beginning")  # where it was wins over where it would begin
    until(lambda: len(receiver.taken) == 3)
    assert stop(second) == 0
    assert delivered(receiver) == {"pay_0000000000000001": [3], "pay_0000000000000002": [1, 2]}


def test_beginning_now_reads_nothing_of_what_was(listening: Start, feed: Feed, tmp_path: Path) -> None:
    feed.events += [event(number, 1) for number in range(300)]
    process = listening()
    until(lambda: "Listening" in (tmp_path / "out").read_text())
    assert stop(process) == 0
    first, *following = feed.asked
    assert "from" in first
    assert all("from" not in query and "after" in query for query in following)


def test_what_the_receiver_refuses_is_brought_again_and_holds_up_what_follows(
    listening: Start, feed: Feed, receiver: Receiver
) -> None:
    receiver.decide = lambda number, _delivery: 200 if number > 4 else (500, 302, 404, 410)[number - 1]
    feed.events += [event(1, 1), event(2, 1)]
    process = listening("--from", "beginning")
    until(lambda: len(receiver.taken) == 2)
    assert stop(process) == 0
    assert [one.json["data"]["payment"]["id"][-1] for one in receiver.got] == ["1"] * 5 + ["2"]
    assert len({one.headers["webhook-id"] for one in receiver.got[:5]}) == 1


def test_what_is_given_up_is_kept_and_told_by_the_exit_code(
    listening: Start, feed: Feed, receiver: Receiver, home: Path
) -> None:
    receiver.decide = lambda _number, delivery: 500 if delivery.json["sequence"] == 1 else 200
    feed.events += [event(1, 1), event(1, 2)]
    process = listening("--from", "beginning", "--give-up-after", "2")
    until(lambda: len(receiver.taken) == 1)
    assert stop(process) == 6
    (kept,) = home.glob("listen/*.given-up.jsonl")
    assert json.loads(kept.read_text()).items() >= event(1, 1).items()


def test_two_listeners_for_one_receiver_are_one_too_many(
    listening: Start, cli: Cli, receiver: Receiver, tmp_path: Path
) -> None:
    process = listening()
    until(lambda: "Listening" in (tmp_path / "out").read_text())
    code, _, err = cli("listen", "--forward-to", receiver.url)
    assert (code, "Another `asyncpay listen`" in err) == (2, True)
    assert stop(process) == 0


def test_a_place_in_another_merchants_feed_is_refused(
    listening: Start,
    cli: Cli,
    feed: Feed,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    process = listening()
    until(lambda: "Listening" in (tmp_path / "out").read_text())
    assert stop(process) == 0
    feed.keys = ["key_other"]
    monkeypatch.setenv("ASYNCPAY_API_KEY", "key_other")
    code, _, err = cli("listen", "--forward-to", receiver.url)
    assert (code, "another merchant's feed" in err) == (2, True)


def test_a_key_that_was_rotated_goes_on_in_the_same_place(
    listening: Start, cli: Cli, feed: Feed, receiver: Receiver, tmp_path: Path
) -> None:
    process = listening()
    until(lambda: "Listening" in (tmp_path / "out").read_text())
    assert stop(process) == 0
    feed.events.append(event(1, 1))
    feed.keys.append("key_new")
    cli.environment["ASYNCPAY_API_KEY"] = "key_new"
    process = listening()
    until(lambda: len(receiver.taken) == 1)
    assert stop(process) == 0


def test_only_some_events_are_brought_where_types_are_named(
    listening: Start, feed: Feed, receiver: Receiver
) -> None:
    feed.events += [event(1, 1), event(1, 2), event(1, 3)]
    process = listening("--from", "beginning", "--type", "payment.success")
    until(lambda: len(receiver.taken) == 1)
    assert stop(process) == 0
    assert receiver.got[0].json["event"] == "payment.success"


def test_output_json_is_a_line_for_each_attempt(
    listening: Start, feed: Feed, receiver: Receiver, tmp_path: Path
) -> None:
    feed.events.append(event(1, 1))
    process = listening("--from", "beginning", "--output", "json")
    until(lambda: b'"taken": true' in (tmp_path / "out").read_bytes())
    assert stop(process) == 0
    line = next(one for one in (tmp_path / "out").read_text().splitlines() if one.startswith("{"))
    told = json.loads(line)
    assert (told["event"], told["status"], told["attempt"]) == ("payment.created", 200, 1)
