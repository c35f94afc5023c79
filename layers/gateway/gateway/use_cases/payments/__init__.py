"""Creating, capturing, processing and reading payments, and the books that they move."""
