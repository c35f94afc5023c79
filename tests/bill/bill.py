"""Dollars per million payments from what a walk used: busy (100 payments a second), quiet (10,000 a day)."""

from dataclasses import dataclass

from tests.bill.prices import DAY_MINUTES, HOUR_SECONDS, MILLION, Assumptions, Prices
from tests.bill.walk import Walk

PER_PAYMENT = ("POST /orders", "POST /payments", "process payment", "deliver webhooks")
API_STEPS = ("POST /orders", "POST /payments")
SWEEP = "sweep"


@dataclass(frozen=True)
class StepUnits:
    """What one payment's share of a step takes."""

    write_units: float
    read_units: float
    sqs_requests: float
    invocations: float
    calls: float


def units(walk: Walk, step: str) -> StepUnits:
    """One payment's share of a step; a worker's batch takes two requests of its poller."""
    used = walk.meter.units[step]
    invocations = walk.invocations[step]
    polled = 0 if step in API_STEPS else 2 * invocations
    return StepUnits(
        write_units=used.write_units / walk.payments,
        read_units=used.reads / walk.payments,
        sqs_requests=(used.sqs_requests + polled) / walk.payments,
        invocations=invocations / walk.payments,
        calls=used.calls.total() / walk.payments,
    )


def busy(walk: Walk, prices: Prices, assumed: Assumptions) -> dict[str, float]:
    """USD per million payments by service, where tables are provisioned and batches are full."""
    each = {step: units(walk, step) for step in PER_PAYMENT}
    by_unit = {
        "write": prices.provisioned_write_hour / HOUR_SECONDS / assumed.provisioned_use,
        "read": prices.provisioned_read_hour / HOUR_SECONDS / assumed.provisioned_use,
    }
    writes = sum(used.write_units for used in each.values())
    reads = sum(used.read_units for used in each.values())
    lines = _common(walk, each, prices, assumed)
    lines["DynamoDB"] = MILLION * (writes * by_unit["write"] + reads * by_unit["read"])
    return lines


def quiet(walk: Walk, prices: Prices, assumed: Assumptions) -> dict[str, float]:
    """The same where tables are paid by request, each payment comes alone, and pollers and sweeper go on."""
    each = {step: units(walk, step) for step in PER_PAYMENT}
    writes = sum(used.write_units for used in each.values())
    reads = sum(used.read_units for used in each.values())
    sweeps = DAY_MINUTES / assumed.quiet_payments_a_day
    reads += walk.meter.units[SWEEP].reads * sweeps
    lines = _common(walk, each, prices, assumed)
    lines["DynamoDB"] = writes * prices.write_units + reads * prices.read_units
    polls = DAY_MINUTES * 60 / assumed.poll_seconds * assumed.pollers * assumed.polled_queues
    lines["SQS"] += polls / assumed.quiet_payments_a_day * prices.sqs_requests
    seconds = assumed.sweep_ms / 1000 * dict(assumed.memory_mb)[SWEEP] / 1024
    lines["Lambda"] += sweeps * (prices.lambda_requests + MILLION * seconds * prices.lambda_gb_second_arm)
    return lines


def _common(walk: Walk, each: dict[str, StepUnits], prices: Prices, assumed: Assumptions) -> dict[str, float]:
    invocations = sum(used.invocations for used in each.values())
    memory = dict(assumed.memory_mb)
    gigabytes = sum(billed_seconds(step, used, assumed) * memory[step] / 1024 for step, used in each.items())
    log_bytes = walk.log_bytes / walk.payments + len(API_STEPS) * assumed.access_log_bytes
    return {
        "API Gateway": len(API_STEPS) * prices.api_requests,
        "Lambda": invocations * prices.lambda_requests + MILLION * gigabytes * prices.lambda_gb_second_arm,
        "SQS": sum(used.sqs_requests for used in each.values()) * prices.sqs_requests,
        "CloudWatch logs": MILLION * log_bytes / 1e9 * prices.log_gigabyte,
        "X-Ray": assumed.traces_per_payment * assumed.traced_share * prices.traces,
    }


@dataclass(frozen=True)
class Hop:
    """What the card function adds to a payment, by card or UPI: billed time, and USD per million."""

    billed_ms: float
    usd: float


def card_function(walk: Walk, prices: Prices, assumed: Assumptions) -> Hop:
    """The hop of a stage with CardFunction=yes: it is billed while it waits for the API."""
    waiting_ms = assumed.call_ms + 1000 * billed_seconds(
        "POST /payments", units(walk, "POST /payments"), assumed
    )
    cpu_ms = assumed.card_cpu_ms * max(1.0, assumed.vcpu_mb / assumed.card_memory_mb)
    billed_ms = assumed.invocation_ms + cpu_ms + waiting_ms
    gigabytes = billed_ms / 1000 * assumed.card_memory_mb / 1024
    usd = prices.lambda_requests + MILLION * gigabytes * prices.lambda_gb_second_arm
    return Hop(billed_ms, usd + MILLION * assumed.card_log_bytes / 1e9 * prices.log_gigabyte)


def billed_seconds(step: str, used: StepUnits, assumed: Assumptions) -> float:
    """Of one payment: CPU at the memory's share of a core, and waiting."""
    milliseconds = dict(assumed.cpu_ms)[step] * max(1.0, assumed.vcpu_mb / dict(assumed.memory_mb)[step])
    milliseconds += used.invocations * assumed.invocation_ms + used.calls * assumed.call_ms
    if step == "POST /payments":
        milliseconds -= assumed.call_ms  # its two messages are sent at the same time
    if step == "deliver webhooks":
        # A batch's deliveries are posted at once.
        milliseconds += used.invocations * assumed.receiver_ms
    return milliseconds / 1000
