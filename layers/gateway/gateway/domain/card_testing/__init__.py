"""Card testing: what is counted against it, which limits there are, and the challenge in front of them."""
