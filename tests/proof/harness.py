"""Runs a scenario with one of its AWS calls failing, and says what was wrong afterwards."""

from collections.abc import Iterator

from tests.proof import books
from tests.proof.replays import replays
from tests.proof.scenarios import Scenario
from tests.proof.shop import Shop
from tests.proof.size import TORTURE
from tests.proof.wire import Call, Fault, Point
from tests.proof.world import World


def problems(shop: Shop) -> list[str]:
    """What is wrong with a merchant's rows and keys once all work should be done."""
    there = books.read(shop)
    return [*books.settled(shop, there), *replays(shop, there)]


def record(world: World, scenario: Scenario) -> list[Call]:
    """The AWS calls of a scenario in which nothing fails; what it leaves must be right."""
    world.begin_anew()
    world.wire.begin()
    shop = Shop(world, world.new_merchant())
    scenario(shop)
    calls = list(world.wire.calls)
    world.wire.begin()
    world.settle()
    before = books.read(shop)
    found = problems(shop)
    if books.read(shop) != before:
        found.append("replays changed something")
    assert not found, f"{scenario.__name__}, nothing failing: {found}"
    return calls


def to_fail(calls: list[Call], known: set[tuple[str, ...]]) -> list[Point]:
    """The points to let fail: all of them in a torture, else each place in our code once.

    `known` holds the places that an earlier scenario brought, and gets those of this one.
    """
    if TORTURE:
        return [call.point for call in calls]
    points = []
    for call in calls:
        place = (call.point.step, call.point.operation, *call.site)
        if place not in known:
            known.add(place)
            points.append(call.point)
    return points


def trial(world: World, scenario: Scenario, point: Point, fault: Fault) -> Iterator[str]:
    """What is wrong after a run in which this point failed and everything had its time to recover."""
    name = f"{scenario.__name__}, {fault.__name__} at {point}"
    try:
        for problem in _trial(world, scenario, point, fault):
            yield f"{name}: {problem}"
    except AssertionError as failure:
        yield f"{name}: {failure}"


def _trial(world: World, scenario: Scenario, point: Point, fault: Fault) -> Iterator[str]:
    world.begin_anew()
    world.wire.begin(point, fault)
    world.settled_for = 0
    shop = Shop(world, world.new_merchant())
    scenario(shop)
    fired, late = world.wire.fired, list(world.wire.late)
    world.wait()
    world.wire.begin()
    if late:
        before = books.read(shop)
        for arrive in late:
            arrive()
        world.settle()
        after = books.read(shop)
        if after.orders != before.orders or after.payments != before.payments or after.sums != before.sums:
            yield "a late copy changed what was final"
    if not fired:
        yield "was never reached"
    yield from problems(shop)
