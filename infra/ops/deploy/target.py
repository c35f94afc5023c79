"""Where `make deploy` and `make teardown` go: the usual AWS environment's account, or an endpoint.

Two stages in one account are two sets of stacks: asyncpay-test with asyncpay-test-data, asyncpay-test-edge
and asyncpay-test-monitoring.
"""

from dataclasses import dataclass

from infra.ops.aws_clients import Clients, aws_environment, global_clients, identity, session_clients
from infra.ops.console import Problem
from infra.ops.settings import Settings, is_aws

STAGES = ("test", "live")


@dataclass(frozen=True, kw_only=True)
class Target:
    """One stage of one account and region."""

    settings: Settings
    stage: str
    stack: str
    account: str
    region: str
    endpoint: str
    aws: Clients
    # In us-east-1, whatever the region: what CloudFront needs there.
    global_aws: Clients = global_clients

    @property
    def data_stack(self) -> str:
        """The tables' stack."""
        return f"{self.stack}-data"

    @property
    def edge_stack(self) -> str:
        """The CDN's stack."""
        return f"{self.stack}-edge"

    @property
    def firewall_stack(self) -> str:
        """The stack of the edge's firewall, in us-east-1."""
        return f"{self.stack}-edge-firewall"

    @property
    def monitoring_stack(self) -> str:
        """The stack of alarms and the dashboard."""
        return f"{self.stack}-monitoring"

    @property
    def stacks(self) -> list[str]:
        """All its stacks in its region, whether they are there or not, the tables' first."""
        return [self.data_stack, self.stack, self.monitoring_stack, self.edge_stack]

    @property
    def bucket(self) -> str:
        """Where packages of all stages go. Buckets' names are the whole world's, so this has the account."""
        return f"asyncpay-artifacts-{self.account}-{self.region}"

    @property
    def is_emulator(self) -> bool:
        """Whether this is not AWS itself."""
        return bool(self.endpoint) and not is_aws(self.endpoint)

    def __str__(self) -> str:
        where = self.endpoint or f"AWS account {self.account}"
        return f"stage {self.stage}: stack {self.stack}, {where}, {self.region}"


def stack_of(settings: Settings, stage: str) -> str:
    """The name of a stage's application stack."""
    return settings.environment.get("ASYNCPAY_STACK") or f"asyncpay-{stage}"


def find(settings: Settings) -> Target:
    """The target that the environment describes; it is asked who we are."""
    environ = settings.environment
    stage = environ.get("STAGE", "")
    if stage not in STAGES:
        raise Problem("Say which stage: STAGE=test or STAGE=live.")
    aws, region = session_clients(aws_environment(settings))
    account, _ = identity(aws)
    return Target(
        settings=settings,
        stage=stage,
        stack=stack_of(settings, stage),
        account=account,
        region=region,
        endpoint=settings.given_endpoint,
        aws=aws,
    )
