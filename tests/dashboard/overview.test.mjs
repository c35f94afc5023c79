/** The figures on the first page are those of the tables. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { byId, launch } from "../checkout/support/browser.mjs";
import {
  DASHBOARD,
  dashboardPage,
  hasText,
  pay,
} from "./support/dashboard.mjs";

const RECOUNT = fileURLToPath(new URL("recount.py", import.meta.url));
const PYTHON = fileURLToPath(
  new URL("../../.venv/bin/python", import.meta.url),
);
const TABLE = "asyncpay-data-payments";
const MERCHANT = "550e8400-e29b-41d4-a716-446655440000";
const ROUNDS = 10;
let browser;
before(async () => {
  browser = await launch();
  await Promise.all([
    pay({ amount: 12_345_600 }),
    pay({ outcome: "decline" }),
    pay({ amount: 7 * 100 }),
  ]);
});
after(() => browser?.close());

/** Reads every payment out of the tables themselves. */
const recount = () =>
  JSON.parse(
    execFileSync(PYTHON, [RECOUNT, TABLE, MERCHANT], { encoding: "utf8" }),
  );

/** The page's figures at a moment at which nothing changed: two recounts around it agree. */
async function figuresAndTruth(page) {
  for (let round = 0; round < ROUNDS; round++) {
    const before = recount();
    await page.goto(`${DASHBOARD}/dashboard`);
    await byId(page, "chart-table").waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.querySelector(".loading"));
    const text = async (id) => (await byId(page, id).textContent()).trim();
    const shown = {
      transactions: await text("total-transactions"),
      amount: await text("total-amount"),
      rate: await text("success-rate"),
      split: await byId(page, "method-split")
        .locator("li .number")
        .allTextContents(),
      days: await byId(page, "chart-table")
        .locator("tbody tr")
        .evaluateAll((rows) =>
          rows.map((row) => [
            row.dataset.date,
            ...[...row.cells].slice(1).map((cell) => cell.textContent),
          ]),
        ),
    };
    const truth = recount();
    if (JSON.stringify(before) === JSON.stringify(truth))
      return { shown, truth };
  }
  return assert.fail("the tables never stood still");
}

const rupees = (amount) =>
  new Intl.NumberFormat("en-IN", { style: "currency", currency: "INR" }).format(
    amount / 100,
  );

test("totals, rate, methods and days equal a recount of the tables", async () => {
  const page = await dashboardPage(browser, "/dashboard");
  const { shown, truth } = await figuresAndTruth(page);
  assert.equal(
    shown.transactions,
    new Intl.NumberFormat("en-IN").format(truth.total),
  );
  assert.equal(shown.amount, rupees(truth.amount));
  const { success = 0, failed = 0 } = truth.by_status;
  assert.equal(
    shown.rate,
    `${Math.round((1000 * success) / (success + failed)) / 10}%`,
  );
  const counts = Object.fromEntries(
    shown.split.map((text, index) => [index, Number(text.split(" ")[0])]),
  );
  assert.deepEqual(
    Object.values(counts).sort((a, b) => a - b),
    Object.values(truth.by_method).sort((a, b) => a - b),
  );
  for (const [date, ...cells] of shown.days) {
    const day = truth.by_day[date] ?? {
      success: 0,
      failed: 0,
      pending: 0,
      amount: 0,
    };
    assert.deepEqual(
      cells,
      [day.success, day.failed, day.pending]
        .map(String)
        .concat(rupees(day.amount)),
      date,
    );
  }
});

test("the chart says by words what it draws, and a shorter period counts less or the same", async () => {
  const page = await dashboardPage(browser, "/dashboard");
  await page
    .getByRole("img", { name: /^Bar chart of payments by day/ })
    .waitFor();
  await page.locator(".plot canvas").first().waitFor(); // drawn after the paint
  assert.equal(await page.locator(".plot canvas").count(), 1);
  const all = Number(
    (await hasText(byId(page, "total-transactions"), /\d/)).replaceAll(",", ""),
  );
  const asked = page.waitForResponse("**/dashboard/summary?from=*");
  await byId(page, "summary-range").selectOption("7");
  const week = await (await asked).json();
  assert.equal(week.by_day.length, 7);
  assert.ok(week.total_transactions <= all + 50 && week.total_transactions > 0);
  await hasText(
    byId(page, "total-transactions"),
    new Intl.NumberFormat("en-IN").format(week.total_transactions),
  );
});
