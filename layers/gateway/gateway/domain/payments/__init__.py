"""Orders, payments, refunds, what shoppers pay with, and the books."""
