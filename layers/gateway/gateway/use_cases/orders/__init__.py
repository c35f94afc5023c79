"""Creating and reading orders."""
