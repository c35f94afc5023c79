/** Maps addresses to pages, and checks where a sign-in may return to. Pure; the history is in view/router. */

export type Route =
  | { page: "login" }
  | { page: "overview" }
  | { page: "transactions" }
  | { page: "payment"; id: string }
  | { page: "orders" }
  | { page: "refunds" }
  | { page: "balance" }
  | { page: "reconciliation" }
  | { page: "webhooks" }
  | { page: "webhook"; id: string }
  | { page: "keys" }
  | { page: "audit" }
  | { page: "people" }
  | { page: "account" }
  | { page: "chaos" }
  | { page: "docs" }
  | { page: "missing" };

export type PageName = Route["page"];

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const PAGES: Record<string, Route> = {
  "/login": { page: "login" },
  "/dashboard": { page: "overview" },
  "/dashboard/transactions": { page: "transactions" },
  "/dashboard/orders": { page: "orders" },
  "/dashboard/refunds": { page: "refunds" },
  "/dashboard/balance": { page: "balance" },
  "/dashboard/reconciliation": { page: "reconciliation" },
  "/dashboard/webhooks": { page: "webhooks" },
  "/dashboard/keys": { page: "keys" },
  "/dashboard/audit": { page: "audit" },
  "/dashboard/people": { page: "people" },
  "/dashboard/account": { page: "account" },
  "/dashboard/chaos": { page: "chaos" },
  "/dashboard/docs": { page: "docs" },
};

/** The route of a path; a trailing slash is ignored. */
export function routeOf(path: string): Route {
  const clean = path.length > 1 ? path.replace(/\/$/, "") : path;
  const known = Object.hasOwn(PAGES, clean) ? PAGES[clean] : undefined;
  if (known) return known;
  const cut = clean.lastIndexOf("/");
  const id = clean.slice(cut + 1);
  if (!ID.test(id)) return { page: "missing" };
  if (clean.slice(0, cut) === "/dashboard/transactions") return { page: "payment", id };
  if (clean.slice(0, cut) === "/dashboard/webhooks") return { page: "webhook", id };
  return { page: "missing" };
}

export const HOME = "/dashboard";
export const paymentPath = (id: string): string => `/dashboard/transactions/${encodeURIComponent(id)}`;
/** An order's payments, in the list of payments. */
export const orderPath = (id: string): string => `/dashboard/transactions?q=${encodeURIComponent(id)}`;
export const webhookPath = (id: string): string => `/dashboard/webhooks/${encodeURIComponent(id)}`;

const INVITATION = "#invitation=";
/** The link of an invitation: its token is in the fragment, which no server and no log sees. */
export const invitationPath = (token: string): string => `/login${INVITATION}${token}`;

/** The token of such a link; "" where it is none. */
export function invitationOf(hash: string): string {
  return hash.startsWith(INVITATION) ? hash.slice(INVITATION.length) : "";
}

/** Where a visitor without a session is sent, with the address to return to. */
export function loginPath(from: string): string {
  return from === HOME ? "/login" : `/login?return=${encodeURIComponent(from)}`;
}

/**
 * The address to open after sign-in: only a page of this dashboard on this origin, since a link to /login could
 * name any address (OWASP, "Unvalidated Redirects and Forwards").
 */
export function returnPath(search: string, origin: string): string {
  const wanted = new URLSearchParams(search).get("return") ?? "";
  if (!wanted.startsWith("/") || !URL.canParse(wanted, origin)) return HOME;
  const url = new URL(wanted, origin);
  const isOurs = url.origin === origin && !["login", "missing"].includes(routeOf(url.pathname).page);
  return isOurs ? url.pathname + url.search : HOME;
}
