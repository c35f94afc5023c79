/** One opening of the modal: loads the page, receives its messages, and calls the shop back. */

import { checkoutOrigin, pageAddress } from "./address.js";
import { rememberAttempt } from "./attempt.js";
import { genuine, newNonce, type Message } from "./messages.js";
import { Modal } from "./modal.js";
import type { CheckoutOptions, UnavailableError } from "./options.js";
import { textsFor } from "./texts.js";

const LOAD_LIMIT_MS = 15_000;
// A blocked frame "loads" the browser's error page: if our page is silent for so long after that, it isn't there.
const SPEAK_LIMIT_MS = 3_000;
// Long enough for the shopper to see the tick.
const SUCCESS_SHOWN_MS = 1_500;

export class Session {
  readonly modal: Modal;
  private readonly origin: string;
  private nonce = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private paid = false;

  constructor(
    private readonly options: CheckoutOptions,
    private readonly close: () => void,
  ) {
    this.origin = checkoutOrigin(options);
    this.modal = new Modal(textsFor(options.locale), close, () => this.load());
    addEventListener("message", this.hear);
    addEventListener("securitypolicyviolation", this.judgeBlock);
    addEventListener("pageshow", this.resume);
    this.load();
  }

  end(): void {
    clearTimeout(this.timer);
    removeEventListener("message", this.hear);
    removeEventListener("securitypolicyviolation", this.judgeBlock);
    removeEventListener("pageshow", this.resume);
    this.modal.remove();
  }

  private load(): void {
    this.nonce = newNonce();
    this.giveUpAfter(LOAD_LIMIT_MS);
    const nonce = this.nonce;
    this.modal.load(pageAddress(this.options, nonce)).onload = () => {
      if (nonce === this.nonce && this.timer) this.giveUpAfter(SPEAK_LIMIT_MS);
    };
  }

  private giveUpAfter(limit: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.showProblem(), limit);
  }

  private showProblem(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.modal.show("problem");
    tell(this.options.onEvent, { name: "load_failed" });
  }

  private readonly judgeBlock = (event: SecurityPolicyViolationEvent): void => {
    const ours =
      /^(frame|child|default)-src/.test(event.effectiveDirective) && event.disposition === "enforce";
    if (ours && this.timer && event.blockedURI.startsWith(this.origin)) this.showProblem();
  };

  /** The back/forward cache restores the frame as it was, but not a load that was in progress. */
  private readonly resume = ({ persisted }: PageTransitionEvent): void => {
    if (persisted && this.paid) this.close();
    else if (persisted && this.timer) this.load();
  };

  private readonly hear = (event: MessageEvent): void => {
    const message = genuine(event, this.modal.frame?.contentWindow ?? null, this.origin, this.nonce);
    if (message) this.handle(message);
  };

  private handle({ type, data }: Message): void {
    const { onSuccess, onFailure, onUnavailable, onEvent, orderId } = this.options;
    if (type === "checkout_ready") {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.modal.show("page");
      tell(onEvent, { name: "ready" });
    } else if (type === "checkout_resize") {
      this.modal.resize(data.height);
    } else if (type === "checkout_attempt") {
      rememberAttempt(orderId, data.attempt);
    } else if (type === "checkout_event" && typeof data.name === "string") {
      tell(onEvent, { ...data, name: data.name });
    } else if (type === "payment_success" && !this.paid && typeof data.paymentId === "string") {
      this.paid = true;
      setTimeout(this.close, SUCCESS_SHOWN_MS);
      const signature = typeof data.signature === "string" ? data.signature : "";
      tell(onSuccess, { paymentId: data.paymentId, orderId, signature });
    } else if (type === "payment_failed" && !this.paid) {
      tell(onFailure, {
        code: String(data.code),
        description: String(data.description),
        ...(typeof data.paymentId === "string" && { paymentId: data.paymentId }),
      });
    } else if (type === "checkout_unavailable" && typeof data.code === "string") {
      const code = data.code as UnavailableError["code"];
      tell(onUnavailable, { code, description: String(data.description), orderId });
    } else if (type === "close_modal") {
      this.close();
    }
  }
}

/** Calls the shop's function. An error that it throws is reported as uncaught and does not stop us. */
export function tell<T>(callback: ((value: T) => void) | undefined, value: T): void {
  try {
    callback?.(value);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
