"""One payment, one acquirer and a network between them: a graph of states, small enough to walk whole.

What is stored is a real `Payment`, and every step and verdict comes from the driver itself (`Rules` holds its
functions, so that a test can break one). Time goes in units of two minutes, the longest that a request may be
under way. The network drops requests, drops responses, delivers after the worker has given up, and where
there are keys also delivers twice. Workers are two, take turns in any order, and may die between any two
moves.

Not modelled: a network that repeats a request to an acquirer without keys. Nothing on our side could tell.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.domain.acquiring import driver, settlement
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.driver import Decision, Operation, Step, Verdict
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result, Trouble
from gateway.domain.acquiring.settlement import Change
from gateway.domain.payments.payment import PAYMENT_FAILED, Failure, Payment
from tests.support.factories import a_payment

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
UNIT = timedelta(minutes=2)
DECLINED = Failure(PAYMENT_FAILED, "declined", "declined")
AMOUNT, CURRENCY = 500, "INR"


@dataclass(frozen=True)
class Rules:
    """The code under test, and what the worker around it does. A broken variant replaces one of them."""

    step_of: Callable[[Payment, Operation, datetime], Step] = settlement.step_of
    judge: Callable[[Operation, Step, Result | Trouble, datetime], Decision] = driver.judge
    settle: Callable[..., Change] = settlement.settle
    commits_first: bool = True
    compares: bool = True


class Held:
    """A payment as a state holds it: the same object for equal payments, so that comparing costs nothing."""

    _known: dict[Payment, "Held"] = {}

    def __init__(self, payment: Payment) -> None:
        self.payment = payment

    @classmethod
    def of(cls, payment: Payment) -> "Held":
        known = cls._known.get(payment)
        return known or cls._known.setdefault(payment, cls(payment))


class Charge(NamedTuple):
    """What the acquirer holds: under which key, since when, and where it stands."""

    number: int
    at: int
    status: str  # pending, declined, authorised, captured, voided


class Message(NamedTuple):
    """A request that nobody waits for any more, and that may still arrive until `ends`."""

    goes_back: bool
    number: int
    ends: int


class Worker(NamedTuple):
    """One worker: what it read, what it decided at which time, and the response, once there is one."""

    phase: str  # decided, waiting, answered, capturing
    read: Held
    step: Step
    at: int
    response: Result | Trouble | None = None


class State(NamedTuple):
    """All there is."""

    now: int
    stored: Held
    taken: int
    reversed: int
    workers: tuple[Worker, ...]
    messages: tuple[Message, ...]
    charges: tuple[Charge, ...]
    refunds: tuple[Charge, ...]


def at(now: int) -> datetime:
    return BEGINNING + now * UNIT


@dataclass(frozen=True)
class World:
    """The rules, the acquirer's capabilities, and how far the walk goes.

    `two_steps`: it authorises first and takes the money when asked to. `pending`: it may decide later.
    `refuses`: it may refuse a request itself. `repeats`: the network may deliver a request twice.
    """

    rules: Rules
    capabilities: Capabilities
    workers: int
    ends: int
    two_steps: bool = False
    pending: bool = True
    refuses: bool = True
    repeats: bool = True
    _outcomes: dict[Worker, list[Worker | tuple[Held, int, int]]] = field(default_factory=dict)

    def beginning(self) -> State:
        life = self.capabilities.authorize_key_life
        payment = a_payment(
            id="pay_1",
            merchant_id="m",
            order_id="o",
            amount=AMOUNT,
            currency=CURRENCY,
            created_at=BEGINNING,
            updated_at=BEGINNING,
            due_at=BEGINNING,
            attempt=driver.first_attempt("a", life, BEGINNING),
        )
        return State(0, Held.of(payment), 0, 0, (), (), (), ())

    # ------------------------------------------------------------------------------------ the moves
    def moves(self, state: State) -> Iterator[State]:
        """Every state that can come next."""
        yield from self._time_passes(state)
        if len(state.workers) < self.workers and (begun := self._begun(state)) is not None:
            yield begun
        for index, worker in enumerate(state.workers):
            others = state.workers[:index] + state.workers[index + 1 :]
            yield from self._worker_moves(state, worker, others)
        yield from self._network_moves(state)
        yield from self._acquirer_moves(state)

    def _time_passes(self, state: State) -> Iterator[State]:
        if state.now < self.ends:
            now = state.now + 1
            # A worker's time-out; what it sent and nobody waits for is lost or arrives later.
            alive = tuple(worker for worker in state.workers if now <= worker.at + 1)
            messages = tuple(message for message in state.messages if now <= message.ends)
            yield state._replace(now=now, workers=alive, messages=messages)

    def _begun(self, state: State) -> State | None:
        operation = settlement.open_operation(state.stored.payment, self.capabilities)
        if operation is None:
            return None
        step = self.rules.step_of(state.stored.payment, operation, at(state.now))
        if step is Step.STOP:
            return None
        return with_workers(state, (*state.workers, Worker("decided", state.stored, step, state.now)))

    def _worker_moves(self, state: State, worker: Worker, others: tuple[Worker, ...]) -> Iterator[State]:
        if worker.phase == "decided":
            yield from self._acts(state, worker, others)
        elif worker.phase == "waiting":
            message = self.message_of(worker)
            for after, response in self.delivered(state, message):
                heard = worker._replace(phase="answered", response=response)
                deaf = worker._replace(phase="answered", response=Trouble.UNKNOWN)
                yield with_workers(after, (*others, heard))
                yield with_workers(after, (*others, deaf))
            late = with_workers(state, (*others, worker._replace(phase="answered", response=Trouble.UNKNOWN)))
            yield late
            yield with_message(late, message)
            yield with_workers(state, (*others, worker._replace(phase="answered", response=Trouble.NOT_SENT)))
        elif worker.phase == "capturing":
            for after, response in self.captured(state, worker):
                yield with_workers(after, (*others, worker._replace(phase="answered", response=response)))
        else:
            yield with_workers(state, others)  # it dies: earlier, it would leave nothing that time does not
            yield from self.committed(state, worker, others)
            if worker.response is Trouble.UNKNOWN and worker.step in (Step.SEND, Step.COMMIT):
                # A look-up may follow: what it finds counts, what it does not find decides nothing yet.
                after = Worker("decided", worker.read, Step.LOOK_UP, worker.at)
                yield with_workers(state, (*others, after))

    def _acts(self, state: State, worker: Worker, others: tuple[Worker, ...]) -> Iterator[State]:
        if worker.step is Step.LOOK_UP:
            for response in {*self.looked_up(state, worker), Trouble.UNKNOWN}:
                yield with_workers(state, (*others, worker._replace(phase="answered", response=response)))
            return
        waiting = worker._replace(phase="waiting")
        if worker.step is Step.COMMIT and self.rules.commits_first:
            if self.rules.compares and state.stored != worker.read:
                return
            noted = Held.of(asked(worker.read.payment, at(worker.at)))
            state = state._replace(stored=noted)
            waiting = waiting._replace(read=noted)
        yield with_workers(state, (*others, waiting))

    def committed(self, state: State, worker: Worker, others: tuple[Worker, ...]) -> Iterator[State]:
        """The worker writes what the response means, unless somebody else has moved the payment on."""
        if worker not in self._outcomes:
            self._outcomes[worker] = list(self._outcomes_of(worker))
        for outcome in self._outcomes[worker]:
            if isinstance(outcome, Worker):
                yield with_workers(state, (*others, outcome))
            elif self.rules.compares and not same(state.stored.payment, worker.read.payment):
                yield with_workers(state, others)
                return
            else:
                stored, taken, back = outcome
                yield with_workers(state, others)._replace(
                    stored=stored, taken=state.taken + taken, reversed=state.reversed + back
                )

    def _outcomes_of(self, worker: Worker) -> Iterator[Worker | tuple[Held, int, int]]:
        """What the driver makes of a response: another request first, or what is to be stored and booked."""
        assert worker.response is not None
        payment, now = worker.read.payment, at(worker.at)
        operation = settlement.open_operation(payment, self.capabilities)
        assert operation is not None
        decision = self.rules.judge(operation, worker.step, worker.response, now)
        if decision.verdict is Verdict.CAPTURE and settlement.takes_first(payment, self.capabilities):
            # The reference is not stored first: a look-up finds it again.
            known = Held.of(replace(payment, attempt=decision.attempt))
            yield Worker("capturing", known, Step.CAPTURE, worker.at)
            return
        for paid in (False, True) if decision.verdict is Verdict.APPROVE else (False,):
            change = self.rules.settle(payment, operation, decision, now, order_is_paid=paid)
            kinds = [entry.kind.value for entry in change.entries]
            yield Held.of(plain(change.payment)), kinds.count("payment"), kinds.count("reversal")

    def _network_moves(self, state: State) -> Iterator[State]:
        for message in state.messages:
            rest = tuple(other for other in state.messages if other is not message)
            for after, _ in self.delivered(state._replace(messages=rest), message):
                yield after

    def _acquirer_moves(self, state: State) -> Iterator[State]:
        for index, charge in enumerate(state.charges):
            if charge.status == "pending":
                yield with_charge(state, index, "captured")
                yield with_charge(state, index, "declined")
            late = charge.at + self.capabilities.late_success // UNIT
            if charge.status == "declined" and state.now < late:
                yield with_charge(state, index, "authorised" if self.two_steps else "captured")

    # ------------------------------------------------------------------------------------ the acquirer
    def message_of(self, worker: Worker) -> Message:
        operation = settlement.open_operation(worker.read.payment, self.capabilities)
        assert operation is not None
        return Message(operation.terms.goes_back, operation.attempt.number, worker.at + 1)

    def delivered(self, state: State, message: Message) -> Iterator[tuple[State, Result | Trouble]]:
        """The acquirer carries a request out, or refuses it, or knows its key and answers as before."""
        able = self.capabilities
        life = able.refund_key_life if message.goes_back else able.authorize_key_life
        known = state.refunds if message.goes_back else state.charges
        kept = None if life is None else life // UNIT
        for charge in known:
            if kept is not None and charge.number == message.number and state.now < charge.at + kept:
                yield state, self.result_of(charge, message.goes_back)
                return
        if self.refuses:
            yield state, Trouble.REFUSED
        # The network may deliver it once more where a key protects from that.
        copied = (
            with_message(state, message)
            if self.repeats and kept is not None and not state.messages
            else state
        )
        for status in ("captured",) if message.goes_back else self.first_statuses():
            charge = Charge(message.number, state.now, status)
            for before in {state, copied}:
                after = (
                    before._replace(refunds=(*before.refunds, charge))
                    if message.goes_back
                    else before._replace(charges=(*before.charges, charge))
                )
                yield after, self.result_of(charge, message.goes_back)

    def first_statuses(self) -> tuple[str, ...]:
        return (
            "authorised" if self.two_steps else "captured",
            "declined",
            *(["pending"] if self.pending else []),
        )

    def result_of(self, charge: Charge, goes_back: bool) -> Result:
        prefix = "refund" if goes_back else "charge"
        reference = f"{prefix}-{charge.number}-{charge.at}"
        if charge.status == "declined":
            return Result(Outcome.DECLINED, reference, failure=DECLINED)
        if charge.status == "pending":
            return Result(Outcome.PENDING, reference)
        return Result(Outcome.APPROVED, reference, AMOUNT, CURRENCY, captured=charge.status != "authorised")

    def looked_up(self, state: State, worker: Worker) -> Iterator[Result]:
        """What a look-up may find: anything is certain to show only some time after it was done."""
        operation = settlement.open_operation(worker.read.payment, self.capabilities)
        assert operation is not None
        back = operation.terms.goes_back
        known = list(state.refunds if back else state.charges)
        reference = operation.attempt.reference
        if reference is not None:
            yield next(
                result for charge in known if (result := self.result_of(charge, back)).reference == reference
            )
            return
        lag = self.capabilities.visible_within // UNIT
        certain = [charge for charge in known if state.now > charge.at + lag or not lag]
        for found in {tuple(known), tuple(certain)}:
            yield self.found(list(found), back)

    def found(self, charges: list[Charge], back: bool) -> Result:
        results = [self.result_of(charge, back) for charge in charges]
        approved = [result for result in results if result.outcome is Outcome.APPROVED]
        if len(approved) > 1:
            return replace(approved[0], also_charged=tuple(str(result.reference) for result in approved[1:]))
        open_ones = [result for result in results if result.outcome is Outcome.PENDING]
        for some in (approved, open_ones, results[::-1]):
            if some:
                return some[0]
        return NOT_FOUND

    def captured(self, state: State, worker: Worker) -> Iterator[tuple[State, Result | Trouble]]:
        """Taking the money of what is authorised: a change of one object, the same however often."""
        yield state, Trouble.NOT_SENT
        for index, charge in enumerate(state.charges):
            if self.result_of(charge, goes_back=False).reference == worker.read.payment.attempt.reference:
                after = with_charge(state, index, "captured")
                yield after, self.result_of(after.charges[index], goes_back=False)
                yield after, Trouble.UNKNOWN


def asked(payment: Payment, now: datetime) -> Payment:
    """The payment once it is noted that its open operation is about to be asked for."""
    if payment.release_pending:
        release = payment.release or Attempt(payment.attempt.account)
        return replace(payment, release=release.asked(now))
    return replace(payment, attempt=payment.attempt.asked(now))


def plain(payment: Payment) -> Payment:
    """Without what no rule reads, so that states which are alike count once."""
    due = None if payment.due_at is None else BEGINNING
    return replace(payment, due_at=due, updated_at=BEGINNING)


def same(stored: Payment, read: Payment) -> bool:
    """The condition of the write."""
    return (stored.status, stored.version) == (read.status, read.version)


def with_workers(state: State, workers: tuple[Worker, ...]) -> State:
    # Workers are alike: which of them is which makes no other state.
    return state._replace(workers=tuple(sorted(workers, key=hash)))


def with_message(state: State, message: Message) -> State:
    if message in state.messages:
        return state
    return state._replace(messages=tuple(sorted((*state.messages, message))))


def with_charge(state: State, index: int, status: str) -> State:
    charges = list(state.charges)
    charges[index] = charges[index]._replace(status=status)
    return state._replace(charges=tuple(charges))
