"""The queues that workers take jobs from, by the names that settings and statistics use."""

JOB_QUEUES = ("payments", "refunds", "webhooks", "slow_webhooks")
