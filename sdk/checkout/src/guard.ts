/**
 * Keeps copies of the modal out of the page. Turbo, htmx and others store a page's markup when the shopper
 * leaves and show that copy when they return: an open modal would come back without its session, and none of
 * its buttons would work. So each modal holds a custom element, which the browser notifies when it is inserted.
 * Only the original knows its session, because properties are not part of the markup.
 */

import { ofDocument } from "./page.js";

const NAME = "payment-gateway-guard";

export interface Guard extends HTMLElement {
  /** Called when the page has removed the modal. Undefined in a copy. */
  onGone?: () => void;
}

/** From now on, copies of a modal are removed from the page, including those already in it. */
export function guardPage(): void {
  // Servers may import this module too. They have no HTMLElement, so the class is defined in here.
  if (typeof customElements === "undefined" || customElements.get(NAME)) return;
  class ModalGuard extends HTMLElement implements Guard {
    onGone?: () => void;

    connectedCallback(): void {
      if (!this.onGone) this.closest("dialog")?.remove();
    }

    disconnectedCallback(): void {
      // A moved element is disconnected too, and connected again when the microtask runs.
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
