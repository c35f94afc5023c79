/** The settings of this visit, from the address and from the server. */

import { meta } from "../../../shared/meta";
import type { Place } from "./place";

export interface Settings {
  orderId: string;
  /** The publishable key that the shop opened us with; empty when the page was opened on its own. */
  key: string;
  embedded: boolean;
  /** The opener's origin: the only place that messages go to. */
  opener: string;
  nonce: string;
  locale: "en" | "hi";
  color: string;
  /** The shop's picture as a data: URL, or "". */
  logo: string;
  name: string;
  vpa: string;
  /** The open attempt, as the opener stored it for us. */
  attempt: string;
  apiBase: string;
  testStage: boolean;
}

const TEXT_LENGTH_MAX = 255;
const LOGO_LENGTH_MAX = 16_000;
// An <img> runs no script, not even an SVG's, and the page's policy loads pictures from nowhere else.
const LOGO = /^data:image\/(png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/;

/** Reads the address; its fragment (nonce, shopper's name) is no longer in it, nor in the history. */
export function readSettings(place: Place): Settings {
  const query = new URLSearchParams(location.search);
  const fragment = new URLSearchParams(place.fragment);
  const text = (from: URLSearchParams, name: string): string =>
    (from.get(name) ?? "").slice(0, TEXT_LENGTH_MAX);
  const color = text(fragment, "color");
  const logo = fragment.get("logo") ?? "";
  return {
    orderId: text(query, "order_id"),
    key: text(query, "key"),
    embedded: window.parent !== window,
    opener: openerOrigin(text(fragment, "origin"), place.paymentId !== ""),
    nonce: text(fragment, "nonce"),
    locale: (text(query, "locale") || navigator.language).toLowerCase().startsWith("hi") ? "hi" : "en",
    color: /^#[0-9a-f]{6}$/i.test(color) ? color : "",
    logo: logo.length <= LOGO_LENGTH_MAX && LOGO.test(logo) ? logo : "",
    name: text(fragment, "name"),
    vpa: text(fragment, "vpa"),
    attempt: text(fragment, "attempt"),
    apiBase: meta("api").replace(/\/$/, ""),
    testStage: meta("stage") === "test",
  };
}

/**
 * The origin that embeds us, as the browser reports it. The origin that the shop claims counts only where the
 * browser reports none (Firefox), or after a visit to the bank, which is the referrer then.
 */
function openerOrigin(claimed: string, cameBack: boolean): string {
  const referrer = document.referrer && !cameBack ? new URL(document.referrer).origin : "";
  const known = location.ancestorOrigins?.[0] ?? referrer;
  const origin = known || claimed;
  return /^https?:\/\//.test(origin) ? new URL(origin).origin : "";
}
