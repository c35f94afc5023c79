/** Amounts: integers in minor units, shown as the shopper's locale writes them. */

interface Money {
  amount: number;
  currency: string;
}

/** "₹500.00"; Indian grouping in both of our languages. */
export function formatted(money: Money, locale: "en" | "hi"): string {
  const format = formatOf(money.currency, locale);
  return format.format(money.amount / 10 ** digitsOf(format));
}

/** "500.00": what upi:// wants. */
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
