/** The three API calls that a shopper's browser makes. */

import { request } from "../../../shared/request";
import type { CheckoutOrder, NewPayment, PaymentCreated, PublicPayment } from "../../../shared/resources";

/** A payment, with the answer to a challenge where there was one. */
export type PaymentRequest = NewPayment & { challenge?: { token: string; solution: string } };

const TIMEOUT_MS = 15_000;

export class Api {
  constructor(
    private readonly base: string,
    private readonly key: string,
  ) {}

  order(id: string): Promise<CheckoutOrder> {
    // The key lets the API refuse another shop's order; a page that was opened on its own has none.
    const query = this.key ? `?key=${encodeURIComponent(this.key)}` : "";
    return this.call(`/checkout/orders/${encodeURIComponent(id)}${query}`);
  }

  payment(id: string, orderId: string): Promise<PublicPayment> {
    const query = new URLSearchParams({ order_id: orderId, signed: "true" });
    return this.call(`/payments/${encodeURIComponent(id)}/public?${query}`);
  }

  pay(payment: PaymentRequest, idempotencyKey: string): Promise<PaymentCreated> {
    return this.call("/payments/public", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
      body: JSON.stringify(payment),
    });
  }

  private async call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const privacy: RequestInit = { credentials: "omit", referrerPolicy: "no-referrer" };
    return (await request(`${this.base}/api/v1${path}`, { ...init, ...privacy }, TIMEOUT_MS)) as T;
  }
}
