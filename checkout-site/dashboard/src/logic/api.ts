/** Calls to the API on this page's own origin. The session is a cookie that no script can read. */

import { ApiError, request } from "../../../shared/request";
import type { Session } from "../../../shared/resources";
import { searchOf } from "./filters";

const TIMEOUT_MS = 30_000;
const TOKEN_HEADER = "X-CSRF-Token";

export class Api {
  /** Proves that a request that changes something comes from this page. In memory only; a reload fetches it again. */
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
    try {
      const origin: RequestInit = { credentials: "same-origin", redirect: "error" };
      return (await request(`/api/v1${path}`, { ...init, ...origin }, TIMEOUT_MS)) as T;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 403 && error.field === TOKEN_HEADER && !isSecond)
        return this.withNewToken(path, init);
      // A refused sign-in is a 401 too, and ends no session.
      if (error.status === 401 && path !== "/dashboard/session") this.onSignedOut();
      throw error;
    }
  }

  /** A sign-in in another tab changes the token. The refused request had no effect, so it is sent again. */
  private async withNewToken<T>(path: string, init: RequestInit): Promise<T> {
    const { csrf_token } = await this.get<Session>("/dashboard/session");
    this.csrfToken = csrf_token;
    return this.call(path, { ...init, headers: { ...init.headers, [TOKEN_HEADER]: csrf_token } }, true);
  }
}
