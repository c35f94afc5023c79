"""The rules of talking to an acquirer: what it can do, what it said, and what to do next. No I/O."""
