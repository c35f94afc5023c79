/** Amounts as they are typed and shown. They are integers of minor units throughout, never floats. */

import { formatted } from "../../../shared/money";

const MINOR_DIGITS = 2;
const TYPED = /^(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{2,3}){1,5})(?:\.([0-9]{1,2}))?$/;

/** "₹1,23,456.00": Indian grouping. */
export const money = (amount: number, currency: string): string => formatted({ amount, currency }, "en");

/** "1234.50": for inputs and spreadsheets. */
export function decimal(amount: number): string {
  const digits = String(Math.abs(amount)).padStart(MINOR_DIGITS + 1, "0");
  const sign = amount < 0 ? "-" : "";
  return `${sign}${digits.slice(0, -MINOR_DIGITS)}.${digits.slice(-MINOR_DIGITS)}`;
}

/** A typed amount ("1,234.5") in minor units, or null if it is not an amount. */
export function parsedAmount(text: string): number | null {
  const found = TYPED.exec(text.trim().replace(/^₹\s*/, ""));
  if (!found) return null;
  const whole = found[0].split(".")[0]?.replaceAll(",", "") ?? "";
  const amount = Number(whole + (found[1] ?? "").padEnd(MINOR_DIGITS, "0"));
  return Number.isSafeInteger(amount) ? amount : null;
}
