"""Provisioned capacity with autoscaling, for the tables that a payment writes to (TableCapacity).

What a payment writes was counted (infra/ops/capacity/units.json), so the floor of each table and index
follows from the payments a second that are always there. The other tables stay on demand: they see few
writes, and a floor would cost more than those. A table is provisioned with all its indexes, which DynamoDB
scales one by one ("Managing throughput capacity automatically with DynamoDB auto scaling").
"""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

from infra.ops.capacity.quotas import Quotas
from infra.ops.capacity.usage import Usage
from infra.ops.console import Problem
from infra.ops.data.retired import retired

TABLE = "AWS::DynamoDB::Table"
ON_DEMAND = "on-demand"
TARGET_PERCENT = 70
UNITS_MAX = Quotas().table_write_units
RATE_MAX = 10_000


def with_capacity(template: Mapping[str, Any], capacity: str, usage: Usage) -> dict[str, Any]:
    """The tables' template for a value of TableCapacity: as it is for `on-demand`.

    Raises Problem for what is neither that nor payments a second.
    """
    changed = copy.deepcopy(dict(template))
    if capacity == ON_DEMAND:
        return changed
    if not (capacity.isascii() and capacity.isdecimal() and 1 <= int(capacity) <= RATE_MAX):
        allowed = f"{ON_DEMAND} or payments a second, 1 to {RATE_MAX}"
        raise Problem(f"TableCapacity must be {allowed}, not '{capacity}'. Nothing was changed.")
    written = {space.name: space.write_units for space in usage.key_spaces}
    for logical_id, resource in dict(changed["Resources"]).items():
        if resource["Type"] != TABLE:
            continue
        properties = resource["Properties"]
        name = properties["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        if name in written:
            properties["BillingMode"] = "PROVISIONED"
            before = retired(changed).get(logical_id, set[str]())
            for place in _places(logical_id, name, properties):
                # One that is read no more was not counted; it is written when its table is.
                counted = name if place.index in before else place.counted
                least = _least(written.get(counted, 0.0), int(capacity))
                place.keyed["ProvisionedThroughput"] = {
                    "ReadCapacityUnits": least,
                    "WriteCapacityUnits": least,
                }
                changed["Resources"] |= place.scaling(least)
    return changed


def _least(units: float, payments_per_second: int) -> int:
    """The capacity of which these units are TARGET_PERCENT.

    Reads get as much as writes: a payment takes fewer read units than write units, and scaling does the rest.
    """
    return min(UNITS_MAX, max(1, math.ceil(units * payments_per_second * 100 / TARGET_PERCENT)))


class _Place:
    """A table or an index: where its capacity stands, and how autoscaling names it."""

    def __init__(self, table: str, index: str | None, keyed: dict[str, Any], counted: str) -> None:
        self.keyed, self.counted, self.index = keyed, counted, index
        self._kind = "table" if index is None else "index"
        self._resource = {"Fn::Sub": f"table/${{{table}}}" + (f"/index/{index}" if index else "")}
        self._stem = table + "".join(part.title() for part in (index or "").split("-"))

    def scaling(self, least: int) -> dict[str, Any]:
        """Its resources of autoscaling, for reads and for writes."""
        found: dict[str, Any] = {}
        for way in ("Read", "Write"):
            target = f"{self._stem}{way}Target"
            found[target] = {
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {
                    "ServiceNamespace": "dynamodb",
                    "ResourceId": self._resource,
                    "ScalableDimension": f"dynamodb:{self._kind}:{way}CapacityUnits",
                    "MinCapacity": least,
                    "MaxCapacity": UNITS_MAX,
                },
            }
            metric = {"PredefinedMetricType": f"DynamoDB{way}CapacityUtilization"}
            found[f"{self._stem}{way}Scaling"] = {
                "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
                "Properties": {
                    "PolicyName": f"{way.lower()}-at-{TARGET_PERCENT}-percent",
                    "PolicyType": "TargetTrackingScaling",
                    "ScalingTargetId": {"Ref": target},
                    "TargetTrackingScalingPolicyConfiguration": {
                        "PredefinedMetricSpecification": metric,
                        "TargetValue": TARGET_PERCENT,
                    },
                },
            }
        return found


def _places(logical_id: str, name: str, properties: dict[str, Any]) -> Iterator[_Place]:
    yield _Place(logical_id, None, properties, name)
    for index in properties.get("GlobalSecondaryIndexes", ()):
        yield _Place(logical_id, index["IndexName"], index, f"{name}/{index['IndexName']}")
