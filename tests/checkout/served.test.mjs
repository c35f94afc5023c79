/** What the checkout's port answers: headers, caching, and that AWS is told the same. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { API, CHECKOUT } from "./support/stack.mjs";

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const get = (path, init) => fetch(CHECKOUT + path, { signal: AbortSignal.timeout(10_000), ...init });

test("the page's policy has no inline script, one API, and names who may frame it", async () => {
  const response = await get("/checkout?order_id=x");
  const policy = Object.fromEntries(
    response.headers
      .get("content-security-policy")
      .split(";")
      .map((directive) => {
        const [name, ...values] = directive.trim().split(" ");
        return [name, values.join(" ")];
      }),
  );
  assert.equal(policy["default-src"], "'none'");
  assert.equal(policy["script-src"], "'self'");
  assert.equal(policy["style-src"], "'self'");
  assert.equal(policy["connect-src"], `'self' ${API}`);
  assert.equal(policy["frame-ancestors"], "*");
  assert.equal(policy["require-trusted-types-for"], "'script'");
  assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  assert.match(response.headers.get("permissions-policy"), /payment=\(\)/);
  assert.equal(response.headers.get("strict-transport-security"), null, "HSTS is not for a laptop");
});

test("every script and style of the page is ours, and carries the hash of what is served", async () => {
  const html = await (await get("/checkout")).text();
  assert.doesNotMatch(html, /<script(?![^>]* src=)/);
  assert.doesNotMatch(html, /__[A-Z_]+__/);
  const tags = [...html.matchAll(/(?:src|href)="(\/[^"]+)" integrity="sha384-([^"]+)"/g)];
  assert.equal(tags.length, 2);
  for (const [, path, hash] of tags) {
    const response = await get(path);
    const body = Buffer.from(await response.arrayBuffer());
    assert.equal(createHash("sha384").update(body).digest("base64"), hash);
    assert.match(response.headers.get("cache-control"), /immutable/);
  }
});

test("the versioned script is the same as checkout.js, immutable, and matches its printed hash", async () => {
  const release = await (await get("/checkout/release.json")).json();
  const [latest, versioned] = await Promise.all([get("/checkout.js"), get(release.script)]);
  const [one, other] = [await latest.text(), await versioned.text()];
  assert.equal(one, other);
  assert.equal(`sha384-${createHash("sha384").update(one).digest("base64")}`, release.integrity);
  assert.match(versioned.headers.get("cache-control"), /immutable/);
  assert.doesNotMatch(latest.headers.get("cache-control"), /immutable/);
  for (const name of ["access-control-allow-origin", "cross-origin-resource-policy"]) {
    assert.ok(latest.headers.get(name) && versioned.headers.get(name), name);
  }
});

test("an unchanged script is not sent again, and other paths do not exist", async () => {
  const first = await get("/checkout.js");
  const again = await get("/checkout.js", { headers: { "If-None-Match": first.headers.get("etag") } });
  assert.equal(again.status, 304);
  for (const path of [
    "/shop/index.html",
    "/checkout/../../package.json",
    "/checkout/%2e%2e/headers.json",
    "/nothing",
  ]) {
    assert.equal((await get(path)).status, 404, path);
  }
});

test("the npm package can be imported and required on a server, and opens nothing there", async () => {
  const dist = new URL("../../sdk/checkout/dist/", import.meta.url);
  const module = await import(new URL("esm/index.js", dist));
  const common = createRequire(import.meta.url)(fileURLToPath(new URL("cjs/index.cjs", dist)));
  for (const { PaymentGateway } of [module, common]) {
    assert.throws(() => new PaymentGateway({ key: "k" }), /"orderId" is required/);
    await assert.rejects(PaymentGateway.load(), /needs a browser/);
  }
  assert.equal(module.default, module.PaymentGateway);
  assert.equal(globalThis.PaymentGateway, undefined);
});

test("the sizes stay within their limits", async () => {
  const { gzipped } = JSON.parse(await read("checkout-site/dist/checkout/release.json"));
  assert.ok(gzipped["checkout.js"] <= 6_000 && gzipped.page <= 50_000, JSON.stringify(gzipped));
});
