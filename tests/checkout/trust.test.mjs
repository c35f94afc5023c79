/** Who is listened to, who may frame, and what a shop's page can see of a shopper's card: nothing. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByCard, payByUpi, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder } from "./support/stack.mjs";

let browser, shop, stranger;
before(async () => {
  browser = await launch();
  shop = await startShop();
  stranger = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  await stranger?.stop();
});

const FORGED = { type: "payment_success", data: { paymentId: "pay_AAAAAAAAAAAAAAAA" } };

async function ready() {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await hears(page, "ready");
  const src = await page.locator("iframe[data-test-id=payment-iframe]").getAttribute("src");
  return { page, frame, nonce: new URLSearchParams(new URL(src).hash.slice(1)).get("nonce") };
}

const inner = (page) => page.frames().find((frame) => frame.url().startsWith(CHECKOUT));
const received = (page, count) =>
  page.waitForFunction(
    (wanted) => messages.filter(({ data }) => data?.type === "payment_success").length >= wanted,
    count,
  );

/** The modal closes 1.5 s after a success, and its frame could no longer be asked. */
const stayOpen = (page) =>
  page.evaluate(() => {
    gateway.close = () => {};
  });

test("a message from the shop's own window fires nothing, right nonce or not", async () => {
  const { page, nonce } = await ready();
  await page.evaluate(
    ([message, known]) => {
      postMessage(message, "*");
      postMessage({ ...message, nonce: known }, "*");
    },
    [FORGED, nonce],
  );
  await received(page, 2);
  assert.deepEqual(await heard(page), []);
});

test("a message from a frame of another origin fires nothing, even with the right nonce", async () => {
  const { page, nonce } = await ready();
  await page.evaluate(
    ([url]) => document.body.append(Object.assign(document.createElement("iframe"), { src: url })),
    [stranger.url],
  );
  await page.waitForFunction(() => frames.length > 1);
  const other = await until(() => page.frames().find((frame) => frame.url() === stranger.url));
  await other.waitForLoadState();
  await other.evaluate(
    ([message, known]) => parent.postMessage({ ...message, nonce: known }, "*"),
    [FORGED, nonce],
  );
  await received(page, 1);
  assert.deepEqual(await heard(page), []);
});

test("a message from another frame of the checkout's own origin fires nothing", async () => {
  const { page, nonce } = await ready();
  const url = `${CHECKOUT}/checkout?order_id=none`;
  await page.evaluate(
    (src) => document.body.append(Object.assign(document.createElement("iframe"), { src })),
    url,
  );
  const other = await until(() => page.frames().find((frame) => frame.url() === url));
  await other.waitForLoadState();
  await other.evaluate(
    ([message, known]) => parent.postMessage({ ...message, nonce: known }, "*"),
    [FORGED, nonce],
  );
  await received(page, 1);
  assert.deepEqual(await heard(page), []);
});

test("the right frame with an old nonce, or none, fires nothing; with the right one, once", async () => {
  const { page, nonce: old } = await ready();
  await page.evaluate(() => {
    gateway.close();
    gateway.open();
  });
  await page.waitForFunction(() => heard.filter(([, event]) => event?.name === "ready").length === 2);
  const src = await page.locator("iframe[data-test-id=payment-iframe]").getAttribute("src");
  const nonce = new URLSearchParams(new URL(src).hash.slice(1)).get("nonce");
  assert.notEqual(nonce, old);
  const say = (message) => inner(page).evaluate((said) => parent.postMessage(said, "*"), message);
  await say({ ...FORGED, nonce: old });
  await say(FORGED);
  await say({ ...FORGED, nonce: [nonce] });
  await received(page, 3);
  assert.deepEqual(await heard(page), [["close"]]);
  await stayOpen(page);
  await say({ ...FORGED, nonce });
  await say({ ...FORGED, nonce });
  await received(page, 5);
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["close", "success"],
  );
});

