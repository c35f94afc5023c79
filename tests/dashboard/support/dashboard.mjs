/** The dashboard of the running gateway, and how to get into it. Everything is real: no answer is made up here. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { byId, newPage } from "../../checkout/support/browser.mjs";
import { API, KEY } from "../../checkout/support/stack.mjs";

export const DASHBOARD = process.env.DASHBOARD_URL ?? "http://localhost:3000";
export const EMAIL = "test@example.com";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** What runs the guide's Python samples, and the environment in which they find the SDK. */
export const PYTHON = here("../../../.venv/bin/python");
export const WITH_SDK = {
  ...process.env,
  PYTHONPATH: here("../../../sdk/python/src"),
};
const SECRET = "secret_test_xyz789";
const ANSWER_LIMIT_MS = 30_000;

/** Calls the API as the merchant's server would. */
export async function api(method, path, body) {
  const response = await fetch(`${API}/api/v1${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      "X-Api-Key": KEY,
      "X-Api-Secret": SECRET,
    },
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  assert.ok(
    response.ok,
    `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`,
  );
  return answer;
}

/** A payment by UPI whose outcome is known: "success" or "decline". */
export async function pay({
  amount = 50_000,
  outcome = "success",
  receipt = "browser-test",
  wait = true,
} = {}) {
  const order = await api("POST", "/orders", {
    amount,
    currency: "INR",
    receipt,
  });
  const vpa = `${outcome}@asyncpay`;
  const payment = await api("POST", "/payments", {
    order_id: order.id,
    method: "upi",
    vpa,
  });
  for (let asked = 0; wait && asked < 240; asked++) {
    const { status } = await api("GET", `/payments/${payment.id}`);
    if (status !== "pending") break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return payment;
}

/** Days of the seeded merchant that were compared with its acquirer's statement. */
export function compareDays() {
  execFileSync(PYTHON, [here("../compared.py")], { stdio: "inherit" });
}

/** Signs in by the form. */
export async function signIn(page, path = "/dashboard") {
  await page.goto(`${DASHBOARD}/login`);
  await byId(page, "email-input").fill(EMAIL);
  await byId(page, "password-input").fill("anything");
  await byId(page, "login-button").click();
  await byId(page, "dashboard").waitFor();
  if (path !== "/dashboard") await page.goto(DASHBOARD + path);
}

/** A page of the dashboard with a session of its own. */
export async function signedInPage(browser, path, options) {
  const page = await newPage(browser, options);
  await signIn(page, path);
  return page;
}

let session;

/** A page of the dashboard; all of one test file share one session, as tabs do. */
export async function dashboardPage(browser, path, options) {
  if (!session) {
    const page = await signedInPage(browser);
    session = await page.context().storageState();
    await page.context().close();
  }
  const page = await newPage(browser, { ...options, storageState: session });
  await page.goto(DASHBOARD + path);
  return page;
}

/** Waits until a locator's text is `wanted` (a string, or a regular expression). */
export async function hasText(locator, wanted) {
  const deadline = Date.now() + 30_000;
  let text = "";
  while (Date.now() < deadline) {
    text = (await locator.first().textContent())?.trim() ?? "";
    if (typeof wanted === "string" ? text === wanted : wanted.test(text))
      return text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`"${text}" is not ${wanted}`);
}
