/** The two signatures of a delivery, by WebCrypto: Node 20, Deno, Bun and edge runtimes all have it. */

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const HMAC: HmacImportParams = { name: "HMAC", hash: "SHA-256" };
const HEX = /^[0-9a-f]{64}$/;

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** The key is the whole secret, its `whsec_` prefix included. */
export function keyOf(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", utf8(secret), HMAC, false, ["sign", "verify"]);
}

/** What Standard Webhooks signs: the delivery's id and time, then the body ("Signature scheme"). */
export function standardContent(id: string, timestamp: string, body: Bytes): Bytes {
  const head = utf8(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return content;
}

export async function hmac(key: CryptoKey, content: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(HMAC, key, content));
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function toBase64(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes));
}

/** The signature in an X-Webhook-Signature header, or undefined for anything but lower-case hex. */
export function fromHex(text: string): Bytes | undefined {
  if (!HEX.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

/** The signature in one entry of a webhook-signature header, or undefined for any version but v1. */
export function fromStandard(entry: string): Bytes | undefined {
  if (!entry.startsWith("v1,")) return undefined;
  try {
    return Uint8Array.from(atob(entry.slice(3)), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * Whether any key made any of the signatures. WebCrypto compares in constant time, and every pair is tried, so
 * the time taken does not tell which one matched.
 */
export async function isSigned(
  signatures: readonly (Bytes | undefined)[],
  keys: readonly CryptoKey[],
  content: Bytes,
): Promise<boolean> {
  const pairs = signatures.flatMap((signature) => keys.map((key) => [signature, key] as const));
  const results = await Promise.all(
    pairs.map(([signature, key]) => signature && crypto.subtle.verify(HMAC, key, signature, content)),
  );
  return results.some(Boolean);
}
