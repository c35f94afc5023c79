"""Events, deliveries, and the endpoints that they go to."""
