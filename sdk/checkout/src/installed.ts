/** The PaymentGateway that the page already has, from this script or another copy of it. */

import type { PaymentGateway } from "./gateway.js";

type Installed = typeof PaymentGateway;

/** The class at `window.PaymentGateway`, where an element with that id may be instead. */
export function installed(): Installed | undefined {
  const found = (globalThis as { PaymentGateway?: Installed }).PaymentGateway;
  return typeof found === "function" && typeof found.version === "string" ? found : undefined;
}
