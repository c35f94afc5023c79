"""Published versions of the API's function that nothing runs any more.

The transform publishes one for each release and keeps them all. With SnapStart each is paid for by the hour,
as its snapshot is kept (AWS Lambda pricing, "SnapStart"). Going back publishes anew, so none is needed.
"""

from typing import TYPE_CHECKING

from infra.ops.aws_clients import Clients

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_lambda import LambdaClient

FUNCTION, ALIAS, LATEST = "ApiFunction", "live", "$LATEST"
# Besides what the alias runs: requests that it sent to the one before may still be in hand.
KEPT_BEFORE = 1


def delete_old_versions(aws: Clients, stack: str) -> list[str]:
    """Deletes the versions that are older than the alias's and the one before it; returns them."""
    made: CloudFormationClient = aws("cloudformation")
    functions: LambdaClient = aws("lambda")
    found = made.describe_stack_resource(StackName=stack, LogicalResourceId=FUNCTION)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    current = int(functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"])
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    versions = [one["Version"] for page in pages for one in page["Versions"] if one["Version"] != LATEST]
    older = sorted((version for version in versions if int(version) < current), key=int)
    old = older[: max(0, len(older) - KEPT_BEFORE)]
    for version in old:
        functions.delete_function(FunctionName=name, Qualifier=version)
    return old
