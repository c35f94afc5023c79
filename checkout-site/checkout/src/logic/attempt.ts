/**
 * The attempt under way, remembered until its outcome is known. It holds the idempotency key and, once
 * answered, the payment's id; never what the shopper typed. It outlives a reload and a closed tab, so that
 * coming back finds the same payment instead of making a second one. It is kept here and, since browsers
 * give a frame of another site often no storage, by the opener as well.
 */

export interface Attempt {
  key: string;
  paymentId?: string;
  at: number;
}

const PREFIX = "asyncpay.attempt.";
// As long as the API keeps idempotency keys.
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

  /** The attempt whose outcome is open, or a new one. */
  begin(): Attempt {
    // Another tab may have begun one meanwhile: its key is ours too.
    this.current ??= this.stored() ?? { key: newKey(), at: Date.now() };
    this.store(this.current);
    return this.current;
  }

  open(): Attempt | undefined {
    return this.current;
  }

  answered(paymentId: string): void {
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

/** Browsers that block third-party storage throw on touch; then memory has to do. */
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
