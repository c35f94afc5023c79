/** CSV as RFC 4180 has it, for people who open it in a spreadsheet. */

// A spreadsheet runs a cell that begins with one of these (OWASP, "CSV Injection"); full-width twins included.
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
// Without it Excel reads UTF-8 as something else.
const BYTE_ORDER_MARK = "\uFEFF";

export type Cell = string | number | boolean | null | undefined;

/** One cell: text that could be a formula is marked as text, everything is quoted. */
export function cell(value: Cell): string {
  const text = value === null || value === undefined ? "" : String(value);
  const guarded = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return `"${guarded.replaceAll('"', '""')}"`;
}

/** A whole file. */
export function csv(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return BYTE_ORDER_MARK + [heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
