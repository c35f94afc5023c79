"""A stand-in for Razorpay on loopback, of our own: nobody publishes one that runs."""
