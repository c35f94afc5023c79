"""Bringing events from the feed to a receiver: at least once and in order, whatever is killed or down."""
