/**
 * An acquirer's own card field, for shops whose cards must not pass through the gateway: the few calls of
 * Stripe.js (v3) that are needed to mount it and to turn what was typed into a token.
 */

import type { CheckoutOrder } from "../../../shared/resources";

type Entry = NonNullable<CheckoutOrder["card_entry"]>;
interface Change {
  complete: boolean;
  error?: { message: string };
}
interface CardField {
  mount(place: HTMLElement): void;
  on(event: "ready" | "change", listener: (change: Change) => void): void;
}
interface Created {
  paymentMethod?: { id: string };
  error?: { message: string };
}
interface StripeJs {
  elements(): { create(kind: "card", options: object): CardField };
  createPaymentMethod(details: {
    type: "card";
    card: CardField;
    billing_details: { name: string };
  }): Promise<Created>;
}

declare global {
  interface Window {
    Stripe?: (key: string) => StripeJs;
  }
}

export interface CardEntry {
  /** The token of the card that was typed, or what is wrong with it, in the acquirer's words. */
  token(holder: string): Promise<{ token: string } | { problem: string }>;
}

/** Loads the acquirer's script and mounts its field. Rejects where that can't be done. */
export async function mountCardEntry(
  entry: Entry,
  place: HTMLElement,
  changed: (problem: string) => void,
): Promise<CardEntry> {
  await load(entry.script_url);
  const stripe = window.Stripe?.(entry.public_key);
  if (!stripe) throw new Error("the acquirer's script did not load");
  const field = stripe.elements().create("card", { hidePostalCode: true });
  field.mount(place);
  field.on("change", (change) => changed(change.error?.message ?? ""));
  return {
    token: async (holder) => {
      const made = await stripe.createPaymentMethod({
        type: "card",
        card: field,
        billing_details: { name: holder },
      });
      return made.paymentMethod
        ? { token: made.paymentMethod.id }
        : { problem: made.error?.message ?? "The card could not be read" };
    },
  };
}

function load(url: string): Promise<void> {
  if (window.Stripe) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error("the acquirer's script did not load"));
    document.head.append(script);
  });
}
