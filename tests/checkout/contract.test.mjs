/** The contract's section "Checkout script and page", line by line. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByUpi, pressEscape, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder } from "./support/stack.mjs";

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

async function shopPage() {
  const page = await newPage(browser);
  await page.goto(shop.url);
  return page;
}

/** What the page posted of one type. Each is {type, data}; the session's nonce comes besides. */
async function posted(page, type) {
  const all = await page.evaluate(() => window.messages);
  for (const { origin, data } of all) {
    assert.equal(origin, CHECKOUT);
    assert.deepEqual(Object.keys(data).sort(), ["data", "nonce", "type"]);
  }
  return all.filter(({ data }) => data.type === type).map(({ data }) => data.data);
}

test("checkout.js defines window.PaymentGateway, and missing key or orderId throws", async () => {
  const page = await shopPage();
  const thrown = await page.evaluate(() =>
    [{ orderId: "o" }, { key: "k" }, {}, undefined].map((options) => {
      try {
        new PaymentGateway(options);
        return "";
      } catch (error) {
        return error.message;
      }
    }),
  );
  assert.equal(await page.evaluate(() => typeof window.PaymentGateway), "function");
  assert.equal(
    thrown.every((message) => / is required$/.test(message)),
    true,
    String(thrown),
  );
});

test("checkout.js is importable as a module too", async () => {
  const page = await shopPage();
  const kind = await page.evaluate(async (url) => {
    delete window.PaymentGateway;
    await import(url);
    return typeof window.PaymentGateway;
  }, `${CHECKOUT}/checkout.js`);
  assert.equal(kind, "function");
});

test("open() puts the contract's elements into the page, and close() leaves the page as it was", async () => {
  const page = await shopPage();
  const orderId = await createOrder();
  await page.evaluate(
    (options) => {
      document.body.dataset.options = JSON.stringify(options);
    },
    { orderId },
  );
  const before = await page.evaluate(() => document.documentElement.outerHTML);
  await page.locator("#buy").click();
  const modal = page.locator("#payment-gateway-modal[data-test-id=payment-modal]");
  const frame = modal.locator("> .modal-overlay > .modal-content > iframe[data-test-id=payment-iframe]");
  const src = await frame.getAttribute("src");
  assert.ok(src.startsWith(`${CHECKOUT}/checkout?order_id=${orderId}&embedded=true`), src);
  await modal.locator("button.close-button[data-test-id=close-modal-button]").click();
  assert.equal(await page.evaluate(() => document.documentElement.outerHTML), before);
  assert.deepEqual(await heard(page), [["close"]]);
});

test("close_modal from the page closes: onClose once", async () => {
  const page = await shopPage();
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await byId(frame, "vpa-input").waitFor(); // visible: the page has told its opener that it is there
  await byId(frame, "vpa-input").focus();
  pressEscape(page); // pressed inside the iframe
  await page.locator("#payment-gateway-modal").waitFor({ state: "detached" });
  await page.evaluate(() => gateway.close());
  assert.deepEqual(await heard(page), [["close"]]);
  assert.deepEqual(await posted(page, "close_modal"), [{}]);
});

test("payment_success: onSuccess with paymentId, then close; the message is {type, data}", async () => {
  const page = await shopPage();
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "close");
  const [[first, response], [second]] = await heard(page);
  assert.deepEqual([first, second], ["success", "close"]);
  assert.match(response.paymentId, /^pay_[A-Za-z0-9]{16}$/);
  const [data, ...more] = await posted(page, "payment_success");
  assert.deepEqual([data.paymentId, more], [response.paymentId, []]);
});

test("payment_failed: onFailure, and the modal stays for another try", async () => {
  const page = await shopPage();
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await payByUpi(frame, "decline@asyncpay");
  await hears(page, "failure");
  const [[name, error], ...more] = await heard(page);
  assert.deepEqual([name, more], ["failure", []]);
  assert.equal(error.code, "PAYMENT_FAILED");
  assert.equal(await page.locator("#payment-gateway-modal").isVisible(), true);
  await byId(frame, "retry-button").waitFor();
  const [data, ...others] = await posted(page, "payment_failed");
  assert.deepEqual([data.code, others], ["PAYMENT_FAILED", []]);
});

test("the page works on its own and carries every data-test-id", async () => {
  const page = await newPage(browser);
  const orderId = await createOrder();
  await page.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  await byId(page, "vpa-input").waitFor();
  const ids = [
    "checkout-container",
    "order-summary",
    "order-amount",
    "order-id",
    "payment-methods",
    "method-upi",
    "method-card",
    "upi-form",
    "vpa-input",
    "card-form",
    "card-number-input",
    "expiry-input",
    "cvv-input",
    "cardholder-name-input",
    "processing-state",
    "processing-message",
    "success-state",
    "payment-id",
    "success-message",
    "error-state",
    "error-message",
    "retry-button",
  ];
  for (const id of ids) assert.equal(await byId(page, id).count(), 1, id);
  for (const form of ["upi-form", "card-form"])
    assert.equal(await byId(byId(page, form), "pay-button").count(), 1);
  assert.equal(await byId(page, "order-amount").textContent(), "₹500.00");
  assert.equal(await byId(page, "order-id").textContent(), orderId);
  assert.equal(await byId(page, "method-upi").getAttribute("data-method"), "upi");
  assert.equal(await byId(page, "method-card").getAttribute("data-method"), "card");
  assert.equal(await byId(page, "expiry-input").getAttribute("placeholder"), "MM/YY");
});

test("the page polls every 2 s and shows processing, then success with the payment's id", async () => {
  const page = await newPage(browser);
  const polls = [];
  // By the browser's clock: an event may reach us late.
  page.on("response", (response) => {
    if (/\/payments\/pay_/.test(response.url())) polls.push(response.request().timing().startTime);
  });
  await page.goto(`${CHECKOUT}/checkout?order_id=${await createOrder()}`);
  await payByUpi(page, "timeout@asyncpay");
  await byId(page, "processing-state").waitFor();
  assert.ok(await byId(page, "processing-message").textContent());
  await byId(page, "success-state").waitFor();
  assert.match(await byId(page, "payment-id").textContent(), /^pay_[A-Za-z0-9]{16}$/);
  const gaps = polls.slice(1).map((at, index) => at - polls[index]);
  // How late a poll may be is a matter of the machine; logic.test.mjs holds the rhythm itself.
  assert.ok(gaps.length > 0 && gaps.every((gap) => gap > 1_500), String(gaps));
  assert.deepEqual(page.complaints, []);
});
