/** Webhooks set up, rotated, tried, read and retried; and the guide's receivers, run as they stand on the page. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { byId, launch } from "../checkout/support/browser.mjs";
import { freePorts } from "../checkout/support/ports.mjs";
import { until } from "../checkout/support/stack.mjs";
import {
  api,
  dashboardPage,
  hasText,
  PYTHON,
  WITH_SDK,
} from "./support/dashboard.mjs";

// Events of other tests' payments would push a row off the log's first page.
const LOG = "/dashboard/webhooks?event=webhook.test";
let browser, receiver, original;
before(async () => {
  browser = await launch();
  original = (await api("GET", "/webhooks/config")).webhook_url;
  receiver = await startReceiver();
});
after(async () => {
  await browser?.close();
  await api("PUT", "/webhooks/config", { webhook_url: original });
  await receiver?.stop();
});

/** A merchant's receiver; `status` is what it answers with. */
async function startReceiver() {
  const found = { status: 200, heard: [] };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    found.heard.push({ headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(found.status, { "Content-Type": "text/plain" });
    response.end(`receiver says ${found.status} <b>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(found, {
    url: `http://localhost:${server.address().port}/hook`,
    stop: () =>
      new Promise(
        (resolve) => (server.close(resolve), server.closeAllConnections()),
      ),
  });
}

async function saveUrl(page, url) {
  // The notice of an earlier save may still be there.
  const answered = page.waitForResponse(
    (answer) =>
      answer.request().method() === "PUT" &&
      answer.url().endsWith("/webhooks/config"),
  );
  await byId(page, "webhook-url-input").fill(url);
  await byId(page, "save-webhook-button").click();
  assert.equal((await answered).status(), 200);
  await hasText(page.locator(".toast"), /^Saved/);
}

/** Presses "Send test event"; gives the id of the row that it makes. */
async function sendTest(page) {
  const answered = page.waitForResponse("**/api/v1/webhooks/test");
  await byId(page, "test-webhook-button").click();
  const { id } = await (await answered).json();
  await page
    .locator(`[data-test-id=webhook-log-item][data-webhook-id="${id}"]`)
    .waitFor();
  return id;
}

const rowOf = (page, id) =>
  page.locator(`[data-test-id=webhook-log-item][data-webhook-id="${id}"]`);

test("the URL is saved, a bad one is refused beside its field, and an empty one clears it", async () => {
  const page = await dashboardPage(browser, "/dashboard/webhooks");
  await saveUrl(page, receiver.url);
  assert.equal(
    (await api("GET", "/webhooks/config")).webhook_url,
    receiver.url,
  );
  await byId(page, "webhook-url-input").fill("ftp://shop.example/hook");
  await byId(page, "save-webhook-button").click();
  await hasText(page.locator(".wrong .note"), /webhook_url|https?/i);
  assert.equal(
    await byId(page, "webhook-url-input").getAttribute("aria-invalid"),
    "true",
  );
  await saveUrl(page, "");
  assert.equal((await api("GET", "/webhooks/config")).webhook_url, null);
  await byId(page, "test-webhook-button").click();
  await page.locator("form [role=alert]").waitFor();
});

test("what is typed while a saved URL is read again stays in the field", async () => {
  const page = await dashboardPage(browser, "/dashboard/webhooks");
  const field = byId(page, "webhook-url-input");
  await field.waitFor();
  let answer;
  const typed = new Promise((resolve) => (answer = resolve));
  await page.route("**/api/v1/webhooks/config", async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const response = await route.fetch();
    const json = { ...(await response.json()), webhook_secret: "read again" };
    await typed;
    return route.fulfill({ response, json });
  });
  await saveUrl(page, receiver.url);
  await field.fill("https://shop.example/next");
  answer();
  await hasText(byId(page, "webhook-secret"), "read again");
  // Effects run after the paint.
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(resolve));
      }),
  );
  assert.equal(await field.inputValue(), "https://shop.example/next");
  await saveUrl(page, "");
});

