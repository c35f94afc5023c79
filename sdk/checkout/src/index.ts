export { PaymentGateway, PaymentGateway as default } from "./gateway.js";
export type { LoadOptions } from "./load.js";
export type { CheckoutError, CheckoutEvent, CheckoutOptions, SuccessResponse } from "./options.js";
