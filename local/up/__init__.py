"""`make up`: what it starts, in which order, and what it says."""
