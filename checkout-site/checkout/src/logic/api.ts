/** The three calls to the API that a shopper's browser makes. */

export interface Order {
  id: string;
  amount: number;
  currency: string;
  status: string;
  /** Too late to begin a payment; one that is under way may still succeed. */
  expired: boolean;
}

export interface Payment {
  id: string;
  order_id: string;
  status: "pending" | "success" | "failed";
  error_code?: string;
  error_description?: string;
}

export type PaymentRequest =
  | { order_id: string; method: "upi"; vpa: string }
  | {
      order_id: string;
      method: "card";
      card: { number: string; expiry_month: string; expiry_year: string; cvv: string; holder_name: string };
    };

/** The API's answer was an error, or (status 0) there was none: nobody knows what became of the request. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly description: string,
    readonly field = "",
    readonly retryAfterMs = 0,
  ) {
    super(description);
  }

  /** Whether asking again, in the same words, may help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

const ANSWER_LIMIT_MS = 15_000;
const RETRY_AFTER_MAX_MS = 10_000;

export class Api {
  constructor(
    private readonly base: string,
    private readonly key: string,
  ) {}

  order(id: string): Promise<Order> {
    // The key lets the API refuse an order that is not this shop's; the page on its own has none.
    const query = this.key ? `?key=${encodeURIComponent(this.key)}` : "";
    return this.call(`/checkout/orders/${encodeURIComponent(id)}${query}`);
  }

  payment(id: string, orderId: string): Promise<Payment> {
    return this.call(`/payments/${encodeURIComponent(id)}/public?order_id=${encodeURIComponent(orderId)}`);
  }

  pay(request: PaymentRequest, idempotencyKey: string): Promise<Payment> {
    return this.call("/payments/public", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
      body: JSON.stringify(request),
    });
  }

  private async call<T>(path: string, init: RequestInit = {}): Promise<T> {
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(`${this.base}/api/v1${path}`, {
        ...init,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      body = await response.json();
    } catch {
      throw new ApiError(0, "NETWORK_ERROR", "No answer");
    }
    if (response.ok) return body as T;
    throw asError(response, body);
  }
}

function asError(response: Response, body: unknown): ApiError {
  const error = (body as { error?: { code?: string; description?: string; field?: string } } | null)?.error;
  const seconds = Number(response.headers.get("Retry-After")) || 0;
  return new ApiError(
    response.status,
    error?.code ?? "SERVER_ERROR",
    error?.description ?? "Something went wrong",
    error?.field ?? "",
    Math.min(seconds * 1000, RETRY_AFTER_MAX_MS),
  );
}
