"""How many rows a list has, kept so that nobody has to count them."""
