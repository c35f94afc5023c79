/** The options of a checkout, and what its callbacks receive. */

export interface SuccessResponse {
  paymentId: string;
  orderId: string;
  /** For your server, which verifies it (docs/checkout.md); "" from a gateway that does not sign yet. */
  signature: string;
}

/** Why the checkout of this order ended without a payment in it. */
export interface UnavailableError {
  code: "invalid_order_id" | "order_not_found" | "wrong_key" | "order_expired" | "order_already_paid";
  description: string;
  orderId: string;
}

export interface CheckoutError {
  /** One of the API's error codes, such as PAYMENT_FAILED. */
  code: string;
  description: string;
  paymentId?: string;
}

/** Progress that a shop may log or measure. Never contains what the shopper typed. */
export interface CheckoutEvent {
  name: string;
  [detail: string]: unknown;
}

export interface CheckoutOptions {
  /** The publishable key. The secret must never be in a browser. */
  key: string;
  orderId: string;
  onSuccess?: (response: SuccessResponse) => void;
  onFailure?: (error: CheckoutError) => void;
  /** The order can't be paid here; the page says so to the shopper. */
  onUnavailable?: (error: UnavailableError) => void;
  onClose?: () => void;
  onEvent?: (event: CheckoutEvent) => void;
  prefill?: { name?: string; vpa?: string };
  theme?: {
    /** #rrggbb; the page picks black or white text to go with it. */
    color?: string;
    /** A small picture as a data: URL (PNG, JPEG, WebP or SVG), shown beside your name; at most 16,000 characters. */
    logo?: string;
  };
  /** "en" or "hi"; by default, the language of the shopper's browser. */
  locale?: string;
  /** The checkout's origin; by default, the one that served checkout.js (see docs/checkout.md for copies). */
  checkoutUrl?: string;
}

const TEXT_LENGTH_MAX = 255;

/** Returns a copy of the options, or throws an error that names the one that is wrong. */
export function checkOptions(options: CheckoutOptions): CheckoutOptions {
  const given: Partial<CheckoutOptions> = options ?? {};
  for (const name of ["key", "orderId"] as const) {
    const value = given[name];
    if (typeof value !== "string" || !value || value.length > TEXT_LENGTH_MAX) {
      throw new Error(`PaymentGateway: "${name}" is required`);
    }
  }
  for (const name of ["onSuccess", "onFailure", "onUnavailable", "onClose", "onEvent"] as const) {
    if (given[name] != null && typeof given[name] !== "function") {
      throw new Error(`PaymentGateway: "${name}" must be a function`);
    }
  }
  return { ...options };
}
