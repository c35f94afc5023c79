"""The tables of a stage: their stack, which only grows, their protection, and how they are brought back."""