test("another endpoint is added with its events, tried, rotated, disabled and removed", async () => {
  const page = await dashboardPage(browser, "/dashboard/webhooks");
  await byId(page, "endpoint-url-input").fill("ftp://books.example/hook");
  await byId(page, "add-endpoint-button").click();
  await hasText(page.locator(".wrong .note"), /^url must/);
  await byId(page, "endpoint-url-input").fill(receiver.url);
  await byId(page, "endpoint-event-order.paid").check();
  await byId(page, "endpoint-event-payment.pending").uncheck();
  await byId(page, "add-endpoint-button").click();
  const row = byId(page, "webhook-endpoint");
  await hasText(row, /order\.paid/);
  assert.doesNotMatch(await row.textContent(), /payment\.pending/);
  const id = await row.getAttribute("data-endpoint-id");
  // The endpoint gets events of other tests' payments too.
  const heard = receiver.heard.length;
  await byId(row, "endpoint-test").click();
  const { headers } = await until(
    () =>
      receiver.heard
        .slice(heard)
        .find(({ body }) => JSON.parse(body).event === "webhook.test"),
    "the test event",
  );
  assert.ok(headers["webhook-signature"]);
  await byId(row, "endpoint-show").click();
  await hasText(byId(row, "endpoint-secret"), /^whsec_/);
  const { secret } = await api("GET", `/webhook-endpoints/${id}`);
  await byId(row, "endpoint-rotate").click();
  await until(
    async () =>
      (await api("GET", `/webhook-endpoints/${id}`)).secret !== secret,
    "a new secret",
  );
  await byId(row, "endpoint-toggle").click();
  await hasText(row, /disabled/);
  await byId(row, "endpoint-remove").click();
  await byId(page, "confirm-button").click();
  await row.waitFor({ state: "detached" });
  const { data } = await api("GET", "/webhook-endpoints");
  assert.deepEqual(
    data.filter((endpoint) => endpoint.id === id),
    [],
  );
});

test("all that failed begins again at a click", async () => {
  const page = await dashboardPage(browser, "/dashboard/webhooks");
  const answered = page.waitForResponse("**/api/v1/webhooks/retry");
  await byId(page, "retry-failed-button").click();
  const { retried } = await (await answered).json();
  await hasText(page.locator(".toast"), new RegExp(`^${retried} deliver`));
});

test("the log is read on by cursor, without a gap or a repetition", async () => {
  await api("PUT", "/webhooks/config", { webhook_url: receiver.url });
  const sent = new Set();
  for (let number = 0; number < 11; number++) {
    sent.add((await api("POST", "/webhooks/test")).id);
  }
  const page = await dashboardPage(browser, LOG);
  const rows = byId(page, "webhook-log-item");
  const shown = () =>
    rows.evaluateAll((all) => all.map((row) => row.dataset.webhookId));
  await rows.nth(9).waitFor();
  const first = await shown();
  const asked = page.waitForRequest(/\/api\/v1\/webhooks\?.*cursor=/);
  await page.getByRole("link", { name: "Older" }).click();
  await asked;
  await until(async () => {
    const ids = await shown();
    return ids.length > 0 && ids.every((id) => !first.includes(id));
  }, "the next page is shown");
  const seen = new Set([...first, ...(await shown())]);
  assert.ok([...sent].every((id) => seen.has(id)));
  await page.getByText(/^11 to \d+ of \d+$/).waitFor();
  await api("PUT", "/webhooks/config", { webhook_url: null });
});

test("a test event arrives, and its row becomes a success without a reload", async () => {
  const page = await dashboardPage(browser, LOG);
  receiver.status = 200;
  await saveUrl(page, receiver.url);
  const id = await sendTest(page);
  const row = rowOf(page, id);
  await hasText(byId(row, "webhook-status"), "success");
  await hasText(byId(row, "webhook-attempts"), "1");
  await hasText(byId(row, "webhook-response-code"), "200");
  await hasText(byId(row, "webhook-last-attempt"), /^\d\d \w+ 2\d\d\d, /);
  assert.equal(
    await byId(row, "retry-webhook-button").getAttribute("data-webhook-id"),
    id,
  );
});

