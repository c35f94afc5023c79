/** Payments found, narrowed, paged and exported; one payment seen, refunded and captured. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { byId, launch } from "../checkout/support/browser.mjs";
import {
  api,
  DASHBOARD,
  dashboardPage,
  hasText,
  pay,
} from "./support/dashboard.mjs";

const RECEIPT = `browser ${Date.now()}`;
let browser, paid, declined;
before(async () => {
  browser = await launch();
  [paid, declined] = await Promise.all([
    pay({ amount: 12_345_600, receipt: RECEIPT }),
    pay({ outcome: "decline", receipt: RECEIPT }),
  ]);
});
after(() => browser?.close());

const rows = (page) => byId(page, "transaction-row");
const rowOf = (page, payment) =>
  page.locator(`[data-test-id=transaction-row][data-payment-id=${payment.id}]`);

/** Waits until exactly these payments are listed. */
async function lists(page, payments) {
  const wanted = payments.map(({ id }) => id).sort();
  await page.waitForFunction((ids) => {
    const found = [
      ...document.querySelectorAll("[data-test-id=transaction-row]"),
    ];
    return (
      JSON.stringify(found.map((row) => row.dataset.paymentId).sort()) === ids
    );
  }, JSON.stringify(wanted));
}

async function search(page, text) {
  await byId(page, "search-input").fill(text);
  await byId(page, "search-button").click();
}

test("a row has the contract's cells, each with its value alone", async () => {
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions?q=${paid.id}`,
  );
  const row = rowOf(page, paid);
  await row.waitFor();
  const text = async (id) => (await byId(row, id).textContent()).trim();
  assert.equal(await text("payment-id"), paid.id);
  assert.equal(await text("order-id"), paid.order_id);
  assert.equal(await text("amount"), "₹1,23,456.00");
  assert.equal(await text("method"), "upi");
  assert.equal(await text("status"), "success");
  assert.match(await text("created-at"), /^\d\d \w+ 2\d\d\d, \d\d:\d\d:\d\d$/);
});

test("a payment is found by its id, its order or its receipt", async () => {
  const page = await dashboardPage(browser, "/dashboard/transactions");
  await search(page, paid.id);
  await lists(page, [paid]);
  await search(page, declined.order_id);
  await lists(page, [declined]);
  await search(page, RECEIPT);
  await lists(page, [paid, declined]);
  await search(page, "no such thing");
  await hasText(page.locator(".empty"), "No payments match these filters.");
});

test("filters add up, live in the address, and Back takes the last one off", async () => {
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions?q=${encodeURIComponent(RECEIPT)}`,
  );
  await lists(page, [paid, declined]);
  await byId(page, "filter-status").focus();
  await byId(page, "filter-status").selectOption("failed");
  await lists(page, [declined]);
  assert.match(page.url(), /status=failed/);
  assert.equal(
    await page.evaluate(() => document.activeElement.dataset.testId),
    "filter-status",
  );
  await byId(page, "filter-method").selectOption("card");
  await lists(page, []);
  await page.goBack();
  await lists(page, [declined]);
  await page.reload();
  await lists(page, [declined]);
  await byId(page, "clear-filters").click();
  await rowOf(page, paid).waitFor();
  const today = paid.created_at.slice(0, 10);
  await search(page, RECEIPT);
  await byId(page, "filter-from").fill(today);
  await lists(page, [paid, declined]);
  await byId(page, "filter-from").fill("2999-01-01");
  await lists(page, []);
});

