/** What may be done with a payment. The API decides; this is for which buttons are shown and what is suggested. */

import type { Payment } from "../../../shared/resources";

/** Minor units that can still be refunded. What a partial capture released cannot. */
export function refundable(payment: Payment): number {
  if (payment.status !== "success") return 0;
  const paid = payment.captured ? payment.amount_captured : payment.amount;
  return Math.max(0, paid - payment.amount_refunded);
}

export const capturable = (payment: Payment): boolean => payment.status === "success" && !payment.captured;
