"""Addresses that a shopper comes back to."""

import pytest

from gateway.domain.errors import BadRequest
from gateway.domain.payments.return_url import RETURN_URL_LENGTH_MAX, check_return_url

ABSOLUTE = "return_url must be an absolute http(s) address"
HTTPS = "return_url must begin with https://"


@pytest.mark.parametrize(("url", "origin"), [
    ("https://shop.example/thanks?order=1#top", "https://shop.example"),
    ("https://SHOP.example:8443/", "https://shop.example:8443"), ("https://[::1]/", "https://[::1]"),
    ("https://shop.example/" + "x" * (RETURN_URL_LENGTH_MAX - 21), "https://shop.example"),
])  # fmt: skip
def test_an_address_has_an_origin(url: str, origin: str) -> None:
    assert check_return_url(url, https_only=True) == origin


def test_an_address_without_encryption_is_for_tests() -> None:
    assert check_return_url("http://localhost:3000/", https_only=False) == "http://localhost:3000"
    with pytest.raises(BadRequest) as refusal:
        check_return_url("http://localhost:3000/", https_only=True)
    assert (refusal.value.description, refusal.value.field) == (HTTPS, "return_url")


@pytest.mark.parametrize("url", [
    "", "/thanks", "//shop.example", "https:///thanks", "https://", "ftp://shop.example",
    "javascript:alert(1)", "https://user@shop.example", "https://user:pw@shop.example",
    "https://shop.example:0/", "https://shop.example:65536/", "https://shop.example:x/", "https://[::1/",
    "https://shop.example/ ", "https://shop.example/\n", "https://दुकान.example/",
    "https://shop.example/" + "x" * (RETURN_URL_LENGTH_MAX - 20),
])  # fmt: skip
@pytest.mark.parametrize("https_only", [True, False])
def test_what_is_no_address_of_a_shop_is_refused(url: str, *, https_only: bool) -> None:
    with pytest.raises(BadRequest) as refusal:
        check_return_url(url, https_only=https_only)
    assert (refusal.value.description, refusal.value.field) == (ABSOLUTE, "return_url")
