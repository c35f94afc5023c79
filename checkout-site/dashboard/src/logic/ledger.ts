/** What a ledger entry does to the balance. */

import type { LedgerEntry } from "../../../shared/resources";

const OWED = "merchant_payable";

/** By how much an entry changes what the merchant is owed, in minor units: less than 0 where money goes back. */
export function change(entry: Pick<LedgerEntry, "lines">): number {
  return entry.lines
    .filter(({ account }) => account === OWED)
    .reduce((sum, { credit, debit }) => sum + credit - debit, 0);
}
