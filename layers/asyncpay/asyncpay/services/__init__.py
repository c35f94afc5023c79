"""What the gateway does, a verb function each; `Deps`, their surroundings, is the first argument."""
