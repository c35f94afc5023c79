"""Posting to a merchant's endpoint, as use cases see it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from gateway.domain.webhooks.delivery import Attempt


class PostWebhook(Protocol):
    """Posts one delivery. Whatever happens is an Attempt, never an exception."""

    def __call__(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        now: datetime,
        allowed_hosts: tuple[str, ...],
        https_only: bool,
    ) -> Attempt:
        """Posts `body` to `url`; `allowed_hosts` may be private addresses."""
        ...
