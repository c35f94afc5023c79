/**
 * The browser tests of every page that we serve: `npm test --prefix checkout-site`. Starts a gateway of its
 * own on free ports, in a home of its own, unless CHECKOUT_URL (with API_URL, SHOP_URL, DASHBOARD_URL and
 * AWS_ENDPOINT_URL) names one that runs. Arguments pick test files by a part of their path.
 */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { freePorts } from "./support/stack.mjs";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const ROOT = join(TESTS, "..");
const FOLDERS = ["checkout", "dashboard"];
const HOME = ".build/checkout-tests";
const START_LIMIT_MS = 300_000;
const WORKERS = 4;
const FILE_LIMIT_MS = 600_000;
// Each file has a browser. They wait much, for the bank and for the page's next poll, so two fit beside the gateway.
const FILES_AT_ONCE = 2;

/** Starts `python -m local up`; gives its addresses and a way to end it. */
async function start() {
  const names = [
    "API",
    "MERCHANT",
    "DASHBOARD",
    "CHECKOUT",
    "SHOP",
    "STATUS",
    "ASYNCPAY_EMULATOR",
    "ASYNCPAY_TABLES",
  ];
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [`${name}_PORT`, String(free[index])]));
  const log = join(ROOT, HOME, "up.log");
  // The tests count what there is: begin with nothing.
  rmSync(join(ROOT, HOME), { recursive: true, force: true });
  mkdirSync(join(ROOT, HOME), { recursive: true });
  const output = openSync(log, "w");
  const child = spawn(process.env.PYTHON ?? "python3", ["-m", "local", "up"], {
    cwd: ROOT,
    env: { ...process.env, ...ports, ASYNCPAY_HOME: HOME, TEST_MODE: "true" },
    stdio: ["ignore", output, output],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const end = () => (child.kill("SIGTERM"), ended);
  const urls = {
    API_URL: `http://localhost:${ports.API_PORT}`,
    CHECKOUT_URL: `http://localhost:${ports.CHECKOUT_PORT}`,
    SHOP_URL: `http://127.0.0.1:${ports.SHOP_PORT}`,
    DASHBOARD_URL: `http://localhost:${ports.DASHBOARD_PORT}`,
    MERCHANT_URL: `http://localhost:${ports.MERCHANT_PORT}`,
    TABLES_URL: `http://127.0.0.1:${ports.ASYNCPAY_TABLES_PORT}`,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${ports.ASYNCPAY_EMULATOR_PORT}`, // for a look into the tables
  };
  const pages = [`${urls.CHECKOUT_URL}/checkout`, `${urls.DASHBOARD_URL}/login`, urls.SHOP_URL];
  const probes = [`${urls.API_URL}/health`, ...pages];
  const deadline = Date.now() + START_LIMIT_MS;
  for (let ready = false; !ready;) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await end();
      throw new Error(`the gateway did not start:\n${readFileSync(log, "utf8").slice(-4_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    ready = (await Promise.all(probes.map(answers))).every(Boolean);
  }
  // The emulator starts a worker for each call at once: now, and not while a page waits.
  await Promise.all(Array.from({ length: WORKERS }, () => answers(`${urls.API_URL}/api/v1/test/merchant`)));
  return { urls, end };
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}

async function testFiles() {
  const wanted = process.argv.slice(2);
  const all = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(TESTS, folder)).catch(() => []);
    all.push(...names.filter((name) => name.endsWith(".test.mjs")).map((name) => `${folder}/${name}`));
  }
  return all.sort().filter((name) => !wanted.length || wanted.some((part) => name.includes(part)));
}

const gateway = process.env.CHECKOUT_URL ? { urls: {}, end: () => {} } : await start();
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
