"""`make deploy` and `make teardown`: a live stage next to the test stage, in one account."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from infra.ops.application import api_base_url
from infra.ops.cloudformation.stacks import stack_outputs, stack_status
from infra.ops.deploy import edge
from infra.ops.deploy.target import Target
from infra.ops.edge import secret
from infra.ops.settings import Settings
from tests.e2e.conftest import KEY, ROOT, Stack

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),  # a fixture deploys a whole stage with its edge
    pytest.mark.skipif(
        "ASYNCPAY_E2E_ENDPOINT" in os.environ,
        reason="LocalStack resolves attributes of resources that a condition leaves out",
    ),
]
NAME = "e2e-live"


def make(stack: Stack, command: str, **variables: str) -> str:
    """Runs one of the two commands; answers its exit code and what it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "STAGE": "live",
        "ASYNCPAY_STACK": NAME,
        "ASYNCPAY_HOME": f".build/e2e-stages-{os.getpid()}",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-m", "infra.ops", *command.split()],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def table_names(stack: Stack) -> list[str]:
    return list(stack.aws("dynamodb").list_tables()["TableNames"])


@pytest.fixture(scope="module")
def live(stack: Stack) -> Iterator[str]:
    """Where the API of a live stage is, deployed beside the test stage that other tests use."""
    printed = make(stack, "deploy", CONFIRM=NAME, EDGE="yes")
    assert printed.startswith("0\n"), printed
    assert "verified: /health" in printed
    assert "Add      ApiFunction  AWS::Lambda::Function" in printed
    yield api_base_url(stack.endpoint, stack_outputs(stack.endpoint, NAME))
    # What a live stage holds takes two commands, each with its name.
    printed = make(stack, "teardown", CONFIRM=NAME, DATA="delete")
    assert printed.startswith("1\n"), printed
    assert f"{NAME}-data-payments" in printed
    assert "Nothing was removed" in printed
    printed = make(stack, "protection off", CONFIRM=NAME)
    assert printed.startswith("0\n"), printed
    assert printed.count("\n0 of ") == 1
    printed = make(stack, "teardown", CONFIRM=NAME, DATA="delete")
    assert printed.startswith("0\n"), printed
    assert f"deleting stack {NAME}-edge-firewall" in printed
    assert not [name for name in table_names(stack) if name.startswith(NAME)]


def test_nothing_is_changed_before_somebody_agrees(stack: Stack) -> None:
    printed = make(stack, "deploy", ASYNCPAY_STACK="e2e-unseen")
    assert printed.startswith("1\n"), printed
    assert "Add      Payments  AWS::DynamoDB::Table" in printed
    assert "CONFIRM=e2e-unseen" in printed
    assert not any(table.startswith("e2e-unseen") for table in table_names(stack))
    # Not even a stack with a change set that nobody wants.
    made = stack.aws("cloudformation")
    assert stack_status(made, "e2e-unseen") == stack_status(made, "e2e-unseen-data") == ""


def test_a_yes_is_not_enough_for_a_live_stage(stack: Stack) -> None:
    printed = make(stack, "deploy", ASYNCPAY_STACK="e2e-unseen", CONFIRM="yes")
    assert printed.startswith("1\n"), printed
    assert "CONFIRM=e2e-unseen" in printed


@pytest.mark.parametrize("command", ["deploy", "teardown", "rollback", "protection off"])
def test_a_live_stage_is_not_taken_for_a_test_stage(stack: Stack, live: str, command: str) -> None:
    printed = make(stack, command, STAGE="test", CONFIRM="yes", DATA="delete")
    assert printed.startswith("1\n"), printed
    assert f"Stack {NAME}-data is stage live, not test. Nothing was changed." in printed
    table = stack.aws("dynamodb").describe_table(TableName=f"{NAME}-data-payments")["Table"]
    assert table["DeletionProtectionEnabled"]


def test_a_live_stage_is_refused_a_test_stages_setting(stack: Stack, live: str) -> None:
    printed = make(stack, "deploy", CONFIRM=NAME, TEST_MODE="true")
    assert printed.startswith("1\n"), printed
    assert "TestMode=true" in printed


def test_a_stack_and_all_in_it_are_found_by_the_stages_tag(stack: Stack, live: str) -> None:
    found = stack.aws("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "asyncpay:stage", "Values": ["live"]}]
    )
    kinds = {each["ResourceARN"].split(":")[2] for each in found["ResourceTagMappingList"]}
    # CloudFormation hands a stack's tags on; MiniStack does so to these kinds.
    assert {"sqs", "lambda"} <= kinds
    made = stack.aws("cloudformation")
    for name in (f"{NAME}-data", NAME, f"{NAME}-monitoring", f"{NAME}-edge"):
        (described,) = made.describe_stacks(StackName=name)["Stacks"]
        assert {"Key": "asyncpay:stage", "Value": "live"} in described["Tags"]


def test_a_live_stage_works(live: str) -> None:
    health = requests.get(f"{live}/health", timeout=30)
    assert (health.status_code, health.json()["status"]) == (200, "healthy")
    refused = requests.post(f"{live}/api/v1/orders", json={"amount": 500}, timeout=30)
    assert refused.status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/test/merchant", "/api/v1/test/jobs/status"])
def test_a_live_stage_has_no_test_endpoints(live: str, path: str) -> None:
    assert requests.get(live + path, timeout=30).status_code == 404


