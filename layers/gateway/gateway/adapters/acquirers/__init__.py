"""Whoever moves the money: a simulated acquirer, and connectors to real ones."""
