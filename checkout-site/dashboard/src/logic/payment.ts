/** What a payment allows. The API decides; this is for the buttons that are shown and the amounts suggested. */

import type { Payment } from "../../../shared/resources";

/** Minor units that can still be refunded; not what a partial capture released. */
export function refundable(payment: Payment): number {
  if (payment.status !== "success") return 0;
  const paid = payment.captured ? payment.amount_captured : payment.amount;
  return Math.max(0, paid - payment.amount_refunded);
}

export const capturable = (payment: Payment): boolean => payment.status === "success" && !payment.captured;
