/** The Node package's verifier, held to node:crypto and to a delivery that the Python SDK signed. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as sdk from "../../../sdk/node/dist/esm/index.js";

const { signWebhook, verifyRequest, verifyWebhook, WebhookVerificationError } = sdk;
const [SECRET, OLD] = ["whsec_test_abc123", "whsec_old"];
const AT = 1_764_000_000;
const BODY =
  '{"event":"payment.success","timestamp":1764000000,"data":{"payment":{"id":"pay_AAAAAAAAAAAAAAAA","notes":"Ünï ₹"}},"sequence":2}';
// What sdk/python's Webhook.sign makes of BODY with both secrets.
const HEADERS = {
  "X-Webhook-Signature": "4e2c0574aeed1d647be6787da11db695e8f57e74ab2f9f6bee5aee5e256d3cb4",
  "X-Webhook-Signature-Previous": "0a5acd89c655942e359b2f82dd16e854740c03180c93e628d20ee0e1ecb49b93",
  "webhook-id": "msg_1",
  "webhook-timestamp": "1764000000",
  "webhook-signature":
    "v1,zUwKPf6dtwFDDt/z03g7Z+jvdXsS1vetNr50NhEI7Po= v1,K3FkfgYO6qVUn970Yxz1BapqYKB2YtcDDPZrlelaU3k=",
};
const now = { nowMs: AT * 1000 };
const OWN = ["X-Webhook-Signature", "X-Webhook-Signature-Previous"];
const STANDARD = ["webhook-id", "webhook-timestamp", "webhook-signature"];

const without = (...names) =>
  Object.fromEntries(Object.entries(HEADERS).filter(([name]) => !names.includes(name)));
const refused = (code, promise) =>
  assert.rejects(promise, (error) => error instanceof WebhookVerificationError && error.code === code);

test("a delivery is verified by the current secret, the old one, or a list that holds either", async () => {
  for (const secret of [SECRET, OLD, [SECRET], ["whsec_other", OLD], [SECRET, OLD]]) {
    const event = await verifyWebhook(BODY, HEADERS, secret, now);
    assert.equal(event.data.payment.notes, "Ünï ₹");
  }
  await refused("bad_signature", verifyWebhook(BODY, HEADERS, "whsec_other", now));
  await refused("bad_signature", verifyWebhook(BODY, HEADERS, ["whsec_other", "whsec_another"], now));
});

test("text, bytes and a slice of a buffer are the same body", async () => {
  const bytes = new TextEncoder().encode(BODY);
  const slice = Buffer.concat([Buffer.from("xx"), bytes, Buffer.from("yy")]).subarray(2, -2);
  for (const body of [BODY, bytes, bytes.buffer, slice])
    assert.equal((await verifyWebhook(body, HEADERS, SECRET, now)).sequence, 2);
});

test("headers may be Headers, or an object in any case, as Node's and Express's are", async () => {
  const lower = Object.fromEntries(
    Object.entries(HEADERS).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const lists = Object.fromEntries(Object.entries(lower).map(([name, value]) => [name, [value]]));
  for (const headers of [new Headers(HEADERS), lower, lists])
    assert.equal((await verifyWebhook(BODY, headers, SECRET, now)).event, "payment.success");
});

test("a byte more or less in the body, the id or the time is refused", async () => {
  await refused("bad_signature", verifyWebhook(`${BODY} `, HEADERS, SECRET, now));
  await refused("bad_signature", verifyWebhook(BODY.slice(1), HEADERS, SECRET, now));
  for (const [name, value] of [
    ["webhook-id", "msg_2"],
    ["webhook-timestamp", "1764000001"],
    ["webhook-timestamp", ""],
  ])
    await refused("bad_signature", verifyWebhook(BODY, { ...HEADERS, [name]: value }, SECRET, now));
});

test("where both signatures are there, both must fit", async () => {
  const forged = { "X-Webhook-Signature": "0".repeat(64), "X-Webhook-Signature-Previous": "" };
  await refused("bad_signature", verifyWebhook(BODY, { ...HEADERS, ...forged }, SECRET, now));
  const other = { "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}` };
  await refused("bad_signature", verifyWebhook(BODY, { ...HEADERS, ...other }, SECRET, now));
});

test("signatures that are none are refused, never an error of another kind", async () => {
  const own = (value) =>
    verifyWebhook(BODY, { "X-Webhook-Signature": value }, SECRET, { toleranceSeconds: null });
  const good = HEADERS["X-Webhook-Signature"];
  for (const value of ["zz", "4e2c", good.toUpperCase(), `${good}00`, ` ${good}`, "नहीं", `${good}, ${good}`])
    await refused("bad_signature", own(value));
  const standard = (value) =>
    verifyWebhook(BODY, { ...without(...OWN), "webhook-signature": value }, SECRET, now);
  const [, signature] = HEADERS["webhook-signature"].split(" ")[0].split(",");
  for (const value of ["v1,", "v1,***", signature, `v2,${signature}`, `v1a,${signature}`, "v1,AAAA"])
    await refused("bad_signature", standard(value));
  assert.equal((await standard(`v2,AAAA v1,${signature}`)).sequence, 2);
});

test("headers without a signature are refused, and an empty secret is the caller's mistake", async () => {
  await refused("no_signature", verifyWebhook(BODY, {}, SECRET, now));
  await refused(
    "no_signature",
    verifyWebhook(BODY, { "X-Webhook-Signature": "", "webhook-id": "m" }, SECRET, now),
  );
  for (const secret of ["", [], [SECRET, ""]])
    await assert.rejects(verifyWebhook(BODY, HEADERS, secret, now), TypeError);
});

test("the signed time may be 300 s off, either way, or what the caller says", async () => {
  const at = (offset, more = {}) =>
    verifyWebhook(BODY, HEADERS, SECRET, { nowMs: (AT + offset) * 1000, ...more });
  for (const offset of [-300, 0, 300]) assert.equal((await at(offset)).sequence, 2);
  for (const offset of [-301, 301, 86_400]) await refused("outside_tolerance", at(offset));
  await refused("outside_tolerance", at(2, { toleranceSeconds: 1 }));
  await refused("outside_tolerance", at(0, { toleranceSeconds: NaN }));
  assert.equal((await at(86_400, { toleranceSeconds: null })).sequence, 2);
  await refused("outside_tolerance", verifyWebhook(BODY, HEADERS, SECRET)); // by the machine's own clock
});

test("a replay cannot shed its age with the headers that sign the time", async () => {
  await refused("no_timestamp", verifyWebhook(BODY, without(...STANDARD), SECRET, now));
  await refused("no_timestamp", verifyWebhook(BODY, without("webhook-signature"), SECRET, now));
  const event = await verifyWebhook(BODY, without(...STANDARD), SECRET, { toleranceSeconds: null });
  assert.equal(event.sequence, 2);
});

test("a signed body that is no event is refused", async () => {
  for (const body of [
    "",
    "{",
    "null",
    "[]",
    '"event"',
    '{"event":"payment.success"}',
    Buffer.from([0x22, 0xe9, 0x22]),
  ]) {
    const headers = await signWebhook(body, SECRET, { id: "msg_1", timestampSeconds: AT });
    await refused("bad_body", verifyWebhook(body, headers, SECRET, now));
  }
});

test("signWebhook makes the gateway's headers, of one secret and of two", async () => {
  assert.deepEqual(await signWebhook(BODY, [SECRET, OLD], { id: "msg_1", timestampSeconds: AT }), HEADERS);
  const one = await signWebhook(BODY, SECRET, { id: "msg_1" });
  assert.equal(one["X-Webhook-Signature"], createHmac("sha256", SECRET).update(BODY).digest("hex"));
  assert.equal("X-Webhook-Signature-Previous" in one, false);
  assert.equal((await verifyWebhook(BODY, one, SECRET)).sequence, 2);
});

test("a fetch Request is verified, and no more of it is read than an event can be long", async () => {
  const request = (body, headers = HEADERS) =>
    new Request("http://shop.test/hook", { method: "POST", body, headers, duplex: "half" });
  assert.equal((await verifyRequest(request(BODY), SECRET, now)).sequence, 2);
  await refused("bad_signature", verifyRequest(request(undefined), SECRET, now));
  let sent = 0;
  const endless = new ReadableStream({
    pull: (controller) => {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  await refused("body_too_large", verifyRequest(request(endless), SECRET, now));
  assert.ok(sent < 1_300_000, String(sent));
});

test("the package can be required, and depends on nothing", async () => {
  const require = createRequire(import.meta.url);
  const common = require("../../../sdk/node/dist/cjs/index.cjs");
  assert.deepEqual(Object.keys(common).sort(), Object.keys(sdk).sort());
  assert.equal((await common.verifyWebhook(BODY, HEADERS, SECRET, now)).sequence, 2);
  assert.equal(require("../../../sdk/node/package.json").dependencies, undefined);
});

test("what the checkout says of its success is verified by either secret, for its own order alone", async () => {
  const sign = (secret) => createHmac("sha256", secret).update("order_A|pay_B").digest("hex");
  const signature = `${sign(SECRET)} ${sign(OLD)}`;
  const success = { orderId: "order_A", paymentId: "pay_B", signature };
  for (const secret of [SECRET, OLD, ["whsec_x", OLD]])
    assert.equal(await sdk.verifyCheckout(success, secret), true);
  assert.equal(await sdk.verifyCheckout(success, "whsec_x"), false);
  assert.equal(await sdk.verifyCheckout({ ...success, orderId: "order_C" }, SECRET), false);
  assert.equal(await sdk.verifyCheckout({ ...success, signature: "" }, SECRET), false);
  await assert.rejects(sdk.verifyCheckout(success, []), TypeError);
});
