/** One attempt is one payment, whatever the network, the browser and the shopper's patience do. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByUpi, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder, getOrder, paymentsOf, until } from "./support/stack.mjs";

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

/**
 * The checkout, open. `route` answers what the page sends to pay; it is put up before there is a page, since
 * Chromium may leave a frame of another site alone that is just loading while interception begins.
 */
async function opened(orderId, route) {
  const page = await newPage(browser);
  if (route) await page.route("**/api/v1/payments/public", route);
  await page.goto(shop.url);
  return { page, frame: await openCheckout(page, { orderId }) };
}

test("an answer that is lost is asked for again under the same key, and is one payment", async () => {
  const orderId = await createOrder();
  const keys = [];
  const { page, frame } = await opened(orderId, async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 2) return route.continue();
    await route.fetch(); // the server works; the shopper never hears of it
    return route.abort();
  });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "close");
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("while the outcome is unknown, the shopper can only ask again, not pay again", async () => {
  const orderId = await createOrder();
  const keys = [];
  let down = true;
  const { page, frame } = await opened(orderId, async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (!down) return route.continue();
    if (keys.length === 1) await route.fetch(); // the server works; the answers are of a proxy in between
    return route.fulfill({ status: 503, headers: { "Access-Control-Allow-Origin": CHECKOUT }, json: {} });
  });
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "error-state").waitFor();
  assert.match(await byId(frame, "error-state").textContent(), /couldn't confirm/);
  assert.equal(await byId(frame, "upi-form").isVisible(), false);
  down = false;
  await byId(frame, "retry-button").click();
  await hears(page, "close");
  assert.equal(new Set(keys).size, 1);
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("a tab closed after paying: the payment goes through; the reopened order says so", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "processing-state").waitFor();
  await until(async () => (await paymentsOf(orderId)).length === 1, "the payment is made");
  await page.context().close();
  await until(async () => (await getOrder(orderId)).status === "paid", "the order is paid");
  const later = await opened(orderId);
  await byId(later.frame, "paid-state").waitFor();
  assert.match(await byId(later.frame, "paid-state").textContent(), /already paid/);
  // Once: the page that says so has nothing more to tell.
  const [[name, { code }], ...rest] = await heard(later.page);
  assert.deepEqual([name, code, rest], ["unavailable", "order_already_paid", []]);
});

test("a shopper who comes back to a payment under way finds that payment", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  const polled = page.waitForRequest(/\/payments\/pay_/);
  await payByUpi(frame, "timeout@asyncpay");
  await polled;
  await page.reload();
  await openCheckout(page, { orderId });
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["success", "close"],
  );
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("who comes back before the answer came: the page notices the payment that was made", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId, async (route) => {
    await route.fetch();
    await page.reload();
  });
  const back = page.waitForEvent("load");
  await payByUpi(frame, "success@asyncpay");
  await until(async () => (await paymentsOf(orderId)).length === 1, "the payment is made");
  await back;
  const again = await openCheckout(page, { orderId });
  await byId(again, "paid-state").waitFor();
  assert.equal((await paymentsOf(orderId)).length, 1);
});
