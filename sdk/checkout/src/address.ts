/** Where the checkout lives, and the address that the iframe opens. */

import { recallAttempt } from "./attempt.js";
import type { CheckoutOptions } from "./options.js";
import { runningScript } from "./page.js";

declare const __CHECKOUT_ORIGIN__: string;
/** Whether this build is checkout.js, and not the npm package. */
declare const __IS_SCRIPT__: boolean;

// The two addresses that the checkout serves its script at. A copy elsewhere (a package CDN, a shop's own
// bundle) says nothing about where the checkout is.
const SERVED = /^\/checkout(-[\d.]+-[0-9a-f]+)?\.js$/;

function originOf(script: HTMLScriptElement | null): string {
  const stated = script?.dataset.checkoutUrl;
  if (stated || !script?.src) return stated ?? "";
  const { origin, pathname } = new URL(script.src);
  return SERVED.test(pathname) ? origin : "";
}

// Read while the script runs: later, there is none. The npm package runs inside some script of the shop's,
// whose address is not the checkout's.
const scriptOrigin = __IS_SCRIPT__ ? originOf(runningScript()) : "";

/** The checkout's origin: the option, else where checkout.js was loaded from, else the build's default. */
export function checkoutOrigin(options: Pick<CheckoutOptions, "checkoutUrl">): string {
  return new URL(options.checkoutUrl || scriptOrigin || __CHECKOUT_ORIGIN__).origin;
}

/**
 * The page's address. What only the page needs travels in the fragment, which browsers send to no server
 * and put in no Referer, so that the session's nonce and the shopper's name do not end up in logs.
 */
export function pageAddress(options: CheckoutOptions, nonce: string): string {
  const query = new URLSearchParams({ order_id: options.orderId, embedded: "true", key: options.key });
  if (options.locale) query.set("locale", options.locale);
  const fragment = new URLSearchParams({ nonce, origin: location.origin });
  const { prefill, theme } = options;
  const attempt = recallAttempt(options.orderId);
  const extras = { name: prefill?.name, vpa: prefill?.vpa, color: theme?.color, logo: theme?.logo, attempt };
  for (const [name, value] of Object.entries(extras)) {
    if (value) fragment.set(name, value);
  }
  return `${checkoutOrigin(options)}/checkout?${query}#${fragment}`;
}
