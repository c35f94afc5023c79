"""The commands about payments that a person looks at: what the acquirer said, and what is parked."""

import argparse
from typing import TYPE_CHECKING

from infra.ops.console import Problem

if TYPE_CHECKING:
    from gateway.domain.payments.payment import Payment
    from gateway.use_cases.dependencies import Dependencies


def run(deps: "Dependencies", actor: str, given: argparse.Namespace) -> list[str]:
    """Does what a command line says; returns what to print."""
    if given.admin_command == "parked":
        return _parked(deps)
    if given.admin_command == "settle":
        return _settle(deps, actor, given)
    payment = _find(deps, given.payment)
    if given.ask:
        from gateway.use_cases.acquirers.settle import ask_again

        ask_again(deps, payment)
        return [f"{payment.id}: a worker asks the acquirer now; look again in a moment"]
    return _shown(deps, payment)


def _shown(deps: "Dependencies", payment: "Payment") -> list[str]:
    from gateway.presenters.acquirers.dispute import DISPUTE
    from gateway.presenters.acquirers.look import AT_ACQUIRER
    from gateway.use_cases.acquirers.look import operations_at_acquirer

    failure = f" ({payment.failure.reason})" if payment.failure else ""
    lines = [
        f"{payment.id}  {payment.status}{failure}  {payment.amount} {payment.currency}  {payment.method}",
        f"merchant {payment.merchant_id}  order {payment.order_id}",
    ]
    for found in operations_at_acquirer(deps, payment):
        told = AT_ACQUIRER.present(found)
        lines.append(f"{told['kind']} {told['id']}: {told['amount']}")
        lines += [
            f"  {name.replace('_', ' ')}: {value}"
            for name, value in told.items()
            if name not in ("kind", "id", "amount") and value is not None
        ]
    for dispute in payment.disputes:
        shown = DISPUTE.present(dispute)
        lines.append(f"dispute {shown['id']}: {shown['amount']} {shown['currency']}, {shown['status']}")
        lines += [
            f"  {name.replace('_', ' ')}: {shown[name]}"
            for name in ("reference", "word", "reason", "respond_by", "created_at", "closed_at")
            if shown[name] is not None
        ]
    return lines


def _parked(deps: "Dependencies") -> list[str]:
    from gateway.domain.values import from_unix_ms
    from gateway.use_cases.acquirers.settle import list_parked

    payments, refunds = list_parked(deps)
    lines = [
        f"{item.id}  since {from_unix_ms(item.due_at_ms):%Y-%m-%d %H:%M} UTC  merchant {item.merchant_id}"
        for item in (*payments, *refunds)
    ]
    return lines or ["nothing is parked"]


def _settle(deps: "Dependencies", actor: str, given: argparse.Namespace) -> list[str]:
    from gateway.domain.acquiring.ruling import Ruling
    from gateway.use_cases.acquirers.settle import settle_payment, settle_refund

    if not given.reason.strip():
        raise Problem("Say why: --reason is kept in the audit trail.")
    settle = settle_refund if given.id.startswith("rfnd_") else settle_payment
    after = settle(deps, given.id, Ruling(given.ruling), given.reason, actor)
    return [f"{after.id}: {after.status}"]


def _find(deps: "Dependencies", payment_id: str) -> "Payment":
    payment = deps.database.payments.get(payment_id)
    if payment is None:
        raise Problem(f"There is no payment {payment_id}.")
    return payment
