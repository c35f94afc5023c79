"""What concerns acquirers, as clients see it."""
