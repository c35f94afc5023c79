/** Signs a body as the gateway does: for tests of a receiver. */

import { hmac, keyOf, standardContent, toBase64, toHex, utf8 } from "./signatures.js";

export interface SignOptions {
  /** The delivery's id, the same on every attempt. */
  id: string;
  /** When it is sent, in seconds since 1970; unless given, now. */
  timestampSeconds?: number;
}

/** The headers that the gateway would send with this body. Of two secrets, the first is the current one. */
export async function signWebhook(
  body: string | Uint8Array,
  secret: string | readonly [current: string, previous: string],
  { id, timestampSeconds = Math.floor(Date.now() / 1000) }: SignOptions,
): Promise<Record<string, string>> {
  const bytes = typeof body === "string" ? utf8(body) : new Uint8Array(body);
  const keys = await Promise.all((typeof secret === "string" ? [secret] : secret).map(keyOf));
  const content = standardContent(id, String(timestampSeconds), bytes);
  const own = await Promise.all(keys.map(async (key) => toHex(await hmac(key, bytes))));
  const standard = await Promise.all(keys.map(async (key) => `v1,${toBase64(await hmac(key, content))}`));
  return {
    "X-Webhook-Signature": own[0] ?? "",
    ...(own[1] && { "X-Webhook-Signature-Previous": own[1] }),
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": standard.join(" "),
  };
}
