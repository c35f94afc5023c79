/** Calls to the API of our own origin. The session is a cookie that no script can read. */

import { searchOf } from "./filters";
import type { Session } from "./types";

/** The API's answer was an error, or (status 0) there was none. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly description: string,
    readonly field = "",
    readonly retryAfterSeconds = 0,
    readonly requestId = "",
  ) {
    super(description);
  }
}

const ANSWER_LIMIT_MS = 30_000;
const TOKEN_HEADER = "X-CSRF-Token";

export class Api {
  /** Proves that an unsafe request comes from this page. Kept in memory only; a reload asks for it again. */
  csrfToken = "";
  /** Called when the session is over. */
  onSignedOut: () => void = () => {};

  get<T>(path: string, query: Record<string, string> = {}, signal?: AbortSignal): Promise<T> {
    return this.call(path + searchOf(query), signal ? { signal } : {});
  }

  send<T>(method: string, path: string, body?: unknown, idempotencyKey = ""): Promise<T> {
    const headers: Record<string, string> = { [TOKEN_HEADER]: this.csrfToken };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
    return this.call(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  private async call<T>(path: string, init: RequestInit, isSecond = false): Promise<T> {
    const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
    let response: Response;
    let body: unknown = null;
    try {
      response = await fetch(`/api/v1${path}`, {
        ...init,
        cache: "no-store",
        credentials: "same-origin",
        redirect: "error",
        signal: init.signal ? anyOf(init.signal, limit) : limit,
      });
      if (response.status !== 204) body = await response.json();
    } catch {
      throw new ApiError(0, "NETWORK_ERROR", "No answer");
    }
    if (response.ok) return body as T;
    const error = asError(response, body);
    if (error.status === 403 && error.field === TOKEN_HEADER && !isSecond)
      return this.withNewToken(path, init);
    // A refused sign-in is a 401 too, and no session has ended.
    if (error.status === 401 && path !== "/dashboard/session") this.onSignedOut();
    throw error;
  }

  /** Signing in again in another tab changes the token; the session knows it. Nothing was done, so ask again. */
  private async withNewToken<T>(path: string, init: RequestInit): Promise<T> {
    const { csrf_token } = await this.get<Session>("/dashboard/session");
    this.csrfToken = csrf_token;
    return this.call(path, { ...init, headers: { ...init.headers, [TOKEN_HEADER]: csrf_token } }, true);
  }
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

function asError(response: Response, body: unknown): ApiError {
  const error = (body as { error?: Record<string, string | undefined> } | null)?.error;
  return new ApiError(
    response.status,
    error?.["code"] ?? "SERVER_ERROR",
    error?.["description"] ?? "",
    error?.["field"] ?? "",
    Number(response.headers.get("Retry-After")) || 0,
    error?.["request_id"] ?? response.headers.get("X-Request-Id") ?? "",
  );
}
