"""Whose merchant the commands work for: profiles in a file of mode 0600, or the environment."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from asyncpay.cli import files
from asyncpay.cli.exits import NOT_LOGGED_IN, Problem
from asyncpay.client import Client

ENVIRONMENT = "environment"
NAMES = ("ASYNCPAY_API_KEY", "ASYNCPAY_API_SECRET", "ASYNCPAY_BASE_URL")


@dataclass(frozen=True)
class Credentials:
    """One profile."""

    profile: str
    base_url: str
    api_key: str
    api_secret: str
    dashboard_url: str | None = None
    checkout_url: str | None = None

    def client(self, *, max_retries: int = 2) -> Client:
        """A client that works for it."""
        try:
            return Client(self.api_key, self.api_secret, self.base_url, max_retries=max_retries)
        except ValueError as problem:
            raise Problem(f"Profile {self.profile}: {problem}", exit_code=NOT_LOGGED_IN) from problem

    def __repr__(self) -> str:
        return f"Credentials(profile={self.profile!r}, base_url={self.base_url!r}, api_key={self.api_key!r})"


def path() -> Path:
    """The file."""
    return files.home() / "credentials.json"


def find(profile: str | None) -> Credentials:
    """The profile named, or what the environment says, or the profile `default`."""
    given = [os.environ.get(name, "") for name in NAMES]
    if profile is None and any(given):
        missing = [name for name, value in zip(NAMES, given) if not value]
        if missing:
            raise Problem(f"Set {' and '.join(missing)} too.", exit_code=NOT_LOGGED_IN)
        key, secret, url = given
        return Credentials(ENVIRONMENT, url, key, secret)
    name = profile or "default"
    found = _profiles().get(name)
    if found is None:
        hint = "asyncpay login" if name == "default" else f"asyncpay login --profile {name}"
        others = ", ".join(sorted(_profiles()))
        known = f" Known profiles: {others}." if others else ""
        raise Problem(f"Not logged in. Run: {hint}{known}", exit_code=NOT_LOGGED_IN)
    try:
        return Credentials(profile=name, **found)
    except TypeError as problem:
        raise Problem(
            f"{path()} has a broken profile {name}. Run: asyncpay login --profile {name}"
        ) from problem


def keep(credentials: Credentials) -> None:
    """Stores a profile."""
    profiles = _profiles()
    profiles[credentials.profile] = {
        name: value for name, value in asdict(credentials).items() if name != "profile"
    }
    files.write_private(path(), json.dumps({"profiles": profiles}, indent=2) + "\n")


def _profiles() -> dict[str, dict[str, str]]:
    file = path()
    content = files.read_json(file)
    if content is None:
        return {}
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise Problem(f"Others can read {file}. Run: chmod 600 {file}", exit_code=NOT_LOGGED_IN)
    profiles = content.get("profiles") if isinstance(content, dict) else None
    if not isinstance(profiles, dict):
        raise Problem(f"{file} is no credentials file. Remove it and run: asyncpay login")
    return profiles
