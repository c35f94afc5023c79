/** Verifies deliveries: the gateway's own signature and those of Standard Webhooks. */

import { WebhookVerificationError } from "./errors.js";
import type { Event } from "./openapi.js";
import { fromHex, fromStandard, isSigned, keyOf, standardContent, utf8, type Bytes } from "./signatures.js";

/** Headers of a fetch Request, or of Node's `request.headers`. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /**
   * How far the signed time may be from now, either way: 300 s unless given. It keeps recorded deliveries
   * from being sent again. null accepts deliveries of any age, and those that carry no time.
   */
  toleranceSeconds?: number | null;
  /** The time to compare with, in milliseconds since 1970; unless given, now. */
  nowMs?: number;
}

const TOLERANCE_SECONDS = 300;
const BODY_BYTES_MAX = 1_000_000;

/**
 * Returns the event of a delivery, or throws a WebhookVerificationError.
 *
 * `body` is the body exactly as it arrived, before anything parsed it. `secret` may be several: a delivery is
 * accepted if any of them signed it, so a receiver that knows the old secret and the new one works throughout a
 * rotation. Where both kinds of signature are present, both must fit.
 */
export async function verifyWebhook(
  body: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, nowMs = Date.now() }: VerifyOptions = {},
): Promise<Event> {
  const secrets = typeof secret === "string" ? [secret] : secret;
  // An HMAC key may be empty, and then anybody can sign.
  if (secrets.length === 0 || secrets.some((one) => !one)) throw new TypeError("secret is empty");
  const bytes = typeof body === "string" ? utf8(body) : new Uint8Array(body);
  const keys = await Promise.all(secrets.map(keyOf));
  const header = readerOf(headers);
  const own = [header("x-webhook-signature"), header("x-webhook-signature-previous")].filter(Boolean);
  const standard = header("webhook-signature").split(" ").filter(Boolean);
  const timestamp = header("webhook-timestamp");
  if (own.length + standard.length === 0)
    throw new WebhookVerificationError("no_signature", "The headers have no signature");
  if (own.length > 0 && !(await isSigned(own.map(fromHex), keys, bytes)))
    throw new WebhookVerificationError("bad_signature", "X-Webhook-Signature does not fit body and secret");
  const content = standardContent(header("webhook-id"), timestamp, bytes);
  if (standard.length > 0 && !(await isSigned(standard.map(fromStandard), keys, content)))
    throw new WebhookVerificationError(
      "bad_signature",
      "webhook-signature does not fit id, time, body and secret",
    );
  // Without webhook-signature nobody signed the time.
  if (toleranceSeconds !== null) checkAge(standard.length > 0 ? timestamp : "", toleranceSeconds, nowMs);
  return eventOf(bytes);
}

/** The same for a fetch Request, as route handlers of Next, Hono, Deno and Workers get it. Reads its body. */
export async function verifyRequest(
  request: Request,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<Event> {
  return verifyWebhook(await bodyOf(request), request.headers, secret, options);
}

/** Nobody is verified yet, so no more is read than an event can be long. */
async function bodyOf(request: Request): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > BODY_BYTES_MAX) {
      await reader?.cancel();
      throw new WebhookVerificationError("body_too_large", `The body is larger than ${BODY_BYTES_MAX} bytes`);
    }
    chunks.push(read.value);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function readerOf(headers: WebhookHeaders): (name: string) => string {
  if (headers instanceof Headers) return (name) => headers.get(name) ?? "";
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = lower.get(name) ?? "";
    return typeof value === "string" ? value : value.join(", ");
  };
}

function checkAge(timestamp: string, toleranceSeconds: number, nowMs: number): void {
  if (!/^\d{1,15}$/.test(timestamp))
    throw new WebhookVerificationError(
      "no_timestamp",
      "No webhook-timestamp is signed: this may be a replay",
    );
  const ageSeconds = nowMs / 1000 - Number(timestamp);
  if (!(Math.abs(ageSeconds) <= toleranceSeconds))
    throw new WebhookVerificationError(
      "outside_tolerance",
      `Sent ${Math.round(ageSeconds)} s ago; ${toleranceSeconds} s are allowed. Is this machine's clock right?`,
    );
}

function eventOf(bytes: Bytes): Event {
  let event: unknown;
  try {
    event = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new WebhookVerificationError("bad_body", "The signed body is not JSON");
  }
  if (typeof event !== "object" || event === null || !("event" in event) || !("data" in event))
    throw new WebhookVerificationError("bad_body", "The signed body is not an event");
  return event as Event;
}
