"""The library behind AsyncPay's functions: domain <- use_cases <- adapters; runtime puts them together."""

__version__ = "0.1.0"
