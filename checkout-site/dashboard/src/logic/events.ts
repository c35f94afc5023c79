/** The names of events: those that every endpoint gets unless it names others, and those that are sent on request. */

export const DEFAULT_EVENTS = [
  ...["payment.created", "payment.pending", "payment.success", "payment.failed", "payment.reversed"],
  ...["refund.created", "refund.processed"],
] as const;
export const ON_REQUEST = [
  ...["order.paid", "payment.captured", "payment.released", "refund.cancelled", "refund.failed"],
  ...["dispute.created", "dispute.closed"],
] as const;
export const TEST_EVENT = "webhook.test";
