/**
 * The guide's samples. Each is a complete program, which a test takes from the page and runs against a running
 * gateway as it is.
 */

export interface Reader {
  apiUrl: string;
  checkoutUrl: string;
  apiKey: string;
  /** Empty if it cannot be shown: then the sample holds a placeholder. */
  apiSecret: string;
  webhookSecret: string;
}

export interface Sample {
  id: string;
  language: string;
  code: string;
}

// Blocks of docs/checkout.md and docs/webhooks.md, which have tests of their own; build.mjs puts them in.
declare const __CHECKOUT_SAMPLE__: string;
declare const __JUDGE_JS__: string;
declare const __JUDGE_PYTHON__: string;

const SECRET_PLACE = "YOUR_API_SECRET";
const WEBHOOK_SECRET_PLACE = "YOUR_WEBHOOK_SECRET";

export function createOrder(reader: Reader): Sample[] {
  const { apiUrl, apiKey } = reader;
  const secret = reader.apiSecret || SECRET_PLACE;
  return [
    {
      id: "create-order",
      language: "curl",
      code: `curl ${apiUrl}/api/v1/orders \\
  -H "X-Api-Key: ${apiKey}" \\
  -H "X-Api-Secret: ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"amount": 50000, "currency": "INR", "receipt": "receipt_123"}'`,
    },
    {
      id: "create-order-node",
      language: "Node.js",
      code: `const response = await fetch("${apiUrl}/api/v1/orders", {
  method: "POST",
  headers: {
    "X-Api-Key": "${apiKey}",
    "X-Api-Secret": "${secret}",
    "Content-Type": "application/json",
  },
  body: JSON.stringify({ amount: 50000, currency: "INR", receipt: "receipt_123" }),
});
if (!response.ok) throw new Error(await response.text());
const order = await response.json();
console.log(order.id);`,
    },
    {
      id: "create-order-python",
      language: "Python",
      code: `import asyncpay

client = asyncpay.Client(
    api_key="${apiKey}", api_secret="${secret}", base_url="${apiUrl}"
)
order = client.orders.create(amount=50000, currency="INR", receipt="receipt_123")
print(order.id)`,
    },
  ];
}

export function sdk({ checkoutUrl, apiKey }: Reader): Sample[] {
  const code = __CHECKOUT_SAMPLE__
    .replace("https://checkout.example", checkoutUrl)
    .replace("key_live_…", apiKey);
  return [{ id: "sdk", language: "HTML", code }];
}

export function webhook(reader: Reader): Sample[] {
  const secret = reader.webhookSecret || WEBHOOK_SECRET_PLACE;
  return [
    {
      id: "webhook",
      language: "Node.js",
      code: `${__JUDGE_JS__}

import { createServer } from "node:http";

const secret = "${secret}";
const seen = new Set(); // in your shop: a table with a unique key, in the transaction of your work
const remember = (id) => !seen.has(id) && Boolean(seen.add(id));

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks); // the bytes as they arrived: verify before you parse
  const verdict = judge(body, request.headers, secret, remember);
  response.writeHead(verdict === "refused" ? 401 : 200).end();
  if (verdict !== "new") return;
  const { event, data } = JSON.parse(body);
  console.log(event, JSON.stringify(data));
}).listen(process.env.PORT ?? 4001);`,
    },
    {
      id: "webhook-python",
      language: "Python",
      code: `${__JUDGE_PYTHON__}


import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = "${secret}"
seen = set()  # in your shop: a table with a unique key, in the transaction of your work


def remember(id):
    return id not in seen and not seen.add(id)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        verdict = judge(body, self.headers, SECRET, remember)
        self.send_response(401 if verdict == "refused" else 200)
        self.end_headers()
        if verdict == "new":
            event = json.loads(body)
            print(event["event"], json.dumps(event["data"]), flush=True)


HTTPServer(("", int(os.environ.get("PORT", "4001"))), Receiver).serve_forever()`,
    },
  ];
}
