"""What to do next about an operation at an acquirer. Pure: the worker and tests/model run this same code.

1. Connector, key and time are committed before the first call (`Step.COMMIT`).
2. Within the key's life the same request is repeated. Past it, or without keys, it is only looked up.
3. Nothing is concluded from time alone. "Not found" counts once no request can be under way any more.
4. A webhook carries no news: it only makes a worker look sooner. There is one state machine.
5. Amount and currency are the acquirer's own words; where they differ from ours, a person decides.

`next_step` says what to ask, `judge` what the response means.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import Outcome, Result, Trouble
from gateway.domain.payments.payment import PAYMENT_FAILED, Failure

# From the decision to send until the request is at the acquirer or lost: the worker's own time-out (a
# minute at most) and the network's.
IN_FLIGHT_MAX = timedelta(minutes=2)
# How long before a key's end it is no longer used: what may be under way then, and clocks that differ.
KEY_MARGIN = timedelta(minutes=5)
# A shopper expects to be charged about now, or not at all.
RESTART_WITHIN = timedelta(minutes=30)
ATTEMPTS_MAX = 5
# A redirect that nobody follows is cancelled at the acquirer, and only its response fails the payment.
ACTION_LASTS = timedelta(hours=1)
ASK_AGAIN_MAX = timedelta(hours=6)
WATCH_GAP_MIN = timedelta(minutes=5)

NOT_PROCESSED = Failure(PAYMENT_FAILED, "not_processed", "The payment did not reach the bank")
REFUSED = Failure(PAYMENT_FAILED, "refused_by_acquirer", "The payment could not be processed")


class Step(StrEnum):
    """What to do next.

    COMMIT: store that the first request is about to be sent, and send it. CANCEL: ask the acquirer to give
    up what the shopper did not finish. STOP: a person decides first.
    """

    COMMIT = "commit"
    SEND = "send"
    LOOK_UP = "look_up"
    CANCEL = "cancel"
    CAPTURE = "capture"
    STOP = "stop"


class Verdict(StrEnum):
    """What a response means.

    KEEP: nothing is decided, ask again later. CAPTURE: it is authorised, take the money. RESTART: it was
    not done, do it under a new key. PARK: a person decides.
    """

    APPROVE = "approve"
    DECLINE = "decline"
    KEEP = "keep"
    CAPTURE = "capture"
    RESTART = "restart"
    PARK = "park"


class Terms(NamedTuple):
    """What was to be done: `amount` in minor units of `currency`, taken, or given back where `goes_back`.

    `began_at` is when the merchant or the shopper asked for it.
    """

    amount: int
    currency: str
    began_at: datetime
    goes_back: bool = False


@dataclass(frozen=True)
class Operation:
    """All that the rules look at: what was to be done, what is stored of it, and what the acquirer can do."""

    terms: Terms
    attempt: Attempt
    capabilities: Capabilities

    @property
    def key_life(self) -> timedelta | None:
        """How long the acquirer keeps a key of this operation; None for no keys."""
        able = self.capabilities
        return able.refund_key_life if self.terms.goes_back else able.authorize_key_life


@dataclass(frozen=True)
class Decision:
    """A verdict, the attempt as it is to be stored, and in how long to ask again where nothing is decided."""

    verdict: Verdict
    attempt: Attempt
    ask_again: timedelta = timedelta(0)
    failure: Failure | None = None


def next_step(operation: Operation, now: datetime) -> Step:
    """What to ask the acquirer now."""
    attempt, life = operation.attempt, operation.key_life
    if attempt.parked is not None:
        return Step.STOP
    if attempt.asked_at is None:
        return Step.COMMIT
    stopped = attempt.stopped_at is not None
    if attempt.action_since is not None and not stopped and now - attempt.action_since >= ACTION_LASTS:
        return Step.CANCEL
    if stopped or attempt.reference is not None or life is None:
        return Step.LOOK_UP
    return Step.SEND if attempt.age(now) < life - KEY_MARGIN else Step.LOOK_UP


def not_found_is_certain(operation: Operation, now: datetime) -> bool:
    """Whether "not found" means that it was not done and won't be: no request can be under way any more."""
    attempt, life = operation.attempt, operation.key_life
    if attempt.reference is not None or attempt.asked_at is None:
        return False
    if attempt.stopped_at is not None:
        # Another worker may have decided to send until this was stored.
        quiet = now - attempt.stopped_at - IN_FLIGHT_MAX
    else:
        quiet = attempt.age(now)
        if life is not None:
            # Not `asked_at + life`: a key that is kept forever would be past the calendar's end.
            if quiet < life - KEY_MARGIN:
                return False
            quiet -= life - KEY_MARGIN
    return quiet > IN_FLIGHT_MAX + operation.capabilities.visible_within


