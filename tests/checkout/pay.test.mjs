/** Paying: what the shopper does, the shop hears and the server has afterwards. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { fillCard, heard, hears, openCheckout, payByCard, payByUpi, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder, getOrder, getPayment, paymentsOf } from "./support/stack.mjs";

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
  assert.match(await byId(frame, "error-message").textContent(), /^The payment was not completed$/);
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
