"""Infrastructure: the stacks' templates, and in ops/ the tools that deploy and administer them."""
