// A merchant's program as it was written for Express, Bull and Redis: it knows nothing of what is behind the API now.
// node client.mjs <api> <redis port>: prints what it saw as JSON; anything unexpected is an exception.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import Queue from "bull";
import express from "express";

const [api, redisPort] = process.argv.slice(2);
const headers = {
  "Content-Type": "application/json",
  "X-Api-Key": "key_test_abc123",
  "X-Api-Secret": "secret_test_xyz789",
};

async function call(method, path, body, status = 200) {
  const response = await fetch(`${api}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  assert.equal(response.status, status, JSON.stringify(answer));
  return answer;
}

async function until(what, ask) {
  for (let i = 0; i < 150; i++) {
    const found = await ask();
    if (found) return found;
    await pause(200);
  }
  throw new Error(`${what} did not happen within 30 s`);
}

const received = [];
let secret = "";
const app = express();
app.use(express.json());
app.post("/webhook", (req, res) => {
  const signature = createHmac("sha256", secret).update(JSON.stringify(req.body)).digest("hex");
  const verified = signature === req.headers["x-webhook-signature"];
  received.push({ verified, ...req.body });
  res.status(verified ? 200 : 401).send("OK");
});
const server = app.listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));

const events = (name, id) =>
  received.filter((hook) => hook.event === name && [hook.data.payment?.id, hook.data.refund?.id].includes(id));
const arrives = (name, id, count = 1) => until(`${name} of ${id}`, () => events(name, id).length >= count);

const health = await (await fetch(`${api}/health`)).json();
assert.deepEqual(
  [health.status, health.database, health.redis, health.worker],
  ["healthy", "connected", "connected", "running"],
);

const url = `http://localhost:${server.address().port}/webhook`;
const config = await call("PUT", "/webhooks/config", { webhook_url: url });
assert.equal(config.webhook_url, url);
secret = config.webhook_secret;

const queue = new Queue("payments", { redis: { host: "127.0.0.1", port: Number(redisPort) } });
const before = await queue.getJobCounts();

const receipt = "रसीद №1 ☕";
const order = await call("POST", "/orders", { amount: 50000, currency: "INR", receipt, notes: { to: "Zoë" } }, 201);
assert.equal(order.status, "created");
const upi = await call("POST", "/payments", { order_id: order.id, method: "upi", vpa: "user@paytm" }, 201);
assert.equal(upi.status, "pending");
const other = await call("POST", "/orders", { amount: 120000 }, 201);
const number = "4111 1111 1111 1111";
const card = { number, expiry_month: "12", expiry_year: "39", cvv: "123", holder_name: "Zoë Ø" };
const byCard = await call("POST", "/payments", { order_id: other.id, method: "card", card }, 201);
assert.deepEqual([byCard.card_network, byCard.card_last4], ["visa", "1111"]);

const paid = (payment) =>
  until(`success of ${payment.id}`, async () => (await call("GET", `/payments/${payment.id}`)).status === "success");
await Promise.all([paid(upi), paid(byCard)]);
for (const name of ["payment.created", "payment.pending", "payment.success"]) await arrives(name, upi.id);
await arrives("payment.success", byCard.id);

const counted = await until("two more completed jobs", async () => {
  const counts = await queue.getJobCounts();
  return counts.completed >= before.completed + 2 && counts;
});
const status = await call("GET", "/test/jobs/status");
assert.ok(status.completed >= counted.completed);

const refund = await call("POST", `/payments/${upi.id}/refunds`, { amount: 20000, reason: "चाय ठंडी थी" }, 201);
await until("the refund", async () => (await call("GET", `/refunds/${refund.id}`)).status === "processed");
await arrives("refund.created", refund.id);
await arrives("refund.processed", refund.id);
const tooMuch = await call("POST", `/payments/${upi.id}/refunds`, { amount: 30001 }, 400);
assert.equal(tooMuch.error.description, "Refund amount exceeds available amount");

const log = await call("GET", "/webhooks?limit=10&offset=0");
const delivered = await until("a delivered refund.processed in the log", async () =>
  (await call("GET", "/webhooks?limit=10&offset=0")).data.find(
    (row) => row.event === "refund.processed" && row.status === "success",
  ),
);
const times = events("refund.processed", refund.id).length;
const retried = await call("POST", `/webhooks/${delivered.id}/retry`);
assert.deepEqual(retried, { id: delivered.id, status: "pending", message: "Webhook retry scheduled" });
await arrives("refund.processed", refund.id, times + 1);

await queue.close();
server.close();
server.closeAllConnections();
const names = new Set(received.map((hook) => hook.event));
const signed = received.every((hook) => hook.verified);
console.log(JSON.stringify({ signed, events: [...names].sort(), logged: log.total, counted }));
