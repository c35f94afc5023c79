/**
 * A shop on another site than the checkout (127.0.0.1, not localhost), with the headers that a test wants.
 */
import { createServer } from "node:http";
import { byId } from "./browser.mjs";
import { CHECKOUT, KEY } from "./stack.mjs";

const page = (attributes, before) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${before}
<script src="${CHECKOUT}/checkout.js" ${attributes}></script><script src="/shop.js"></script></head>
<body><main>
<h1>A shop</h1><button id="buy">Buy</button><a href="#elsewhere">Elsewhere</a></main></body></html>`;

// Everything the shop hears, in order; and every message that reaches its window, whoever sent it.
const SCRIPT = `
window.heard = []; window.messages = [];
addEventListener("message", (event) => messages.push({ origin: event.origin, data: event.data }));
window.checkout = (options) => new PaymentGateway({
  key: ${JSON.stringify(KEY)},
  onSuccess: (response) => heard.push(["success", response]),
  onFailure: (error) => heard.push(["failure", error]),
  onUnavailable: (error) => heard.push(["unavailable", error]),
  onClose: () => heard.push(["close"]),
  onEvent: (event) => heard.push(["event", event]),
  ...options,
});
window.openCheckout = (options) => { window.gateway = checkout(options); gateway.open(); };
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("buy").onclick = () => openCheckout(JSON.parse(document.body.dataset.options));
});`;

/**
 * Serves the shop. `headers` go with its page, `before` is markup ahead of the checkout's script, and `files`
 * maps paths to more texts: pages, or scripts where the path ends in .js. Returns its URL and a way to stop it.
 */
export async function startShop({
  headers = {},
  script = "",
  before = "",
  files = {},
  host = "127.0.0.1",
} = {}) {
  const served = { "/shop.js": SCRIPT, ...files };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://shop");
    const isScript = pathname.endsWith(".js");
    response.writeHead(200, {
      "Content-Type": `${isScript ? "text/javascript" : "text/html"}; charset=utf-8`,
      ...(isScript ? { "Cross-Origin-Resource-Policy": "same-origin" } : headers),
    });
    response.end(served[pathname] ?? page(script, before));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://${host}:${server.address().port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** Presses the shop's button; gives the page inside the modal. */
export async function openCheckout(page, options) {
  await page.evaluate((given) => {
    document.body.dataset.options = JSON.stringify(given);
  }, options);
  await page.locator("#buy").click();
  return page.frameLocator("iframe[data-test-id=payment-iframe]");
}

/** What the shop heard, progress events left out. */
export const heard = (page) => page.evaluate(() => window.heard.filter(([name]) => name !== "event"));

/** Waits until the shop has heard `name`. */
export const hears = (page, name) =>
  page.waitForFunction(
    (wanted) => window.heard.some(([found, event]) => found === wanted || event?.name === wanted),
    name,
  );

export async function payByUpi(frame, vpa) {
  await byId(frame, "method-upi").click();
  await byId(frame, "vpa-input").fill(vpa);
  await byId(frame.locator("[data-test-id=upi-form]"), "pay-button").click();
}

export const CARD = { number: "4000 0000 0000 0077", expiry: "12/39", cvv: "739", holder: "Asha Rao" };

export async function fillCard(frame, card = {}) {
  const { number, expiry, cvv, holder } = { ...CARD, ...card };
  await byId(frame, "method-card").click();
  await byId(frame, "card-number-input").fill(number);
  await byId(frame, "expiry-input").fill(expiry);
  await byId(frame, "cvv-input").fill(cvv);
  await byId(frame, "cardholder-name-input").fill(holder);
}

export async function payByCard(frame, card) {
  await fillCard(frame, card);
  await byId(frame.locator("[data-test-id=card-form]"), "pay-button").click();
}

/** Presses Escape. Not awaited: the frame that hears it may be gone before it can answer the browser. */
export function pressEscape(page) {
  page.keyboard.press("Escape").catch(() => {});
}