def test_a_live_stage_does_not_know_the_test_merchant(stack: Stack, live: str) -> None:
    assert requests.get(f"{live}/api/v1/payments", headers=KEY, timeout=30).status_code == 401
    assert "SeedFunctionName" not in stack_outputs(stack.endpoint, NAME)
    assert stack.aws("dynamodb").scan(TableName=f"{NAME}-data-merchants")["Count"] == 0


def test_nobody_logs_in_to_a_live_stage_with_any_password(live: str) -> None:
    body = {"email": "test@example.com", "password": "anything"}
    answer = requests.post(f"{live}/api/v1/dashboard/session", json=body, timeout=30)
    assert answer.status_code in {401, 403, 404}, answer.text
    assert "set-cookie" not in answer.headers


def test_the_edge_has_the_pages_files(stack: Stack, live: str) -> None:
    s3, outputs = stack.aws("s3"), stack_outputs(stack.endpoint, f"{NAME}-edge")
    found = {item["Key"] for item in s3.list_objects_v2(Bucket=outputs["BucketName"])["Contents"]}
    assert {"checkout.js", "checkout/release.json"} <= found
    assert any(key.startswith("checkout/assets/") for key in found)
    script = s3.head_object(Bucket=outputs["BucketName"], Key="checkout.js")
    assert script["CacheControl"] == "public, max-age=300"


def test_the_edge_has_every_page_and_its_origin_is_let_in(stack: Stack, live: str) -> None:
    s3, outputs = stack.aws("s3"), stack_outputs(stack.endpoint, f"{NAME}-edge")
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=outputs["BucketName"])["Contents"]}
    assert {"dashboard/index.html", "api-reference/index.html", "docs/errors.html"} <= keys
    script = s3.get_object(Bucket=outputs["BucketName"], Key="checkout.js")["Body"].read().decode()
    assert outputs["Url"] in script
    # Browsers name an origin on the page's own POSTs. (The emulator itself refuses whatever names one.)
    found = stack.aws("cloudformation").describe_stack_resource(
        StackName=NAME, LogicalResourceId="ApiFunction"
    )["StackResourceDetail"]
    configuration = stack.aws("lambda").get_function_configuration(FunctionName=found["PhysicalResourceId"])
    variables = configuration["Environment"]["Variables"]
    assert outputs["Url"] in variables["ALLOWED_ORIGINS"].split(",")
    assert variables["CHECKOUT_URL"] == outputs["Url"]
    assert variables["DOCS_URL"] == f"{outputs['Url']}/docs"


def distribution(stack: Stack) -> dict[str, Any]:
    found = stack.aws("cloudformation").describe_stack_resource(
        StackName=f"{NAME}-edge", LogicalResourceId="Distribution"
    )["StackResourceDetail"]
    config = stack.aws("cloudfront").get_distribution_config(Id=found["PhysicalResourceId"])
    return dict(config["DistributionConfig"])


def proof(stack: Stack) -> str:
    """The secret that the distribution sends to the API."""
    (api,) = [one for one in distribution(stack)["Origins"]["Items"] if one["Id"] == "api"]
    (header,) = api["CustomHeaders"]["Items"]
    assert header["HeaderName"] == "X-Edge-Secret"
    return str(header["HeaderValue"])


def test_the_edge_has_a_firewall_that_counts_viewers(stack: Stack, live: str) -> None:
    acls = stack.aws("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert distribution(stack)["WebACLId"] in [acl["ARN"] for acl in acls if NAME in acl["Name"]]


def test_nothing_but_the_distribution_reaches_what_shoppers_ask_for(stack: Stack, live: str) -> None:
    path = f"{live}/api/v1/payments/pay_AAAAAAAAAAAAAAAA/public"
    assert requests.get(path, timeout=30).status_code == 403
    assert requests.get(path, headers={"X-Edge-Secret": "guess"}, timeout=30).status_code == 403
    by_the_edge = requests.get(path, headers={"X-Edge-Secret": proof(stack)}, timeout=30)
    assert by_the_edge.status_code == 404
    # Merchants' servers, monitors and the deployment itself go on asking the API itself.
    assert requests.get(f"{live}/health", timeout=30).status_code == 200
    assert requests.get(f"{live}/api/v1/payments", timeout=30).status_code == 401


def test_the_test_stage_next_to_it_goes_on(stack: Stack, live: str) -> None:
    payment = stack.pay(stack.order()["id"])
    assert stack.final(payment["id"])["status"] == "success"


def test_a_second_deployment_changes_nothing(stack: Stack, live: str) -> None:
    assert "nothing to change" in make(stack, "deploy")


def test_a_new_edge_secret_reaches_the_distribution_and_nothing_else_of_the_edge_changes(
    stack: Stack, live: str
) -> None:
    """How requests fare meanwhile is tests/infra/ops/edge/test_secret_rotation.py's; it takes no waiting."""
    old, firewall = proof(stack), distribution(stack)["WebACLId"]
    arn = stack_outputs(stack.endpoint, NAME)["EdgeSecretArn"]
    target = Target(
        settings=Settings.read({"AWS_ENDPOINT_URL": stack.endpoint}),
        stage="live",
        stack=NAME,
        account="000000000000",
        region="us-east-1",
        endpoint=stack.endpoint,
        aws=stack.aws,
    )
    secret.rotate(
        stack.aws, arn, lambda: edge.send_current_secret(target), print, sleep=lambda _seconds: None
    )
    value = json.loads(stack.aws("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert value == {"current": proof(stack)}
    assert proof(stack) != old
    assert distribution(stack)["WebACLId"] == firewall
