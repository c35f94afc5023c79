/**
 * The modal's elements: a native dialog, so that the rest of the page is inert and the focus returns by itself.
 */

import { newGuard } from "./guard.js";
import { ofDocument } from "./page.js";
import { addStyle } from "./style.js";
import type { Texts } from "./texts.js";

export const MODAL_ID = "payment-gateway-modal";
const HEIGHT_MIN = 240;
const HEIGHT_MAX = 1200;
const PROBLEM_HEIGHT = 320;

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  attributes: Record<string, string> = {},
  children: (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = ofDocument("createElement")(tag) as HTMLElementTagNameMap[K];
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export class Modal {
  readonly dialog: HTMLDialogElement;
  frame: HTMLIFrameElement | undefined;
  private readonly content: HTMLElement;
  private readonly loading: HTMLElement;
  private readonly problem: HTMLElement;
  private readonly removeStyle: () => void;

  constructor(
    private readonly texts: Texts,
    onClose: () => void,
    onRetry: () => void,
  ) {
    const close = element("button", "close-button", { type: "button", "aria-label": texts.close }, [
      "\u00d7",
    ]);
    close.dataset.testId = "close-modal-button";
    close.onclick = onClose;
    const retry = element("button", "retry-load", { type: "button" }, [texts.retry]);
    retry.onclick = onRetry;
    this.loading = element("div", "modal-notice", { role: "status" }, [
      element("div", "modal-spinner"),
      element("p", "", {}, [texts.loading]),
    ]);
    this.problem = element("div", "modal-notice", { role: "alert" });
    this.problem.hidden = true;
    this.problem.append(element("p", "", {}, [texts.blocked]), retry);
    this.content = element("div", "modal-content", {}, [close, this.loading, this.problem]);
    const overlay = element("div", "modal-overlay", {}, [this.content]);
    this.dialog = element("dialog", "", { id: MODAL_ID, "aria-label": texts.title }, [
      overlay,
      newGuard(onClose),
    ]);
    this.dialog.dataset.testId = "payment-modal";
    // Escape outside the iframe. Both events, because browsers skip "cancel" when Escape is pressed twice.
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      onClose();
    });
    this.dialog.addEventListener("close", onClose);
    this.removeStyle = addStyle();
    (ofDocument("body") ?? ofDocument("documentElement")).append(this.dialog);
    this.dialog.showModal();
  }

  /** Creates a new iframe: an existing one could treat the new address as a jump within its page. */
  load(address: string): HTMLIFrameElement {
    this.frame?.remove();
    this.show("loading");
    this.frame = element("iframe", "", {
      title: this.texts.title,
      src: address,
      referrerpolicy: "strict-origin",
    });
    this.frame.dataset.testId = "payment-iframe";
    this.content.append(this.frame);
    return this.frame;
  }

  show(what: "loading" | "page" | "problem"): void {
    this.loading.hidden = what !== "loading";
    this.problem.hidden = what !== "problem";
    this.content.style.height = what === "problem" ? `${PROBLEM_HEIGHT}px` : "";
    if (this.frame) this.frame.style.visibility = what === "page" ? "" : "hidden";
    if (what === "page") this.frame?.focus();
    if (what === "problem") this.problem.querySelector("button")?.focus();
  }

  resize(height: unknown): void {
    if (typeof height !== "number" || !Number.isFinite(height)) return;
    this.content.style.height = `${Math.min(Math.max(Math.ceil(height), HEIGHT_MIN), HEIGHT_MAX)}px`;
  }

  remove(): void {
    this.dialog.close();
    this.dialog.remove();
    this.removeStyle();
  }
}
