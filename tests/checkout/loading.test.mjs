/** How the script gets into a page: bundled by the shop, copied to a CDN, or by PaymentGateway.load(). */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { byId, esbuild } from "./support/browser.mjs";
import { openCheckout } from "./support/shop.mjs";
import { CHECKOUT, createOrder } from "./support/stack.mjs";
import { visits } from "./support/visits.mjs";

const SDK = fileURLToPath(new URL("../../sdk/checkout/dist/", import.meta.url));
const DEFAULT_ORIGIN = process.env.CHECKOUT_ORIGIN ?? "http://localhost:3001";
const { visit } = visits();

/** What webpack and Next make of the package as well: one classic script of the shop's. */
async function bundled(contents, format = "iife") {
  const stdin = { contents, resolveDir: SDK };
  const { outputFiles } = await esbuild.build({ stdin, format, bundle: true, write: false });
  return outputFiles[0].text;
}

/** The origin that the iframe is opened at, by a page with one script. */
async function originWith(code, { path = "bundle.js", attributes = "" } = {}) {
  const page = await visit(
    {
      files: {
        "/page": `<!doctype html><body><script src="/${path}" ${attributes}></script>`,
        [`/${path}`]: code,
      },
    },
    { path: "page" },
  );
  return page.evaluate(() => {
    new PaymentGateway({ key: "k", orderId: "order_AAAAAAAAAAAAAAAA" }).open();
    return new URL(document.querySelector("#payment-gateway-modal iframe").src).origin;
  });
}

for (const [what, contents] of [
  ["imported", `import { PaymentGateway } from "./esm/index.js"; window.PaymentGateway = PaymentGateway;`],
  ["required", `window.PaymentGateway = require("./cjs/index.cjs").PaymentGateway;`],
]) {
  test(`the package ${what} in a classic bundle opens the checkout's origin, not the shop's`, async () => {
    assert.equal(await originWith(await bundled(contents)), DEFAULT_ORIGIN);
  });
}

test("a bundle that happens to be called checkout.js is no exception", async () => {
  const code = await bundled(`import P from "./esm/index.js"; window.PaymentGateway = P;`);
  assert.equal(await originWith(code, { path: "checkout.js" }), DEFAULT_ORIGIN);
});

test("checkout.js joined to the shop's other scripts opens the checkout's origin", async () => {
  const script = await readFile(`${SDK}checkout.js`, "utf8");
  assert.equal(await originWith(`"use strict";\n${script};\nwindow.shop = 1;`), DEFAULT_ORIGIN);
});

test("a copy of checkout.js at a package CDN's address opens the checkout's origin, not the CDN's", async () => {
  const script = await readFile(`${SDK}checkout.js`, "utf8");
  const path = "npm/asyncpay-checkout@1.0.0/dist/checkout.js";
  assert.equal(await originWith(script, { path }), DEFAULT_ORIGIN);
  assert.equal(await originWith(script, { path, attributes: `data-checkout-url="${CHECKOUT}/x"` }), CHECKOUT);
});

test("checkout.js inside a page or a blob opens the checkout's origin", async () => {
  const script = await readFile(`${SDK}checkout.js`, "utf8");
  const page = await visit({ files: { "/page": "<!doctype html><body>" } }, { path: "page" });
  const origin = await page.evaluate(async (code) => {
    const tag = document.createElement("script");
    tag.src = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    await new Promise((resolve) => {
      tag.onload = resolve;
      document.head.append(tag);
    });
    new PaymentGateway({ key: "k", orderId: "order_AAAAAAAAAAAAAAAA" }).open();
    return new URL(document.querySelector("#payment-gateway-modal iframe").src).origin;
  }, script);
  assert.equal(origin, DEFAULT_ORIGIN);
});

/** Calls load() as a shop does that has the package in its bundle; the page itself has no checkout.js. */
async function pageWithPackage(headers) {
  const code = await bundled(
    `import { PaymentGateway } from "./esm/index.js"; window.load = PaymentGateway.load;`,
  );
  const body = `<!doctype html><head><script src="/bundle.js"></script></head><body>`;
  return visit({ headers, files: { "/page": body, "/bundle.js": code } }, { path: "page" });
}

const loads = (page, options = { checkoutUrl: CHECKOUT }) =>
  page.evaluate(async (given) => {
    try {
      return (await load(given)) === window.PaymentGateway && "loaded";
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  }, options);

const TRUSTED = `script-src 'self' ${CHECKOUT}; require-trusted-types-for 'script'`;
for (const [what, policy] of [
  ["under Trusted Types", TRUSTED],
  ["where the policy's name is allowed", `${TRUSTED}; trusted-types asyncpay-checkout`],
]) {
  test(`load() works ${what}`, async () => {
    const page = await pageWithPackage({ "Content-Security-Policy": policy });
    assert.equal(await loads(page), "loaded");
    assert.deepEqual(page.complaints, []);
  });
}

test("where only the shop's default policy is allowed, load() goes by it", async () => {
  const page = await pageWithPackage({ "Content-Security-Policy": `${TRUSTED}; trusted-types default` });
  assert.match(await loads(page), /^TypeError/);
  await page.evaluate(() => trustedTypes.createPolicy("default", { createScriptURL: (url) => url }));
  assert.equal(await loads(page), "loaded");
});

test("a load that failed is tried again, whatever the failure was", async () => {
  const page = await pageWithPackage({});
  assert.match(await loads(page, { checkoutUrl: "not an address" }), /^TypeError/);
  await page.route(`${CHECKOUT}/checkout.js`, (route) => route.abort());
  assert.match(await loads(page), /could not be loaded/);
  await page.unrouteAll();
  await page.route(`${CHECKOUT}/checkout.js`, (route) =>
    route.fulfill({ contentType: "text/javascript", body: "" }),
  );
  assert.match(await loads(page), /could not be loaded/);
  await page.unrouteAll();
  assert.match(await loads(page, { checkoutUrl: CHECKOUT, integrity: "sha384-AAAA" }), /could not be loaded/);
  assert.equal(await page.locator("script[src*='checkout.js']").count(), 0, "failed scripts are removed");
  assert.equal(await loads(page), "loaded");
});

test("a load that hangs fails after 30 s and is tried again", async () => {
  const page = await pageWithPackage({});
  await page.clock.install();
  await page.route(`${CHECKOUT}/checkout.js`, () => {});
  const hanging = loads(page);
  await page.locator("script[src*='checkout.js']").waitFor({ state: "attached" });
  await page.clock.fastForward(31_000);
  assert.match(await hanging, /could not be loaded/);
  await page.unrouteAll();
  assert.equal(await loads(page), "loaded");
});

test("what load() gives sells", async () => {
  const page = await visit();
  await page.evaluate(async () => {
    const { load } = PaymentGateway;
    delete window.PaymentGateway;
    window.PaymentGateway = await load();
  });
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await byId(frame, "vpa-input").waitFor();
});