test("a failed attempt is shown with request and response, and a retry delivers", async () => {
  const page = await dashboardPage(browser, LOG);
  await saveUrl(page, receiver.url);
  receiver.status = 500;
  const id = await sendTest(page);
  await hasText(byId(rowOf(page, id), "webhook-response-code"), "500");
  await hasText(byId(rowOf(page, id), "webhook-status"), "pending");
  await rowOf(page, id).getByRole("link").click();
  const attempt = byId(page, "webhook-attempt");
  await hasText(attempt.first().locator("pre"), "receiver says 500 <b>");
  await hasText(page.locator("#main"), /Next attempt/);
  // Other tests' payments send events here too.
  const sent = receiver.heard.find(
    ({ headers }) => headers["webhook-id"] === id,
  );
  const shown = JSON.parse(await byId(page, "webhook-payload").textContent());
  assert.deepEqual(shown, JSON.parse(sent.body));
  receiver.status = 204;
  await byId(page, "retry-webhook-button").click();
  await hasText(page.locator(".sum .badge"), "success");
  await hasText(attempt.nth(1), /204.*Empty response body\./s);
});

test("the log is narrowed by status and event, and a retry in it begins anew", async () => {
  const page = await dashboardPage(browser, "/dashboard/webhooks");
  receiver.status = 200;
  await byId(page, "filter-status").selectOption("success");
  await page.waitForURL("**/dashboard/webhooks?status=success");
  await byId(page, "webhook-log-item").first().waitFor();
  const statuses = () => byId(page, "webhook-status").allTextContents();
  await until(
    async () => (await statuses()).every((text) => text === "success"),
    "only successes",
  );
  const asked = page.waitForResponse("**/retry");
  await byId(page, "retry-webhook-button").first().click();
  assert.equal((await (await asked).json()).status, "pending");
  await hasText(page.locator(".toast"), "Webhook retry scheduled");
  await byId(page, "filter-event").selectOption("refund.processed");
  await page.waitForURL(
    "**/dashboard/webhooks?status=success&event=refund.processed",
  );
});

test("regenerating the secret shows a new one, and it signs from then on", async () => {
  const page = await dashboardPage(browser, "/dashboard/webhooks");
  const before = await hasText(byId(page, "webhook-secret"), /^whsec_/);
  await byId(page, "regenerate-secret-button").click();
  const now = await hasText(
    byId(page, "webhook-secret"),
    new RegExp(`^(?!${before}$)whsec_`),
  );
  assert.equal((await api("GET", "/webhooks/config")).webhook_secret, now);
});

for (const [sample, program, file] of [
  ["webhook", process.execPath, "receiver.mjs"],
  ["webhook-python", PYTHON, "receiver.py"],
]) {
  test(`the guide's receiver ${file}, as it stands, takes our events and refuses forged ones`, async () => {
    const page = await dashboardPage(browser, "/dashboard/docs");
    const code = await byId(page, `code-snippet-${sample}`).textContent();
    const folder = await mkdtemp(join(tmpdir(), "guide-"));
    const port = String((await freePorts(1))[0]);
    await writeFile(join(folder, file), code);
    const child = spawn(program, [join(folder, file)], {
      env: { ...WITH_SDK, PORT: port },
    });
    try {
      let output = "";
      child.stdout.on("data", (text) => (output += text));
      const url = `http://localhost:${port}/`;
      const forged = () =>
        fetch(url, {
          method: "POST",
          body: "{}",
          headers: { "X-Webhook-Signature": "00" },
        });
      await until(
        async () => (await forged().catch(() => ({}))).status === 401,
        "a refusal",
      );
      await page.goto(new URL(LOG, page.url()).href);
      await saveUrl(page, url);
      const id = await sendTest(page);
      await hasText(byId(rowOf(page, id), "webhook-status"), "success");
      // It answers first and prints afterwards.
      await until(
        () => /^webhook\.test \{"message"/m.test(output),
        "the event in the receiver's output",
      );
    } finally {
      // Events of other tests' payments must not run into a receiver that is gone: many failures open its circuit.
      await api("PUT", "/webhooks/config", { webhook_url: original });
      child.kill();
      await rm(folder, { recursive: true });
    }
  });
}
