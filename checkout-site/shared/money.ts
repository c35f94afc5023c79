/** Formats amounts, which are integers of minor units, for the reader's locale. */

interface Money {
  amount: number;
  currency: string;
}

/** "₹500.00"; with Indian grouping in both languages. */
export function formatted(money: Money, locale: "en" | "hi"): string {
  const format = formatOf(money.currency, locale);
  return format.format(money.amount / 10 ** digitsOf(format));
}

/** "500.00": the format of upi:// intents. */
export function majorUnits(money: Money): string {
  const digits = digitsOf(formatOf(money.currency, "en"));
  return (money.amount / 10 ** digits).toFixed(digits);
}

function formatOf(currency: string, locale: "en" | "hi"): Intl.NumberFormat {
  return new Intl.NumberFormat(`${locale}-IN`, { style: "currency", currency });
}

function digitsOf(format: Intl.NumberFormat): number {
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}
