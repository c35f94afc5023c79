/**
 * Stores the open payment attempt for the page: an idempotency key and a payment's id, nothing that a shopper
 * typed. The page stores it too, but many browsers give a third-party frame no storage. Only the latest
 * order's is kept, so it never piles up.
 */

const NAME = "asyncpay.attempt";
const LENGTH_MAX = 500;

export function rememberAttempt(orderId: string, attempt: unknown): void {
  try {
    if (typeof attempt !== "string" || attempt.length > LENGTH_MAX) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, JSON.stringify([orderId, attempt]));
  } catch {
    // A shop without storage: the attempt is lost if the shopper reloads the page.
  }
}

export function recallAttempt(orderId: string): string | undefined {
  try {
    const [order, attempt] = JSON.parse(localStorage.getItem(NAME) ?? "[]") as unknown[];
    return order === orderId && typeof attempt === "string" ? attempt : undefined;
  } catch {
    return undefined;
  }
}
