"""What became of the workers' batches, and when /health was last found out: the table that /health draws on.

Read without the library, so that going back to a release needs no built layer. The rows are the library's
StatsRow; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.ops.aws_clients import Clients

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

JOBS, HEALTH = "jobs#", "health"


@dataclass(frozen=True)
class Batches:
    """Queue -> when its newest batch ended of which some job succeeded, or none did; all in unix ms."""

    succeeded: Mapping[str, int]
    failed: Mapping[str, int]
    health_read_at_ms: int

    def failing_since(self, before: "Batches") -> list[str]:
        """The queues where a batch failed since then, and none has succeeded after it."""
        return [
            queue
            for queue, at_ms in self.failed.items()
            if at_ms > before.failed.get(queue, 0) and at_ms > self.succeeded.get(queue, 0)
        ]


def read(aws: Clients, data_stack: str) -> Batches:
    """The table as it is now: some dozens of rows, one page."""
    dynamodb: DynamoDBClient = aws("dynamodb")
    found: list[Any] = dynamodb.scan(TableName=f"{data_stack}-stats", ConsistentRead=True)["Items"]
    succeeded: dict[str, int] = {}
    failed: dict[str, int] = {}
    health_read_at_ms = 0
    for row in found:
        row_id = row["id"]["S"]
        if row_id == HEALTH:
            health_read_at_ms = _number(row, "at_ms")
        if row_id.startswith(JOBS):
            queue = row_id.split("#")[1]
            succeeded[queue] = max(succeeded.get(queue, 0), _number(row, "taken_at_ms"))
            failed[queue] = max(failed.get(queue, 0), _number(row, "crashed_at_ms"))
    return Batches(succeeded, failed, health_read_at_ms)


def _number(row: Mapping[str, Any], name: str) -> int:
    return int(row.get(name, {}).get("N", 0))
