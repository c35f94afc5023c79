/** Chaos started, seen and stopped on its page. Only what disturbs no other test is asked for. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { axeFindings, byId, launch } from "../checkout/support/browser.mjs";
import { logicOf } from "../checkout/support/logic.mjs";
import { api, dashboardPage, hasText } from "./support/dashboard.mjs";

let browser;
before(async () => {
  browser = await launch();
});
beforeEach(() => api("DELETE", "/test/chaos"));
after(async () => {
  await browser?.close();
  await api("DELETE", "/test/chaos");
});

const field = (page, name) => byId(page, `chaos-${name}`);

/** Presses a button; gives what the gateway answered. */
async function press(page, button, method) {
  const answered = page.waitForResponse(
    (answer) =>
      answer.request().method() === method &&
      answer.url().endsWith("/test/chaos"),
  );
  await byId(page, button).click();
  return (await answered).status();
}

test("chaos is started, shown after a reload, and stopped", async () => {
  const page = await dashboardPage(browser, "/dashboard/chaos", {
    bypassCSP: true,
  });
  await hasText(byId(page, "chaos-state"), "Nothing is disturbed now.");
  assert.equal(await byId(page, "chaos-stop").count(), 0);
  await field(page, "late_percent").fill("1");
  await field(page, "late_seconds").fill("1");
  await field(page, "minutes").fill("5");
  await field(page, "seed").fill("7");
  assert.equal(await press(page, "chaos-start", "PUT"), 200);
  await hasText(byId(page, "chaos-state"), /^On until .* Seed 7 repeats/);
  assert.deepEqual(await axeFindings(page.mainFrame()), []);
  const asked = await api("GET", "/test/chaos");
  assert.equal(asked.late_percent, 1);
  assert.equal(asked.late_seconds, 1);
  assert.equal(asked.error_percent, 0);
  await page.reload();
  await hasText(byId(page, "chaos-start"), "Start anew");
  assert.equal(await field(page, "late_percent").inputValue(), "1");
  assert.equal(await press(page, "chaos-stop", "DELETE"), 200);
  await hasText(byId(page, "chaos-state"), "Nothing is disturbed now.");
  assert.equal((await api("GET", "/test/chaos")).active, false);
});

test("a number that cannot be is named at its field, and nothing is asked for", async () => {
  const page = await dashboardPage(browser, "/dashboard/chaos");
  await byId(page, "chaos-form").waitFor();
  await field(page, "error_percent").fill("101");
  await field(page, "minutes").fill("soon");
  await byId(page, "chaos-start").click();
  for (const name of ["error_percent", "minutes"])
    assert.equal(
      await field(page, name).getAttribute("aria-invalid"),
      "true",
      name,
    );
  await hasText(page.locator(".wrong .note"), "A whole number from 0 to 100.");
  assert.equal((await api("GET", "/test/chaos")).active, false);
});

test("shares of one thing that exceed all of it are named by the gateway, at the field", async () => {
  const page = await dashboardPage(browser, "/dashboard/chaos");
  await byId(page, "chaos-form").waitFor();
  await field(page, "reorder_percent").fill("60");
  await field(page, "delay_percent").fill("60");
  assert.equal(await press(page, "chaos-start", "PUT"), 400);
  await hasText(page.locator(".wrong .note"), /must not exceed 100 together/);
  assert.equal(
    await field(page, "reorder_percent").getAttribute("aria-invalid"),
    "true",
  );
});

test("the navigation leads to it", async () => {
  const page = await dashboardPage(browser, "/dashboard");
  await page.getByRole("link", { name: "Chaos" }).click();
  await byId(page, "chaos-form").waitFor();
  assert.equal(await page.title(), "Chaos · AsyncPay");
});

test("what is typed becomes numbers, and what is empty is left to the gateway", async () => {
  const { shown, wanted } = await logicOf("../../../dashboard/src/logic/chaos");
  const empty = shown({}, false);
  assert.equal(empty.slow_ms, "3000");
  assert.equal(empty.error_percent, "");
  const { body } = wanted({ ...empty, error_percent: " 7 ", seed: "" });
  assert.equal(body.error_percent, 7);
  assert.equal(body.drop_percent, 0);
  assert.ok(!("seed" in body));
  for (const text of ["-1", "1.5", "101", "1e1", "x"])
    assert.deepEqual(wanted({ ...empty, error_percent: text }).wrong, [
      "error_percent",
    ]);
});
