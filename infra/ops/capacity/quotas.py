"""AWS's limits, each with where it is documented, and the settings of ours that bound throughput.

Quotas are the defaults of an account in us-east-1 as of 2026-11. Those marked raisable are raised by a
request to Service Quotas; the others are how the service is built.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quotas:
    """Limits by their unit."""

    # DynamoDB, "Partition throughput": 1,000 write units a second for one partition. Splitting for heat does
    # not help a key whose sort key only grows ("Burst and adaptive capacity").
    partition_write_units: int = 1_000
    # DynamoDB, "Service quotas": for each table, on demand. Raisable.
    table_write_units: int = 40_000
    # API Gateway, "Quotas": requests a second for the account and region. Raisable.
    api_requests: int = 10_000
    # Lambda, "Quotas": concurrent executions of the account and region. Raisable.
    lambda_concurrency: int = 1_000
    # SQS, "Message quotas": messages of a standard queue that are received and not deleted yet.
    in_flight: int = 120_000
    # template.yaml, MaximumConcurrency of the workers' event sources.
    worker_concurrency: int = 50
    # domain/webhooks/delivery.py: a failed delivery's message is hidden for at most so long.
    hidden_seconds: int = 900


@dataclass(frozen=True)
class Load:
    """A scenario: payments a second from all, and the share of the largest merchant."""

    payments_per_second: int
    merchant_share: float
    failing_deliveries: float = 0.01
