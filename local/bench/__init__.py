"""Measurements of a stack that runs: `make bench` and `make bench-webhooks`."""
