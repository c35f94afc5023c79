/**
 * Messages from the page: {type, data} (docs/checkout.md), and the nonce of the session that they belong to.
 */

export interface Message {
  type: string;
  data: Record<string, unknown>;
}

/** Unguessable, and new for each load of the iframe: a message from an earlier load is refused. */
export function newNonce(): string {
  // getRandomValues and not randomUUID: shops on plain http in a local network have only the former.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** The message, or undefined unless it comes from this window and origin, with this nonce. */
export function genuine(
  event: MessageEvent,
  from: Window | null,
  origin: string,
  nonce: string,
): Message | undefined {
  if (!from || event.source !== from || event.origin !== origin) return undefined;
  const message = event.data as ({ nonce?: unknown } & Partial<Message>) | null;
  if (!message || message.nonce !== nonce || typeof message.type !== "string") return undefined;
  const data = message.data;
  return { type: message.type, data: data && typeof data === "object" ? data : {} };
}
