"""The way back from an upgrade, by `rollback`: the application of before, on the tables as they are now."""

from infra.ops.cloudformation.stacks import stack_outputs, stack_status
from tests.e2e.upgrade_clients import Stage

Tables = dict[str, tuple[list[str], int]]


def tables_of(stack: Stage) -> Tables:
    """Each table's indexes, and how many rows it has."""
    dynamodb = stack.aws("dynamodb")
    names = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith(stack.data_stack)]
    found = {}
    for name in names:
        described = dynamodb.describe_table(TableName=name)["Table"]
        indexes = sorted(index["IndexName"] for index in described.get("GlobalSecondaryIndexes", []))
        found[name] = (indexes, int(dynamodb.scan(TableName=name, Select="COUNT")["Count"]))
    return found


def check(stack: Stage, release: str, before: Tables, printed: str) -> None:
    """The release of before works, no table, index or row is gone, and nothing watches the stage twice."""
    assert stack_outputs(stack.endpoint, stack.name)["Release"] == release
    assert "its tables stay as they are" in printed
    assert "AWS::DynamoDB::Table" not in printed
    after = tables_of(stack)
    assert {name: indexes for name, (indexes, _) in after.items()} == {
        name: indexes for name, (indexes, _) in before.items()
    }
    # Sessions and limits may expire; what is money is never less.
    for table in ("payments", "orders", "refunds", "ledger", "webhook-logs"):
        name = f"{stack.data_stack}-{table}"
        assert after[name][1] >= before[name][1] > 0, name
    assert stack_status(stack.aws("cloudformation"), f"{stack.name}-monitoring") == ""
    payment = stack.pay(stack.order()["id"])
    assert stack.final(payment["id"])["status"] == "success"
    # By the index that 0.1 reads and this release does not.
    assert "by-merchant" in after[f"{stack.data_stack}-payments"][0]
    listed = stack.call("GET", "/api/v1/payments?limit=1").json()
    assert [one["id"] for one in listed["data"]] == [payment["id"]]
    assert listed["total"] == tables_of(stack)[f"{stack.data_stack}-payments"][1]
