"""What belongs to the edge alone: its firewall in us-east-1, and the secret that it proves itself by."""
