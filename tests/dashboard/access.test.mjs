/** Everyone can use it: with a screen reader, by keyboard, zoomed in to 320 px, in the dark. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  axeFindings,
  byId,
  launch,
  newPage,
} from "../checkout/support/browser.mjs";
import {
  api,
  compareDays,
  DASHBOARD,
  dashboardPage,
  EMAIL,
  hasText,
  pay,
} from "./support/dashboard.mjs";

// WCAG 2.2, 2.5.8.
const TARGET_MIN = 24;
let browser, payment, hook;
before(async () => {
  browser = await launch();
  compareDays();
  payment = await pay({ amount: 99_999_999_99 });
  await api("POST", `/payments/${payment.id}/refunds`, {
    amount: 99_999_999,
    reason: "thisreasonisonewordthathasnoplacetobreak".repeat(3),
  });
  hook = (await api("GET", "/webhooks?limit=1")).data[0];
});
after(() => browser?.close());

/** Every page, and what to wait for on it. */
const pages = () => ({
  "/dashboard": "payments-chart",
  "/dashboard/transactions": "transaction-row",
  [`/dashboard/transactions/${payment.id}`]: "payment",
  "/dashboard/orders": "order-row",
  "/dashboard/refunds": "refund-row",
  "/dashboard/balance": "ledger-row",
  "/dashboard/reconciliation": "difference-row",
  "/dashboard/webhooks": "webhook-log-item",
  ...(hook ? { [`/dashboard/webhooks/${hook.id}`]: "webhook-payload" } : {}),
  "/dashboard/keys": "keys-table",
  "/dashboard/audit": "audit-row",
  "/dashboard/people": "people-table",
  "/dashboard/account": "sessions-table",
  "/dashboard/chaos": "chaos-form",
  "/dashboard/docs": "code-snippet-webhook",
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing on any page in ${colorScheme} colours`, async () => {
    const page = await newPage(browser, { bypassCSP: true, colorScheme });
    await page.goto(`${DASHBOARD}/login`);
    await byId(page, "login-form").waitFor();
    assert.deepEqual(await axeFindings(page.mainFrame()), []);
    await byId(page, "email-input").fill("nobody@example.com");
    await byId(page, "password-input").fill("x");
    await byId(page, "login-button").click();
    await page.locator("[role=alert]").waitFor();
    assert.deepEqual(await axeFindings(page.mainFrame()), []);
    await byId(page, "email-input").fill(EMAIL);
    await byId(page, "login-button").click();
    await byId(page, "dashboard").waitFor();
    for (const [path, ready] of Object.entries(pages())) {
      await page.goto(DASHBOARD + path);
      await byId(page, ready).first().waitFor();
      await page.waitForFunction(() => !document.querySelector(".loading"));
      assert.deepEqual(await axeFindings(page.mainFrame()), [], path);
    }
    await page.goto(`${DASHBOARD}/dashboard/transactions/${payment.id}`);
    await byId(page, "refund-button").click();
    assert.deepEqual(await axeFindings(page.mainFrame()), [], "refund dialog");
  });
}

test("at 320 px nothing scrolls sideways but code, and every target has 24 px", async () => {
  const page = await dashboardPage(browser, "/dashboard", {
    viewport: { width: 320, height: 640 },
  });
  for (const [path, ready] of Object.entries(pages())) {
    await page.goto(DASHBOARD + path);
    await byId(page, ready).first().waitFor();
    await page.waitForFunction(() => !document.querySelector(".loading"));
    assert.deepEqual(
      await page.evaluate(measure, TARGET_MIN),
      { wide: [], small: [] },
      path,
    );
  }
  await page.goto(`${DASHBOARD}/dashboard/transactions/${payment.id}`);
  await byId(page, "refund-button").click();
  assert.deepEqual(
    await page.evaluate(measure, TARGET_MIN),
    { wide: [], small: [] },
    "refund dialog",
  );
});

/** Runs in the page: what sticks out, and what is too small to hit. */
function measure(least) {
  const name = (element) =>
    element.dataset.testId ?? (element.className || element.tagName);
  const all = [...document.querySelectorAll("body *")].filter(
    (element) =>
      element.getClientRects().length &&
      !element.closest(".visually-hidden, thead, .skip"),
  );
  return {
    wide: all
      .filter((element) => !element.closest("pre") || element.matches("pre"))
      .filter(
        (element) => element.getBoundingClientRect().right > innerWidth + 0.5,
      )
      .map(name),
    small: all
      .filter((element) =>
        element.matches("button, input, select, summary, a.button, nav a"),
      )
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        return Math.min(width, height) < least;
      })
      .map(name),
  };
}

test("a keyboard alone signs in, skips to the content, finds a payment and refunds it", async () => {
  const page = await newPage(browser);
  const keys = page.keyboard;
  const focused = () =>
    page.evaluate(
      () =>
        document.activeElement.dataset.testId ??
        document.activeElement.textContent,
    );
  const tabTo = async (wanted) => {
    for (let presses = 0; presses < 30; presses++) {
      await keys.press("Tab");
      if ((await focused()) === wanted) return;
    }
    assert.fail(`Tab never reached ${wanted}, but ${await focused()}`);
  };
  const one = await pay({ amount: 20_000 });
  await page.goto(`${DASHBOARD}/dashboard/transactions`);
  await byId(page, "login-form").waitFor();
  await tabTo("email-input");
  await keys.type(EMAIL);
  await keys.press("Tab");
  await keys.type("anything");
  await keys.press("Enter");
  await byId(page, "transaction-row").first().waitFor();
  assert.equal(await focused(), "Transactions"); // the heading: where reading goes on
  await page.reload(); // reading begins at the top again
  await byId(page, "transaction-row").first().waitFor();
  await tabTo("Skip to content");
  await keys.press("Enter");
  await tabTo("search-input");
  await keys.type(one.id);
  await keys.press("Enter");
  await page.waitForURL(`**/dashboard/transactions?q=${one.id}`);
  await page.waitForFunction(
    () =>
      document.querySelectorAll("[data-test-id=transaction-row]").length === 1,
  );
  await tabTo(one.id);
  await keys.press("Enter");
  await byId(page, "refund-button").waitFor();
  await tabTo("refund-button");
  await keys.press("Enter");
  await byId(page, "refund-dialog").waitFor();
  assert.equal(await focused(), "refund-amount-input");
  await keys.press("Escape");
  await byId(page, "refund-dialog").waitFor({ state: "detached" });
  assert.equal(await focused(), "refund-button");
  await keys.press("Enter");
  await byId(page, "refund-dialog").waitFor();
  assert.equal(await focused(), "refund-amount-input");
  await keys.press("Control+A");
  await keys.type("50");
  const refunds = [];
  page.on("request", (request) => {
    if (request.method() === "POST") refunds.push(request.url());
  });
  for (let held = 0; held < 5; held++) await keys.down("Enter");
  await keys.up("Enter");
  await byId(page, "refund-confirm").waitFor();
  assert.equal(await focused(), "refund-confirm");
  assert.deepEqual(refunds, []); // Enter held down answers one question
  await keys.press("Enter");
  await hasText(
    page.locator(".toast[role=status]"),
    "Refund of ₹50.00 is in progress",
  );
  await hasText(byId(page, "refund-amount"), "₹50.00"); // after the notice, which stays for 6 s
});

test("tables stay tables to a screen reader when they are laid out as cards", async () => {
  const page = await dashboardPage(browser, "/dashboard/transactions", {
    viewport: { width: 320, height: 640 },
  });
  const table = page.getByRole("table", { name: "Payments, newest first" });
  await table.getByRole("cell").first().waitFor();
  assert.equal(await table.getByRole("columnheader").count(), 6);
  assert.equal(
    await table
      .getByRole("row")
      .first()
      .getByRole("columnheader")
      .first()
      .textContent(),
    "Payment",
  );
});
