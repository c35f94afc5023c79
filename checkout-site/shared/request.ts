/** A request to the API, and the one error that it fails with. */

import type { Error as ErrorBody } from "../../sdk/node/src/openapi";
import type { Challenge } from "./resources";

interface Details {
  field?: string | undefined;
  retryAfterMs?: number;
  requestId?: string | undefined;
  challenge?: Challenge | undefined;
}

/** The API responded with an error, or (status 0) did not respond: then nobody knows what became of the request. */
export class ApiError extends Error {
  /** The member, header or parameter that is wrong; "" where no single one is. */
  readonly field: string;
  /** How long to wait before the next try (the Retry-After header); 0 where the API doesn't say. */
  readonly retryAfterMs: number;
  readonly requestId: string;
  /** What is to be solved before the same request is sent again. */
  readonly challenge: Challenge | undefined;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly description: string,
    { field = "", retryAfterMs = 0, requestId = "", challenge }: Details = {},
  ) {
    super(description);
    this.field = field;
    this.retryAfterMs = retryAfterMs;
    this.requestId = requestId;
    this.challenge = challenge;
  }

  /** Whether the same request may succeed in a moment. A limit that names a field lasts longer. */
  get isTemporary(): boolean {
    const tooFast = this.status === 429 && !this.field;
    return this.status === 0 || this.status === 409 || tooFast || this.status >= 500;
  }
}

/** Sends a request and returns the response's JSON body, or null for a 204. Throws an ApiError. */
export async function request(url: string, init: RequestInit, timeoutMs: number): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = init.signal ? anyOf(init.signal, timeout) : timeout;
  let response: Response;
  let body: unknown = null;
  try {
    response = await fetch(url, { ...init, cache: "no-store", signal });
    if (response.status !== 204) body = await response.json();
  } catch {
    throw new ApiError(0, "NETWORK_ERROR", "No response");
  }
  if (response.ok) return body;
  throw errorFrom(response, body);
}

function errorFrom(response: Response, body: unknown): ApiError {
  const error = (body as Partial<ErrorBody> | null)?.error;
  const { code = "SERVER_ERROR", description = "Something went wrong" } = error ?? {};
  const { field, request_id, challenge } = error ?? {};
  return new ApiError(response.status, code, description, {
    field,
    retryAfterMs: (Number(response.headers.get("Retry-After")) || 0) * 1000,
    challenge,
    requestId: request_id ?? response.headers.get("X-Request-Id") ?? undefined,
  });
}

/** AbortSignal.any is younger than the browsers that we build for. */
function anyOf(...signals: AbortSignal[]): AbortSignal {
  const either = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) either.abort();
    else signal.addEventListener("abort", () => either.abort(), { once: true });
  }
  return either.signal;
}
