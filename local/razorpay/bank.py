"""What Razorpay's documentation says that Razorpay does with orders, UPI payments and refunds.

In it: an order takes one successful payment; a payment goes created -> authorized | failed, fails after ten
minutes without the bank's answer, may still become authorised for three days, and is given back if nobody
captures it for three days; the captured amount must be the authorised one; refunds have keys.

Limits, fees, and what shoppers do are in rules.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.razorpay.rules import (
    AMOUNT_MIN,
    AMOUNTS,
    CAPTURE_WINDOW,
    DAY,
    FEE_PER_MILLE,
    INTENT_SECONDS,
    RECEIPT_LENGTH_MAX,
    REFUND_KEY,
    SCRIPTS,
    SLOW_AMOUNTS,
    TAX_PER_CENT,
    Plan,
    Refusal,
    found,
    new_id,
)


@dataclass
class Bank:
    """All that is remembered; `tell` hears of every event: its name and its entities."""

    now: Callable[[], float]
    tell: Callable[[str, dict[str, dict[str, Any]]], None] = lambda _name, _entities: None
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)

    # ---------------------------------------------------------------------------------- orders
    def create_order(self, given: dict[str, Any]) -> dict[str, Any]:
        """A new order, or the one that `unique_receipt` names."""
        amount, receipt = given.get("amount"), given.get("receipt")
        if not isinstance(amount, int) or amount < AMOUNT_MIN:
            raise Refusal("Order amount less than minimum amount allowed")
        if receipt is not None and len(receipt) > RECEIPT_LENGTH_MAX:
            raise Refusal("The receipt may not be greater than 40 characters.")
        if given.get("unique_receipt"):
            for known in self.orders.values():
                if known["receipt"] == receipt:
                    if known["amount"] != amount:
                        raise Refusal("Order receipt should be unique.")
                    return known
        order: dict[str, Any] = {
            "id": new_id("order_"),
            "entity": "order",
            "amount": amount,
            "amount_paid": 0,
            "amount_due": amount,
            "currency": given.get("currency"),
            "receipt": receipt,
            "status": "created",
            "attempts": 0,
            "notes": given.get("notes") or [],
            "created_at": int(self.now()),
        }
        self.orders[order["id"]] = order
        return order

    def payments_of(self, order_id: str) -> list[dict[str, Any]]:
        """The payments of an order, the oldest first."""
        return [one for one in self.payments.values() if one["order_id"] == order_id]

    # ---------------------------------------------------------------------------------- payments
    def create_payment(self, given: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """A payment of an order, and the link for the shopper's app, if that is how it is approved."""
        order = found(self.orders, given.get("order_id"))
        upi = given.get("upi") or {}
        if given.get("method") != "upi":
            raise Refusal("The requested method is not enabled for the account")
        if given.get("amount") != order["amount"]:
            raise Refusal("Payment amount is different from your order amount.")
        if order["status"] == "paid":
            raise Refusal("Payment already done for this order.", "order_already_paid")
        if any(one["status"] == "authorized" for one in self.payments_of(order["id"])):
            raise Refusal("The order has an authorized payment.", "order_already_paid")
        intent, vpa = upi.get("flow") == "intent", str(upi.get("vpa") or "")
        payment: dict[str, Any] = {
            "id": new_id("pay_"),
            "entity": "payment",
            "amount": order["amount"],
            "status": "created",
            "currency": order["currency"],
            "order_id": order["id"],
            "method": "upi",
            "vpa": vpa,
            "captured": False,
            "amount_refunded": 0,
            "refund_status": None,
            "fee": None,
            "tax": None,
            "email": given.get("email"),
            "contact": given.get("contact"),
            "late_authorized": False,
            "error_code": None,
            "error_description": None,
            "error_reason": None,
            "notes": given.get("notes") or [],
            "created_at": int(self.now()),
        }
        self.payments[payment["id"]] = payment
        order["status"], order["attempts"] = "attempted", order["attempts"] + 1
        if not intent and vpa not in SCRIPTS:
            self._fail(payment, "invalid_vpa")
            raise Refusal(
                "Invalid VPA. Please enter a valid Virtual Payment Address", "invalid_vpa", payment["id"]
            )
        reason = AMOUNTS.get(order["amount"])
        after = SLOW_AMOUNTS.get(order["amount"], INTENT_SECONDS)
        outcome: Plan = [(after, "failed", reason)] if reason else [(after, "authorized", None)]
        plan = outcome if intent else SCRIPTS[vpa]
        self.plans[payment["id"]] = [(self.now() + after, status, why) for after, status, why in plan]
        link = f"upi://pay?pa=upi@fake&pn=fake&tr={payment['id'][4:]}&am={order['amount'] / 100:.2f}&cu=INR"
        return payment, link if intent else None

    def capture(self, payment_id: str, amount: Any) -> dict[str, Any]:
        """Takes all of an authorised payment."""
        payment = found(self.payments, payment_id)
        if payment["status"] == "captured":
            raise Refusal("This payment has already been captured")
        if payment["status"] != "authorized":
            raise Refusal("Only payments which have been authorized and not yet captured can be captured")
        if amount != payment["amount"]:
            raise Refusal("Capture amount must be equal to the amount authorized")
        fee = payment["amount"] * FEE_PER_MILLE // 1000
        tax = fee * TAX_PER_CENT // 100
        payment |= {"status": "captured", "captured": True, "fee": fee + tax, "tax": tax}
        order = self.orders[payment["order_id"]]
        order |= {"status": "paid", "amount_paid": amount, "amount_due": 0}
        self.tell("payment.captured", {"payment": payment})
        self.tell("order.paid", {"payment": payment, "order": order})
        return payment

    def pass_time(self) -> None:
        """Lets happen what is due by now."""
        for payment_id, plan in self.plans.items():
            while plan and plan[0][0] <= self.now():
                at, status, reason = plan.pop(0)
                self._move(self.payments[payment_id], status, reason, at)

    def _move(self, payment: dict[str, Any], status: str, reason: str | None, at: float) -> None:
        if status == "failed":
            self._fail(payment, reason or "")
        elif status == "authorized":
            late = payment["status"] == "failed"
            payment |= {
                "status": "authorized",
                "error_code": None,
                "error_reason": None,
                "late_authorized": late,
            }
            self.tell("payment.authorized", {"payment": payment})
            paid = self.orders[payment["order_id"]]["status"] == "paid"
            # A late one beside a successful one goes back at once; any other once nobody captured it.
            self.plans[payment["id"]].append((at if paid else at + CAPTURE_WINDOW, "refunded", None))
        elif payment["status"] == "authorized":
            payment |= {"status": "refunded", "amount_refunded": payment["amount"], "refund_status": "full"}

    def _fail(self, payment: dict[str, Any], reason: str) -> None:
        payment |= {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_reason": reason}
        self.tell("payment.failed", {"payment": payment})

    # ---------------------------------------------------------------------------------- refunds
    def refund(self, payment_id: str, given: dict[str, Any], key: str | None, body: str) -> dict[str, Any]:
        """Gives back some of a captured payment, once for each key."""
        payment = found(self.payments, payment_id)
        if key is not None and not REFUND_KEY.fullmatch(key):
            raise Refusal("The idempotency key must be at least 10 characters: letters, digits, - and _.")
        if key in self.keys:
            refund_id, before = self.keys[key]
            if before != body:
                raise Refusal("Different request with the same idempotency key has already been processed.")
            return self.refunds[refund_id]
        amount = given.get("amount", payment["amount"])
        if not payment["captured"]:
            raise Refusal("The payment status should be captured for action to be taken")
        if payment["amount_refunded"] + amount > payment["amount"]:
            raise Refusal("The total refund amount is greater than the refund payment amount")
        refund: dict[str, Any] = {
            "id": new_id("rfnd_"),
            "entity": "refund",
            "amount": amount,
            "currency": payment["currency"],
            "payment_id": payment_id,
            "notes": given.get("notes") or [],
            "status": "processed",
            "speed_requested": given.get("speed", "normal"),
            "speed_processed": "normal",
            "created_at": int(self.now()),
        }
        self.refunds[refund["id"]] = refund
        payment["amount_refunded"] += amount
        whole = payment["amount_refunded"] == payment["amount"]
        payment |= {"refund_status": "full" if whole else "partial"}
        payment["status"] = "refunded" if whole else payment["status"]
        if key is not None:
            self.keys[key] = (refund["id"], body)
        self.tell("refund.processed", {"refund": refund, "payment": payment})
        return refund

    # ---------------------------------------------------------------------------------- disputes
    def dispute(self, payment_id: str, status: str) -> dict[str, Any]:
        """What a shopper's bank says of a captured payment: `open`, and later `won`, `lost` or `closed`."""
        payment = found(self.payments, payment_id)
        known = self.disputes.setdefault(payment_id, {"id": new_id("disp_"), "created_at": int(self.now())})
        known |= {
            "entity": "dispute",
            "payment_id": payment_id,
            "amount": payment["amount"],
            "currency": payment["currency"],
            "amount_deducted": payment["amount"] if status == "lost" else 0,
            "reason_code": "goods_or_services_not_received_or_partially_received",
            "respond_by": known["created_at"] + 7 * DAY,
            "status": status,
            "phase": "chargeback",
        }
        event = "created" if status == "open" else status
        self.tell(f"payment.dispute.{event}", {"payment": payment, "dispute": known})
        return known

    def state(self) -> dict[str, Any]:
        """What outlives the process."""
        names = ("orders", "payments", "refunds", "plans", "keys", "disputes")
        return {name: getattr(self, name) for name in names}
