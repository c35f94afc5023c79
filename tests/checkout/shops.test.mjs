/** Shops as they are: strict policies, blockers, frameworks that remount, scripts included twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { byId } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByUpi, pressEscape } from "./support/shop.mjs";
import { CHECKOUT, createOrder, DEMO_SHOP } from "./support/stack.mjs";
import { visits } from "./support/visits.mjs";

const STRICT = [
  "default-src 'none'",
  `script-src 'self' ${CHECKOUT}`,
  `frame-src ${CHECKOUT}`,
  "style-src 'none'",
  "connect-src 'none'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join("; ");
const { visit, blank } = visits();

async function paysThrough(page) {
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["success", "close"],
  );
}

test("a shop with a strict Content-Security-Policy sells, with nothing reported", async () => {
  const page = await visit({ headers: { "Content-Security-Policy": STRICT } });
  await paysThrough(page);
  assert.deepEqual(page.complaints, []);
});

test("a cross-origin isolated shop (COEP require-corp, COOP same-origin) sells", async () => {
  const page = await visit({
    headers: { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin" },
  });
  assert.equal(
    await page.evaluate(() => globalThis.crossOriginIsolated),
    await page.evaluate(() => isSecureContext),
  );
  await paysThrough(page);
  assert.deepEqual(page.complaints, []);
});

test("the demo shop sells, on an origin of its own", async () => {
  const page = await blank();
  await page.goto(DEMO_SHOP);
  assert.notEqual(new URL(page.url()).hostname, new URL(CHECKOUT).hostname);
  await page.locator("#buy").click();
  await payByUpi(page.frameLocator("iframe[data-test-id=payment-iframe]"), "success@asyncpay");
  await page.locator("#outcome", { hasText: /Paid with pay_/ }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a frame that the shop's policy blocks shows a message with retry at once, never a blank", async () => {
  const policy = STRICT.replace(`frame-src ${CHECKOUT}`, "frame-src 'none'");
  const page = await visit({ headers: { "Content-Security-Policy": policy } });
  await openCheckout(page, { orderId: await createOrder() });
  await page.locator(".retry-load").waitFor();
  assert.match(await page.locator("#payment-gateway-modal").textContent(), /could not be loaded/);
  await page.locator(".close-button").click();
  assert.deepEqual(await heard(page), [["close"]]);
});

test("a page that a blocker stops shows a message; retry loads it once the way is clear", async () => {
  const page = await visit();
  await page.route(`${CHECKOUT}/checkout?**`, (route) => route.abort("blockedbyclient"));
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await page.locator(".retry-load").waitFor();
  await page.unrouteAll();
  await page.locator(".retry-load").click();
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "success");
});

test("a page that never answers shows the message after 15 s", async () => {
  const page = await visit();
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000); // from here on only fastForward moves it
  await page.route(`${CHECKOUT}/checkout?**`, () => {});
  await openCheckout(page, { orderId: await createOrder() });
  await page.clock.fastForward(14_000);
  assert.equal(await page.locator(".retry-load").isVisible(), false);
  await page.clock.fastForward(2_000);
  await page.locator(".retry-load").waitFor();
});

test("closing while it loads leaves nothing behind", async () => {
  const page = await visit();
  await page.clock.install();
  await page.route(`${CHECKOUT}/checkout?**`, () => {});
  await openCheckout(page, { orderId: await createOrder() });
  pressEscape(page);
  await page.locator("#payment-gateway-modal").waitFor({ state: "detached" });
  await page.clock.fastForward(20_000);
  assert.equal(await page.locator("#payment-gateway-modal").count(), 0);
  assert.deepEqual(await heard(page), [["close"]]);
});

test("the script twice and open() twice make one modal; a second instance replaces the first", async () => {
  const page = await visit({ script: "></script><script src=" + `"${CHECKOUT}/checkout.js"` });
  const orderId = await createOrder();
  const counts = await page.evaluate((id) => {
    const count = () => document.querySelectorAll("#payment-gateway-modal iframe").length;
    const first = checkout({ orderId: id });
    first.open();
    first.open();
    const afterTwo = count();
    const second = checkout({ orderId: id, onClose: () => heard.push(["second closed"]) });
    second.open();
    const afterSecond = count();
    second.close();
    return [afterTwo, afterSecond, count(), document.adoptedStyleSheets.length];
  }, orderId);
  assert.deepEqual(counts, [1, 1, 0, 0]);
  assert.deepEqual(await heard(page), [["close"], ["second closed"]]);
});

test("a framework that throws the elements away and mounts again gets a fresh modal", async () => {
  const page = await visit();
  const orderId = await createOrder();
  await page.evaluate((id) => {
    window.gateway = checkout({ orderId: id });
    for (let mount = 0; mount < 5; mount++) {
      gateway.open();
      gateway.close();
    }
    gateway.open();
    document.getElementById("payment-gateway-modal").remove();
    gateway.open();
  }, orderId);
  await payByUpi(page.frameLocator("iframe[data-test-id=payment-iframe]"), "success@asyncpay");
  await hears(page, "success");
  assert.equal((await heard(page)).filter(([name]) => name === "success").length, 1);
});

test("the background is inert and does not scroll; position and focus come back", async () => {
  const page = await visit({}, { viewport: { width: 800, height: 400 } });
  await page.evaluate(() => {
    document.querySelector("main").style.paddingBottom = "3000px";
  });
  await page.mouse.wheel(0, 30);
  await page.waitForFunction(() => scrollY > 0);
  const position = await page.evaluate(() => scrollY);
  await openCheckout(page, { orderId: await createOrder() });
  await page.mouse.move(20, 200);
  await page.mouse.wheel(0, 500);
  assert.equal(await page.evaluate(() => document.querySelector("dialog").matches(":modal")), true);
  pressEscape(page);
  await page.locator("#payment-gateway-modal").waitFor({ state: "detached" });
  assert.deepEqual(await page.evaluate(() => [scrollY, document.activeElement.id]), [position, "buy"]);
});

test("under 480 px the modal is a sheet at the bottom, as wide as the screen", async () => {
  const page = await visit({}, { viewport: { width: 400, height: 800 }, isMobile: true, hasTouch: true });
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await byId(frame, "vpa-input").waitFor();
  const box = await page.locator(".modal-content").boundingBox();
  assert.deepEqual([box.x, box.width, Math.round(box.y + box.height)], [0, 400, 800]);
});

test("PaymentGateway.load() loads the script once, by its versioned address and hash too", async () => {
  const page = await visit();
  const release = await (await fetch(`${CHECKOUT}/checkout/release.json`)).json();
  const [same, version] = await page.evaluate(
    async ([src, integrity]) => {
      const { load } = window.PaymentGateway;
      delete window.PaymentGateway;
      const [first, second] = await Promise.all([load({ src, integrity }), load({ src, integrity })]);
      return [first === second && first === window.PaymentGateway, first.version];
    },
    [CHECKOUT + release.script, release.integrity],
  );
  assert.deepEqual([same, version], [true, release.version]);
});
