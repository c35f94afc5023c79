"""infra/data.yaml counts the versions of its tables, and a release names the one that it works on.

tests/infra/data_versions.json has what each version adds: tables, and their indexes. What a change of
infra/data.yaml adds goes into the newest version as long as that is unreleased (CHANGELOG.md), else into a
new one, whose number goes into infra/data.yaml and template.yaml. What it takes away always makes a new one.
"""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from infra.ops.cloudformation.template import load
from infra.ops.data.retired import retired
from infra.ops.data.stack import indexes, wanted
from tests.support.templates import APPLICATION, DATA

VERSIONS = json.loads((Path(__file__).parent / "data_versions.json").read_text(encoding="utf-8"))
RETIRED_IN = 3


def test_the_versions_add_up_to_the_tables() -> None:
    there: dict[str, set[str]] = defaultdict(set)
    for added in VERSIONS.values():
        for table, names in added.items():
            there[table] |= set(names)
    for table, names in retired(load(DATA)).items():
        assert names <= there[table]
        there[table] -= names
    assert there == indexes(load(DATA))


def test_a_version_that_retires_an_index_serves_no_release_from_before_it() -> None:
    """A stack of before keeps its indexes, and says itself which releases it serves."""
    assert retired(load(DATA))
    assert wanted(DATA).serves_from == RETIRED_IN


def test_versions_are_counted_and_the_last_one_is_deployed() -> None:
    numbers = [int(number) for number in VERSIONS]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert wanted(DATA).number == numbers[-1]
    assert 1 <= wanted(DATA).serves_from <= numbers[-1]


def test_a_release_needs_the_tables_that_come_with_it() -> None:
    needed = load(APPLICATION)["Outputs"]["NeedsDataVersion"]["Value"]
    assert int(needed) == wanted(DATA).number


def test_a_version_adds_one_index_to_a_table_at_most() -> None:
    # DynamoDB makes one index per update of a table (developer guide, "Managing Global Secondary Indexes").
    first, *later = VERSIONS.values()
    seen = set(first)
    for added in later:
        assert all(len(names) <= 1 for table, names in added.items() if table in seen)
        seen |= added.keys()
