"""Creating, cancelling, processing and reading refunds."""
