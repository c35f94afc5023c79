import { checkoutOrigin } from "./address.js";
import type { PaymentGateway } from "./gateway.js";
import { installed } from "./installed.js";
import { ofDocument } from "./page.js";

export interface LoadOptions {
  /** A versioned script's address; by default, the checkout's current script. */
  src?: string;
  /** The Subresource Integrity hash that goes with a versioned `src`. */
  integrity?: string;
  /** The page's CSP nonce, where its script-src asks for one. */
  nonce?: string;
  checkoutUrl?: string;
}

type Loaded = typeof PaymentGateway;
interface Policy {
  createScriptURL: (url: string) => string;
}

/** The policy's name, which a shop with a `trusted-types` directive lists there. */
const POLICY = "asyncpay-checkout";
// A connection that hangs raises no error event for minutes.
const LOAD_LIMIT_MS = 30_000;

let pending: Promise<Loaded> | undefined;
// Created once: under a `trusted-types` directive, a second policy of the same name is refused.
let policy: Policy | undefined;

/**
 * Loads the script that AsyncPay serves, once, and resolves to its PaymentGateway. It is for shops that
 * bundle this module but want fixes without a release of their own. Works in browsers only. After a load
 * that failed, the next call tries again.
 */
export function load(options: LoadOptions = {}): Promise<Loaded> {
  if (typeof document === "undefined")
    return Promise.reject(new Error("PaymentGateway: load() needs a browser"));
  const already = installed();
  if (already) return Promise.resolve(already);
  pending ??= addScript(options).finally(() => {
    pending = undefined;
  });
  return pending;
}

async function addScript(options: LoadOptions): Promise<Loaded> {
  const script = ofDocument("createElement")("script");
  script.src = trusted(options.src || `${checkoutOrigin(options)}/checkout.js`);
  script.crossOrigin = "anonymous";
  if (options.integrity) script.integrity = options.integrity;
  if (options.nonce) script.nonce = options.nonce;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise((resolve) => {
    script.onload = script.onerror = resolve;
    timer = setTimeout(resolve, LOAD_LIMIT_MS);
    (ofDocument("head") ?? ofDocument("documentElement")).append(script);
  });
  clearTimeout(timer);
  const loaded = installed();
  if (loaded) return loaded;
  script.remove();
  throw new Error("PaymentGateway: the checkout script could not be loaded");
}

/**
 * The address in the form that `require-trusted-types-for 'script'` demands. If the page does not allow our
 * policy, its default policy decides; without one, the browser throws a TypeError when the address is set.
 */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy: (name: string, rules: Policy) => Policy };
  };
  try {
    policy ??= trustedTypes?.createPolicy(POLICY, { createScriptURL: (url) => url });
  } catch {
    return address;
  }
  return policy?.createScriptURL(address) ?? address;
}
