"""The operators' commands for a stack that is deployed: its workers, queues, sweeper, books and test key."""
