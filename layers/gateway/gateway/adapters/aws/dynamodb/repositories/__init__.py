"""One module per entity: rows to domain objects and back, and the conditions of each write."""
