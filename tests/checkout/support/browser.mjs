/** Debian's Chromium, driven by playwright-core; the packages are those of checkout-site. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../../../checkout-site/package.json", import.meta.url));
const { chromium } = require("playwright-core");
export const esbuild = require("esbuild");
/** The text of a file of an installed package. */
export const packaged = (name) => readFileSync(require.resolve(name), "utf8");
const axe = packaged("axe-core/axe.min.js");

export const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** How long any one condition may take: the machine may be shared. */
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);

/** `options` are playwright's. */
export function launch(options = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ARGUMENTS,
    ...options,
  });
}

/** A page in a fresh profile; what it logs as errors is collected in `page.complaints`. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-IN",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  return page;
}

/** A locator of the contract's data-test-id. */
export const byId = (where, id) => where.locator(`[data-test-id="${id}"]`);

/** What axe finds in one frame, as readable lines; WCAG 2.2 AA and best practices. */
export async function axeFindings(frame, options = {}) {
  await frame.evaluate(axe);
  return frame.evaluate(async (given) => {
    const { violations } = await globalThis.axe.run(document, given);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
  }, options);
}
