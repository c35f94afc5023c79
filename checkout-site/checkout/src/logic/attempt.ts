/**
 * The attempt in progress, stored until its outcome is known: the idempotency key and, once the API has
 * responded, the payment's id; never what the shopper typed. It survives a reload and a closed tab, so that a
 * shopper who returns finds the same payment instead of making a second one. Browsers often give a third-party
 * frame no storage, so the opener stores it as well.
 */

export interface Attempt {
  key: string;
  paymentId?: string;
  at: number;
}

const PREFIX = "asyncpay.attempt.";
// The API keeps idempotency keys for as long.
const KEPT_MS = 24 * 3600 * 1000;

export class Attempts {
  private current: Attempt | undefined;

  constructor(
    private readonly orderId: string,
    fromOpener: string,
    private readonly tellOpener: (attempt: string | null) => void,
  ) {
    this.current = this.stored() ?? quietly(() => parse(fromOpener || null));
    forgetOld();
  }

  /** The attempt whose outcome is still unknown, or a new one. */
  begin(): Attempt {
    // Another tab may have begun one in the meantime: use its key.
    this.current ??= this.stored() ?? { key: newKey(), at: Date.now() };
    this.store(this.current);
    return this.current;
  }

  open(): Attempt | undefined {
    return this.current;
  }

  created(paymentId: string): void {
    if (!this.current) return;
    this.current.paymentId = paymentId;
    this.store(this.current);
  }

  /** The outcome is known: the next payment is a new one. */
  settle(): void {
    this.current = undefined;
    quietly(() => localStorage.removeItem(PREFIX + this.orderId));
    this.tellOpener(null);
  }

  private stored(): Attempt | undefined {
    return quietly(() => parse(localStorage.getItem(PREFIX + this.orderId)));
  }

  private store(attempt: Attempt): void {
    const text = JSON.stringify(attempt);
    quietly(() => localStorage.setItem(PREFIX + this.orderId, text));
    this.tellOpener(text);
  }
}

function parse(text: string | null): Attempt | undefined {
  const found = JSON.parse(text ?? "null") as Attempt | null;
  const usable = found && typeof found.key === "string" && typeof found.at === "number";
  return usable && Date.now() - found.at < KEPT_MS ? found : undefined;
}

function forgetOld(): void {
  quietly(() => {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX) && !quietly(() => parse(localStorage.getItem(name))))
        localStorage.removeItem(name);
    }
  });
}

/** Browsers that block third-party storage throw on access; then the attempt is in memory only. */
function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return `co_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
