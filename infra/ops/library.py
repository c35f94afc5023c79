"""Makes the layer's library usable in this process, bound to the tables of one stack."""

import os
import sys

from infra.ops.console import Problem
from infra.ops.settings import REGION, Settings


def use_library(settings: Settings) -> None:
    """Makes the layer importable, and binds its tables to this run's endpoint."""
    os.environ |= {
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_ACCESS_KEY_ID": settings.access_key_id,
        "AWS_SECRET_ACCESS_KEY": settings.secret_access_key,
        "AWS_REGION": REGION,
    }
    bind_library(settings, settings.data_stack)


def bind_library(settings: Settings, data_stack: str) -> None:
    """Makes the layer importable, its packages as they were built, and binds its tables to a stack's."""
    sys.path += [
        str(settings.root / "layers" / "gateway"),
        str(settings.root / ".build" / "layer" / "python"),
    ]
    try:
        from gateway.adapters.aws.dynamodb import tables
    except ImportError as problem:
        raise Problem("The layer is not built; build it first: make build") from problem
    tables.bind(data_stack)


def told(problem: Exception) -> str | None:
    """What an error of the library says to a person, with its cause; None for every other error."""
    errors = sys.modules.get("gateway.domain.errors")  # there once a command has used the library
    if errors is None or not isinstance(problem, errors.AsyncPayError):
        return None
    return f"{problem}" + (f" ({problem.__cause__})" if problem.__cause__ else "")
