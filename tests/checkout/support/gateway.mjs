/** A gateway of the tests' own, on free ports. */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "./ports.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const START_LIMIT_MS = 300_000;
const WORKERS = 4;

/** Starts `python -m local up` in a home of its own; gives its addresses, its environment and a way to end it. */
export async function start(home, settings = {}) {
  const names = [
    "API",
    "MERCHANT",
    "DASHBOARD",
    "CHECKOUT",
    "SHOP",
    "STATUS",
    "ASYNCPAY_EMULATOR",
    "ASYNCPAY_TABLES",
    "ASYNCPAY_STRIPE",
    "ASYNCPAY_RAZORPAY",
  ];
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [`${name}_PORT`, String(free[index])]));
  const log = join(ROOT, home, "up.log");
  // The tests count what there is: begin with nothing.
  rmSync(join(ROOT, home), { recursive: true, force: true });
  mkdirSync(join(ROOT, home), { recursive: true });
  const output = openSync(log, "w");
  const env = { ...process.env, ...ports, ASYNCPAY_HOME: home, TEST_MODE: "true", ...settings };
  delete env.AWS_ENDPOINT_URL; // of the gateway that other test files share
  const child = spawn(process.env.PYTHON ?? "python3", ["-m", "local", "up"], {
    cwd: ROOT,
    env,
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
    STRIPE_URL: `http://127.0.0.1:${ports.ASYNCPAY_STRIPE_PORT}`,
    RAZORPAY_URL: `http://127.0.0.1:${ports.ASYNCPAY_RAZORPAY_PORT}`,
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
  return { urls, env, end };
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}
