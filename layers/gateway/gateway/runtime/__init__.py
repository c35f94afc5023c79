"""What a process needs around the use cases: settings, logs, metrics, and the dependencies put together."""
