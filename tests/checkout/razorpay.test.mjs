/** A shop whose acquirer is Razorpay: by UPI address, and by a link that opens the shopper's app (our stand-in). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./support/gateway.mjs";

const gateway = await start(".build/checkout-razorpay-tests", { ACQUIRER: "razorpay" });
Object.assign(process.env, gateway.urls);
// Only now: these read where the gateway is when they are loaded.
const { axeFindings, byId, launch, newPage } = await import("./support/browser.mjs");
const { hears, openCheckout, startShop } = await import("./support/shop.mjs");
const { CHECKOUT, createOrder, getOrder, paymentsOf, read, until } = await import("./support/stack.mjs");
const { signedInPage } = await import("../dashboard/support/dashboard.mjs");

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

// The stand-in's shopper takes a minute over it, of a clock that can be told to run ahead.
const SLOW = 30_300;

async function opened(options, amount = 50_000) {
  const orderId = await createOrder(amount);
  const page = await newPage(browser, options);
  await page.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  await byId(page, "upi-form").waitFor();
  return { page, orderId };
}

/** What the stand-in holds for an order of ours. */
async function held(orderId) {
  const headers = { Authorization: `Basic ${btoa("rzp_test_standin:standin_secret")}` };
  const response = await fetch(`${process.env.RAZORPAY_URL}/v1/payments?count=100`, { headers });
  const { items } = await response.json();
  return items.filter(({ notes }) => notes.order_id === orderId).map(({ status }) => status);
}

async function aMinutePasses() {
  const body = JSON.stringify({ seconds: 60 });
  await fetch(`${process.env.RAZORPAY_URL}/_fake/clock`, { method: "POST", body });
}

test("only what the acquirer takes is offered: UPI, no card, and no code of an address that is not the shop's", async () => {
  const { page } = await opened();
  assert.equal(await byId(page, "method-card").count(), 0);
  assert.equal(await byId(page, "qr-button").count(), 0);
  await byId(page, "upi-app-button").waitFor();
  await page.context().close();
});

for (const [device, options] of Object.entries({
  desktop: {},
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
})) {
  test(`on a ${device} a link for the app is shown while the page waits, and the page tells of the success`, async () => {
    const { page, orderId } = await opened({ ...options, bypassCSP: true }, SLOW);
    await byId(page, "upi-app-button").click();
    await byId(page, "upi-link").waitFor();
    const link = byId(page, "upi-link").locator("a");
    assert.match(await link.getAttribute("href"), /^upi:\/\/pay\?.*am=303\.00/);
    assert.equal(await link.isVisible(), device === "phone");
    assert.match(await byId(page, "processing-state").textContent(), /Approve the payment in your UPI app/);
    assert.deepEqual(await axeFindings(page.mainFrame()), []);
    assert.match(page.url(), /\/checkout\?/);
    await aMinutePasses();
    await byId(page, "success-state").waitFor();
    assert.equal((await getOrder(orderId)).status, "paid");
    assert.deepEqual(await held(orderId), ["captured"]);
    assert.equal((await paymentsOf(orderId)).length, 1);
    await page.context().close();
  });
}

test("a UPI address pays in the modal", async () => {
  const orderId = await createOrder();
  const page = await newPage(browser);
  await page.goto(shop.url);
  const frame = await openCheckout(page, { orderId });
  await byId(frame, "vpa-input").fill("success@razorpay");
  await byId(frame, "upi-form").locator("[data-test-id=pay-button]").click();
  await hears(page, "close");
  assert.equal((await getOrder(orderId)).status, "paid");
  assert.deepEqual(await held(orderId), ["captured"]);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a dispute that the acquirer tells of is on the payment's page at the dashboard", async () => {
  const { page, orderId } = await opened();
  await byId(page, "vpa-input").fill("success@razorpay");
  await byId(page, "upi-form").locator("[data-test-id=pay-button]").click();
  await byId(page, "success-state").waitFor();
  const [payment] = await paymentsOf(orderId);
  const { data } = await read(`/payments/${payment.id}/acquirer`);
  const body = JSON.stringify({ payment_id: data[0].reference, status: "open" });
  await fetch(`${process.env.RAZORPAY_URL}/_fake/disputes`, { method: "POST", body });
  const told = async () => (await read(`/payments/${payment.id}/acquirer`)).disputes.length === 1;
  await until(told, "the acquirer's webhook");
  const dashboard = await signedInPage(browser, `/dashboard/transactions/${payment.id}`, { bypassCSP: true });
  await byId(dashboard, "dispute-row").waitFor();
  assert.equal((await byId(dashboard, "dispute-status").textContent()).trim(), "open");
  assert.match(await byId(dashboard, "dispute-row").textContent(), /₹500\.00/);
  assert.deepEqual(await axeFindings(dashboard.mainFrame()), []);
  await dashboard.context().close();
  await page.context().close();
});

test("a request that the shopper takes their time over is said to be waiting in the app; a refusal is an error", async () => {
  const { page, orderId } = await opened();
  await byId(page, "vpa-input").fill("slow@razorpay");
  await byId(page, "upi-form").locator("[data-test-id=pay-button]").click();
  await page.getByText("Open your UPI app and approve the request").waitFor();
  await page.reload();
  await page.getByText("Open your UPI app and approve the request").waitFor();
  assert.equal(await byId(page, "upi-link").count(), 0);
  assert.equal((await paymentsOf(orderId)).length, 1);
  await page.context().close();
  const other = await opened();
  await byId(other.page, "vpa-input").fill("failure@razorpay");
  await byId(other.page, "upi-form").locator("[data-test-id=pay-button]").click();
  await byId(other.page, "error-state").waitFor();
  assert.deepEqual(await held(other.orderId), ["failed"]);
  await other.page.context().close();
});
