"""What a payment gateway means, in plain Python: no AWS, no clock, no environment, no randomness."""
