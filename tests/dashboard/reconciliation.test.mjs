/** The days that were compared with the acquirer's statement. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  axeFindings,
  byId,
  launch,
  newPage,
} from "../checkout/support/browser.mjs";
import {
  compareDays,
  DASHBOARD,
  dashboardPage,
  hasText,
  signIn,
} from "./support/dashboard.mjs";

let browser;
before(async () => {
  browser = await launch();
  compareDays();
});
after(() => browser?.close());

test("the days are shown with sums and fees, the latest first, and each difference with both amounts", async () => {
  const page = await dashboardPage(browser, "/dashboard");
  await page.getByRole("link", { name: "Reconciliation" }).click();
  const rows = byId(page, "reconciliation-row");
  await rows.first().waitFor();
  assert.equal(new URL(page.url()).pathname, "/dashboard/reconciliation");
  const days = await rows.locator("time").allTextContents();
  assert.deepEqual(days, ["2026-03-10", "2026-03-09"]);
  assert.deepEqual(
    await byId(page, "reconciliation-matched").allTextContents(),
    ["10", "7"],
  );
  assert.deepEqual(
    await byId(page, "reconciliation-differences").allTextContents(),
    ["2", "none"],
  );
  await hasText(byId(page, "reconciliation-fees"), "₹246.90");
  const differences = byId(page, "difference-row");
  assert.equal(await differences.count(), 2);
  const cells = (row) => row.getByRole("cell").allTextContents();
  assert.deepEqual(await cells(differences.first()), [
    "Amounts differ",
    "pay_Fq3ZtW8kLmXs0aBc",
    "pi_3Q0aKc",
    "₹500.00",
    "₹499.00",
  ]);
  assert.deepEqual(await cells(differences.last()), [
    "Unexplained",
    "adjustment",
    "txn_1Q0aKc",
    "–",
    "₹900.00",
  ]);
  const link = differences.first().getByRole("link");
  assert.equal(
    await link.getAttribute("href"),
    "/dashboard/transactions/pay_Fq3ZtW8kLmXs0aBc",
  );
  await page.context().close();
});

test("before any day was compared the page says so, and when the API fails it can be asked again", async () => {
  const page = await newPage(browser, { bypassCSP: true });
  await signIn(page);
  const api = "**/api/v1/dashboard/reconciliations?**";
  await page.route(api, (route) => route.abort());
  await page.goto(`${DASHBOARD}/dashboard/reconciliation`);
  await page.getByRole("alert").waitFor();
  assert.deepEqual(await axeFindings(page.mainFrame()), []);
  await page.unroute(api);
  const none = { data: [], total: 0, limit: 20, offset: 0 };
  await page.route(api, (route) => route.fulfill({ json: none }));
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".empty").waitFor();
  assert.equal(await byId(page, "reconciliation-table").count(), 0);
  assert.deepEqual(await axeFindings(page.mainFrame()), []);
  await page.context().close();
});
