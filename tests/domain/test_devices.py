"""Known devices: a cookie that gives a browser tries of its own at one address, and nothing else."""

import pytest

from gateway.domain.access.device import read_device, sign_device

TOKEN = sign_device(b"key", "device", "a@example.com")


def test_a_device_is_known_for_the_address_that_it_logged_in_to() -> None:
    assert read_device(b"key", TOKEN, "a@example.com") == "device"


@pytest.mark.parametrize(
    ("key", "value", "email"),
    [
        (b"other", TOKEN, "a@example.com"),
        (b"key", TOKEN, "b@example.com"),
        (b"key", f"x{TOKEN}", "a@example.com"),
        (b"key", TOKEN.partition(".")[2], "a@example.com"),
        (b"key", f".{TOKEN}", "a@example.com"),
        (b"key", "é." + "0" * 64, "a@example.com"),
        (b"key", "x" * 300, "a@example.com"),
        (b"key", "", "a@example.com"),
        (b"key", None, "a@example.com"),
    ],
    ids=["key", "address", "id", "no id", "empty id", "not ASCII", "too long", "empty", "none"],
)
def test_any_other_cookie_makes_no_known_device(key: bytes, value: str | None, email: str) -> None:
    assert read_device(key, value, email) is None
