"""Use cases about acquirers: their accounts, their webhooks, and what a person decides."""
