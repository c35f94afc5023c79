"""The edge's secret gets a new value, and no request of the distribution is refused, whoever fails when."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.frame.caller import _accepted
from gateway.adapters.aws.secrets import REMEMBERED_SECONDS
from infra.ops.edge import secret

ARN = "arn:edge"


class Killed(Exception):
    """The operator's machine went away."""


@dataclass
class World:
    """The secret, what processes of the API remember of it, and what the edge locations send."""

    versions: list[str] = field(default_factory=lambda: [json.dumps({"current": "a"})])
    sent: set[str] = field(default_factory=lambda: {"a"})
    now: float = 0
    steps_left: int = 1000
    # When each version became the current one.
    written_at: list[float] = field(default_factory=lambda: [-10_000.0])
    said: list[str] = field(default_factory=list)

    def __call__(self, service: str) -> "World":
        assert service == "secretsmanager"
        return self

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        assert SecretId == ARN
        return {"SecretString": self.versions[-1]}

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803
        assert SecretId == ARN
        self._step()
        self.versions.append(SecretString)
        self.written_at.append(self.now)
        self.check()

    def describe_secret(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        assert SecretId == ARN
        last = len(self.versions) - 1
        labels = {f"v{last}": ["AWSCURRENT"], f"v{last - 1}": ["AWSPREVIOUS"]}
        return {"VersionIdsToStages": {"v0": [], **labels}}

    def sleep(self, seconds: float) -> None:
        self._step()
        self.now += seconds
        self.check()

    def change_distribution(self) -> None:
        """Edge locations change one after the other: for a while some send the old value, some the new."""
        self._step()
        self.sent.add(json.loads(self.versions[-1])["current"])
        self.check()
        self.now += 200
        self.check()
        self.sent = {json.loads(self.versions[-1])["current"]}

    def check(self) -> None:
        """Whatever an edge location sends now counts with every process, the most forgetful and the least."""
        for process in self.processes():
            for value in self.sent:
                assert value.encode() in _accepted(process.encode()), (self.sent, process)

    def processes(self) -> list[str]:
        """What a process may remember now: any version that was current within what it remembers."""
        since = self.now - REMEMBERED_SECONDS
        ends = [*self.written_at[1:], self.now + 1]
        return [text for text, end in zip(self.versions, ends, strict=True) if end >= since]

    def _step(self) -> None:
        if not self.steps_left:
            raise Killed
        self.steps_left -= 1

    def rotate(self, change: Callable[[], None] | None = None) -> None:
        secret.rotate(self, ARN, change or self.change_distribution, self.said.append, sleep=self.sleep)


def test_a_new_value_takes_over_while_every_request_of_the_edge_is_taken() -> None:
    world = World()
    world.rotate()
    (new,) = json.loads(world.versions[-1]).values()
    assert new != "a"
    assert world.sent == {new}
    assert len(new) >= 64


def test_the_old_value_is_worth_nothing_once_processes_have_forgotten_it() -> None:
    world = World()
    world.rotate()
    world.now += REMEMBERED_SECONDS + 1
    assert all(b"a" not in _accepted(process.encode()) for process in world.processes())


@pytest.mark.parametrize("steps", range(5))
def test_a_rotation_that_was_killed_at_any_step_is_ended_by_the_next(steps: int) -> None:
    world = World(steps_left=steps)
    with pytest.raises(Killed):
        world.rotate()
    world.check()
    begun = json.loads(world.versions[-1])
    world.steps_left = 1000
    world.rotate()
    ended = json.loads(world.versions[-1])
    assert set(ended) == {"current"}
    assert world.sent == {ended["current"]} != {"a"}
    # It goes on with the value that it had made, if it had made one.
    assert ended["current"] == begun.get(
        "next", begun["current"] if "previous" in begun else ended["current"]
    )


def test_a_distribution_that_does_not_change_keeps_both_values() -> None:
    world = World()

    def failing() -> None:
        raise Killed

    with pytest.raises(Killed):
        world.rotate(failing)
    assert set(json.loads(world.versions[-1])) == {"current", "previous"}
    world.check()


def test_waiting_is_longer_than_any_process_remembers() -> None:
    assert secret.KNOWN_AFTER_SECONDS > REMEMBERED_SECONDS


def test_the_version_that_counts_is_the_one_with_the_current_label() -> None:
    world = World()
    world.rotate()
    assert secret.current_version(world, ARN) == f"v{len(world.versions) - 1}"
