/**
 * Why a delivery is refused: it has no signature, one that does not fit, no time that is signed, a time that
 * is too far from now, a body that is too large, or a signed body that is no event.
 */
export type VerificationCode =
  "no_signature" | "bad_signature" | "no_timestamp" | "outside_tolerance" | "body_too_large" | "bad_body";

/** The delivery is not the gateway's, or too old. Respond with 400 or 401, and do nothing else with it. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";

  constructor(
    readonly code: VerificationCode,
    message: string,
  ) {
    super(message);
  }
}
