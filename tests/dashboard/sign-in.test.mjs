/** Getting in and out: return addresses, ended sessions, refusals, addresses typed by hand. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, launch, newPage } from "../checkout/support/browser.mjs";
import {
  DASHBOARD,
  signedInPage,
  EMAIL,
  hasText,
  signIn,
} from "./support/dashboard.mjs";

// A log with a pending row looks again by itself, and would find out before the button is pressed.
const QUIET_LOG = "/dashboard/webhooks?status=success";
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function fillIn(page, email = EMAIL) {
  await byId(page, "email-input").fill(email);
  await byId(page, "password-input").fill("anything");
  await byId(page, "login-button").click();
}

test("who is not signed in comes to the page that was wanted by way of the sign-in", async () => {
  const page = await newPage(browser);
  await page.goto(`${DASHBOARD}/dashboard/transactions?status=failed`);
  await page.waitForURL(`${DASHBOARD}/login?return=*`);
  await byId(page, "login-form").waitFor();
  await fillIn(page);
  await page.waitForURL(`${DASHBOARD}/dashboard/transactions?status=failed`);
  await byId(page, "transactions-table").waitFor();
});

test("a return address of another site is not followed", async () => {
  const page = await newPage(browser);
  await page.goto(
    `${DASHBOARD}/login?return=${encodeURIComponent("//example.com/dashboard")}`,
  );
  await fillIn(page);
  await byId(page, "dashboard").waitFor();
  assert.equal(page.url(), `${DASHBOARD}/dashboard`);
});

test("a session that ends in the middle leads to the sign-in, and back", async () => {
  const page = await signedInPage(browser, QUIET_LOG);
  await byId(page, "webhook-logs-table").waitFor();
  await page.context().clearCookies();
  await byId(page, "test-webhook-button").click();
  await byId(page, "login-form").waitFor();
  await fillIn(page);
  await page.waitForURL(DASHBOARD + QUIET_LOG);
  await byId(page, "webhook-config-form").waitFor();
});

test("an unknown e-mail is refused in words, and the form stays", async () => {
  const page = await newPage(browser);
  await page.goto(`${DASHBOARD}/login`);
  await fillIn(page, "nobody@example.com");
  await hasText(page.locator("[role=alert]"), /./);
  assert.equal(
    await byId(page, "email-input").inputValue(),
    "nobody@example.com",
  );
  assert.equal(page.url(), `${DASHBOARD}/login`);
});

test("signing out ends the session for every tab", async () => {
  const page = await signedInPage(browser);
  const other = await page.context().newPage();
  await other.goto(DASHBOARD + QUIET_LOG);
  await byId(other, "webhook-config-form").waitFor();
  await byId(page, "logout-button").click();
  await byId(page, "login-form").waitFor();
  await byId(other, "test-webhook-button").click();
  await byId(other, "login-form").waitFor();
});

test("the session is out of reach for scripts, and nothing secret is stored", async () => {
  const page = await signedInPage(browser);
  await byId(page, "api-secret").waitFor();
  const kept = await page.evaluate(() => [
    document.cookie,
    JSON.stringify(localStorage),
    JSON.stringify(sessionStorage),
    JSON.stringify(history.state),
  ]);
  assert.deepEqual(kept.slice(0, 3), ["", "{}", "{}"]);
  assert.doesNotMatch(kept[3], /secret|token/);
  const cookies = await page.context().cookies(DASHBOARD);
  assert.ok(cookies.length > 0);
  for (const cookie of cookies) {
    assert.equal(cookie.httpOnly, true, cookie.name);
    assert.equal(cookie.sameSite, "Strict", cookie.name);
  }
});

test("another tab's new sign-in does not break this one", async () => {
  const page = await signedInPage(browser, "/dashboard/webhooks");
  const other = await page.context().newPage();
  await byId(page, "webhook-config-form").waitFor();
  await other.goto(`${DASHBOARD}/login?return=/dashboard/docs`);
  await fillIn(other);
  await byId(other, "api-docs").waitFor();
  await byId(page, "test-webhook-button").click();
  await hasText(page.locator(".toast"), /Test event sent/);
});

test("every page opens by its address and by the navigation, with the banner of a test stage", async () => {
  const page = await signedInPage(browser);
  const pages = {
    "/dashboard": "Overview",
    "/dashboard/transactions": "Transactions",
    "/dashboard/webhooks": "Webhooks",
    "/dashboard/keys": "API keys",
    "/dashboard/docs": "Integration guide",
  };
  for (const [path, title] of Object.entries(pages)) {
    await page.goto(DASHBOARD + path);
    await hasText(page.locator("h1"), title);
    assert.equal(await page.title(), `${title} · AsyncPay`);
    await hasText(byId(page, "test-banner"), /^Test stage/);
  }
  for (const [path, title] of Object.entries(pages)) {
    await page
      .locator("nav")
      .first()
      .getByRole("link", { name: title })
      .click();
    await hasText(page.locator("h1"), title);
    assert.equal(page.url(), DASHBOARD + path);
    assert.equal(
      await page.evaluate(() => document.activeElement.tagName),
      "H1",
    );
  }
  await page.goBack();
  await hasText(page.locator("h1"), "API keys");
  assert.deepEqual(
    page.complaints.filter((line) => !line.includes("401")),
    [],
  );
});

test("an address that is no page says so; one outside is not found", async () => {
  const page = await signedInPage(browser, "/dashboard/nothing");
  await hasText(page.locator("h1"), "Page not found");
  assert.equal((await fetch(`${DASHBOARD}/nothing`)).status, 404);
});
