/** Verifies, on the shop's server, what `onSuccess` handed to the shop's page. */

import { fromHex, isSigned, keyOf, utf8 } from "./signatures.js";

export interface CheckoutSuccess {
  /** The shop's own order: from its session or database, not from the browser's message. */
  orderId: string;
  paymentId: string;
  signature: string;
}

/** Whether the gateway says that this payment of this order succeeded. `secret` is the webhook secret, or several. */
export async function verifyCheckout(
  { orderId, paymentId, signature }: CheckoutSuccess,
  secret: string | readonly string[],
): Promise<boolean> {
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (secrets.length === 0 || secrets.some((one) => !one)) throw new TypeError("secret is empty");
  const keys = await Promise.all(secrets.map(keyOf));
  return isSigned(signature.split(" ").map(fromHex), keys, utf8(`${orderId}|${paymentId}`));
}
