export { verifyCheckout, type CheckoutSuccess } from "./checkout.js";
export { WebhookVerificationError, type VerificationCode } from "./errors.js";
export type * from "./openapi.js";
export { signWebhook, type SignOptions } from "./sign.js";
export { verifyRequest, verifyWebhook, type VerifyOptions, type WebhookHeaders } from "./verify.js";
