"""The address that limits are counted for: the caller's, or what our own edge says of its viewer."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from chalicelib.frame.caller import source_of
from tests.support.memory.outside import memory_deps

EDGE, VIEWER = "130.176.0.1", "203.0.113.7"
SECRET = "pepper"  # what the secrets in memory are


@pytest.mark.parametrize(
    ("secret", "forwarded", "expected"),
    [
        (None, f"{VIEWER}, {EDGE}", EDGE),
        ("wrong", f"{VIEWER}, {EDGE}", EDGE),
        ("é", VIEWER, EDGE),
        (SECRET, f"{VIEWER}, {EDGE}", VIEWER),
        (SECRET, f"198.51.100.1, {VIEWER}, {EDGE}", VIEWER),
        (SECRET, VIEWER, VIEWER),
        (SECRET, EDGE, EDGE),
        (SECRET, "", EDGE),
        (SECRET, None, EDGE),
    ],
    ids=[
        *("no edge", "a wrong secret", "an odd secret", "by the edge", "a viewer who lies"),
        *("as the edge wrote it", "the edge alone", "empty", "nothing"),
    ],
)
def test_only_our_own_edge_is_taken_at_its_word(
    secret: str | None, forwarded: str | None, expected: str
) -> None:
    deps = memory_deps(EDGE_SECRET_ARN="arn:edge")
    given = {"x-edge-secret": secret, "x-forwarded-for": forwarded}
    headers = {name: value for name, value in given.items() if value is not None}
    sent = SimpleNamespace(headers=headers, context={"identity": {"sourceIp": EDGE}})
    assert source_of(deps, sent) == expected
    without = replace(deps, config=replace(deps.config, edge_secret_arn=""))
    assert source_of(without, sent) == EDGE
    assert source_of(deps, SimpleNamespace(headers={}, context={})) == ""
