"""Numbers of Razorpay's documentation, what shoppers do, and what a request is refused by.

What a shopper does is said by the UPI address (SCRIPTS), and where the shopper's app is opened by a link, by
the amount, as in Razorpay's test mode.
"""

import re
import secrets
import string
from typing import Any

MINUTE, DAY = 60, 86_400
NO_ANSWER = 10 * MINUTE
CAPTURE_WINDOW = 3 * DAY
AMOUNT_MIN = 100
RECEIPT_LENGTH_MAX = 40
COUNT_MAX = 100
REFUND_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")
# Fees of 2 % and 18 % tax on them, as on Razorpay's pricing page.
FEE_PER_MILLE, TAX_PER_CENT = 20, 18

# What happens when, in seconds from the payment's creation: a status, and why.
Plan = list[tuple[float, str, str | None]]
SCRIPTS: dict[str, Plan] = {
    "success@razorpay": [(0, "authorized", None)],
    "failure@razorpay": [(0, "failed", "payment_declined")],
    "slow@razorpay": [(30, "authorized", None)],
    "ignored@razorpay": [(NO_ANSWER, "failed", "payment_timed_out")],
    "late@razorpay": [(NO_ANSWER, "failed", "payment_timed_out"), (DAY, "authorized", None)],
}
# Razorpay docs, "S2S UPI Error Codes", column "Test Mode".
AMOUNTS = {
    201: "insufficient_funds",
    204: "incorrect_pin",
    302: "payment_cancelled",
    402: "payment_declined",
}
# How long a shopper takes whose app was opened by a link; with some amounts they take their time.
INTENT_SECONDS = 2
SLOW_AMOUNTS = {30_300: MINUTE}


class Refusal(Exception):
    """A response of status 400; `payment_id` is of the payment that failed with it."""

    def __init__(
        self, description: str, reason: str = "input_validation_failed", payment_id: str = ""
    ) -> None:
        super().__init__(description)
        self.description, self.reason, self.payment_id = description, reason, payment_id


def found(known: dict[str, dict[str, Any]], given: Any) -> dict[str, Any]:
    """An entity by its id, or Refusal."""
    try:
        return known[given]
    except (KeyError, TypeError):
        raise Refusal("The id provided does not exist") from None


def new_id(prefix: str) -> str:
    """An id of the kind that Razorpay has."""
    letters = string.ascii_letters + string.digits
    return prefix + "".join(secrets.choice(letters) for _ in range(14))
