/** CSV (RFC 4180) that is safe to open in a spreadsheet. */

// Spreadsheets evaluate cells that begin with one of these, full-width forms included (OWASP, "CSV Injection").
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
// Without it, Excel does not recognise UTF-8.
const BYTE_ORDER_MARK = "\uFEFF";

export type Cell = string | number | boolean | null | undefined;

/** One cell, quoted. Text that could be a formula is marked as text. */
export function cell(value: Cell): string {
  const text = value === null || value === undefined ? "" : String(value);
  const guarded = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return `"${guarded.replaceAll('"', '""')}"`;
}

/** A whole file. */
export function csv(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return BYTE_ORDER_MARK + [heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
