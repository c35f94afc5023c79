"""What use cases need from outside, as protocols that adapters implement."""
