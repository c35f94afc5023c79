"""The tables: how they are read, written in transactions, paged and swept."""
