/** UPI: validation of addresses by the API's rule, and the upi:// intent that payment apps open. */

import { majorUnits } from "../../../shared/money";
import type { CheckoutOrder } from "../../../shared/resources";

const VPA = /^[a-zA-Z0-9._-]+@[a-zA-Z0-9]+$/;
const VPA_LENGTH_MAX = 255;
/** The gateway's own address: it collects for the shop. */
const PAYEE = "pay@asyncpay";

export function vpaProblem(text: string): "required" | "invalid" | undefined {
  const vpa = text.trim();
  if (!vpa) return "required";
  return vpa.length <= VPA_LENGTH_MAX && VPA.test(vpa) ? undefined : "invalid";
}

/** Payee, name, our reference, amount in rupees and currency (NPCI, "UPI linking specification"). */
export function upiIntent(order: CheckoutOrder): string {
  const fields = { pa: PAYEE, pn: "AsyncPay", tr: order.id, am: majorUnits(order), cu: order.currency };
  return `upi://pay?${Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")}`;
}
