import { checkoutOrigin } from "./address.js";
import type { PaymentGateway } from "./gateway.js";

export interface LoadOptions {
  /** A versioned script's address; unless given, the current script of the checkout. */
  src?: string;
  /** The Subresource Integrity hash that goes with a versioned `src`. */
  integrity?: string;
  /** The page's CSP nonce, where its script-src wants one. */
  nonce?: string;
  checkoutUrl?: string;
}

type Loaded = typeof PaymentGateway;
let pending: Promise<Loaded> | undefined;

/**
 * Loads the script that AsyncPay serves, once, and gives its PaymentGateway. For shops that bundle this
 * module but want fixes without a release of their own. Only in browsers; a failed load may be tried again.
 */
export function load(options: LoadOptions = {}): Promise<Loaded> {
  const present = (): Loaded | undefined => (globalThis as { PaymentGateway?: Loaded }).PaymentGateway;
  if (typeof document === "undefined")
    return Promise.reject(new Error("PaymentGateway: load() needs a browser"));
  const already = present();
  if (already) return Promise.resolve(already);
  pending ??= new Promise<Loaded>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = options.src || `${checkoutOrigin(options)}/checkout.js`;
    script.crossOrigin = "anonymous";
    if (options.integrity) script.integrity = options.integrity;
    if (options.nonce) script.nonce = options.nonce;
    const fail = (): void => {
      pending = undefined;
      script.remove();
      reject(new Error("PaymentGateway: the checkout script could not be loaded"));
    };
    script.onerror = fail;
    script.onload = () => {
      const loaded = present();
      if (loaded) resolve(loaded);
      else fail();
    };
    document.head.append(script);
  });
  return pending;
}
