"""Makes src/asyncpay/_generated from the OpenAPI document."""
