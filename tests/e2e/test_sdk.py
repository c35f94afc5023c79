"""The SDK, its command line and its pytest plugin on the deployed stack."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import asyncpay
from tests.e2e.conftest import KEY, ROOT, Stack
from tests.sdk.test_plugin import EXAMPLE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def environment(stack: Stack) -> dict[str, str]:
    """In which our own commands find this gateway."""
    found = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    found |= {"PYTHONPATH": str(ROOT / "sdk/python/src"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if "ASYNCPAY_E2E_ENDPOINT" in os.environ:
        stack_name = stack.data_stack.removesuffix("-data")
        return found | {"AWS_ENDPOINT_URL": stack.endpoint, "ASYNCPAY_STACK": stack_name}
    return found | {"ASYNCPAY_EMULATOR_PORT": stack.endpoint.rpartition(":")[2]}


def test_a_test_has_a_merchant_and_an_inbox_of_its_own(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(EXAMPLE.replace("timeout=30", "timeout=120"))
    plugin = ["-p", "asyncpay.pytest_plugin", "-p", "no:cacheprovider", "--asyncpay-required"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "--asyncpay-url", stack.api, "test_it.py"],
        cwd=tmp_path,
        env=environment(stack),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_an_idempotency_key_makes_a_repetition_the_same_payment(stack: Stack) -> None:
    with asyncpay.Client(KEY["X-Api-Key"], KEY["X-Api-Secret"], stack.api) as client:
        order = client.orders.create(amount=50_000)
        first, second = (
            client.payments.create(
                order_id=order.id, method="upi", vpa="success@asyncpay", idempotency_key=f"k-{order.id}"
            )
            for _ in range(2)
        )
        assert first == second
        assert client.payments.wait_until_final(first.id).status == "success"


def test_errors_of_the_real_gateway_have_a_class_a_field_and_a_request_id(stack: Stack) -> None:
    with asyncpay.Client(KEY["X-Api-Key"], KEY["X-Api-Secret"], stack.api) as client:
        with pytest.raises(asyncpay.BadRequestError) as caught:
            client.orders.create(amount=1)
        assert (caught.value.field, caught.value.status) == ("amount", 400)
        assert caught.value.request_id
        with pytest.raises(asyncpay.NotFoundError, match="Order not found"):
            client.orders.retrieve("order_AAAAAAAAAAAAAAAA")
    with (
        asyncpay.Client(KEY["X-Api-Key"], "wrong", stack.api) as stranger,
        pytest.raises(asyncpay.AuthenticationError),
    ):
        stranger.balance.retrieve()
