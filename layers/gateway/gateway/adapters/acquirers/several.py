"""Several results about one payment or refund of ours: which of them counts."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result


def best_of(results: Sequence[Result]) -> Result:
    """Of several that carry our id, the one that counts: what is approved, then what is open."""
    approved = [result for result in results if result.outcome is Outcome.APPROVED]
    if len(approved) > 1:
        others = tuple(str(result.reference) for result in approved[1:])
        return replace(approved[0], also_charged=others)
    still_open = [
        result for result in results if result.outcome in (Outcome.ACTION_REQUIRED, Outcome.PENDING)
    ]
    for some in (approved, still_open, results):
        if some:
            return some[0]
    return NOT_FOUND
