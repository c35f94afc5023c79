/**
 * Credentials: shown, made, rotated, disabled; and the guide that has them in its samples, which make an order
 * and take a payment exactly as they stand on the page. One file, because a new key changes the guide.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { byId, launch, newPage } from "../checkout/support/browser.mjs";
import { payByUpi } from "../checkout/support/shop.mjs";
import { CHECKOUT, KEY, until } from "../checkout/support/stack.mjs";
import {
  api,
  DASHBOARD,
  dashboardPage,
  hasText,
  PYTHON,
  WITH_SDK,
} from "./support/dashboard.mjs";

const run = promisify(execFile);
const LIMIT = { timeout: 60_000 };
let browser, guide;
before(async () => {
  browser = await launch();
  guide = await dashboardPage(browser, "/dashboard/docs");
  await byId(guide, "section-webhook-verification").waitFor();
});
after(() => browser?.close());

const sample = (id) => byId(guide, `code-snippet-${id}`).textContent();

test("the guide has the contract's sections, and the reader's key is in every sample that needs one", async () => {
  const sections = {
    "section-create-order": ["code-snippet-create-order"],
    "section-sdk-integration": ["code-snippet-sdk"],
    "section-webhook-verification": ["code-snippet-webhook"],
  };
  for (const [section, snippets] of Object.entries(sections))
    for (const snippet of snippets)
      await byId(byId(byId(guide, "api-docs"), section), snippet).waitFor();
  for (const id of [
    "create-order",
    "create-order-node",
    "create-order-python",
    "sdk",
  ])
    assert.match(await sample(id), new RegExp(KEY), id);
});

for (const [id, program, flag] of [
  ["create-order", "bash", "-c"],
  ["create-order-node", process.execPath, "--input-type=module -e"],
  ["create-order-python", PYTHON, "-c"],
]) {
  test(`${id} makes an order`, async () => {
    const { stdout } = await run(
      program,
      [...flag.split(" "), await sample(id)],
      { ...LIMIT, env: WITH_SDK },
    );
    const [orderId] =
      stdout.match(/order_[A-Za-z0-9]{16}/) ?? assert.fail(stdout);
    const order = await api("GET", `/orders/${orderId}`);
    assert.deepEqual(
      [order.amount, order.receipt, order.status],
      [50_000, "receipt_123", "created"],
    );
  });
}

test("the guide teaches the blocks of the documents, which are tested there", async () => {
  const webhooks = await readFile(
    new URL("../../docs/webhooks.md", import.meta.url),
    "utf8",
  );
  for (const id of ["webhook", "webhook-python"]) {
    const [judge] = (await sample(id)).split(
      /\n\n+import (?:json|\{ createServer)/,
    );
    assert.ok(webhooks.includes(`\n${judge}\n\`\`\``), id);
  }
  const checkout = await readFile(
    new URL("../../docs/checkout.md", import.meta.url),
    "utf8",
  );
  const page = (await sample("sdk"))
    .replace(CHECKOUT, "https://checkout.example")
    .replace(KEY, "key_live_…");
  assert.ok(checkout.includes(`\n${page}\n\`\`\``));
});

test("the page of step 2, with step 1 behind it, takes a payment", async () => {
  const [page, order] = [await sample("sdk"), await sample("create-order")];
  let said;
  const shop = createServer(async (request, response) => {
    const json = (value) =>
      response
        .writeHead(200, { "Content-Type": "application/json" })
        .end(JSON.stringify(value));
    if (request.url === "/orders") {
      const { stdout } = await run("bash", ["-c", order], LIMIT);
      json({ orderId: JSON.parse(stdout).id });
    } else if (request.url === "/paid") {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      said = JSON.parse(Buffer.concat(chunks));
      json({});
    } else
      response
        .writeHead(200, { "Content-Type": "text/html; charset=utf-8" })
        .end(page);
  });
  await new Promise((resolve) => shop.listen(0, "127.0.0.1", resolve));
  try {
    const shopper = await newPage(browser);
    await shopper.goto(`http://127.0.0.1:${shop.address().port}/`);
    await shopper.locator("#pay").click();
    await payByUpi(
      shopper.frameLocator("[data-test-id=payment-iframe]"),
      "success@asyncpay",
    );
    await hasText(shopper.locator("#outcome"), /^Thank you/);
    assert.equal(
      (await api("GET", `/payments/${said.paymentId}`)).status,
      "success",
    );
    assert.match(said.signature, /^[0-9a-f]{64}( [0-9a-f]{64})?$/);
  } finally {
    await new Promise(
      (resolve) => (shop.close(resolve), shop.closeAllConnections()),
    );
  }
});

test("the key and, in a test stage, its secret are shown, and they work", async () => {
  const page = await dashboardPage(browser, "/dashboard");
  assert.equal(await hasText(byId(page, "api-key"), /./), KEY);
  const secret = await hasText(byId(page, "api-secret"), /./);
  const answer = await fetch(`${DASHBOARD}/api/v1/payments?limit=1`, {
    headers: { "X-Api-Key": KEY, "X-Api-Secret": secret },
  });
  assert.equal(answer.status, 200);
});

test("a key is made, shown once, used, rotated and disabled, and each is on record", async () => {
  const page = await dashboardPage(browser, "/dashboard/keys");
  await byId(page, "create-key").click();
  await byId(page, "key-name-input").fill("browser test");
  await byId(page, "key-restricted").check();
  await byId(page, "key-submit").click();
  const key = await hasText(byId(page, "new-api-key"), /./);
  const secret = await hasText(byId(page, "new-api-secret"), /./);
  const works = async (headers) =>
    (await fetch(`${DASHBOARD}/api/v1/payments?limit=1`, { headers })).status;
  assert.equal(await works({ "X-Api-Key": key, "X-Api-Secret": secret }), 200);
  const row = page.locator(`[data-test-id=key-row][data-key="${key}"]`);
  await byId(row, "rotate-key").click();
  await byId(page, "confirm-button").click();
  const next = await hasText(
    byId(page, "new-api-key"),
    new RegExp(`^(?!${key}$)`),
  );
  assert.equal(
    await works({ "X-Api-Key": key, "X-Api-Secret": secret }),
    200,
    "the old one overlaps",
  );
  for (const each of [key, next]) {
    const line = page.locator(`[data-test-id=key-row][data-key="${each}"]`);
    await byId(line, "disable-key").click();
    await byId(page, "confirm-button").click();
    await hasText(byId(line, "key-status"), "disabled");
  }
  const { keys } = await page.evaluate(async () =>
    (await fetch("/api/v1/dashboard/credentials")).json(),
  );
  assert.equal(JSON.stringify(keys).includes(secret), false);
  await page.goto(`${DASHBOARD}/dashboard/audit`);
  const entries = () => byId(page, "audit-row").allTextContents();
  await until(
    async () =>
      (await entries()).filter((text) => text.includes(key)).length >= 3,
    "made, rotated and disabled are on record",
  );
  await page.goto(`${DASHBOARD}/dashboard/keys`);
  await byId(page, "keys-table").waitFor();
  assert.equal(await page.getByText(secret).count(), 0);
});
