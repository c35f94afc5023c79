/** The checkout page where payments go through the card function: cards and UPI, with the simulated bank. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./support/gateway.mjs";

const gateway = await start(".build/checkout-card-function-tests", { CARD_FUNCTION: "yes" });
Object.assign(process.env, gateway.urls);
// Only now: these read where the gateway is when they are loaded.
const { byId, launch, newPage } = await import("./support/browser.mjs");
const { heard, hears, openCheckout, payByCard, payByUpi, startShop } = await import("./support/shop.mjs");
const { createOrder, getOrder, getPayment, paymentsOf } = await import("./support/stack.mjs");

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  await gateway.end();
});

async function opened(orderId) {
  const page = await newPage(browser);
  await page.goto(shop.url);
  return { page, frame: await openCheckout(page, { orderId }) };
}

for (const [method, pay] of [
  ["UPI", (frame) => payByUpi(frame, "success@asyncpay")],
  ["card", payByCard],
]) {
  test(`a shopper pays by ${method} through the card function`, async () => {
    const orderId = await createOrder();
    const { page, frame } = await opened(orderId);
    await pay(frame);
    await hears(page, "close");
    const [[name, response]] = await heard(page);
    assert.equal(name, "success");
    assert.equal((await getPayment(response.paymentId)).status, "success");
    assert.equal((await getOrder(orderId)).status, "paid");
    assert.deepEqual(page.complaints, []);
  });
}

test("a declined card fails as it does without the function", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  await payByCard(frame, { number: "4000000000009995" });
  await byId(frame, "error-state").waitFor();
  assert.equal((await paymentsOf(orderId)).length, 1);
  assert.deepEqual(page.complaints, []);
});
