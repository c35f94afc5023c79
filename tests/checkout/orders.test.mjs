/** Orders that cannot be paid: each gets a page that says why, and nothing to type. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { openCheckout, payByUpi, startShop } from "./support/shop.mjs";
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
