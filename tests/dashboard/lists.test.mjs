/** Orders, all refunds, and the balance with its ledger: found, narrowed, paged, and leading to the payment. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch } from "../checkout/support/browser.mjs";
import {
  api,
  DASHBOARD,
  dashboardPage,
  hasText,
  pay,
} from "./support/dashboard.mjs";

const RECEIPT = `lists ${Date.now()}`;
let browser, paid, unpaid, refund;
before(async () => {
  browser = await launch();
  paid = await pay({ amount: 12_345_600, receipt: RECEIPT });
  unpaid = await api("POST", "/orders", { amount: 49_900, receipt: RECEIPT });
  refund = await api("POST", `/payments/${paid.id}/refunds`, {
    amount: 2_345_600,
    reason: "too small",
  });
  for (let asked = 0; refund.status === "pending" && asked < 240; asked++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    refund = await api("GET", `/refunds/${refund.id}`);
  }
});
after(() => browser?.close());

const text = async (row, id) => (await byId(row, id).textContent()).trim();

/** Waits until the rows of a list are just these. */
async function lists(page, row, attribute, ids) {
  await page.waitForFunction(
    ([row, attribute, wanted]) => {
      const found = [...document.querySelectorAll(`[data-test-id=${row}]`)];
      return found.map((one) => one.getAttribute(attribute)).join() === wanted;
    },
    [row, attribute, ids.join()],
  );
}
/** The ids of the rows that are shown. */
const shown = (page, row, member) =>
  byId(page, row).evaluateAll(
    (rows, member) => rows.map((one) => one.dataset[member]),
    member,
  );

/** Waits until there are rows, and none of those seen before. */
const showsNoneOf = (page, row, member, seen) =>
  page.waitForFunction(
    ([row, member, seen]) => {
      const found = [...document.querySelectorAll(`[data-test-id=${row}]`)];
      return (
        found.length && !found.some((one) => seen.includes(one.dataset[member]))
      );
    },
    [row, member, seen],
  );

const listsOrders = (page, ids) =>
  lists(page, "order-row", "data-order-id", ids);

test("an order is found by its receipt, narrowed by status and day, and leads to its payments", async () => {
  const page = await dashboardPage(browser, "/dashboard/orders");
  await byId(page, "search-input").fill(RECEIPT);
  await byId(page, "search-button").click();
  await listsOrders(page, [unpaid.id, paid.order_id]);
  assert.match(page.url(), /\/dashboard\/orders\?q=/);
  const row = page.locator(`[data-order-id=${paid.order_id}]`);
  assert.equal(await text(row, "order-receipt"), RECEIPT);
  assert.equal(await text(row, "order-amount"), "₹1,23,456.00");
  assert.equal(await text(row, "order-status"), "paid");
  await byId(page, "filter-status").selectOption("created");
  await listsOrders(page, [unpaid.id]);
  await byId(page, "filter-from").fill("2999-01-01");
  await listsOrders(page, []);
  await hasText(page.locator(".empty"), "No orders match these filters.");
  await page.goBack();
  await page.goBack();
  await listsOrders(page, [unpaid.id, paid.order_id]);
  await page.getByRole("link", { name: paid.order_id }).click();
  await lists(page, "transaction-row", "data-payment-id", [paid.id]);
});

test("older orders follow without a gap or a repetition", async () => {
  const { total } = await api("GET", "/orders?limit=1");
  for (let made = total; made < 22; made++)
    await api("POST", "/orders", { amount: 100 });
  const page = await dashboardPage(browser, "/dashboard/orders");
  const older = page.getByRole("link", { name: "Older" });
  await older.waitFor();
  const first = await shown(page, "order-row", "orderId");
  assert.equal(first.length, 20);
  await older.click();
  await showsNoneOf(page, "order-row", "orderId", first);
  const second = await shown(page, "order-row", "orderId");
  // Other tests make orders meanwhile, which come before these.
  const all = (await api("GET", "/orders?limit=100")).data.map(({ id }) => id);
  const start = all.indexOf(first[0]);
  const wanted = all.slice(start, start + first.length + second.length);
  assert.deepEqual([...first, ...second], wanted);
  await page.reload();
  await listsOrders(page, second);
  await page.getByRole("button", { name: "Newer" }).click();
  await showsNoneOf(page, "order-row", "orderId", second);
});

