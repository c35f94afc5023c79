/** Outside test stages, a browser shows the page on the origins that the key's merchant registered, and nowhere else. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, newPage } from "./support/browser.mjs";
import { startShop } from "./support/shop.mjs";

const PYTHON = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
const SERVER = fileURLToPath(new URL("support/live_page.py", import.meta.url));
const KEY = "key_live_abc123";
let browser, registered, other, server, checkoutUrl;
before(async () => {
  [browser, registered, other] = await Promise.all([launch(), startShop(), startShop()]);
  server = spawn(PYTHON, [SERVER, KEY, new URL(registered.url).origin], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(server.stdout, "data");
  checkoutUrl = `http://localhost:${Number(port)}`;
});
after(async () => {
  server?.kill();
  await browser?.close();
  await registered?.stop();
  await other?.stop();
});

/** The first that a shop hears of a checkout, and what the browser said about frames. */
async function firstWord(shop, key) {
  const page = await newPage(browser);
  await page.goto(shop.url);
  const heard = await page.evaluate(
    (options) =>
      new Promise((resolve) => {
        checkout({ ...options, onEvent: ({ name }) => resolve(name) }).open();
      }),
    { key, checkoutUrl, orderId: "order_AAAAAAAAAAAAAAAA" },
  );
  return [heard, page.complaints.some((line) => line.includes("frame-ancestors"))];
}

test("a registered origin shows the page; another origin, or another key, does not", async () => {
  assert.deepEqual(await firstWord(registered, KEY), ["ready", false]);
  assert.deepEqual(await firstWord(other, KEY), ["load_failed", true]);
  assert.deepEqual(await firstWord(registered, "key_of_nobody"), ["load_failed", true]);
});
