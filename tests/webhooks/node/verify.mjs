// Reads {secret, body, headers} from stdin and verifies the delivery the way merchants do.
// node verify.mjs hmac: over JSON.stringify(JSON.parse(body)); node verify.mjs standard: with the npm package.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const { secret, body, headers } = JSON.parse(readFileSync(0, "utf8"));

function hmac() {
  const again = JSON.stringify(JSON.parse(body));
  const wanted = createHmac("sha256", secret).update(again).digest("hex");
  const given = headers["x-webhook-signature"];
  return wanted.length === given.length && timingSafeEqual(Buffer.from(wanted), Buffer.from(given));
}

async function standard() {
  const { Webhook, WebhookVerificationError } = await import("standardwebhooks");
  try {
    new Webhook(Buffer.from(secret, "utf8").toString("base64")).verify(body, headers);
    return true;
  } catch (problem) {
    if (problem instanceof WebhookVerificationError) return false;
    throw problem;
  }
}

console.log((await { hmac, standard }[process.argv[2]]()) ? "valid" : "invalid");
