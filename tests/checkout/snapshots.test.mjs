/** Pages that come back as they were left: from Turbo's snapshots, from markup, from the browser's own cache. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage, packaged } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByUpi, startShop } from "./support/shop.mjs";
import { createOrder } from "./support/stack.mjs";

const AWAY = "<!doctype html><html lang=en><title>Away</title><script src=/turbo.js></script><h1>Away</h1>";
let browser, shop;
before(async () => {
  // Playwright turns the back/forward cache off; a shopper's browser has it.
  browser = await launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  shop = await startShop({
    before: `<script src="/turbo.js"></script>`,
    files: { "/turbo.js": packaged("@hotwired/turbo/dist/turbo.es2017-umd.js"), "/away": AWAY },
  });
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

const MODALS = "#payment-gateway-modal";
const count = (page) => page.locator(MODALS).count();

async function visit(url = shop.url) {
  const page = await newPage(browser);
  await page.goto(url);
  return page;
}

async function opened(page) {
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await byId(frame, "vpa-input").waitFor();
  return frame;
}

/** open() on the page as it is now makes one modal that works; close() leaves none. */
async function opensAndCloses(page) {
  await page.evaluate((orderId) => openCheckout({ orderId }), await createOrder());
  assert.equal(await count(page), 1);
  await byId(page.frameLocator(`${MODALS} iframe`), "vpa-input").waitFor();
  await page.evaluate(() => gateway.close());
  assert.equal(await count(page), 0);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 0);
}

test("Turbo takes the shopper away and back: the modal is gone, onClose was called once", async () => {
  const page = await visit();
  await opened(page);
  await page.evaluate(() => Turbo.visit("/away"));
  await page.locator("h1", { hasText: "Away" }).waitFor();
  assert.deepEqual(await heard(page), [["close"]]);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 0, "the page scrolls again");
  await page.goBack();
  await page.locator("#buy").waitFor();
  assert.equal(await count(page), 0);
  await opensAndCloses(page);
});

for (const [how, restore] of [
  ["a clone", () => document.body.replaceWith(window.copy.cloneNode(true))],
  ["its markup", () => void (document.body.innerHTML = window.copy.innerHTML)],
  ["its markup, nested", () => void (document.querySelector("main").innerHTML = window.copy.innerHTML)],
]) {
  test(`a page restored from ${how} shows no modal, and the next open() shows one`, async () => {
    const page = await visit();
    await opened(page);
    await page.evaluate(() => {
      window.copy = document.body.cloneNode(true);
      gateway.close();
    });
    await page.evaluate(restore);
    assert.equal(await count(page), 0);
    await opensAndCloses(page);
  });
}

test("markup kept across a full load is cleaned too, before anything is opened", async () => {
  const page = await visit();
  await opened(page);
  const markup = await page.evaluate(() => document.body.innerHTML);
  const late = await startShop({ files: { "/restored": `<!doctype html><body>${markup}` } });
  await page.goto(`${late.url}restored`);
  assert.equal(await count(page), 1, "without the script the copy is there");
  const script = await page.evaluate(() => fetch("/").then((answer) => answer.text()));
  const [, src] = /<script src="([^"]+checkout\.js)"/.exec(script);
  await page.addScriptTag({ url: src });
  assert.equal(await count(page), 0);
  await late.stop();
});

test("a page that throws the modal away hears onClose, and nothing of the session is left", async () => {
  const page = await visit();
  await opened(page);
  await page.locator(MODALS).evaluate((modal) => modal.remove());
  await hears(page, "close");
  assert.deepEqual(await heard(page), [["close"]]);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 0);
});

test("back from the browser's own cache, an open checkout takes the payment", async () => {
  const page = await visit();
  await page.evaluate(() => {
    addEventListener("pageshow", (event) => (window.restored = event.persisted));
  });
  await opened(page);
  await page.evaluate(() => void (location.href = "/away"));
  await page.locator("h1", { hasText: "Away" }).waitFor();
  await page.evaluate(() => history.back());
  await page.locator("#buy").waitFor();
  await page.waitForFunction(() => window.restored === true);
  await page.evaluate(() => gateway.open());
  assert.equal(await count(page), 1);
  // Playwright knows no frames of a restored page, so this goes by hand.
  await page.locator(`${MODALS} iframe`).focus();
  const { x, y } = await page.locator(`${MODALS} iframe`).boundingBox();
  await page.mouse.click(x + 200, y + 354);
  await page.keyboard.type("success@asyncpay");
  await page.keyboard.press("Enter");
  await hears(page, "success");
  await hears(page, "close");
  assert.equal(await count(page), 0);
});

const comesBack = () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));

test("a load that leaving the page cut off begins anew on the way back", async () => {
  const page = await visit();
  const asked = [];
  await page.route(/\/checkout\?order_id=/, (route) => {
    asked.push(route);
    if (asked.length > 1) return route.continue();
  });
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await page.waitForFunction(() => document.querySelector("#payment-gateway-modal iframe"));
  await page.evaluate(comesBack);
  await byId(frame, "vpa-input").waitFor();
  assert.equal(await count(page), 1);
});

test("a modal that had only to show its tick is closed on the way back", async () => {
  const page = await visit();
  const frame = await opened(page);
  await page.evaluate(() => {
    window.setTimeout = () => 0; // the modal's own time to close never comes
  });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "success");
  await page.evaluate(comesBack);
  assert.equal(await count(page), 0);
  await hears(page, "close");
});
