"""What keeps the gateway running: the sweeper, health and job counts."""
