"""What an acquirer can do, as data: the driver's rules read it, and no rule knows an acquirer by name."""

from dataclasses import dataclass
from datetime import timedelta

# For an acquirer that remembers a key for as long as the payment exists.
KEPT_FOREVER = timedelta.max


@dataclass(frozen=True)
class Capabilities:
    """The properties of one merchant's account at an acquirer.

    `authorize_key_life` and `refund_key_life`: for how long a repeated request under the same idempotency
    key is answered and not done again; None where the acquirer has no such keys.
    `visible_within`: how long after a request was carried out a look-up may still answer "not found".
    `late_success`: for how long a failed payment may still turn out to be authorised; zero for never.
    `look_up_gap`: how often one payment may be looked up, at most.
    `captures_at_once`: whether the shopper's money is taken together with the authorisation.
    `partial_capture`: whether less than what was authorised may be captured.
    `voids`: whether an authorisation can be given up; without, it is captured and refunded.
    `upi_intent`: whether a shopper can approve by an app that a link opens, without naming a UPI address.
    `statement`: whether it tells what moved on a day, so that it can be compared with the ledger.
    `remembers`: whether a look-up tells of earlier requests only. The simulated bank keeps nothing: looking
    up is asking, and what it moved is worked out from what it was asked.
    """

    methods: tuple[str, ...]
    currencies: tuple[str, ...]
    raw_cards: bool
    authorize_key_life: timedelta | None
    refund_key_life: timedelta | None
    visible_within: timedelta = timedelta(0)
    late_success: timedelta = timedelta(0)
    look_up_gap: timedelta = timedelta(seconds=2)
    captures_at_once: bool = True
    partial_capture: bool = True
    voids: bool = True
    upi_intent: bool = False
    statement: bool = False
    remembers: bool = True
