/** A shop whose acquirer is Stripe: 3-D Secure away and back, and Stripe's own card field (localstripe, stand-in script). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "./support/gateway.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const gateway = await start(".build/checkout-stripe-tests", { ACQUIRER: "stripe" });
Object.assign(process.env, gateway.urls);
// Only now: these read where the gateway is when they are loaded.
const { byId, launch, newPage } = await import("./support/browser.mjs");
const { heard, hears, openCheckout, payByCard, startShop } = await import("./support/shop.mjs");
const { CHECKOUT, createOrder, getCheckoutOrder, getOrder, paymentsOf } = await import("./support/stack.mjs");

const CHALLENGED = { number: "4000002500003155" };
const APPROVED = { number: "4242424242424242" };
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

async function opened(orderId, options = {}) {
  const page = await newPage(browser);
  await page.goto(shop.url);
  return { page, frame: await openCheckout(page, { orderId, ...options }) };
}

/** What Stripe holds as paid for an order. */
async function charges(orderId) {
  const headers = { Authorization: `Basic ${btoa("sk_test_localstripe:")}` };
  const response = await fetch(`${process.env.STRIPE_URL}/v1/payment_intents?limit=1000`, { headers });
  const { data } = await response.json();
  return data.filter(({ metadata, status }) => metadata.order_id === orderId && status === "succeeded");
}

test("only what the acquirer takes is offered: cards, and no UPI", async () => {
  const { frame } = await opened(await createOrder());
  await byId(frame, "method-card").waitFor();
  assert.equal(await byId(frame, "method-upi").count(), 0);
});

test("a card is paid in the modal", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  await payByCard(frame, APPROVED);
  await hears(page, "close");
  assert.equal((await getOrder(orderId)).status, "paid");
  assert.equal((await charges(orderId)).length, 1);
  assert.deepEqual(page.complaints, []);
});

test("a challenge in the modal: the page goes to the bank and comes back, and the shop hears of it once", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId, { theme: { color: "#7c3aed" } });
  await payByCard(frame, CHALLENGED);
  await frame.locator("#approve").click();
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["success", "close"],
  );
  assert.equal((await getOrder(orderId)).status, "paid");
  assert.equal((await charges(orderId)).length, 1);
});

test("a challenge that the shopper refuses fails the payment, and another card pays in the same modal", async () => {
  const orderId = await createOrder();
  const { page, frame } = await opened(orderId);
  await payByCard(frame, CHALLENGED);
  await frame.locator("#refuse").click();
  await byId(frame, "error-state").waitFor();
  await byId(frame, "retry-button").click();
  await payByCard(frame, APPROVED);
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["failure", "success", "close"],
  );
  assert.equal((await charges(orderId)).length, 1);
});

test("a challenge on the page by itself comes back to it, and Back leads to the bank again", async () => {
  const orderId = await createOrder();
  const page = await newPage(browser);
  await page.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  await payByCard(page, CHALLENGED);
  await page.locator("#approve").waitFor();
  await page.goBack();
  await page.locator("#approve").or(byId(page, "bank-button")).first().waitFor();
  if (await byId(page, "bank-button").count()) await byId(page, "bank-button").click();
  await page.locator("#approve").click();
  await byId(page, "success-state").waitFor();
  assert.match(new URL(page.url()).searchParams.get("payment_id"), /^pay_/);
  assert.equal((await charges(orderId)).length, 1);
  assert.equal((await paymentsOf(orderId)).length, 1);
});

test("an address with another order's payment is not followed", async () => {
  const [mine, other] = [await createOrder(), await createOrder()];
  const page = await newPage(browser);
  await page.goto(`${CHECKOUT}/checkout?order_id=${other}&payment_id=pay_0000000000000000`);
  await byId(page, "card-form").waitFor();
  assert.notEqual(mine, other);
});

test("where numbers must not pass through us, the acquirer's own field takes them, in the modal too", async () => {
  const env = { ...gateway.env, STRIPE_RAW_CARDS: "false" };
  execFileSync(env.PYTHON ?? "python3", ["-m", "local", "acquirer"], { cwd: ROOT, env });
  const orderId = await createOrder();
  assert.equal((await getCheckoutOrder(orderId)).card_entry.acquirer, "stripe");
  const { page, frame } = await opened(orderId);
  const sent = [];
  page.on("request", (request) => sent.push([request.url(), request.postData() ?? ""]));
  const field = byId(frame, "card-entry").frameLocator("iframe");
  await field.locator("#number").fill("4242 4242 4242 4242");
  await field.locator("#expiry").fill("12/39");
  await field.locator("#cvc").fill("123");
  await byId(frame, "cardholder-name-input").fill("Asha Rao");
  await byId(frame.locator("[data-test-id=card-form]"), "pay-button").click();
  await hears(page, "close");
  assert.equal((await getOrder(orderId)).status, "paid");
  const [payment] = await paymentsOf(orderId);
  assert.deepEqual([payment.card_network, payment.card_last4], ["visa", "4242"]);
  const withNumber = sent.filter(([, body]) => body.replaceAll(" ", "").includes("4242424242424242"));
  assert.deepEqual(
    withNumber.map(([url]) => new URL(url).origin),
    [process.env.STRIPE_URL],
  );
  assert.deepEqual(page.complaints, []);
  // Another shop's page, which needs no script of an acquirer, is as strict as ever.
  const plain = await fetch(`${CHECKOUT}/checkout?order_id=${orderId}`);
  assert.match(plain.headers.get("Content-Security-Policy"), /trusted-types 'none'/);
  assert.doesNotMatch(plain.headers.get("Content-Security-Policy"), /frame-src/);
});
