/** The filters of a list. They are part of the address, so that a reload, a bookmark or Back shows the same list. */

export interface Filters {
  q: string;
  status: string;
  method: string;
  from: string;
  to: string;
}

export const STATUSES = ["pending", "success", "failed"] as const;
export const ORDER_STATUSES = ["created", "attempted", "paid"] as const;
export const REFUND_STATUSES = ["pending", "processed", "cancelled", "failed"] as const;
export const METHODS = ["upi", "card"] as const;
export const NONE: Filters = { q: "", status: "", method: "", from: "", to: "" };

const DATE = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;
/** A receipt may be that long. */
export const QUERY_LENGTH_MAX = 255;

interface Known {
  statuses: readonly string[];
  methods?: readonly string[];
}

/** The filters in an address's query; values that the list does not know are dropped. */
export function filtersOf(
  search: string,
  { statuses, methods = [] }: Known = { statuses: STATUSES, methods: METHODS },
): Filters {
  const given = new URLSearchParams(search);
  const oneOf = (name: string, known: readonly string[]): string =>
    known.find((one) => one === given.get(name)) ?? "";
  const date = (name: string): string => (DATE.test(given.get(name) ?? "") ? (given.get(name) ?? "") : "");
  return {
    q: (given.get("q") ?? "").trim().slice(0, QUERY_LENGTH_MAX),
    status: oneOf("status", statuses),
    method: oneOf("method", methods),
    from: date("from"),
    to: date("to"),
  };
}

/** The filters as an address's query ("" or "?..."). */
export function searchOf(filters: object): string {
  const query = new URLSearchParams(
    Object.entries(filters).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  return query.size ? `?${query}` : "";
}
