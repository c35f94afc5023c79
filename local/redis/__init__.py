"""Job counts in the Redis protocol: what `redis-cli`, Bull and BullMQ ask on the status port."""
