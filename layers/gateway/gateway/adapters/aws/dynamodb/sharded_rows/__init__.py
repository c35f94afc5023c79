"""Rows that are spread over shards: a merchant's deliveries and events, and what workers did."""
