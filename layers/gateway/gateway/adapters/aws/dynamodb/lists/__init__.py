"""Lists: their pages, their totals, and what is counted for those."""
