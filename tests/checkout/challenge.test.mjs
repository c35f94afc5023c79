/** A challenge, while payments fail around an honest shopper: the page solves it, and the shopper does nothing. */
import assert from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByUpi, startShop } from "./support/shop.mjs";
import { CHECKOUT, createOrder, paymentsOf, until } from "./support/stack.mjs";
import { asFrom, anAddress } from "./support/strangers.mjs";

const BITS = 9;
const CHALLENGE = {
  type: "proof_of_work",
  token: "order_x.0-0.9.1.signature",
  bits: BITS,
  iterations: 5_000,
};

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await startShop();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

async function opened(orderId, route) {
  const page = await newPage(browser);
  await page.route("**/api/v1/payments/public", route);
  await page.goto(shop.url);
  return { page, frame: await openCheckout(page, { orderId }) };
}

/** A refusal as the API sends it. */
function refuses(route, error, retryAfter = "1") {
  const headers = {
    "Access-Control-Allow-Origin": CHECKOUT,
    "Access-Control-Expose-Headers": "Retry-After",
    "Retry-After": retryAfter,
  };
  return route.fulfill({ status: 429, headers, json: { error: { code: "RATE_LIMIT_ERROR", ...error } } });
}

function zeroBits({ token, solution }) {
  const proof = pbkdf2Sync(solution, token, CHALLENGE.iterations, 32, "sha256");
  return 256 - BigInt(`0x${proof.toString("hex")}`).toString(2).length;
}

test("a challenge is solved by the page and sent with the same request, which makes one payment", async () => {
  const orderId = await createOrder();
  const sent = [];
  const { page, frame } = await opened(orderId, (route) => {
    const { challenge, ...asked } = route.request().postDataJSON();
    sent.push({ challenge, asked, key: route.request().headers()["idempotency-key"] });
    if (challenge) return route.continue();
    return refuses(route, { description: "Solve", field: "challenge", challenge: CHALLENGE });
  });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "close");
  const [first, second] = sent;
  assert.equal(sent.length, 2);
  assert.deepEqual([second.asked, second.key], [first.asked, first.key]);
  assert.equal(second.challenge.token, CHALLENGE.token);
  assert.ok(zeroBits(second.challenge) >= BITS);
  assert.equal((await paymentsOf(orderId)).length, 1);
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["success", "close"],
  );
  // The browser itself reports the refusal.
  assert.equal(page.complaints.length, 1);
  assert.match(page.complaints[0], /status of 429/);
});

test("a kind of challenge that the page can't solve ends in an error, and the shopper may try again", async () => {
  const challenge = { ...CHALLENGE, type: "of another kind" };
  const { frame } = await opened(await createOrder(), (route) =>
    refuses(route, { description: "Solve", field: "challenge", challenge }),
  );
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "error-state").waitFor();
  assert.match(await byId(frame, "error-message").textContent(), /^Too many attempts/);
});

test("a limit that lasts an hour is told at once, not waited for", async () => {
  let asked = 0;
  const { frame } = await opened(await createOrder(), (route) => {
    asked += 1;
    const description = "Too many attempts to pay this order; try again later";
    return refuses(route, { description, field: "order_id" }, "3600");
  });
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "error-state").waitFor();
  assert.match(await byId(frame, "error-message").textContent(), /Try again in an hour/);
  assert.match(await byId(frame, "error-state").textContent(), /You have not been charged/);
  assert.equal(asked, 1);
});

test("where ten payments have failed, the server's own challenge is solved by the page, and taken", async () => {
  // Failures count within an hour by the clock: where one ends meanwhile, it is done again from another address.
  let isOver, asked;
  do {
    const hour = new Date().getUTCHours();
    isOver = () => hour !== new Date().getUTCHours();
    asked = await payAmongFailures(isOver);
  } while (isOver());
  const [refused, taken] = asked;
  assert.equal(asked.length, 2);
  assert.equal(refused.status, 429);
  assert.equal(refused.json.error.challenge.type, "proof_of_work");
  assert.equal(taken.challenge.token, refused.json.error.challenge.token);
  assert.equal(taken.status, 201);
});

/** Ten failures from an address, then the page's payment from it: each request that the page made, and its reply. */
async function payAmongFailures(isOver) {
  const address = anAddress();
  const pay = async (vpa, order_id) =>
    asFrom(address, "POST", "/api/v1/payments/public", { order_id, method: "upi", vpa });
  const spoiled = await createOrder();
  for (let failed = 1; failed <= 10; failed += 1)
    assert.equal((await pay("decline@asyncpay", spoiled)).status, 201);
  // A worker counts failures right after they are stored.
  const isAsked = async () => (await pay("success@asyncpay", await createOrder())).status === 429;
  await until(async () => isOver() || (await isAsked()), "a challenge");
  const orderId = await createOrder();
  const asked = [];
  const { page, frame } = await opened(orderId, async (route) => {
    const body = route.request().postDataJSON();
    const headers = await route.request().allHeaders();
    const reply = await asFrom(address, "POST", "/api/v1/payments/public", body, headers);
    asked.push({ challenge: body.challenge, status: reply.status, json: JSON.parse(reply.body) });
    await route.fulfill(reply);
  });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["success", "close"],
  );
  return asked;
}