test("a refund is listed with those of all payments, and leads to its payment", async () => {
  const page = await dashboardPage(browser, "/dashboard/refunds");
  const row = page.locator(`[data-refund-id=${refund.id}]`);
  await row.waitFor();
  assert.equal(await text(row, "refund-amount"), "₹23,456.00");
  assert.equal(await text(row, "refund-status"), "processed");
  assert.equal(await byId(page, "search-input").count(), 0);
  await byId(page, "filter-status").selectOption("cancelled");
  await row.waitFor({ state: "detached" });
  await byId(page, "clear-filters").click();
  await row.getByRole("link", { name: paid.id }).click();
  await page.waitForURL(`${DASHBOARD}/dashboard/transactions/${paid.id}`);
  await byId(page, "payment").waitFor();
});

test("the balance is the API's, and the ledger shows what each entry did to it", async () => {
  const page = await dashboardPage(browser, "/dashboard/refunds");
  // The page's own answer: other tests move money meanwhile.
  const [answer] = await Promise.all([
    page.waitForResponse(/\/api\/v1\/balance$/),
    page.getByRole("link", { name: "Balance", exact: true }).click(),
  ]);
  const { data } = await answer.json();
  const inr = data.find(({ currency }) => currency === "INR");
  const rupees = new Intl.NumberFormat("en-IN", {
    style: "currency",
    currency: "INR",
  });
  const row = byId(page, "balance-row").filter({ hasText: "INR" });
  for (const name of ["amount", "payments", "refunds", "reversals"])
    assert.equal(
      await text(row, `balance-${name}`),
      rupees.format(inr[name] / 100),
      name,
    );
  assert.equal(inr.amount, inr.payments - inr.refunds - inr.reversals);
  const ledger = await api("GET", "/ledger?limit=100");
  const entryOf = async (kind) => {
    const { id } = ledger.data.find(
      (one) => one.kind === kind && one.payment_id === paid.id,
    );
    const entry = page.locator(`[data-entry-id="${id}"]`);
    await byId(page, "ledger-row").first().waitFor();
    for (let pages = 0; pages < 5 && !(await entry.count()); pages++) {
      const seen = await shown(page, "ledger-row", "entryId");
      await page.getByRole("link", { name: "Older" }).click();
      await showsNoneOf(page, "ledger-row", "entryId", seen);
    }
    return entry;
  };
  const back = await entryOf("refund");
  assert.equal(await text(back, "ledger-amount"), "-₹23,456.00");
  const came = await entryOf("payment");
  assert.equal(await text(came, "ledger-amount"), "₹1,23,456.00");
  await came.getByRole("link", { name: paid.id }).click();
  await byId(page, "payment").waitFor();
});

test("the ledger is read on by cursor, and reads no balance again", async () => {
  const { total } = await api("GET", "/ledger?limit=1");
  await Promise.all(
    Array.from({ length: Math.max(0, 22 - total) }, () => pay({ amount: 100 })),
  );
  const page = await dashboardPage(browser, "/dashboard/balance");
  await byId(page, "balance-row").first().waitFor();
  const older = page.getByRole("link", { name: "Older" });
  await older.waitFor();
  const asked = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/api/")) asked.push(pathname);
  });
  const first = await shown(page, "ledger-row", "entryId");
  await older.click();
  await showsNoneOf(page, "ledger-row", "entryId", first);
  assert.deepEqual(asked, ["/api/v1/ledger"]);
});
