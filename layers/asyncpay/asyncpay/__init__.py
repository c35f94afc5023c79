"""The library behind AsyncPay's functions: domain <- store <- services."""
