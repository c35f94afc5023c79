/**
 * Where the page is, and how it leaves and comes back: for the bank's page (3-D Secure), and for another
 * policy of its own. What stood in the address' fragment (nonce, colours) goes along.
 */

const KEPT = "asyncpay.fragment.";
// What others add to the address when they send the shopper back, and what we add ourselves.
const ADDED = ["payment_id", "payment_intent", "payment_intent_client_secret", "redirect_status", "fragment"];
// All that may travel in an address: it is in the logs of whoever is on the way.
const TRAVELS = ["nonce", "origin", "color"];

export class Place {
  /** The payment that the shopper comes back from the bank with; "" on the first visit. */
  readonly paymentId: string;
  /** The acquirer whose scripts this document's policy allows; "" for none. */
  readonly acquirer: string;
  readonly fragment: string;
  private readonly orderId: string;

  constructor() {
    const query = new URLSearchParams(location.search);
    this.orderId = query.get("order_id") ?? "";
    this.paymentId = query.get("payment_id") ?? "";
    this.acquirer = query.get("acquirer") ?? "";
    const kept = this.paymentId ? this.kept() : "";
    this.fragment = location.hash.slice(1) || kept || (query.get("fragment") ?? "");
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }

  /** The address that the bank is to send the shopper back to. */
  returnUrl(): string {
    const url = this.plain();
    if (!this.keep()) {
      const all = new URLSearchParams(this.fragment);
      const few = TRAVELS.flatMap((name) => (all.has(name) ? [[name, all.get(name) ?? ""]] : []));
      if (few.length) url.searchParams.set("fragment", new URLSearchParams(few).toString());
    }
    return url.href;
  }

  /** Goes to the bank's page. */
  leave(url: string): void {
    if (/^https?:\/\//.test(url)) location.assign(url);
  }

  /** Comes back with a policy that allows an acquirer's script. */
  reopen(acquirer: string): void {
    const url = this.plain();
    url.searchParams.set("acquirer", acquirer);
    url.hash = this.fragment;
    location.replace(url.href);
  }

  private plain(): URL {
    const url = new URL(location.pathname + location.search, location.origin);
    for (const name of ADDED) url.searchParams.delete(name);
    return url;
  }

  private keep(): boolean {
    try {
      sessionStorage.setItem(KEPT + this.orderId, this.fragment);
      return true;
    } catch {
      return false; // the browser gives a third-party frame no storage
    }
  }

  private kept(): string {
    try {
      return sessionStorage.getItem(KEPT + this.orderId) ?? "";
    } catch {
      return "";
    }
  }
}
