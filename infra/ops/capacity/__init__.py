"""How many payments a second a stack bears, on paper: `python -m infra.ops capacity`."""
