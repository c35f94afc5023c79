"""Card numbers: what happens to them before the API sees a payment (docs/security.md)."""
