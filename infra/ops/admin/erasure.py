"""`python -m infra.ops admin erase`: takes who paid out of all that is kept of orders; the books stay."""

import argparse
from typing import TYPE_CHECKING

from infra.ops.console import Problem

if TYPE_CHECKING:
    from gateway.use_cases.dependencies import Dependencies

SHOWN_MAX = 50


def run(deps: "Dependencies", actor: str, given: argparse.Namespace) -> list[str]:
    """Erases from the orders that are named; returns what was done. A second run finds nothing."""
    from gateway.adapters.aws.dynamodb.erasure import DynamoErasure
    from gateway.use_cases.operations import erase

    rows = DynamoErasure()
    if given.person_of:
        from gateway.use_cases.access.merchants import find_merchant

        merchant = find_merchant(deps, given.person_of)
        # Asked for, as other users of the machine see command lines.
        found = sorted(rows.orders_of(merchant.id, _reference()))
        if not given.yes:
            more = [f"and {len(found) - SHOWN_MAX} more"] if len(found) > SHOWN_MAX else []
            return [
                *found[:SHOWN_MAX],
                *more,
                f"orders that name this address: {len(found)}; --yes erases it there",
            ]
    else:
        found = [given.order or erase.order_of(deps, given.payment)]
    done = erase.erase_person(deps, rows, found, actor, with_receipts=given.receipts)
    told = ", ".join(f"{name} {number}" for name, number in vars(done).items() if number)
    return [f"orders looked through: {len(found)}", f"rows changed: {told or 'none, nothing was left'}"]


def _reference() -> str:
    try:
        given = input("Address (UPI or e-mail) as it was given: ").strip()
    except EOFError:
        given = ""
    if len(given) < len("a@b"):
        raise Problem("Give the whole address, at least three characters.")
    return given
