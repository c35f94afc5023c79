"""Stripe on a laptop: localstripe, and in front of it what it lacks."""
