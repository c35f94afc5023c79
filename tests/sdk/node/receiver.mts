/** A receiver as its author would write it: only compiled, so that the package's types are held to it. */
import {
  verifyRequest,
  verifyWebhook,
  WebhookVerificationError,
  type Payment,
  type Refund,
} from "../../../sdk/node/dist/esm/index.js";

export async function POST(request: Request): Promise<Response> {
  try {
    const event = await verifyRequest(request, ["whsec_new", "whsec_old"], { toleranceSeconds: 60 });
    const id = "payment" in event.data ? event.data.payment.id : event.data.merchant_id;
    return new Response(`${event.event} ${id}`);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return new Response(error.code, { status: 400 });
  }
}

export async function onNodeRequest(
  body: Uint8Array,
  headers: Record<string, string | string[] | undefined>,
): Promise<number> {
  const event = await verifyWebhook(body, headers, "whsec_test_abc123", { toleranceSeconds: null });
  return event.sequence;
}

export const left = (payment: Payment, refunds: readonly Refund[]): number =>
  payment.amount - refunds.reduce((sum, { amount }) => sum + amount, 0);
