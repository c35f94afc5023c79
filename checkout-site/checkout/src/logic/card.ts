/**
 * Card fields as shoppers type them. The API decides what is valid (docs/api.md); card-validator knows how
 * networks group digits, how long a CVV is, and the many ways to write an expiry date.
 */

import creditCardType from "credit-card-type";
import { expirationDate } from "card-validator";

export const NUMBER_DIGITS_MAX = 19;
const NUMBER_DIGITS_MIN = 13;
const EXPIRY_YEARS_AHEAD_MAX = 50;

export type CardProblem = "required" | "invalid" | "expired";

const NAMES: Record<string, string> = {
  visa: "Visa",
  mastercard: "Mastercard",
  amex: "Amex",
  rupay: "RuPay",
};

/** The digits of an input, without pasted spaces, dashes or labels. */
export function digitsOf(text: string, max = NUMBER_DIGITS_MAX): string {
  return text.replace(/\D/g, "").slice(0, max);
}

/**
 * The network by the API's prefixes as soon as they are typed, else card-validator's guess, else "".
 */
export function networkOf(digits: string): string {
  const two = Number(digits.slice(0, 2));
  const four = Number(digits.slice(0, 4));
  if (digits.startsWith("4")) return "visa";
  if (digits.length < 2) return "";
  if ((two >= 51 && two <= 55) || (digits.length >= 4 && four >= 2221 && four <= 2720)) return "mastercard";
  if (two === 34 || two === 37) return "amex";
  if (two === 60 || two === 65 || (two >= 81 && two <= 89)) return "rupay";
  const guesses = creditCardType(digits);
  return guesses.length === 1 ? (guesses[0]?.type ?? "") : "";
}

/** The network's display name; "" if unknown. */
export function networkName(network: string): string {
  return NAMES[network] ?? creditCardType.getTypeInfo(network)?.niceType ?? "";
}

/** The number in the network's groups: "4111 1111 1111 1111". */
export function grouped(digits: string): string {
  const network = networkOf(digits);
  const known = creditCardType.getTypeInfo(network === "amex" ? "american-express" : network);
  const gaps = known?.gaps ?? [4, 8, 12, 16];
  return [...digits].map((digit, index) => (gaps.includes(index) ? ` ${digit}` : digit)).join("");
}

export function cvvLength(digits: string): number {
  return networkOf(digits) === "amex" ? 4 : 3;
}

/** The check digit of ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: string): boolean {
  const total = [...digits].reverse().reduce((sum, digit, position) => {
    const value = Number(digit) * (position % 2 ? 2 : 1);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return total % 10 === 0;
}

export function numberProblem(text: string): CardProblem | undefined {
  const digits = digitsOf(text);
  if (!digits) return "required";
  return digits.length >= NUMBER_DIGITS_MIN && passesLuhn(digits) ? undefined : "invalid";
}

export function cvvProblem(text: string, numberText: string): CardProblem | undefined {
  if (!text) return "required";
  return /^\d+$/.test(text) && text.length === cvvLength(digitsOf(numberText)) ? undefined : "invalid";
}

/** The expiry as MM/YY while it is typed or pasted: "3" becomes "03/", "12/2030" becomes "12/30". */
export function expiryAsTyped(text: string, previous: string): string {
  const deleting = previous.startsWith(text) && text.length < previous.length;
  const parts = text.match(/^\s*(\d{1,2})\s*[/.\-\s]\s*(\d*)/);
  const digits = parts ? (parts[1] ?? "").padStart(2, "0") + (parts[2] ?? "") : text.replace(/\D/g, "");
  const padded = /^[2-9]/.test(digits) ? `0${digits}` : digits;
  const month = padded.slice(0, 2);
  const rest = padded.slice(2);
  const year = /^20\d\d$/.test(rest) ? rest.slice(2) : rest.slice(0, 4);
  if (month.length < 2 || (deleting && !year)) return deleting ? text.replace(/\/$/, "") : month;
  return `${month}/${year}`;
}

export interface Expiry {
  month: string;
  year: string;
}

/** Month and year in the API's format, or the problem. A card is valid through the end of its month. */
export function readExpiry(text: string): Expiry | CardProblem {
  if (!text.trim()) return "required";
  const checked = expirationDate(text, EXPIRY_YEARS_AHEAD_MAX);
  if (checked.isValid && checked.month && checked.year) return { month: checked.month, year: checked.year };
  const parts = /^(0[1-9]|1[0-2])\/(\d\d)$/.exec(text);
  const past = parts && Number(parts[2]) * 12 + Number(parts[1]) < monthsNow();
  return past ? "expired" : "invalid";
}

function monthsNow(): number {
  const now = new Date();
  return (now.getFullYear() % 100) * 12 + now.getMonth() + 1;
}
