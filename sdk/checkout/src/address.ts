/** Where the checkout lives, and the address that the iframe opens. */

import { recallAttempt } from "./attempt.js";
import type { CheckoutOptions } from "./options.js";

declare const __CHECKOUT_ORIGIN__: string;

const script = typeof document === "undefined" ? null : (document.currentScript as HTMLScriptElement | null);
// Read while the script runs: later, currentScript is null.
const scriptOrigin = script?.dataset?.checkoutUrl || (script?.src && new URL(script.src).origin);

/** The checkout's origin. A bundled module has no script of its own, so the build's default stands in. */
export function checkoutOrigin(options: Pick<CheckoutOptions, "checkoutUrl">): string {
  return new URL(options.checkoutUrl || scriptOrigin || __CHECKOUT_ORIGIN__).origin;
}

/**
 * The page's address. What only the page needs travels in the fragment, which browsers send to no server
 * and put in no Referer: the session's nonce and the shopper's name do not end up in logs.
 */
export function pageAddress(options: CheckoutOptions, nonce: string): string {
  const query = new URLSearchParams({ order_id: options.orderId, embedded: "true", key: options.key });
  if (options.locale) query.set("locale", options.locale);
  const fragment = new URLSearchParams({ nonce, origin: location.origin });
  const { prefill, theme } = options;
  const attempt = recallAttempt(options.orderId);
  const extras = { name: prefill?.name, vpa: prefill?.vpa, color: theme?.color, attempt };
  for (const [name, value] of Object.entries(extras)) {
    if (value) fragment.set(name, value);
  }
  return `${checkoutOrigin(options)}/checkout?${query}#${fragment}`;
}
