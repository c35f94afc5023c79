/**
 * The browser tests of every page that we serve: `npm test --prefix checkout-site`. Starts a gateway of its
 * own on free ports, in a home of its own, unless CHECKOUT_URL (with API_URL, SHOP_URL, DASHBOARD_URL and
 * AWS_ENDPOINT_URL) names one that runs. Arguments pick test files by a part of their path.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { start } from "./support/gateway.mjs";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["checkout", "dashboard"];
const HOME = ".build/checkout-tests";
const FILE_LIMIT_MS = 600_000;
// Each file has a browser. They wait much, for the bank and for the page's next poll, so two fit beside the gateway.
const FILES_AT_ONCE = 2;

async function testFiles() {
  const wanted = process.argv.slice(2);
  const all = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(TESTS, folder)).catch(() => []);
    all.push(...names.filter((name) => name.endsWith(".test.mjs")).map((name) => `${folder}/${name}`));
  }
  return all.sort().filter((name) => !wanted.length || wanted.some((part) => name.includes(part)));
}

const gateway = process.env.CHECKOUT_URL ? { urls: {}, end: () => {} } : await start(HOME);
Object.assign(process.env, gateway.urls); // the test files' processes inherit it
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await gateway.end();
    process.exit(1);
  });
}
const tests = run({
  files: (await testFiles()).map((name) => join(TESTS, name)),
  concurrency: FILES_AT_ONCE,
  timeout: FILE_LIMIT_MS,
});
tests.on("test:fail", () => {
  process.exitCode = 1;
});
const reported = tests.compose(spec);
reported.pipe(process.stdout);
await new Promise((resolve) => reported.once("end", resolve));
await gateway.end();
