"""HTTP/1.1 as a client: what the calls to AWS and the webhooks have in common."""
