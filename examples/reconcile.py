"""Balances payments, refunds and ledger of a merchant to zero, and names every difference.

    ASYNCPAY_API_KEY=... ASYNCPAY_API_SECRET=... ASYNCPAY_BASE_URL=... python reconcile.py

Ends with 0 where the books agree, else with 1. What changed since it began is left to the next run.
"""

import sys
from collections import Counter
from datetime import datetime, timezone

import asyncpay

Wanted = dict[str, tuple[str, int]]


def movements(client: asyncpay.Client, until: datetime) -> Wanted:
    """What the ledger should hold: the id of each entry, with its currency and its effect on the balance."""
    wanted: Wanted = {}
    for payment in client.payments.list(limit=100).auto_paging_iter():
        if payment.updated_at >= until:
            continue
        if payment.status == "success":
            wanted[f"{payment.id}:payment"] = (payment.currency, payment.amount)
            if payment.amount_released:
                wanted[f"{payment.id}:reversal"] = (payment.currency, -payment.amount_released)
    for refund in client.refunds.list_all(limit=100, status="processed").auto_paging_iter():
        if refund.processed_at is not None and refund.processed_at < until:
            wanted[f"{refund.id}:refund"] = (refund.currency, -refund.amount)
    return wanted


def entries(client: asyncpay.Client) -> Wanted:
    """What the ledger holds, less the payments that came too late: taken and given back, they are nothing."""
    found: Wanted = {}
    for entry in client.ledger.list(limit=100).auto_paging_iter():
        sign = 1 if entry.kind == "payment" else -1
        found[entry.id] = (entry.currency, sign * entry.amount)
    for taken in [name for name in found if name.endswith(":payment")]:
        currency, amount = found[taken]
        given_back = taken.replace(":payment", ":reversal")
        if found.get(given_back) == (currency, -amount):
            del found[taken], found[given_back]
    return found


def differences(client: asyncpay.Client) -> list[str]:
    """What does not agree, in words; an empty list where all of it does."""
    until = datetime.now(timezone.utc)
    balances = {balance.currency: balance.amount for balance in client.balance.retrieve().data}
    found = entries(client)
    wanted = movements(client, until)
    wrong = [f"{name}: the ledger lacks {wanted[name]}" for name in wanted.keys() - found.keys()]
    wrong += [
        f"{name}: {found[name]} in the ledger, {wanted[name]} by the payment or refund"
        for name in wanted.keys() & found.keys()
        if found[name] != wanted[name]
    ]
    unexplained = found.keys() - wanted.keys()
    if unexplained:  # of what changed since: read again, it must be explained by now
        now = movements(client, datetime.max.replace(tzinfo=timezone.utc))
        wrong += [f"{name}: nothing explains it" for name in unexplained if now.get(name) != found[name]]
    sums: Counter[str] = Counter()
    for currency, amount in found.values():
        sums[currency] += amount
    for currency, amount in balances.items():
        if amount != sums[currency] and not unexplained:
            wrong.append(f"{currency}: balance {amount}, ledger {sums[currency]}")
    return sorted(wrong)


if __name__ == "__main__":
    problems = differences(asyncpay.Client())
    print("\n".join(problems) or "payments, refunds and ledger agree")
    sys.exit(1 if problems else 0)
