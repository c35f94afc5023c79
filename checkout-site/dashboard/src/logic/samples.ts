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
  return [
    {
      id: "sdk",
      language: "HTML",
      code: `<script src="${checkoutUrl}/checkout.js"></script>
<button id="pay">Pay</button>
<p id="outcome" role="status"></p>
<script>
  const outcome = document.getElementById("outcome");
  document.getElementById("pay").addEventListener("click", async () => {
    // Your server creates the order, as above, and responds with it.
    const response = await fetch("/create-order", { method: "POST" });
    const order = await response.json();
    const checkout = new PaymentGateway({
      key: "${apiKey}",
      orderId: order.id,
      onSuccess: (response) => (outcome.textContent = "Paid: " + response.paymentId),
      onFailure: (error) => (outcome.textContent = "Not paid: " + error.description),
      onClose: () => console.log("closed"),
    });
    checkout.open();
  });
</script>`,
    },
  ];
}

export function webhook(reader: Reader): Sample[] {
  const secret = reader.webhookSecret || WEBHOOK_SECRET_PLACE;
  return [
    {
      id: "webhook",
      language: "Node.js",
      code: `import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = "${secret}";

function isGenuine(body, signature) {
  const wanted = createHmac("sha256", secret).update(body).digest();
  const given = Buffer.from(signature ?? "", "hex");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks); // the bytes as they arrived: verify before you parse
  if (!isGenuine(body, request.headers["x-webhook-signature"])) {
    response.writeHead(401).end();
    return;
  }
  const { event, data } = JSON.parse(body);
  console.log(event, JSON.stringify(data));
  response.writeHead(200).end();
}).listen(process.env.PORT ?? 4001);`,
    },
    {
      id: "webhook-python",
      language: "Python",
      code: `import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import asyncpay

SECRET = "${secret}"


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            event = asyncpay.Webhook.verify(body, self.headers, SECRET)
        except asyncpay.SignatureVerificationError:
            event = None
        self.send_response(401 if event is None else 200)
        self.end_headers()
        if event is not None:
            print(event.event, json.dumps(event.to_dict()["data"]), flush=True)


HTTPServer(("", int(os.environ.get("PORT", "4001"))), Receiver).serve_forever()`,
    },
  ];
}
