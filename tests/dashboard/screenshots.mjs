/**
 * Pictures of every page and state, into docs/screenshots: `node tests/dashboard/screenshots.mjs` against a
 * running gateway. Not a test: they are for people to look at.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { byId, launch, newPage } from "../checkout/support/browser.mjs";
import {
  api,
  compareDays,
  DASHBOARD,
  EMAIL,
  pay,
  signIn,
} from "./support/dashboard.mjs";

const OUT = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  mobile: {
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
  },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
};

/** Something to see: payments of every kind, a refund, deliveries. */
async function fill() {
  const one = await pay({ amount: 12_345_600, receipt: "screenshot" });
  for (const [amount, outcome] of [
    [49_900, "success"],
    [250_000, "decline"],
    [1_999_00, "success"],
  ])
    await pay({ amount, outcome, receipt: "screenshot" });
  await api("POST", `/payments/${one.id}/refunds`, {
    amount: 2_345_600,
    reason: "too small",
  });
  compareDays();
  await pay({ amount: 75_000, wait: false });
  return one;
}

/** Colleagues and keys with rights, made as the page that is signed in makes them. */
async function invite(page) {
  const made = await page.evaluate(async () => {
    const at = "/api/v1/dashboard";
    const { csrf_token } = await (await fetch(`${at}/session`)).json();
    const headers = {
      "Content-Type": "application/json",
      "X-CSRF-Token": csrf_token,
    };
    const post = async (path, body) => {
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      return (await fetch(at + path, init)).status;
    };
    return [
      await post("/users", { email: "asha@chai.example", role: "developer" }),
      await post("/users", {
        email: "ravi@chai.example",
        role: "support",
        refund_limit: 500_000,
      }),
      await post("/api-keys", {
        name: "refund desk",
        rights: ["read", "refunds"],
        expires_in_days: 90,
        addresses: ["203.0.113.0/24"],
      }),
      await post("/exports", { of: "payments", status: "failed" }),
    ];
  });
  if (made.some((status) => status !== 201)) throw new Error(`made: ${made}`);
}

async function signInStates(page, shoot) {
  await page.goto(`${DASHBOARD}/login`);
  await byId(page, "email-input").fill(EMAIL);
  await shoot("sign-in");
  await byId(page, "email-input").fill("nobody@example.com");
  await byId(page, "password-input").fill("x");
  await byId(page, "login-button").click();
  await page.locator("[role=alert]").waitFor();
  await shoot("sign-in-refused");
}

async function pages(page, shoot, payment, hook) {
  const places = [
    ["overview", "/dashboard", "payments-chart"],
    ["transactions", "/dashboard/transactions", "transaction-row"],
    ["payment", `/dashboard/transactions/${payment.id}`, "payment"],
    ["orders", "/dashboard/orders", "order-row"],
    ["refunds", "/dashboard/refunds", "refund-row"],
    ["balance", "/dashboard/balance", "ledger-row"],
    ["reconciliation", "/dashboard/reconciliation", "difference-row"],
    ["webhooks", "/dashboard/webhooks", "webhook-log-item"],
    ["delivery", `/dashboard/webhooks/${hook.id}`, "webhook-attempt"],
    ["keys", "/dashboard/keys", "keys-table"],
    ["audit", "/dashboard/audit", "audit-row"],
    ["people", "/dashboard/people", "people-table"],
    ["account", "/dashboard/account", "sessions-table"],
    ["guide", "/dashboard/docs", "code-snippet-webhook"],
  ];
  for (const [name, path, ready] of places) {
    await page.goto(DASHBOARD + path);
    await byId(page, ready).first().waitFor();
    await page.waitForFunction(() => !document.querySelector(".loading"));
    await page.mouse.move(0, 0);
    await shoot(name);
  }
}

async function states(page, shoot, payment) {
  await page.goto(`${DASHBOARD}/dashboard/transactions?q=nothing`);
  await page.locator(".empty").waitFor();
  await shoot("empty");
  await page.goto(`${DASHBOARD}/dashboard/transactions/${payment.id}`);
  await byId(page, "refund-button").click();
  await byId(page, "refund-amount-input").fill("500");
  await byId(page, "refund-next").click();
  await byId(page, "refund-confirm").waitFor();
  await shoot("refund");
  await page.route("**/api/v1/payments?**", (route) => route.abort());
  await page.goto(`${DASHBOARD}/dashboard/transactions`);
  await page.locator("[role=alert]").waitFor();
  await shoot("error");
}

await mkdir(OUT, { recursive: true });
const payment = await fill();
const [hook] = (await api("GET", "/webhooks?limit=1&status=success")).data;
const browser = await launch();
for (const [device, options] of Object.entries(DEVICES)) {
  const page = await newPage(browser, options);
  const shoot = (name) =>
    page.screenshot({
      path: `${OUT}dashboard-${name}-${device}.png`,
      animations: "disabled",
    });
  await signInStates(page, shoot);
  await signIn(page);
  if (device === "desktop") await invite(page);
  await pages(page, shoot, payment, hook);
  await states(page, shoot, payment);
  await page.context().close();
}
await browser.close();
