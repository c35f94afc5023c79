"""Walking the whole graph, and what must hold in each of its states."""

from dataclasses import dataclass, field

from gateway.domain.acquiring import settlement
from gateway.domain.acquiring.driver import Step
from gateway.domain.acquiring.results import Result
from gateway.domain.payments.payment import PaymentStatus
from tests.model.world import State, Worker, World, at, with_charge

HEALING_MOVES_MAX = 200


@dataclass
class Walk:
    """What a walk found; `problem` is None where everything held."""

    states: int = 0
    problem: str | None = None
    where: State | None = None
    ends: set[tuple[str, int, int]] = field(default_factory=set)


def walk(world: World) -> Walk:
    """Visits every state; stops at the first in which something does not hold."""
    found = Walk()
    seen = {world.beginning()}
    todo = list(seen)
    healed: dict[State, str | None] = {}
    while todo:
        state = todo.pop()
        found.states += 1
        found.problem = wrong_now(state) or wrong_in_the_end(world, state, healed, found)
        if found.problem is not None:
            found.where = state
            return found
        for after in world.moves(state):
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return found


def wrong_now(state: State) -> str | None:
    """What no state may show, whatever comes next."""
    charged = [charge for charge in state.charges if charge.status in ("authorised", "captured")]
    if len(charged) > 1:
        return "charged twice"
    if len(state.refunds) > 1:
        return "given back twice"
    if state.taken > 1 or state.reversed > 1:
        return "booked twice"
    if state.refunds and not state.reversed:
        return "given back what the books still hold"
    return None


def wrong_in_the_end(world: World, state: State, healed: dict[State, str | None], found: Walk) -> str | None:
    """What is wrong once network and workers are well again, whichever way the bank decides what is open."""
    for decides in ("captured", "declined"):
        path: list[State] = []
        current, problem = heal(state, decides), None
        while current not in healed:
            path.append(current)
            healed[current] = None  # a circle would be no progress; the limit below finds it
            after = world_heals(world, current)
            if after is None:
                problem = differs(current)
                found.ends.add((current.stored.payment.status.value, current.taken, current.reversed))
                break
            if len(path) > HEALING_MOVES_MAX:
                problem = "never comes to an end"
                break
            current = after
        else:
            problem = healed[current]
        for passed in path:
            healed[passed] = problem
        if problem is not None:
            return problem
    return None


def heal(state: State, decides: str) -> State:
    """The state once nobody is at work, nothing is under way, and the bank has decided what was open."""
    for index, charge in enumerate(state.charges):
        if charge.status == "pending":
            state = with_charge(state, index, decides)
    return state._replace(workers=(), messages=())


def world_heals(world: World, state: State) -> State | None:
    """What one healthy worker does next, or time that passes; None at the end."""
    operation = settlement.open_operation(state.stored.payment, world.capabilities)
    if operation is None:
        return None
    step = world.rules.step_of(state.stored.payment, operation, at(state.now))
    if step is Step.STOP:
        return None
    worker = Worker("decided", state.stored, step, state.now)
    after = perform(world, state, worker)
    if after == state:
        return state._replace(now=state.now + 1)
    return after


def perform(world: World, state: State, worker: Worker) -> State:
    """One job of a worker whom nothing befalls: the last way in which it can go is the good one."""
    while True:
        if worker.phase == "decided" and worker.step is not Step.LOOK_UP:
            (after,) = world._acts(state, worker, ())
            state, (worker,) = after._replace(workers=()), after.workers
        elif worker.phase == "decided":
            answers = list(world.looked_up(state._replace(now=state.now), worker))
            worker = worker._replace(phase="answered", response=least(answers))
        elif worker.phase == "waiting":
            options = [
                (after, response)
                for after, response in world.delivered(state, world.message_of(worker))
                if isinstance(response, Result) and not after.messages
            ]
            state, response = options[0]
            worker = worker._replace(phase="answered", response=response)
        elif worker.phase == "capturing":
            options = [
                (after, response)
                for after, response in world.captured(state, worker)
                if isinstance(response, Result)
            ]
            state, response = options[0]
            worker = worker._replace(phase="answered", response=response)
        else:
            after = next(iter(world.committed(state, worker, ())))
            if not after.workers:
                return after
            state, (worker,) = after._replace(workers=()), after.workers


def least(answers: list[Result]) -> Result:
    """The least that a look-up may find: the slowest of the acquirer's copies."""
    return min(answers, key=lambda response: response.reference is not None)


def differs(state: State) -> str | None:
    """How the books differ from the acquirer's, when there is nothing left to do."""
    charged = sum(charge.status in ("authorised", "captured") for charge in state.charges)
    payment = state.stored.payment
    parked = payment.attempt.parked or (payment.release and payment.release.parked)
    if parked:
        # The one reason for which this acquirer makes a person look: it won't give the money back.
        refused = parked == "refused by the acquirer" and not state.refunds
        return None if refused else f"parked: {parked}"
    checks = [
        (payment.status is PaymentStatus.PENDING or payment.release_pending, "never finished"),
        (charged > state.taken, "lost a charge"),
        (charged < state.taken, "booked a charge that is none"),
        (len(state.refunds) != state.reversed, "the books of what went back differ"),
        (payment.status is PaymentStatus.SUCCESS and state.reversed, "a success that went back"),
        (payment.status is PaymentStatus.FAILED and state.taken != state.reversed, "kept a failure's money"),
    ]
    return next((problem for holds, problem in checks if holds), None)
