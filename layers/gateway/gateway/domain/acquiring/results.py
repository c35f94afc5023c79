"""An acquirer's result in one vocabulary, and the three ways in which there may be none."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.payments.payment import Failure


class Outcome(StrEnum):
    """What became of a payment, a capture, a void or a refund at the acquirer."""

    APPROVED = "approved"
    DECLINED = "declined"
    ACTION_REQUIRED = "action_required"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class Trouble(StrEnum):
    """Why there is no result. An error is never a decline.

    NOT_SENT: the request did not reach the acquirer, or the acquirer says that it did nothing and may be
    asked again as it is (no connection, rate limit, credentials refused). UNKNOWN: it may have been
    carried out (time-out, connection lost, 5xx). REFUSED: the acquirer won't do this request, and
    repeating it unchanged is no use.
    """

    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True)
class Result:
    """An acquirer's response about one payment or one refund.

    `amount` is in minor units of `currency`, what the acquirer itself says, never what it was asked for;
    None where it does not say. `captured` tells whether the money is taken or only authorised.
    `redirect_url` is where the shopper proves who they are (ACTION_REQUIRED). `raw_code` is the acquirer's
    own code, for people; it holds no card data. `ask_again_seconds` is how soon it makes sense to ask
    again. `also_charged` names further charges that the acquirer holds for the same payment of ours: there
    should be none. `scripted`: a test card or address of the simulated bank, which answers for it the same
    whatever its settings are.
    """

    outcome: Outcome
    reference: str | None = None
    amount: int | None = None
    currency: str | None = None
    captured: bool = True
    failure: Failure | None = None
    redirect_url: str | None = None
    raw_code: str | None = None
    ask_again_seconds: int | None = None
    also_charged: tuple[str, ...] = ()
    scripted: bool = False


NOT_FOUND = Result(Outcome.NOT_FOUND)


class AcquirerError(Exception):
    """No result. `reason` is a word for logs and metrics, `raw_code` the acquirer's own code, if any."""

    trouble: Trouble

    def __init__(
        self, reason: str, *, raw_code: str | None = None, ask_again_seconds: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.raw_code = raw_code
        self.ask_again_seconds = ask_again_seconds


class NotSent(AcquirerError):
    """Nothing was done; the same request may be sent again."""

    trouble = Trouble.NOT_SENT


class Unknown(AcquirerError):
    """It may have been done: ask with the same key, or look it up; never assume."""

    trouble = Trouble.UNKNOWN


class Refused(AcquirerError):
    """The request was not done, and will not be as it is."""

    trouble = Trouble.REFUSED
