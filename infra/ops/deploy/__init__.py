"""One stage of one account: where it is, its parameters, its stacks, and how they come and go."""