test("the page tells its real opener, whatever origin its address claims", async () => {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const address = `${CHECKOUT}/checkout?order_id=x&embedded=true#nonce=n&origin=http%3A%2F%2Fshop.test`;
  await page.evaluate(
    (src) => document.body.append(Object.assign(document.createElement("iframe"), { src })),
    address,
  );
  await page.waitForFunction(() => messages.some(({ data }) => data.type === "checkout_ready"));
  const target = await page.evaluate(() => location.origin);
  const told = await page.evaluate(() => messages.map(({ data }) => data.nonce));
  assert.ok(
    told.every((nonce) => nonce === "n"),
    `told ${target}`,
  );
});

test("no card number, CVV or secret reaches the shop's page, storage, messages or requests", async () => {
  const page = await newPage(browser);
  const requests = [];
  page.on("request", (request) => requests.push(`${request.url()} ${request.postData() ?? ""}`));
  await page.goto(shop.url);
  const orderId = await createOrder();
  const frame = await openCheckout(page, { orderId });
  await stayOpen(page);
  const amex = { number: "3782 822463 10005", cvv: "7391" };
  await payByCard(frame, amex);
  await hears(page, "success");
  const seen = await page.evaluate(() =>
    JSON.stringify([
      document.documentElement.outerHTML,
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      messages,
      heard,
      performance.getEntriesByType("resource").map(({ name }) => name),
    ]),
  );
  const stored = await inner(page).evaluate(() => {
    try {
      return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]);
    } catch {
      return "this browser gives a frame of another site no storage";
    }
  });
  const number = amex.number.replaceAll(" ", "");
  const carrying = requests.filter((line) => line.includes(number));
  assert.equal(carrying.length, 1);
  assert.match(carrying[0], /\/api\/v1\/payments\/public /);
  // The CVV's four digits stand alone: inside a random id or a time they mean nothing.
  const secrets = [number, amex.number, "secret_test", "(?<![\\w.])7391(?![\\w.])"].map(
    (text) => new RegExp(text),
  );
  for (const secret of secrets) {
    assert.doesNotMatch(seen, secret, "the shop's page");
    assert.doesNotMatch(stored, secret, "the checkout's storage");
    assert.doesNotMatch(requests.filter((line) => !carrying.includes(line)).join(" "), secret, "requests");
  }
});

test("the amount comes from the server, whatever the address says", async () => {
  const page = await newPage(browser);
  await page.goto(`${CHECKOUT}/checkout?order_id=${await createOrder(123_456)}&amount=1&currency=USD`);
  await byId(page, "vpa-input").waitFor();
  assert.equal(await byId(page, "order-amount").textContent(), "₹1,234.56");
});

test("the address keeps no nonce and no name of the shopper", async () => {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const frame = await openCheckout(page, {
    orderId: await createOrder(),
    prefill: { name: "Asha Rao", vpa: "asha@bank" },
  });
  assert.equal(await byId(frame, "vpa-input").inputValue(), "asha@bank");
  assert.equal(await byId(frame, "cardholder-name-input").inputValue(), "Asha Rao");
  assert.equal(await inner(page).evaluate(() => location.hash), "");
});

test("nothing is loaded before open() but the script itself", async () => {
  const page = await newPage(browser);
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(shop.url, { waitUntil: "networkidle" });
  assert.deepEqual(
    requests.filter((url) => url.startsWith(CHECKOUT)),
    [`${CHECKOUT}/checkout.js`],
  );
});

test("what the shop throws in a callback stops nothing", async () => {
  const page = await newPage(browser);
  await page.goto(shop.url);
  await page.evaluate(
    (orderId) => {
      window.gateway = checkout({
        orderId,
        onSuccess: () => {
          throw new Error("the shop's own");
        },
      });
      gateway.open();
    },
    await createOrder(),
  );
  await payByUpi(page.frameLocator("iframe[data-test-id=payment-iframe]"), "success@asyncpay");
  await hears(page, "close");
  assert.ok(page.complaints.some((line) => line.includes("the shop's own")));
});

async function until(find) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = find();
    if (found || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
