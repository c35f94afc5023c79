import { guardPage } from "./guard.js";

declare const __IS_SCRIPT__: boolean;

export { PaymentGateway, PaymentGateway as default } from "./gateway.js";
export type { LoadOptions } from "./load.js";
export type {
  CheckoutError,
  CheckoutEvent,
  CheckoutOptions,
  SuccessResponse,
  UnavailableError,
} from "./options.js";

// The npm package has no side effects when it is imported; there, the constructor does this.
if (__IS_SCRIPT__) guardPage();
