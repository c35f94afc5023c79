"""The library behind AsyncPay's functions: domain <- store <- services."""

__version__ = "0.1.0"
