"""Configuring webhook endpoints, and delivering, reading and retrying deliveries."""
