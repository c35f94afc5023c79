"""What the environment says to every command: which AWS endpoint, which stack, and where scratch files go."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.ops.console import Problem

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
EMULATOR_PORT = ("ASYNCPAY_EMULATOR_PORT", 4600)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one command. Two commands with different homes run side by side."""

    root: Path
    home: Path
    given_endpoint: str
    emulator_port: int
    access_key_id: str
    secret_access_key: str
    stack: str
    environment: Mapping[str, str]

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, root: Path = ROOT) -> "Settings":
        """From the environment of the command. Raises Problem for a value that cannot be used."""
        values = dict(os.environ if environ is None else environ)
        endpoint = values.get("AWS_ENDPOINT_URL", "").rstrip("/")
        if endpoint and not endpoint.startswith(("http://", "https://")):
            raise Problem(f"AWS_ENDPOINT_URL must begin with http:// or https://, not '{endpoint}'.")
        return cls(
            root=root,
            home=root / (values.get("ASYNCPAY_HOME") or ".build"),
            given_endpoint=endpoint,
            emulator_port=read_port(values, *EMULATOR_PORT),
            # The caller's own keys go nowhere but to an endpoint that the caller named.
            access_key_id=(endpoint and values.get("AWS_ACCESS_KEY_ID")) or "test",
            secret_access_key=(endpoint and values.get("AWS_SECRET_ACCESS_KEY")) or "test",
            stack=values.get("ASYNCPAY_STACK") or "asyncpay",
            environment=values,
        )

    @property
    def endpoint(self) -> str:
        """Where AWS is: the caller's endpoint, or the emulator that `make up` starts."""
        return self.given_endpoint or f"http://127.0.0.1:{self.emulator_port}"

    @property
    def is_other_emulator(self) -> bool:
        """Whether the caller named an endpoint that is not AWS itself."""
        return bool(self.given_endpoint) and not is_aws(self.given_endpoint)

    def typed(self, command: str) -> str:
        """How the reader types a command: `make up`, or `asyncpay up` where a package is installed."""
        return f"{self.environment.get('ASYNCPAY_COMMAND') or 'make'} {command}"

    @property
    def data_stack(self) -> str:
        """The tables' stack."""
        return f"{self.stack}-data"

    @property
    def logs(self) -> Path:
        """Log files of this home."""
        return self.home / "logs"

    @property
    def temporary(self) -> Path:
        """Scratch space: home directory and TMPDIR of the programs started here."""
        return self.home / "tmp"


def is_aws(endpoint: str) -> bool:
    """Whether an endpoint is AWS itself."""
    return (urlsplit(endpoint).hostname or "").endswith(".amazonaws.com")


def read_port(values: Mapping[str, str], variable: str, default: int) -> int:
    """A TCP port from the environment. Raises Problem naming the variable when it is not 1 to 65535."""
    text = values.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise Problem(f"{variable} must be a port from 1 to 65535, not '{text}'.")
    return int(text)