def judge(operation: Operation, step: Step, response: Result | Trouble, now: datetime) -> Decision:
    """What the response to a step means."""
    wait = _wait(operation, response, now)
    if isinstance(response, Trouble):
        return _judge_trouble(operation, step, response, now, wait)
    if response.outcome is Outcome.NOT_FOUND:
        return _judge_absence(operation, now, wait)
    attempt = replace(
        operation.attempt,
        reference=response.reference or operation.attempt.reference,
        raw_code=response.raw_code or operation.attempt.raw_code,
        captured=response.captured,
        redirect_url=None,
    )
    if response.also_charged:
        return _parked(attempt, "charged more than once")
    if response.outcome is Outcome.APPROVED:
        return _judge_approval(operation, attempt, response, wait)
    if response.outcome is Outcome.DECLINED:
        return _judge_decline(operation, attempt, response)
    since = None
    if response.outcome is Outcome.ACTION_REQUIRED:
        since = attempt.action_since or now
    redirect_url = response.redirect_url if since else None
    return Decision(Verdict.KEEP, replace(attempt, redirect_url=redirect_url, action_since=since), wait)


def first_attempt(account: str, key_life: timedelta | None, now: datetime) -> Attempt:
    """The attempt that is committed together with what asks for it.

    Where the acquirer has keys its time runs from here: a little early is safe, and it saves a write
    before the first call. Without keys it must be known whether a call was made, so its worker notes that
    first.
    """
    return Attempt(account, asked_at=None if key_life is None else now)


def watch_again(failed_at: datetime, capabilities: Capabilities, now: datetime) -> timedelta | None:
    """In how long to look again whether a failed payment was authorised after all; None for never again."""
    if not capabilities.late_success:
        return None
    # The acquirer counts from when the request arrived there.
    left = failed_at + capabilities.late_success + IN_FLIGHT_MAX + capabilities.visible_within - now
    if left <= timedelta(0):
        return None
    return min(left, max(capabilities.look_up_gap, (now - failed_at) / 2, WATCH_GAP_MIN))


def _judge_approval(operation: Operation, attempt: Attempt, response: Result, wait: timedelta) -> Decision:
    terms = operation.terms
    if (response.amount, response.currency) != (terms.amount, terms.currency):
        return _parked(attempt, "amount or currency differs")
    if operation.capabilities.captures_at_once and not response.captured:
        return Decision(Verdict.CAPTURE, attempt, wait)
    return Decision(Verdict.APPROVE, attempt)


def _judge_decline(operation: Operation, attempt: Attempt, response: Result) -> Decision:
    if operation.terms.goes_back:
        return _parked(attempt, "declined by the acquirer")
    return Decision(Verdict.DECLINE, attempt, failure=response.failure or REFUSED)


def _judge_trouble(
    operation: Operation, step: Step, trouble: Trouble, now: datetime, wait: timedelta
) -> Decision:
    attempt = operation.attempt
    if step in (Step.COMMIT, Step.SEND, Step.CANCEL) and trouble is Trouble.REFUSED:
        return Decision(Verdict.KEEP, replace(attempt, stopped_at=now), wait)
    if step is Step.COMMIT and trouble is Trouble.NOT_SENT and operation.key_life is None:
        # The only request of this attempt did not go out; whoever knows that may take the note back.
        return Decision(Verdict.KEEP, replace(attempt, asked_at=None), wait)
    return Decision(Verdict.KEEP, attempt, wait)


def _judge_absence(operation: Operation, now: datetime, wait: timedelta) -> Decision:
    attempt, terms = operation.attempt, operation.terms
    if not not_found_is_certain(operation, now):
        return Decision(Verdict.KEEP, attempt, wait)
    if attempt.stopped_at is not None:
        if terms.goes_back:
            return _parked(attempt, "refused by the acquirer")
        return Decision(Verdict.DECLINE, attempt, failure=REFUSED)
    in_time = terms.goes_back or now - terms.began_at < RESTART_WITHIN
    if in_time and attempt.number < ATTEMPTS_MAX:
        again = first_attempt(attempt.account, operation.key_life, now)
        return Decision(Verdict.RESTART, replace(again, number=attempt.number + 1))
    if terms.goes_back:
        return _parked(attempt, "never arrived at the acquirer")
    return Decision(Verdict.DECLINE, attempt, failure=NOT_PROCESSED)


def _parked(attempt: Attempt, reason: str) -> Decision:
    return Decision(Verdict.PARK, replace(attempt, parked=reason))


def _wait(operation: Operation, response: Result | Trouble, now: datetime) -> timedelta:
    """The acquirer's own word, else a quarter of the time since the first request: questions get rarer."""
    if isinstance(response, Result) and response.ask_again_seconds is not None:
        return timedelta(seconds=response.ask_again_seconds)
    gap = operation.capabilities.look_up_gap
    return min(max(gap, operation.attempt.age(now) / 4), ASK_AGAIN_MAX)
