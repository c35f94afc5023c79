/** Paying: what must hold whatever the shopper, the network and the browser do. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { fillCard, heard, hears, openCheckout, payByCard, payByUpi, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder, getOrder, getPayment, paymentsOf, until } from "./support/stack.mjs";

const PAY = "**/api/v1/payments/public";
let browser, shop;
before(async () => {
  browser = await launch();
  shop = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

async function opened(orderId, options = {}) {
  const page = await newPage(browser);
  await page.goto(shop.url);
  return { page, frame: await openCheckout(page, { orderId, ...options }) };
}

for (const [method, pay] of [
  ["UPI", (frame) => payByUpi(frame, "success@asyncpay")],
  ["card", payByCard],
]) {
  test(`a shopper pays by ${method}: onSuccess exactly once, and the server agrees`, async () => {
    const orderId = await createOrder();
    const { page, frame } = await opened(orderId);
    await pay(frame);
    await hears(page, "close");
    const events = await heard(page);
    assert.deepEqual(
      events.map(([name]) => name),
      ["success", "close"],
    );
    const payment = await getPayment(events[0][1].paymentId);
    assert.deepEqual([payment.status, payment.order_id, payment.amount], ["success", orderId, 50_000]);
    assert.equal((await getOrder(orderId)).status, "paid");
    assert.deepEqual(page.complaints, []);
  });
}

test("a declined card, then another card in the same modal: one failure, one success", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  await payByCard(frame, { number: "4000000000009995" });
  await byId(frame, "error-state").waitFor();
  assert.match(await byId(frame, "error-message").textContent(), /insufficient funds/);
  await byId(frame, "retry-button").click();
  assert.equal(await byId(frame, "cardholder-name-input").inputValue(), "Asha Rao");
  await payByCard(frame);
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["failure", "success", "close"],
  );
  assert.deepEqual((await paymentsOf(orderId)).map(({ status }) => status).sort(), ["failed", "success"]);
});

test("five clicks and Enter make one payment", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  await fillCard(frame);
  await frame.locator("[data-test-id=card-form] [data-test-id=pay-button]").evaluate((button) => {
    for (let click = 0; click < 5; click++) button.click();
    button.form.requestSubmit();
  });
  await hears(page, "close");
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("an answer that is lost is asked for again under the same key, and is one payment", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  const keys = [];
  await page.route(PAY, async (route) => {
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
  const { page, frame } = await opened(orderId);
  const keys = [];
  let down = true;
  await page.route(PAY, async (route) => {
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
  assert.deepEqual(await heard(later.page), []);
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
  const { page, frame } = await opened(orderId);
  await page.route(PAY, async (route) => {
    await route.fetch();
    await page.reload();
  });
  await payByUpi(frame, "success@asyncpay");
  await until(async () => (await paymentsOf(orderId)).length === 1, "the payment is made");
  await page.waitForFunction(() => !document.querySelector("#payment-gateway-modal"));
  const again = await openCheckout(page, { orderId });
  await byId(again, "paid-state").waitFor();
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("an order paid elsewhere meanwhile is not paid again", async () => {
  const orderId = await createOrder();
  const first = await opened(orderId);
  const second = await opened(orderId);
  await byId(second.frame, "vpa-input").waitFor();
  await payByUpi(first.frame, "success@asyncpay");
  await hears(first.page, "close");
  await payByUpi(second.frame, "success@asyncpay");
  await byId(second.frame, "paid-state").waitFor();
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("the QR code is this order's upi:// intent; the page notices when the order is paid", async () => {
  const orderId = await createOrder();
  const { frame } = await opened(orderId);
  await byId(frame, "qr-button").click();
  const intent = await frame.locator("[data-test-id=qr-panel] a").getAttribute("href");
  assert.equal(intent, `upi://pay?pa=pay%40asyncpay&pn=AsyncPay&tr=${orderId}&am=500.00&cu=INR`);
  const other = await newPage(browser);
  await other.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  await payByUpi(other, "success@asyncpay");
  await byId(frame, "paid-state").waitFor();
});

test("unknown, foreign, expired and malformed orders get a clear page, nothing to type", async () => {
  const page = await newPage(browser);
  const open = async (query, answer) => {
    await page.unrouteAll();
    if (answer) {
      const headers = { "Access-Control-Allow-Origin": CHECKOUT };
      await page.route("**/orders/**", (route) => route.fulfill({ ...answer, headers }));
    }
    await page.goto(`${CHECKOUT}/checkout?${query}`);
    const state = byId(page, "unavailable-state");
    await state.waitFor();
    assert.equal(await page.locator("input:visible").count(), 0);
    return state.textContent();
  };
  const error = { error: { code: "NOT_FOUND_ERROR", description: "Order not found" } };
  assert.match(await open("order_id=order_ZZZZZZZZZZZZZZZZ"), /couldn't find this order/);
  assert.match(
    await open("order_id=order_AAAAAAAAAAAAAAAA&key=k", { status: 404, json: error }),
    /another shop/,
  );
  assert.match(await open("order_id=order_AAAAAAAAAAAAAAAA", { status: 410, json: error }), /expired/);
  assert.match(await open("order_id=%3Cscript%3E"), /incomplete/);
  assert.match(await open(""), /incomplete/);
  assert.match(await open("order_id=order_AAAAAAAAAAAAAAAA", { status: 503, json: error }), /couldn't reach/);
});
