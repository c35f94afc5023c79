"""The Python SDK of AsyncPay.

    import asyncpay

    client = asyncpay.Client(api_key="...", api_secret="...", base_url="http://localhost:8000")
    order = client.orders.create(amount=50000)

docs/sdk-python.md tells the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asyncpay._generated import models
from asyncpay._resource import AsyncPage, Page
from asyncpay._version import __version__
from asyncpay.checkout import Checkout
from asyncpay.client import Client
from asyncpay.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncPayError,
    AuthenticationError,
    BadRequestError,
    ExpiredCardError,
    IdempotencyError,
    InsufficientRefundAmountError,
    InvalidCardError,
    InvalidVPAError,
    NotFoundError,
    RateLimitError,
    ServerError,
    SignatureVerificationError,
    WaitTimeoutError,
)
from asyncpay.feed import FeedEvent
from asyncpay.webhook import Webhook

if TYPE_CHECKING:
    from asyncpay.async_client import AsyncClient

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncPage",
    "AsyncPayError",
    "AuthenticationError",
    "BadRequestError",
    "Checkout",
    "Client",
    "ExpiredCardError",
    "FeedEvent",
    "IdempotencyError",
    "InsufficientRefundAmountError",
    "InvalidCardError",
    "InvalidVPAError",
    "NotFoundError",
    "Page",
    "RateLimitError",
    "ServerError",
    "SignatureVerificationError",
    "WaitTimeoutError",
    "Webhook",
    "__version__",
    "models",
]


def __getattr__(name: str) -> Any:
    # httpx is an extra, and takes time to import.
    if name == "AsyncClient":
        from asyncpay.async_client import AsyncClient

        return AsyncClient
    raise AttributeError(f"module 'asyncpay' has no attribute {name!r}")