test("older pages follow without a gap or a repetition, and Newer leads back", async () => {
  const { total } = await api("GET", "/payments?limit=1");
  for (let made = total; made < 22; made++) await pay({ wait: false });
  const page = await dashboardPage(browser, "/dashboard/transactions");
  const older = page.getByRole("link", { name: "Older" });
  await older.waitFor();
  // Read and pressed in one step (a poll may list a payment more), and pressed twice: that is one step, too.
  const first = await rows(page).evaluateAll((all) => {
    const links = [...document.querySelectorAll("nav.pager a")];
    const link = links.find(({ textContent }) => textContent === "Older");
    link.click();
    link.click();
    return all.map((row) => row.dataset.paymentId);
  });
  assert.equal(first.length, 20);
  await page.waitForFunction((seen) => {
    const shown = [
      ...document.querySelectorAll("[data-test-id=transaction-row]"),
    ];
    return (
      shown.length && !shown.some((row) => seen.includes(row.dataset.paymentId))
    );
  }, first);
  await page.getByRole("button", { name: "Newer" }).click();
  await page.waitForURL(`${DASHBOARD}/dashboard/transactions`);
  await page.reload();
  await page.goto(`${DASHBOARD}/dashboard/transactions`);
  await rows(page).first().waitFor();
});

test("while other filters are read, Older leads on in the list that is shown", async () => {
  const page = await dashboardPage(browser, "/dashboard/transactions");
  const older = page.getByRole("link", { name: "Older" });
  await older.waitFor();
  let release;
  const read = new Promise((resolve) => (release = resolve));
  await page.route("**/api/v1/payments?*status=success*", async (route) => {
    await read;
    return route.continue();
  });
  await byId(page, "filter-status").selectOption("success");
  await page.waitForURL("**/dashboard/transactions?status=success");
  assert.match(
    await older.getAttribute("href"),
    /^\/dashboard\/transactions\?cursor=/,
  );
  release();
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[data-test-id=status]")].every(
      (cell) => cell.textContent.trim() === "success",
    ),
  );
});

test("the export has every payment of the filters, and no cell that a spreadsheet would run", async () => {
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions?q=${encodeURIComponent(RECEIPT)}`,
  );
  await lists(page, [paid, declined]);
  const downloading = page.waitForEvent("download");
  await byId(page, "export-csv").click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), "payments.csv");
  const lines = (await readFile(await download.path(), "utf8"))
    .trim()
    .split("\r\n");
  assert.match(lines[0], /^\uFEFF?"payment_id","order_id","amount"/);
  assert.equal(lines.length, 3);
  const line = lines.find((one) => one.includes(paid.id));
  assert.ok(
    line.startsWith(`"${paid.id}","${paid.order_id}","123456.00","INR","upi"`),
    line,
  );
  for (const text of lines.slice(1)) assert.doesNotMatch(text, /"[=+\-@]/);
  const { data } = await api("GET", "/dashboard/audit?limit=100");
  const onRecord = data.filter(
    ({ action, details }) => action === "export.begun" && details.q === RECEIPT,
  );
  assert.equal(onRecord.length, 1);
  assert.match(onRecord[0].actor, /^user:/);
});

test("a payment's page tells what happened, refunds a part and then the rest, each once", async () => {
  const payment = await pay({ amount: 100_000 });
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions?q=${payment.id}`,
  );
  const asked = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/refunds"))
      asked.push(request.headers());
  });
  await rowOf(page, payment).getByRole("link").click();
  await hasText(page.locator(".figure"), "₹1,000.00");
  const tells = (kind) =>
    page
      .locator(`[data-test-id=timeline-entry][data-kind="${kind}"]`)
      .first()
      .waitFor();
  await tells("payment.created");
  await tells("payment.success");
  await tells("ledger.entry");

  const refund = async (amount) => {
    await byId(page, "refund-button").click();
    if (amount) await byId(page, "refund-amount-input").fill(amount);
    await byId(page, "refund-next").click();
    await byId(page, "refund-confirm").dblclick(); // the second press must not refund again
    await byId(page, "refund-dialog").waitFor({ state: "detached" });
  };
  await byId(page, "refund-button").click();
  await byId(page, "refund-amount-input").fill("1000.01");
  await byId(page, "refund-next").click();
  await hasText(page.locator("dialog [role=alert]"), /up to ₹1,000.00/);
  await byId(page, "dialog-cancel").click();

  await refund("250.50");
  await hasText(byId(page, "refund-amount"), "₹250.50");
  await hasText(byId(page, "refund-status"), "processed"); // by itself
  await refund();
  await byId(page, "refund-row").nth(1).waitFor();
  await byId(page, "refund-button").waitFor({ state: "detached" });
  const { data } = await api("GET", `/payments/${payment.id}/refunds`);
  assert.deepEqual(data.map(({ amount }) => amount).sort(), [25_050, 74_950]);
  const keys = asked.map((headers) => headers["idempotency-key"]);
  assert.equal(keys.length, 2);
  assert.equal(new Set(keys.filter(Boolean)).size, 2);
  await tells("refund.processed");
});

