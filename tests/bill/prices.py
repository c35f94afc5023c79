"""What AWS charges, and what is assumed where nothing can be counted here.

List prices of us-east-1 in USD, from the services' price pages, written down on AS_OF. Free tiers and data
transfer are left out. Storage is no part of a payment's bill: it goes on for as long as rows are kept.
"""

from dataclasses import dataclass

AS_OF = "2026-11-26"
MILLION = 1_000_000
HOUR_SECONDS = 3600
DAY_MINUTES = 1440


@dataclass(frozen=True)
class Prices:
    """Unit prices. Those of requests are per million."""

    write_units: float = 0.625
    read_units: float = 0.125
    provisioned_write_hour: float = 0.00065
    provisioned_read_hour: float = 0.00013
    api_requests: float = 3.50
    lambda_requests: float = 0.20
    lambda_gb_second_arm: float = 0.0000133334
    sqs_requests: float = 0.40
    log_gigabyte: float = 0.50
    traces: float = 5.00
    storage_gigabyte_month: float = 0.25
    recovery_gigabyte_month: float = 0.20


@dataclass(frozen=True)
class Assumptions:
    """What moto can't tell. CPU is of the laptop's core (`make bench`); latencies are AWS's usual ones.

    `cpu_ms` and memory are by step: of one request, or of one payment's share of a batch.
    """

    # Milliseconds of CPU by step, from docs/performance.md.
    cpu_ms: tuple[tuple[str, float], ...] = (
        ("POST /orders", 1.5),
        ("POST /payments", 3.0),
        ("process payment", 2.1),
        ("deliver webhooks", 7.1),
    )
    memory_mb: tuple[tuple[str, int], ...] = (
        ("POST /orders", 1024),
        ("POST /payments", 1024),
        ("process payment", 512),
        ("deliver webhooks", 512),
        ("sweep", 512),
    )
    # Of the card function, where a stage has it: 0.2 ms counted in a process, and the socket's share.
    card_cpu_ms: float = 0.5
    card_memory_mb: int = 512
    card_log_bytes: int = 150
    # Lambda gives one vCPU at 1,769 MB ("Configure Lambda function memory").
    vcpu_mb: int = 1769
    invocation_ms: float = 1.0
    call_ms: float = 6.0
    receiver_ms: float = 100.0
    sweep_ms: float = 300.0
    # What API Gateway's access log adds to ours, per request. Lambda's own lines are off (SystemLogLevel).
    access_log_bytes: int = 400
    # Provisioned capacity is paid for whether used or not. (infra/ops/data/capacity.py, TARGET_PERCENT.)
    provisioned_use: float = 0.7
    # One trace in a hundred, and no reservoir. (template.yaml, TraceSampling.)
    traced_share: float = 0.01
    traces_per_payment: int = 2
    # "Process ... SQS ... Lambda starts five concurrent long-polling connections", of at most 20 s each.
    pollers: int = 5
    poll_seconds: int = 20
    polled_queues: int = 4
    quiet_payments_a_day: int = 10_000
