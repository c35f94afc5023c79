/**
 * The shop of examples/shop, as its merchant and shoppers use it: its own process, a merchant of its own, a real
 * browser, real webhooks. Nothing is made up but the password.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { byId, launch, newPage } from "./support/browser.mjs";
import { payByCard, payByUpi } from "./support/shop.mjs";
import { freePorts } from "./support/ports.mjs";
import { API, CHECKOUT, until } from "./support/stack.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = join(ROOT, ".venv/bin/python");
const PASSWORD = "the-owner's";
const PAYMENTS = 200;
const AT_ONCE = 8;
const WAIT_SECONDS = 20;

const home = mkdtempSync(join(tmpdir(), "shop-"));
let browser, merchant, environment, port, url, shop;

/** What an administrator's command prints, as an object. */
function admin(...words) {
  const printed = execFileSync(PYTHON, ["-m", "infra.ops", "admin", ...words], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return Object.fromEntries(printed.split("\n").map((line) => line.split(": ")));
}

async function gateway(method, path, body) {
  const headers = {
    "Content-Type": "application/json",
    "X-Api-Key": merchant.key,
    "X-Api-Secret": merchant.secret,
  };
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(`${API}/api/v1${path}`, {
    method,
    headers,
    signal,
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  assert.ok(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function startShop() {
  const words = ["-m", "flask", "--app", "examples/shop/app.py", "run", "--port", String(port)];
  shop = spawn(PYTHON, words, { cwd: ROOT, env: environment, stdio: ["ignore", "ignore", "inherit"] });
  const asks = () =>
    fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false);
  await until(asks, "the shop answers", 30_000);
}

function stopShop() {
  const ended = new Promise((resolve) => shop.once("exit", resolve));
  shop.kill();
  return ended;
}

before(async () => {
  browser = await launch();
  [port] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  const made = admin("create-merchant", "--name", "Tea House", "--email", `tea-${Date.now()}@example.com`);
  const key = admin("issue-key", made["merchant id"]);
  merchant = { key: key["api key"], secret: key["api secret"] };
  const config = await gateway("GET", "/webhooks/config");
  environment = {
    ...process.env,
    PYTHONPATH: join(ROOT, "sdk/python/src"),
    ASYNCPAY_API_KEY: merchant.key,
    ASYNCPAY_API_SECRET: merchant.secret,
    ASYNCPAY_BASE_URL: API,
    ASYNCPAY_CHECKOUT_URL: CHECKOUT,
    ASYNCPAY_WEBHOOK_SECRET: config.webhook_secret,
    SHOP_BOOKS: join(home, "books.db"),
    SHOP_SESSION_KEY: "kept over restarts",
    SHOP_PASSWORD: PASSWORD,
    SHOP_WAIT_SECONDS: String(WAIT_SECONDS),
  };
  await startShop();
  await gateway("PUT", "/webhooks/config", { webhook_url: `${url}/webhook` });
});
after(async () => {
  await browser?.close();
  if (shop) await stopShop();
  rmSync(home, { recursive: true, force: true });
});

const owner = { Authorization: `Basic ${Buffer.from(`owner:${PASSWORD}`).toString("base64")}` };
const ask = async (path, init = {}) => (await fetch(`${url}${path}`, init)).json();
const stored = (number) => ask(`/orders/${number}`);
const tasks = () => ask("/tasks");
const isPaid = (number) => async () => (await stored(number)).status === "paid";

/** A visitor who pressed Buy: the page, the checkout's frame, and the order's number. */
async function buying(press = (button) => button.click()) {
  const page = await newPage(browser);
  await page.goto(url);
  await press(page.locator("#buy"));
  const frame = page.frameLocator("iframe[data-test-id=payment-iframe]");
  await byId(frame, "vpa-input").waitFor();
  const number = await page.locator("#outcome").getAttribute("data-number");
  return { page, frame, number };
}

const says = (page, words) => page.locator("#outcome", { hasText: words }).waitFor();
/** Until webhooks told of the whole payment: the shop need not ask. */
const told = (number, ...names) =>
  until(async () => {
    const { events } = await stored(number);
    return names.every((name) => events.includes(`${name} by webhook`));
  }, `${names} of ${number}`);

test("a shopper pays by UPI and by card; the browser's word is signed, and webhooks say the same", async () => {
  for (const pay of [(frame) => payByUpi(frame, "success@asyncpay"), payByCard]) {
    const { page, frame, number } = await buying();
    assert.equal(await byId(frame, "merchant-name").textContent(), "Tea House");
    await pay(frame);
    await says(page, "is paid");
    assert.equal((await stored(number)).status, "paid");
    await told(number, "payment.created", "payment.pending", "payment.success");
    await page.close();
  }
});

test("the shop does not believe a browser that lies", async () => {
  const { page, number } = await buying();
  const answer = await page.evaluate(async () => {
    const body = JSON.stringify({ paymentId: "pay_AAAAAAAAAAAAAAAA", signature: "0".repeat(64) });
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/paid", { method: "POST", headers, body })).status;
  });
  assert.equal(answer, 401);
  assert.equal((await stored(number)).status, "open");
  await page.close();
});

test("a declined shopper tries again in the same checkout, and pays one order once", async () => {
  const { page, frame, number } = await buying();
  await payByUpi(frame, "decline@asyncpay");
  await byId(frame, "retry-button").waitFor();
  await says(page, "Not paid yet");
  await byId(frame, "retry-button").click();
  await payByUpi(frame, "success@asyncpay");
  await says(page, "is paid");
  const { data } = await gateway("GET", `/payments?order_id=${(await stored(number)).order_id}`);
  assert.deepEqual(data.map(({ status }) => status).sort(), ["failed", "success"]);
  await page.close();
});

test("who closes the checkout while the payment is pending has paid all the same", async () => {
  const { page, frame, number } = await buying();
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "processing-state").waitFor();
  const { order_id } = await stored(number);
  await until(async () => (await gateway("GET", `/payments?order_id=${order_id}`)).total === 1, "it is sent");
  await byId(page, "close-modal-button").click();
  await until(isPaid(number), "a webhook tells of it");
  await page.close();
});

test("a double click is one order, one checkout and one payment", async () => {
  const { page, frame, number } = await buying((button) => button.dblclick());
  assert.equal(await byId(page, "payment-modal").count(), 1);
  await byId(frame, "method-upi").click();
  await byId(frame, "vpa-input").fill("success@asyncpay");
  await byId(frame.locator("[data-test-id=upi-form]"), "pay-button").dblclick();
  await says(page, "is paid");
  assert.equal((await gateway("GET", `/orders?receipt=${number}`)).total, 1);
  assert.equal((await gateway("GET", `/payments?order_id=${(await stored(number)).order_id}`)).total, 1);
  await page.close();
});

test("the owner refunds once however often they press, and nobody else does", async () => {
  const { page, frame, number } = await buying();
  await payByUpi(frame, "success@asyncpay");
  await says(page, "is paid");
  assert.equal((await fetch(`${url}/orders/${number}/refund`, { method: "POST" })).status, 401);
  const refund = () => ask(`/orders/${number}/refund`, { method: "POST", headers: owner });
  const [first, second] = [await refund(), await refund()];
  assert.equal(first.refundId, second.refundId);
  await until(async () => (await stored(number)).refunded === 50_000, "the refund is told");
  await page.close();
});

test("a rotation of the secret loses nothing, neither before a restart nor after it", async () => {
  const { page, frame, number } = await buying();
  assert.deepEqual(await ask("/rotate", { method: "POST", headers: owner }), { rotated: true });
  await payByUpi(frame, "success@asyncpay");
  await says(page, "is paid");
  await told(number, "payment.success");
  await stopShop();
  await startShop();
  const later = await buying();
  await payByCard(later.frame);
  await says(later.page, "is paid");
  await told(later.number, "payment.success");
  await Promise.all([page.close(), later.page.close()]);
});

test("an outage of the shop: what was told meanwhile comes again, and the order is paid", async () => {
  const { page, frame, number } = await buying();
  await stopShop();
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "success-state").waitFor();
  await startShop();
  assert.equal((await stored(number)).status, "open");
  await until(isPaid(number), "the second attempt, after a minute", 120_000);
  await page.close();
});

test("an event that was never sent is found by asking", async () => {
  await gateway("PUT", "/webhooks/config", { webhook_url: null });
  const { page, frame, number } = await buying();
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "processing-state").waitFor();
  await page.goto("about:blank"); // nobody is there to hear of the success
  await until(async () => (await tasks()) && (await isPaid(number)()), "the shop asks");
  assert.deepEqual((await stored(number)).events.at(-1), "payment.success by api");
  await gateway("PUT", "/webhooks/config", { webhook_url: `${url}/webhook` });
  await page.close();
});

/** One visitor without a browser: the shop's order, paid as the page pays it. */
async function visit(number) {
  const page = await fetch(url);
  const cookie = page.headers.get("set-cookie").split(";")[0];
  const { orderId, number: order } = await ask("/orders", { method: "POST", headers: { cookie } });
  const body = JSON.stringify({ order_id: orderId, method: "upi", vpa: "success@asyncpay" });
  const headers = { "Content-Type": "application/json", "Idempotency-Key": `visit-${number}` };
  const response = await fetch(`${API}/api/v1/payments/public`, { method: "POST", headers, body });
  assert.equal(response.status, 201, await response.text());
  return order;
}

test(`${PAYMENTS} payments: no gap is reported where there is none, and every event finds its order`, async () => {
  const before = (await stored(await visit("first"))).notes;
  const numbers = [];
  let next = 0;
  const visitor = async () => {
    while (next < PAYMENTS) numbers.push(await visit(next++));
  };
  const cron = setInterval(() => void tasks().catch(() => {}), 5_000).unref();
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
  for (const number of numbers) await until(isPaid(number), `${number} is paid`, 180_000);
  // Told by a webhook, or asked for where an order took longer than the shop waits.
  const names = ["payment.created", "payment.pending", "payment.success"];
  const known = async (number) => (await stored(number)).events.map((event) => event.split(" ")[0]);
  for (const number of numbers)
    await until(async () => String(await known(number)) === String(names), `the events of ${number}`);
  clearInterval(cron);
  assert.equal(new Set(numbers).size, PAYMENTS);
  assert.equal((await gateway("GET", "/webhooks?status=failed")).total, 0);
  assert.deepEqual((await stored(numbers[0])).notes, before);
  assert.ok(!before.some((note) => note.startsWith("not placed")), String(before));
});

test("payments, refunds and ledger agree to the last paisa", async () => {
  await until(
    async () => (await gateway("GET", "/payments?status=pending&limit=1")).total === 0,
    "all is decided",
  );
  const printed = execFileSync(PYTHON, ["examples/reconcile.py"], {
    cwd: ROOT,
    env: environment,
    encoding: "utf8",
  });
  assert.equal(printed.trim(), "payments, refunds and ledger agree");
});
