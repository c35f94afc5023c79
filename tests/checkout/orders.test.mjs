/** Orders that cannot be paid: each gets a page that says why, and nothing to type. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { createHmac } from "node:crypto";
import { heard, hears, openCheckout, payByUpi, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder, getCheckoutOrder, paymentsOf, until } from "./support/stack.mjs";

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

/** What the page says instead of a form. */
async function said(page) {
  const state = byId(page, "unavailable-state");
  await state.waitFor();
  assert.equal(await page.locator("input:visible").count(), 0);
  return state.textContent();
}

test("an unknown order, a foreign one and a malformed address get a clear page each", async () => {
  const page = await newPage(browser);
  const open = async (query) => {
    await page.goto(`${CHECKOUT}/checkout?${query}`);
    return said(page);
  };
  const orderId = await createOrder();
  assert.match(await open("order_id=order_ZZZZZZZZZZZZZZZZ"), /couldn't find this order/);
  assert.match(await open("order_id=order_ZZZZZZZZZZZZZZZZ&key=key_test_abc123"), /couldn't find this order/);
  assert.match(await open(`order_id=${orderId}&key=key_of_nobody`), /belongs to another shop/);
  assert.match(await open("order_id=%3Cscript%3E"), /incomplete/);
  assert.match(await open(""), /incomplete/);
});

test("a shop that opens another shop's order sees why, and can go back", async () => {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const frame = await openCheckout(page, { orderId: await createOrder(), key: "key_of_nobody" });
  await byId(frame, "unavailable-state").waitFor();
  assert.match(await byId(frame, "unavailable-state").textContent(), /belongs to another shop/);
  await byId(frame, "unavailable-state").locator("button").click();
  await page.locator("#payment-gateway-modal").waitFor({ state: "detached" });
});

test("an expired order says so: to who opens it, and to who was late to pay", async () => {
  const orderId = await createOrder(50_000, { expires_at: new Date(Date.now() + 5_000).toISOString() });
  await until(async () => (await getCheckoutOrder(orderId)).expired, "the order has expired");
  const [early, late] = [await newPage(browser), await newPage(browser)];
  await late.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  assert.match(await said(late), /has expired/);
  // The one answer that a page had which was opened in time.
  await early.route("**/checkout/orders/**", async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), expired: false } });
  });
  await early.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  await byId(early, "vpa-input").waitFor();
  await early.unrouteAll();
  await payByUpi(early, "success@asyncpay");
  assert.match(await said(early), /has expired/);
  assert.deepEqual(await paymentsOf(orderId), []);
});

test("an API that gives no answer is no dead end: the page goes on by itself once it does", async () => {
  const page = await newPage(browser);
  const answer = { status: 503, headers: { "Access-Control-Allow-Origin": CHECKOUT }, json: {} };
  await page.route("**/checkout/orders/**", (route) => route.fulfill(answer));
  await page.goto(`${CHECKOUT}/checkout?order_id=${await createOrder()}`);
  assert.match(await said(page), /couldn't reach/);
  assert.equal(await byId(page, "unavailable-state").locator("button").textContent(), "Try again");
  await page.unrouteAll();
  await byId(page, "vpa-input").waitFor();
});

/** What the shop's page heard of an order that it opened. */
async function heardOf(options) {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const frame = await openCheckout(page, options);
  await hears(page, "unavailable");
  const found = await heard(page);
  await page.close();
  return [found, frame];
}

test("each order that cannot be paid is told to the shop, once", async () => {
  const soon = new Date(Date.now() + 2_500).toISOString();
  const expiring = await createOrder(50_000, { expires_at: soon });
  const paid = await createOrder();
  const page = await newPage(browser);
  await page.goto(`${CHECKOUT}/checkout?order_id=${paid}`);
  await payByUpi(page, "success@asyncpay");
  await byId(page, "success-state").waitFor();
  const foreign = await createOrder();
  const cases = [
    [{ orderId: "order_ZZZZZZZZZZZZZZZZ" }, "order_not_found"],
    [{ orderId: "not-an-id" }, "invalid_order_id"],
    [{ orderId: foreign, key: "key_of_nobody" }, "wrong_key"],
    [{ orderId: paid }, "order_already_paid"],
    [{ orderId: expiring }, "order_expired"],
  ];
  await until(async () => (await getCheckoutOrder(expiring)).expired, "the order has expired");
  for (const [options, code] of cases) {
    const [found] = await heardOf(options);
    assert.equal(found.length, 1, JSON.stringify(found));
    const [[name, error]] = found;
    assert.deepEqual([name, error.code, error.orderId], ["unavailable", code, options.orderId]);
    assert.ok(error.description);
  }
});

test("a success is signed for the shop's server, and the modal bears the merchant's name and logo", async () => {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const logo =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const orderId = await createOrder();
  const frame = await openCheckout(page, { orderId, theme: { logo } });
  await byId(frame, "vpa-input").waitFor();
  assert.equal(await byId(frame, "merchant-name").textContent(), "Test Merchant");
  assert.equal(await frame.locator("img.logo").evaluate((image) => image.naturalWidth), 1);
  assert.equal((await byId(frame, "order-summary").locator("..").textContent()).includes("AsyncPay"), false);
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "success");
  const [, { paymentId, signature }] = (await heard(page)).find(([name]) => name === "success");
  const wanted = createHmac("sha256", "whsec_test_abc123").update(`${orderId}|${paymentId}`).digest("hex");
  // Another test may have rotated the secret: then the old one still signs, second in the list.
  assert.ok(signature.split(" ").includes(wanted), signature);
});

test("a logo that is no small picture is not shown", async () => {
  for (const logo of [
    "https://evil.example/x.png",
    "data:text/html;base64,AAAA",
    `data:image/png;base64,${"A".repeat(20_000)}`,
  ]) {
    const page = await newPage(browser);
    await page.goto(shop.url);
    const frame = await openCheckout(page, { orderId: await createOrder(), theme: { logo } });
    await byId(frame, "vpa-input").waitFor();
    assert.equal(await frame.locator("img.logo").count(), 0);
    await page.close();
  }
});
