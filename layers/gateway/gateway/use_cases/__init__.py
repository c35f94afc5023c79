"""What the gateway does: one verb per module. They own the protocols that adapters implement."""
