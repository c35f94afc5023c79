/**
 * Keeps copies of the modal out of the page. Turbo, htmx and others put away a page's markup when the shopper
 * leaves, and show that copy when they come back: a modal that was open would return without its session,
 * deaf to every button. So each modal holds a custom element. The browser tells it when it enters a page, and
 * only the original knows its session, since properties are not part of the markup.
 */

import { ofDocument } from "./page.js";

const NAME = "payment-gateway-guard";

export interface Guard extends HTMLElement {
  /** Called when the page threw the modal away. Missing in a copy. */
  onGone?: () => void;
}

/** From now on, copies of a modal are taken out of the page, those that are in it already too. */
export function guardPage(): void {
  // A server may import this module too; it has no HTMLElement either, so the class is made in here.
  if (typeof customElements === "undefined" || customElements.get(NAME)) return;
  class ModalGuard extends HTMLElement implements Guard {
    onGone?: () => void;

    connectedCallback(): void {
      if (!this.onGone) this.closest("dialog")?.remove();
    }

    disconnectedCallback(): void {
      // An element that is moved leaves as well, and is back by the end of the task.
      queueMicrotask(() => {
        if (!this.isConnected) this.onGone?.();
      });
    }
  }
  customElements.define(NAME, ModalGuard);
}

export function newGuard(onGone: () => void): Guard {
  guardPage();
  const guard: Guard = ofDocument("createElement")(NAME);
  guard.hidden = true;
  guard.onGone = onGone;
  return guard;
}
