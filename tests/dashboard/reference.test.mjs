/** The API reference in a real browser, over the running gateway's own document. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  axeFindings,
  byId,
  launch,
  newPage,
} from "../checkout/support/browser.mjs";

const DASHBOARD = process.env.DASHBOARD_URL ?? "http://localhost:3000";
// Swagger UI's own structure: it puts links into its buttons, skips headings, has no landmarks at the top, and
// gives the list of a parameter's values no name.
const VIEWERS_OWN = {
  "nested-interactive": { enabled: false },
  "heading-order": { enabled: false },
  "select-name": { enabled: false },
};
const RULES = { rules: { ...VIEWERS_OWN, region: { enabled: false } } };
let browser, page, foreign;

before(async () => {
  browser = await launch();
  page = await newPage(browser);
  foreign = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(DASHBOARD)) foreign.push(request.url());
  });
  await page.goto(`${DASHBOARD}/api-reference`);
  await page.locator(".opblock").first().waitFor();
});
after(() => browser?.close());

const operation = (name) => page.locator(`[id$="-${name}"].opblock`);

test("every endpoint and every webhook of the document is on the page", async () => {
  const api = await (await fetch(`${DASHBOARD}/openapi.json`)).json();
  const names = [
    ...Object.values(api.paths),
    ...Object.values(api.webhooks),
  ].flatMap((item) => Object.values(item).map((shown) => shown.operationId));
  assert.ok(names.length > 30);
  for (const name of names)
    assert.equal(await operation(name).count(), 1, name);
});

test("an endpoint can be tried out against the gateway that the page came from", async () => {
  const health = operation("get_health");
  await health.locator(".opblock-summary-control").click();
  await health.getByRole("button", { name: "Try it out" }).click();
  await health.getByRole("button", { name: "Execute" }).click();
  await health
    .locator(".live-responses-table .response-col_status", { hasText: "200" })
    .waitFor();
  assert.match(
    await health.locator(".live-responses-table").innerText(),
    /"status": ?"healthy"/,
  );
});

test("it needs nothing from elsewhere, breaks no policy, and axe finds nothing in what is ours", async () => {
  assert.equal(await byId(page, "api-reference").count(), 1);
  assert.deepEqual(foreign, []);
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(await axeFindings(page.mainFrame(), RULES), []);
});
