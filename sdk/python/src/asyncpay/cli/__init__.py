"""The command `asyncpay`. docs/cli.md describes it."""
