"""Bodies of requests, as far as the API and the card function both read them; no schema, no Chalice."""
