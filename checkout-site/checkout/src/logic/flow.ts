/**
 * The state machine that the view shows, from an order to its outcome. Its first rule: an attempt keeps its
 * idempotency key until its outcome is known, so that repeated clicks, lost responses and reloads make one
 * payment.
 */

import { ApiError } from "../../../shared/request";
import type { CheckoutOrder, NewPayment, PaymentCreated, PublicPayment } from "../../../shared/resources";
import type { Api, PaymentRequest } from "./api";
import { Attempts } from "./attempt";
import type { Tell } from "./opener";
import { solve } from "./challenge";
import type { Place } from "./place";
import { poll } from "./poll";

export type Problem = "bad_link" | "not_found" | "foreign" | "expired" | "offline";

/** What the shopper has to do in a UPI app: open it by this link, or approve a request that it shows. */
export type Upi = { link?: string };

export type State =
  | { name: "loading" }
  | { name: "unavailable"; problem: Problem }
  | { name: "form"; field?: string; code?: string }
  | { name: "processing"; slow: boolean; checking?: boolean; bank?: string; upi?: Upi }
  | { name: "success"; paymentId: string }
  | { name: "paid" }
  | { name: "error"; code: string; description: string; unknown: boolean };

// What the shop is told (sdk/checkout/src/options.ts), in English like the API's errors.
const ENDS = {
  invalid_order_id: "orderId is not the id of an order",
  order_not_found: "Order not found",
  wrong_key: "The order belongs to another merchant than the key, or the key is unknown",
  order_expired: "The order has expired",
  order_already_paid: "The order is already paid",
};
const CODES = {
  bad_link: "invalid_order_id",
  not_found: "order_not_found",
  foreign: "wrong_key",
  expired: "order_expired",
} as const;
const ORDER_ID = /^order_[A-Za-z0-9]{16}$/;
const SEND_WAITS_MS = [1_000, 2_000, 4_000];
const RETRY_AFTER_MAX_MS = 10_000;
const SLOW_AFTER_MS = 20_000;
// More than one is asked for where another attempt came in between.
const CHALLENGES_MAX = 3;
// Back from the bank, how long its outcome may take to be known before the shopper is offered to go again.
const BACK_AFTER_MS = 8_000;

export class Flow {
  state: State = { name: "loading" };
  order: CheckoutOrder | undefined;
  private readonly attempts: Attempts;
  private stopPolling = (): void => {};
  // The request whose outcome is unknown; in memory only, since it holds card data.
  private sent: NewPayment | undefined;
  private busy = false;
  private turn = 0;
  // The payment that the shopper comes back from the bank with, until it is followed.
  private cameBack: string;
  private wasAtBank: boolean;

  constructor(
    private readonly orderId: string,
    private readonly api: Api,
    private readonly tell: Tell,
    private readonly changed: () => void,
    private readonly place: Place,
    attempt = "",
  ) {
    this.cameBack = place.paymentId;
    this.wasAtBank = place.paymentId !== "";
    this.attempts = new Attempts(orderId, attempt, (text) => tell("checkout_attempt", { attempt: text }));
  }

  /** Loads the order; while the API does not respond, keeps trying. */
  async load(): Promise<void> {
    this.stopPolling();
    const turn = ++this.turn;
    // "Try again" may be pressed while an earlier request is pending: only the newest one counts.
    const ask = async (): Promise<boolean> => {
      const order = await this.api.order(this.orderId);
      if (turn === this.turn) this.begin(order);
      return true;
    };
    this.set({ name: "loading" });
    if (!ORDER_ID.test(this.orderId)) return this.set({ name: "unavailable", problem: "bad_link" });
    try {
      await ask();
    } catch (error) {
      if (turn !== this.turn) return;
      const problem = problemOf(error);
      this.set({ name: "unavailable", problem });
      if (problem === "offline") this.stopPolling = poll(ask);
    }
  }

  /** Shows the order's form, or resumes a payment that an earlier visit left open. */
  private begin(order: CheckoutOrder): void {
    this.stopPolling();
    this.order = order;
    if (order.card_entry && order.card_entry.acquirer !== this.place.acquirer)
      return this.place.reopen(order.card_entry.acquirer);
    const open = this.attempts.open();
    const paymentId = this.cameBack || open?.paymentId;
    this.cameBack = "";
    if (paymentId) return this.follow(paymentId, 0);
    this.set(stateOf(order));
    // An earlier visit lost the response. The same details would find that payment, which may still succeed.
    if (open && order.status === "attempted") this.stopPolling = this.watchOrder();
  }

