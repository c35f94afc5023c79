"""What each resource looks like over HTTP."""