test("a lost answer to a refund is asked for again under the same key", async () => {
  const payment = await pay({ amount: 100_000 });
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions/${payment.id}`,
  );
  const keys = [];
  await page.route("**/refunds", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch(); // it arrives, the answer does not
    return route.abort();
  });
  await byId(page, "refund-button").click();
  await byId(page, "refund-amount-input").fill("10");
  await byId(page, "refund-next").click();
  await byId(page, "refund-confirm").click();
  await hasText(page.locator("dialog [role=alert]"), /no response/);
  await byId(page, "refund-confirm").click();
  await byId(page, "refund-dialog").waitFor({ state: "detached" });
  assert.equal(keys[0], keys[1]);
  const { total } = await api("GET", `/payments/${payment.id}/refunds`);
  assert.equal(total, 1);
});

test("a payment is captured in part, once; the rest can no longer be refunded", async () => {
  const payment = await pay({ amount: 100_000 });
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions/${payment.id}`,
  );
  await byId(page, "capture-button").click();
  await byId(page, "capture-amount-input").fill("400");
  await hasText(
    page.locator("dialog .note"),
    "Releases ₹600.00 to the shopper",
  );
  await byId(page, "capture-confirm").click();
  await byId(page, "capture-button").waitFor({ state: "detached" });
  const read = await api("GET", `/payments/${payment.id}`);
  assert.deepEqual([read.captured, read.amount_captured], [true, 40_000]);
  await byId(page, "refund-button").click();
  assert.equal(await byId(page, "refund-amount-input").inputValue(), "400.00");
});

test("a payment under way becomes decided before one's eyes", async () => {
  const payment = await pay({ wait: false });
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions/${payment.id}`,
  );
  await hasText(page.locator(".sum .badge"), "success");
  await byId(page, "refund-button").waitFor();
});

test("an unknown payment and a lost connection are said in words, and can be tried again", async () => {
  const page = await dashboardPage(
    browser,
    "/dashboard/transactions/pay_0000000000000000",
  );
  await hasText(page.locator("[role=alert] p"), "Payment not found.");
  await page.route("**/api/v1/payments?**", (route) => route.abort());
  await page.goto(`${DASHBOARD}/dashboard/transactions`);
  await hasText(page.locator("[role=alert] p"), /There was no response/);
  await page.unroute("**/api/v1/payments?**");
  await page.getByRole("button", { name: "Try again" }).click();
  await rows(page).first().waitFor();
});

test("a payment's page tells what the acquirer said about it and about its refund", async () => {
  const payment = await pay({ amount: 100_000 });
  const refund = await api("POST", `/payments/${payment.id}/refunds`, {
    amount: 25_000,
  });
  const page = await dashboardPage(
    browser,
    `/dashboard/transactions/${payment.id}`,
  );
  const rows = byId(page, "acquirer-row");
  await rows.nth(1).waitFor();
  assert.equal(await rows.count(), 2);
  await hasText(rows.first(), new RegExp(`sim_${payment.id}`));
  await hasText(rows.first(), /₹1,000\.00/);
  await hasText(rows.nth(1), new RegExp(refund.id));
  await byId(page, "acquirer-parked").waitFor({ state: "detached" });
});