  /** Pays. Does nothing while a payment is in progress. */
  async pay(request: NewPayment): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.wasAtBank = false;
    this.sent = request;
    this.set({ name: "processing", slow: false });
    this.tell("checkout_event", { name: "payment_submitted", method: request.method });
    try {
      const payment = await this.send(request);
      this.attempts.created(payment.id);
      this.follow(payment.id);
    } catch (error) {
      await this.refused(error as ApiError);
    }
  }

  /** After an error: back to the form or, if the outcome is unknown, the same request again. */
  async retry(): Promise<void> {
    if (this.state.name !== "error") return;
    if (this.state.unknown && this.sent) return this.pay(this.sent);
    this.set({ name: "form" });
  }

  /** Watches the order while a phone that scanned the QR code may pay it, or it may expire. */
  watchOrder(): () => void {
    return poll(async () => {
      if (!this.waits()) return false;
      const order = await this.api.order(this.orderId);
      if (!this.waits()) return false; // "Pay" was pressed in the meantime
      this.order = order;
      const now = stateOf(order);
      if (now.name !== this.state.name) this.set(now);
      return now.name === "paid";
    });
  }

  private waits(): boolean {
    return this.state.name === "form" || this.state.name === "unavailable";
  }

  private async send(request: NewPayment): Promise<PaymentCreated> {
    const { key } = this.attempts.begin();
    const pay = this.answering(key);
    for (const wait of [...SEND_WAITS_MS, undefined]) {
      try {
        return await pay(request);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isTemporary || wait === undefined) throw error;
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(wait, Math.min(error.retryAfterMs, RETRY_AFTER_MAX_MS))),
        );
      }
    }
    throw new ApiError(0, "NETWORK_ERROR", "No response");
  }

  /** Sends a request, solving what challenges the API asks for: the shopper sees "processing" meanwhile. */
  private answering(key: string): (request: PaymentRequest) => Promise<PaymentCreated> {
    let left = CHALLENGES_MAX;
    const pay = async (request: PaymentRequest): Promise<PaymentCreated> => {
      try {
        return await this.api.pay(request, key);
      } catch (error) {
        const challenge = error instanceof ApiError ? error.challenge : undefined;
        if (!challenge || left-- === 0) throw error;
        this.set({ name: "processing", slow: false, checking: true });
        const solution = await solve(challenge);
        if (solution === undefined) throw error;
        this.set({ name: "processing", slow: false });
        return pay({ ...request, challenge: { token: challenge.token, solution } });
      }
    };
    return pay;
  }

  private async refused(error: ApiError): Promise<void> {
    this.busy = false;
    if (error.isTemporary) {
      return this.set({ name: "error", code: error.code, description: error.description, unknown: true });
    }
    // Rejected for good: this request made no payment. After a 422, an earlier one with other details did.
    this.attempts.settle();
    this.sent = undefined;
    const order = await this.api.order(this.orderId).catch(() => this.order);
    this.order = order;
    const now = order && stateOf(order);
    if (now && now.name !== "form") return this.set(now);
    const { code, field, description } = error;
    if (error.status === 429) return this.set({ name: "error", code, description, unknown: false });
    if (field.startsWith("card") || field === "vpa") return this.set({ name: "form", field, code });
    if (code === "INVALID_VPA") return this.set({ name: "form", field: "vpa", code });
    this.set({ name: "error", code, description, unknown: false });
  }

  private follow(paymentId: string, firstAfterMs?: number): void {
    this.busy = true;
    this.set({ name: "processing", slow: false });
    this.stopPolling();
    this.stopPolling = poll(async (elapsed) => {
      try {
        return this.judge(await this.api.payment(paymentId, this.orderId), elapsed);
      } catch (error) {
        // The API does not know this payment, or not for this order: what was stored is wrong.
        if (!(error instanceof ApiError) || ![400, 404].includes(error.status))
          return this.judge(undefined, elapsed);
        this.settled();
        await this.load();
        return true;
      }
    }, firstAfterMs);
  }

  private judge(payment: PublicPayment | undefined, elapsed: number): boolean {
    if (payment?.status === "success") {
      this.settled();
      this.set({ name: "success", paymentId: payment.id });
      const signature = payment.signature ?? "";
      this.tell("payment_success", { paymentId: payment.id, orderId: this.orderId, signature });
      return true;
    }
    if (payment?.status === "failed") {
      this.settled();
      const code = payment.error_code ?? "PAYMENT_FAILED";
      const description = payment.error_description ?? "The payment failed";
      this.set({ name: "error", code, description, unknown: false });
      this.tell("payment_failed", { paymentId: payment.id, code, description });
      return true;
    }
    const bank = payment?.next_action?.redirect_url ?? "";
    const slow = elapsed > SLOW_AFTER_MS;
    if (payment?.method === "upi" && this.asksInApp()) {
      // Nothing leads away: the app answers while this page waits.
      this.set({ name: "processing", slow, upi: bank.startsWith("upi:") ? { link: bank } : {} });
      return false;
    }
    if (bank && !this.wasAtBank) {
      this.wasAtBank = true;
      this.place.leave(bank);
    } else if (slow || (bank && elapsed > BACK_AFTER_MS)) {
      this.set({ name: "processing", slow, bank });
    }
    return false;
  }

  /** Whether a UPI payment reaches an app. The simulated bank has none. */
  private asksInApp(): boolean {
    return this.order !== undefined && this.order.acquirer !== "simulated";
  }

  private settled(): void {
    this.busy = false;
    this.sent = undefined;
    this.attempts.settle();
  }

  private set(state: State): void {
    const [before, now] = [endOf(this.state), endOf(state)];
    this.state = state;
    this.changed();
    if (now && now !== before) this.tell("checkout_unavailable", { code: now, description: ENDS[now] });
  }
}

/** What to show for an order without a payment of ours in progress. */
function stateOf(order: CheckoutOrder): State {
  if (order.status === "paid") return { name: "paid" };
  return order.expired ? { name: "unavailable", problem: "expired" } : { name: "form" };
}

/** Why the order can't be paid here, if that is so; being offline passes by itself. */
function endOf(state: State): keyof typeof ENDS | undefined {
  if (state.name === "paid") return "order_already_paid";
  if (state.name !== "unavailable" || state.problem === "offline") return undefined;
  return CODES[state.problem];
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 400)) return "offline";
  return error.field === "key" ? "foreign" : "not_found";
}
