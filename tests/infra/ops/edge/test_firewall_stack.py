"""The edge's firewall: a stack of its own in us-east-1, with the stage's limits."""

import uuid
from collections.abc import Iterator

import pytest

from infra.ops.aws_clients import global_clients
from infra.ops.cloudformation.stacks import stack_status
from infra.ops.console import Problem, Progress
from infra.ops.deploy.target import Target
from infra.ops.edge import firewall
from tests.infra.conftest import SettingsMaker
from tests.support.emulator import Emulator

pytestmark = pytest.mark.emulator


class Maker:
    """Makes targets of one live stage, whose region is another than the firewall's."""

    def __init__(self, emulator: Emulator, settings_of: SettingsMaker) -> None:
        self.name = f"live-{uuid.uuid4().hex[:8]}"
        self.emulator, self.settings_of = emulator, settings_of

    def __call__(self, **environment: str) -> Target:
        return Target(
            settings=self.settings_of(STAGE="live", **{"CONFIRM": self.name, **environment}),
            stage="live",
            stack=self.name,
            account="000000000000",
            region="ap-south-1",
            endpoint="",
            aws=self.emulator.client,
            global_aws=self.emulator.client,
        )


@pytest.fixture
def target_of(emulator: Emulator, settings_of: SettingsMaker) -> Iterator[Maker]:
    made = Maker(emulator, settings_of)
    yield made
    firewall.remove_unused(made(), {"FirewallArn": ""}, Progress())


def test_the_stages_limits_become_a_web_acl_that_counts_viewers(target_of: Maker, emulator: Emulator) -> None:
    arn = firewall.deploy(target_of(FIREWALL_RATE_LIMIT="700"), Progress())
    (found,) = [
        one
        for one in emulator.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
        if one["ARN"] == arn
    ]
    acl = emulator.client("wafv2").get_web_acl(Name=found["Name"], Id=found["Id"], Scope="CLOUDFRONT")[
        "WebACL"
    ]
    limits = [
        rule["Statement"]["RateBasedStatement"]
        for rule in acl["Rules"]
        if "RateBasedStatement" in rule["Statement"]
    ]
    assert [(int(one["Limit"]), one["AggregateKeyType"]) for one in limits] == [(100, "IP"), (700, "IP")]
    (described,) = emulator.client("cloudformation").describe_stacks(
        StackName=f"{target_of.name}-edge-firewall"
    )["Stacks"]
    assert {"Key": "asyncpay:stage", "Value": "live"} in described["Tags"]


def test_a_second_deployment_changes_nothing_and_another_limit_changes_the_same_acl(target_of: Maker) -> None:
    first = firewall.deploy(target_of(FIREWALL_RATE_LIMIT="700"), Progress())
    assert firewall.deploy(target_of(FIREWALL_RATE_LIMIT="700", CONFIRM="nobody"), Progress()) == first
    assert firewall.deploy(target_of(FIREWALL_RATE_LIMIT="900"), Progress()) == first


def test_a_live_stage_has_a_firewall_unless_somebody_says_otherwise(target_of: Maker) -> None:
    assert firewall.limits_of(target_of()) == {
        "FirewallRateLimit": "2000",
        "PublicPaymentFirewallRateLimit": "100",
    }
    assert firewall.deploy(target_of(FIREWALL_RATE_LIMIT="0"), Progress()) == ""


def test_an_edge_is_not_made_without_the_firewall_that_it_was_to_have(
    target_of: Maker, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _prompt: "yes")  # not the stack's name
    with pytest.raises(Problem, match="is unchanged, and so is the edge"):
        firewall.deploy(target_of(CONFIRM=""), Progress())
    made = emulator.client("cloudformation")
    assert stack_status(made, f"{target_of.name}-edge-firewall") == ""


def test_a_firewall_that_the_edge_no_longer_has_is_removed(target_of: Maker, emulator: Emulator) -> None:
    arn = firewall.deploy(target_of(), Progress())
    made, stack = emulator.client("cloudformation"), f"{target_of.name}-edge-firewall"
    firewall.remove_unused(target_of(), {"FirewallArn": arn}, Progress())
    assert stack_status(made, stack) == "CREATE_COMPLETE"
    firewall.remove_unused(target_of(), {"FirewallArn": ""}, Progress())
    assert stack_status(made, stack) == ""


def test_what_cloudfront_needs_is_made_in_us_east_1(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    made = global_clients.__wrapped__("cloudformation")  # not the one that is kept
    assert made.meta.region_name == "us-east-1"
