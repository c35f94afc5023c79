"""Indexes that this release reads no more, and older ones do (RetiredIndexes in infra/data.yaml).

New stacks don't get them. One that has them keeps them, so that its releases of before go on working, and
keeps saying so (ServesFrom). They cost writes until `data shrink` takes them away.
"""

import copy
from collections.abc import Mapping
from typing import Any

FIRST_VERSION = 1  # of stacks that do not say it


def retired(template: Mapping[str, Any]) -> dict[str, set[str]]:
    """The names of the retired indexes of each table."""
    named = template.get("Metadata", {}).get("RetiredIndexes", {})
    return {table: set(names) for table, names in named.items()}


def with_kept(template: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """The template, with those retired indexes that a stack's own template still has."""
    found, served = copy.deepcopy(dict(template)), there.get("Outputs", {}).get("ServesFrom")
    for table, names in retired(template).items():
        before = there.get("Resources", {}).get(table, {}).get("Properties", {})
        kept = [one for one in before.get("GlobalSecondaryIndexes", []) if one["IndexName"] in names]
        if not kept:
            continue
        properties = found["Resources"][table]["Properties"]
        # What it is provisioned with follows from the stage's settings anew.
        parts = ("IndexName", "KeySchema", "Projection")
        properties.setdefault("GlobalSecondaryIndexes", []).extend(
            {part: one[part] for part in parts} for one in kept
        )
        keys = {key["AttributeName"] for one in kept for key in one["KeySchema"]}
        defined = properties["AttributeDefinitions"]
        keys -= {one["AttributeName"] for one in defined}
        defined += [one for one in before["AttributeDefinitions"] if one["AttributeName"] in keys]
        if "Outputs" in found:
            found["Outputs"]["ServesFrom"] = served or {"Value": str(FIRST_VERSION)}
    return found
