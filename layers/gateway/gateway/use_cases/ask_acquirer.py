"""Carrying out a step at an acquirer, and judging its response: shared by the payments' and refunds' workers.

One request for each step, and up to two more: a request without a response is looked up at once (what is
found counts, what is not found decides nothing yet), and money that is only authorised is captured.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.driver import Decision, Operation, Step, Verdict, judge
from gateway.domain.acquiring.results import AcquirerError, Outcome, Result, Trouble
from gateway.domain.acquiring.settlement import operation_id
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.acquirer import Acquirer, GiveBack
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job

# Up to here a message is hidden for a while; for longer its row becomes due later, and the sweeper sends
# another.
HIDDEN_SECONDS_MAX = 15
# A batch of SQS messages: three requests of ten seconds each fit into the worker's minute.
AT_ONCE_MAX = 10
RunEach = Callable[[Callable[[Job], Done], Sequence[Job]], Iterable[Done]]


@dataclass(frozen=True)
class Asking:
    """One step of one operation; `send` and `look_up` are its requests."""

    operation: Operation
    step: Step
    send: Callable[[], Result]
    look_up: Callable[[], Result]


@contextmanager
def running_each(accounts: Iterable[str]) -> Iterator[RunEach]:
    """How a batch's jobs are run: at once, where one of them waits for a real acquirer; else in turn."""
    if all(account == SIMULATED for account in accounts):
        yield map
        return
    # Imported where it is needed: most batches need none.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=AT_ONCE_MAX) as pool:
        yield pool.map


def conclude(deps: Dependencies, asking: Asking, **ids: str) -> Decision:
    """What comes of a step."""
    now, account = deps.now(), asking.operation.attempt.account
    response, soon = _ask(asking.look_up if asking.step is Step.LOOK_UP else asking.send, asking.step, **ids)
    deps.asked.note(account, response if isinstance(response, Trouble) else None)
    step = asking.step
    if response is Trouble.UNKNOWN and step is not Step.LOOK_UP:
        found, _ = _ask(asking.look_up, Step.LOOK_UP, **ids)
        deps.asked.note(account, found if isinstance(found, Trouble) else None)
        if isinstance(found, Result) and found.outcome is not Outcome.NOT_FOUND:
            step, response = Step.LOOK_UP, found
    decision = judge(asking.operation, step, response, now)
    if decision.verdict is Verdict.KEEP:
        deps.asked.note_open(account, (now - asking.operation.terms.began_at).total_seconds())
    if decision.verdict is Verdict.KEEP and soon is not None:
        return replace(decision, ask_again=timedelta(seconds=soon))
    return decision


def payment_asking(
    deps: Dependencies, acquirer: Acquirer, payment: Payment, operation: Operation, step: Step
) -> Asking:
    """The requests about a payment's open operation."""
    now = deps.now()
    key = operation.attempt.key(operation_id(payment))
    if payment.release_pending:
        if not payment.attempt.captured:
            return Asking(operation, step, *_voiding(deps, acquirer, payment, key))
        back = GiveBack(
            operation_id(payment),
            payment,
            payment.release_pending,
            None,
            operation.attempt.reference,
            operation.terms.began_at,
        )
        return Asking(
            operation, step, lambda: acquirer.refund(back, key), lambda: acquirer.retrieve_refund(back)
        )
    send = (
        (lambda: acquirer.void(payment, f"{key}:void"))
        if step is Step.CANCEL
        else (lambda: acquirer.authorize(payment, key, now))
    )
    return Asking(operation, step, send, lambda: acquirer.retrieve(payment, now))


def refund_asking(
    acquirer: Acquirer, refund: Refund, payment: Payment, operation: Operation, step: Step
) -> Asking:
    """The requests about a refund."""
    reference = operation.attempt.reference
    back = GiveBack(refund.id, payment, refund.amount, refund.reason, reference, refund.created_at)
    key = operation.attempt.key(refund.id)
    return Asking(operation, step, lambda: acquirer.refund(back, key), lambda: acquirer.retrieve_refund(back))


def capture(deps: Dependencies, acquirer: Acquirer, payment: Payment, asking: Asking) -> Decision:
    """Takes the money of a payment that is only authorised."""
    key = f"{asking.operation.attempt.key(payment.id)}:capture"
    capturing = replace(
        asking, step=Step.CAPTURE, send=lambda: acquirer.capture(payment, payment.amount, key)
    )
    return conclude(deps, capturing, payment_id=payment.id)


def come_back(deps: Dependencies, queue: str, job: Job, decision: Decision) -> Done:
    """Hides the message until it makes sense to ask again."""
    deps.queues.give_back(queue, job.receipt_handle, max(1, math.ceil(decision.ask_again.total_seconds())))
    return jobs.RETRY


def is_soon(decision: Decision, operation: Operation) -> bool:
    """Whether nothing changed that must be stored, and the next question is due in a moment."""
    soon = decision.ask_again.total_seconds() <= HIDDEN_SECONDS_MAX
    return decision.verdict is Verdict.KEEP and decision.attempt == operation.attempt and soon


def note_parked(decision: Decision, **ids: str) -> None:
    """Says aloud that a person has to decide."""
    if decision.verdict is Verdict.PARK:
        log.error("parked: a person has to look at it", None, reason=decision.attempt.parked, **ids)


def _voiding(
    deps: Dependencies, acquirer: Acquirer, payment: Payment, key: str
) -> tuple[Callable[[], Result], Callable[[], Result]]:
    def gone(result: Result) -> Result:
        # An authorisation that is no more has given all of its amount back.
        if result.outcome is not Outcome.DECLINED:
            return replace(result, outcome=Outcome.PENDING)
        return replace(
            result, outcome=Outcome.APPROVED, amount=payment.release_pending, currency=payment.currency
        )

    def void() -> Result:
        return gone(acquirer.void(payment, key))

    def look_up() -> Result:
        # Voiding changes one object: twice is the same as once, so what still stands is voided again.
        found = gone(acquirer.retrieve(payment, deps.now()))
        return found if found.outcome is Outcome.APPROVED else void()

    return void, look_up


def _ask(request: Callable[[], Result], step: Step, **ids: str) -> tuple[Result | Trouble, int | None]:
    try:
        return request(), None
    except AcquirerError as error:
        log.warning(
            "no result from the acquirer",
            step=step,
            trouble=error.trouble,
            reason=error.reason,
            raw_code=error.raw_code,
            **ids,
        )
        return error.trouble, error.ask_again_seconds
