/**
 * Shops whose pages hold elements with awkward names, written by a user or by a generator of documents: DOM
 * clobbering (HTML, "Named access on the Window object" and "DOM tree accessors"; CVE-2024-43788).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { byId } from "./support/browser.mjs";
import { heard, hears, openCheckout, payByUpi } from "./support/shop.mjs";
import { CHECKOUT, createOrder } from "./support/stack.mjs";
import { visits } from "./support/visits.mjs";

const EVIL = "https://evil.example";
// Every member of `document` that the script uses.
const MEMBERS = [
  ...["currentScript", "createElement", "head", "body", "documentElement"],
  ...["adoptedStyleSheets", "querySelectorAll", "getElementById", "addEventListener"],
];

const { visit } = visits();

/** Opens the checkout without help from the page's own, clobbered document; gives the iframe's address. */
async function openedAt(page) {
  return page.evaluate(
    (orderId) => {
      window.gateway = window.checkout({ orderId });
      window.gateway.open();
      const find = Document.prototype.querySelector.bind(document);
      return find("#payment-gateway-modal iframe")?.src ?? "no iframe";
    },
    await createOrder(),
  );
}

for (const [what, markup] of [
  ["an image", `<img name="currentScript" alt="" src="${EVIL}/checkout.js">`],
  ["a form", `<form name="currentScript" data-checkout-url="${EVIL}"></form>`],
  ["a form with an input for each member", `<form name="currentScript"><input name="dataset"></form>`],
  [
    "two images",
    `<img name="currentScript" alt=""><img name="currentScript" src="${EVIL}/checkout.js" alt="">`,
  ],
  ["an embedded page", `<iframe name="currentScript" title="x" src="about:blank"></iframe>`],
]) {
  test(`${what} named currentScript does not move the checkout to another origin`, async () => {
    const page = await visit({ before: markup });
    assert.equal(new URL(await openedAt(page)).origin, CHECKOUT);
  });
}

for (const name of MEMBERS) {
  test(`a page with elements named ${name} sells`, async () => {
    const named = ["img", "form", "object"].map((tag) => `<${tag} name="${name}" id="${name}"></${tag}>`);
    const page = await visit({ before: named.join("") });
    assert.equal(new URL(await openedAt(page)).origin, CHECKOUT);
    const [shown, sheets] = await page.evaluate(() => {
      const own = (member) => Reflect.get(Document.prototype, member, document);
      const dialog = own("querySelector").call(document, "#payment-gateway-modal");
      return [
        dialog.parentNode === own("body") && dialog.matches(":modal"),
        own("adoptedStyleSheets").length,
      ];
    });
    assert.deepEqual([shown, sheets], [true, 1]);
    await page.evaluate(() => window.gateway.close());
    const left = await page.evaluate(() => {
      const all = Document.prototype.querySelectorAll.call(document, "#payment-gateway-modal");
      return [all.length, Reflect.get(Document.prototype, "adoptedStyleSheets", document).length];
    });
    assert.deepEqual(left, [0, 0]);
  });
}

for (const [what, markup] of [
  ["form", `<form id="PaymentGateway"></form>`],
  ["heading", `<h2 id="PaymentGateway">PaymentGateway</h2>`],
  ["pair of links", `<a id="PaymentGateway"></a><a id="PaymentGateway" name="version"></a>`],
  ["object", `<object id="PaymentGateway"></object>`],
  ["frame of another site", `<iframe name="PaymentGateway" title="x" src="${CHECKOUT}/checkout"></iframe>`],
]) {
  test(`a ${what} called PaymentGateway leaves the class defined, and the shop sells`, async () => {
    const page = await visit({ before: markup });
    assert.equal(await page.evaluate(() => typeof window.PaymentGateway), "function");
    const frame = await openCheckout(page, { orderId: await createOrder() });
    await byId(frame, "vpa-input").waitFor();
    assert.deepEqual(page.complaints, []);
  });
}

for (const [what, markup] of [
  ["form", `<form id="module"><input name="exports"></form>`],
  ["pair of links", `<a id="module"></a><a id="module" name="exports"></a>`],
  ["frame of another site", `<iframe name="module" title="x" src="${CHECKOUT}/checkout"></iframe>`],
]) {
  test(`a ${what} called module is not taken for CommonJS, and AMD still gets the class`, async () => {
    const page = await visit({
      before: `${markup}<script src="/amd.js"></script>`,
      files: { "/amd.js": "window.define = (names, make) => { window.defined = make(); }; define.amd = {};" },
    });
    assert.equal(await page.evaluate(() => window.defined === window.PaymentGateway), true);
    // Once more, now that the frame has loaded and its window lets nobody look inside.
    await page.addScriptTag({ url: `${CHECKOUT}/checkout.js` });
    assert.deepEqual(page.complaints, []);
  });
}

test("load() does not take a form for the class either", async () => {
  const page = await visit({ before: `<form id="PaymentGateway"></form><img name="head" alt="">` });
  const [kind, version] = await page.evaluate(async () => {
    const { load, version: wanted } = window.PaymentGateway;
    delete window.PaymentGateway; // the form shows again
    const loaded = await load();
    return [typeof loaded, loaded.version === wanted];
  });
  assert.deepEqual([kind, version], ["function", true]);
});

test("the shop's own element with the modal's id neither stops the checkout nor is removed", async () => {
  const page = await visit({
    before: `<form id="payment-gateway-modal"><input name="dispatchEvent"></form>`,
  });
  const orderId = await createOrder();
  const counts = await page.evaluate((id) => {
    const count = () => document.querySelectorAll("dialog#payment-gateway-modal").length;
    const [first, second] = [checkout({ orderId: id }), checkout({ orderId: id })];
    first.open();
    second.open();
    const open = count();
    second.close();
    return [open, count(), document.querySelectorAll("form#payment-gateway-modal").length];
  }, orderId);
  assert.deepEqual(counts, [1, 0, 1]);
  assert.deepEqual(await heard(page), [["close"], ["close"]]);
});

test("a page full of such elements sells, from the button to the outcome", async () => {
  const names = ["currentScript", "head", "adoptedStyleSheets", "PaymentGateway", "module"];
  const page = await visit({
    before: names.map((name) => `<form id="${name}" name="${name}"></form>`).join(""),
  });
  const frame = await openCheckout(page, { orderId: await createOrder() });
  await payByUpi(frame, "success@asyncpay");
  await hears(page, "close");
  assert.deepEqual(
    (await heard(page)).map(([name]) => name),
    ["success", "close"],
  );
});
