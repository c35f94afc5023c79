"""The stack that an operator's command works on: the laptop's, or one of the usual AWS environment.

Without a stack's name it is the laptop's, at this run's endpoint. With one, credentials and region come as
every AWS tool reads them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL).
"""

import getpass
import os
from dataclasses import dataclass

from infra.ops.aws_clients import Clients, aws_environment, clients, identity, session_clients
from infra.ops.cloudformation.stacks import stack_outputs
from infra.ops.deploy.identity import agreed, check_stage, stage_of
from infra.ops.deploy.target import stack_of
from infra.ops.library import bind_library, use_library
from infra.ops.settings import REGION, Settings


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One deployed stack, and who works on it."""

    settings: Settings
    stage: str
    stack: str
    region: str
    aws: Clients
    actor: str
    is_laptop: bool

    @property
    def data_stack(self) -> str:
        """The tables' stack."""
        return f"{self.stack}-data"

    def outputs(self) -> dict[str, str]:
        """The outputs of the application's stack."""
        return stack_outputs("", self.stack, aws=self.aws)

    def is_agreed(self, question: str) -> bool:
        """Whether the person agrees to what is done to a live stage; nobody is asked about another one."""
        return self.stage != "live" or agreed(self, question)

    def use_library(self) -> None:
        """Makes the layer's library importable, and binds its tables to this stack's."""
        if self.is_laptop:
            use_library(self.settings)
        else:
            os.environ["AWS_REGION"] = self.region  # the profile's, where no variable named one
            bind_library(self.settings, self.data_stack)


def connect(settings: Settings, *, stage: str | None, stack: str | None) -> Connection:
    """Connects to a stage's stack, or one by name, of the AWS environment; without either, to the laptop's.

    Raises Problem where the environment has no region, a profile or credentials that cannot be used, or the
    stack belongs to another stage.
    """
    wanted = stack or (stack_of(settings, stage) if stage else None)
    if wanted is None:
        return Connection(
            settings=settings,
            stage="test",
            stack=settings.stack,
            region=REGION,
            aws=clients(settings),
            actor=getpass.getuser(),
            is_laptop=True,
        )
    aws, region = session_clients(aws_environment(settings))
    _, who = identity(aws)
    made = aws("cloudformation")
    if stage:
        check_stage(made, wanted, stage)
    return Connection(
        settings=settings,
        stage=stage or stage_of(made, wanted),
        stack=wanted,
        region=region,
        aws=aws,
        actor=who,
        is_laptop=False,
    )
