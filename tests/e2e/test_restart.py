"""A second `make up` in the same home."""

import os

import pytest

from tests.e2e.conftest import running_stack

UNCHANGED = "nothing has changed since the last deployment"


@pytest.mark.e2e
@pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="is about the embedded emulator's state")
def test_a_kept_home_deploys_nothing_anew_and_works_on_another_port() -> None:
    # Given one by one, since an address is a setting: a moved port of these would be a change.
    fixed = {"TEST_MODE": "true", "TEST_WEBHOOK_URL": "", "ALLOWED_ORIGINS": "http://localhost"}
    fixed |= {"DOCS_URL": "http://localhost/docs", "CHECKOUT_URL": "http://localhost"}
    with running_stack("kept", keep_home=True, **fixed) as first:
        assert not any(UNCHANGED in line for line in first.printed)
        order = first.order()
        payment = first.pay(order["id"])
        assert first.final(payment["id"])["status"] == "success"
    with running_stack("kept", **fixed) as second:
        assert second.endpoint != first.endpoint
        assert any(UNCHANGED in line for line in second.printed)
        assert second.payment(payment["id"])["status"] == "success"
        again = second.pay(second.order()["id"])
        assert second.final(again["id"])["status"] == "success"
