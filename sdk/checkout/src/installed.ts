/** The PaymentGateway that the page has already, from this script or another copy of it. */

import type { PaymentGateway } from "./gateway.js";

type Installed = typeof PaymentGateway;

/** The class at `window.PaymentGateway`; an element with that id is at the same place, and is not it. */
export function installed(): Installed | undefined {
  const found = (globalThis as { PaymentGateway?: Installed }).PaymentGateway;
  return typeof found === "function" && typeof found.version === "string" ? found : undefined;
}
