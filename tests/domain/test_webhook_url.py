import contextlib
import ipaddress
import json
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import BadRequest
from gateway.domain.webhooks.webhook_url import WebhookUrl, check_webhook_url, is_public_address

CORPUS = json.loads((Path(__file__).parents[1] / "support" / "hostile_urls.json").read_text())
IN_TEXT = [entry for entry in CORPUS if entry["found_in"] == "text"]
IN_ADDRESSES = [entry for entry in CORPUS if entry["found_in"] == "addresses"]
LOCALHOST = ("localhost",)


def read(text: str, *, https_only: bool = False, allowed_hosts: tuple[str, ...] = ()) -> WebhookUrl:
    return check_webhook_url(text, https_only=https_only, allowed_hosts=allowed_hosts)


@pytest.mark.parametrize("entry", IN_TEXT, ids=[entry["why"] for entry in IN_TEXT])
def test_a_hostile_url_is_refused_by_an_error_that_names_the_field_and_repeats_nothing_of_it(
    entry: dict[str, str],
) -> None:
    url = entry["url"].replace("{port}", "8080")
    with pytest.raises(BadRequest) as caught:
        read(url)
    assert caught.value.field == "webhook_url"
    assert caught.value.description.startswith("webhook_url ")
    assert not url or url not in caught.value.description


@pytest.mark.parametrize("entry", IN_ADDRESSES, ids=[entry["why"] for entry in IN_ADDRESSES])
def test_a_name_that_only_its_addresses_give_away_passes_as_text(entry: dict[str, str]) -> None:
    assert read(entry["url"].replace("{port}", "8080")).address is None


@pytest.mark.parametrize(
    ("text", "host", "port", "target", "authority"),
    [
        ("https://example.com", "example.com", 443, "/", "example.com"),
        ("HTTPS://Example.COM/Hooks", "example.com", 443, "/Hooks", "example.com"),
        ("http://example.com:80/", "example.com", 80, "/", "example.com"),
        ("https://example.com:8443/a?b=c&d", "example.com", 8443, "/a?b=c&d", "example.com:8443"),
        ("https://example.com?a=b", "example.com", 443, "/?a=b", "example.com"),
        ("https://example.com./a", "example.com", 443, "/a", "example.com"),
        ("https://my_app.example.com/", "my_app.example.com", 443, "/", "my_app.example.com"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "/", "xn--bcher-kva.example"),
        ("https://BÜCHER.example/", "xn--bcher-kva.example", 443, "/", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/", "xn--bcher-kva.example"),
        ("https://उदाहरण.भारत/", "xn--p1b6ci4b4b3a.xn--h2brj9c", 443, "/", None),
        ("https://8.8.8.8:1/", "8.8.8.8", 1, "/", "8.8.8.8:1"),
        ("https://[2606:4700:0::1111]/", "2606:4700::1111", 443, "/", "[2606:4700::1111]"),
        ("https://[2606:4700::1111]:65535/", "2606:4700::1111", 65535, "/", "[2606:4700::1111]:65535"),
        ("https://example.com/a%20b//c", "example.com", 443, "/a%20b//c", "example.com"),
        ("https://example.com/a@b:c", "example.com", 443, "/a@b:c", "example.com"),
    ],
)
def test_a_good_url_is_read_as_rfc_3986_reads_it(
    text: str, host: str, port: int, target: str, authority: str | None
) -> None:
    url = read(text, https_only=text.lower().startswith("https:"))
    assert (url.host, url.port, url.target) == (host, port, target)
    assert url.authority == (authority or host)
    assert not url.trusted


def test_a_fragment_is_never_sent() -> None:
    assert read("https://example.com/a?b#@127.0.0.1/").target == "/a?b"
    assert read("https://example.com#@127.0.0.1").host == "example.com"


def test_plain_http_is_refused_outside_test_stages() -> None:
    assert read("http://example.com/").scheme == "http"
    with pytest.raises(BadRequest, match="https://"):
        read("http://example.com/", https_only=True)


@pytest.mark.parametrize("host", ["\uff45xample.com", "ex\u24d0mple.com", "\u0967.example.com"], ids=ascii)
def test_a_host_that_looks_like_another_is_refused_with_what_to_write(host: str) -> None:
    with pytest.raises(BadRequest, match="must spell its host in plain letters and digits"):
        read(f"https://{host}/")


def test_a_url_of_2048_characters_is_the_longest() -> None:
    longest = "https://example.com/".ljust(2048, "a")
    assert len(read(longest).target) == 2048 - len("https://example.com")
    with pytest.raises(BadRequest, match="2048"):
        read(longest + "a")


@pytest.mark.parametrize(
    ("allowed", "text"),
    [
        ("localhost", "http://localhost:4000/"),
        ("localhost", "http://LOCALHOST.:4000/"),
        ("Localhost.", "http://localhost:4000/"),
        ("127.0.0.1", "http://127.0.0.1:4000/"),
        ("::1", "http://[0:0::1]:4000/"),
        ("[::1]", "http://[::1]:4000/"),
        ("merchant", "http://merchant/"),
    ],
)
def test_an_allowed_host_may_be_private(allowed: str, text: str) -> None:
    assert read(text, allowed_hosts=(allowed,)).trusted


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://sub.localhost/",
        "http://localhost.local/",
        "http://notlocalhost/",
        "http://2130706433/",
        "http://localhost@127.0.0.1/",
    ],
)
def test_allowing_localhost_allows_no_other_host(text: str) -> None:
    with pytest.raises(BadRequest):
        read(text, allowed_hosts=LOCALHOST)


def test_no_spelling_of_a_number_is_allowed_by_its_address() -> None:
    for text in ("http://127.1/", "http://0x7f000001/", "http://0177.0.0.1/"):
        with pytest.raises(BadRequest):
            read(text, allowed_hosts=("127.0.0.1", "127.1", "0x7f000001"))


PUBLIC = """
    1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 169.253.255.255 192.0.1.1
    198.17.255.255 198.20.0.0 223.255.255.255 126.255.255.255 128.0.0.1 2606:4700::1111
    2001:4860:4860::8888 2a00::1 2400::1 3ffe::1
"""


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address_passes_up_to_the_borders_of_the_special_ranges(address: str) -> None:
    assert is_public_address(ipaddress.ip_address(address))


SPECIAL = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
    240.0.0.0/4 255.255.255.255/32 ::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96
    64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:2::/48 2001:10::/28 2001:20::/28
    2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8 4000::/3 e000::/4
"""


@pytest.mark.parametrize("network", SPECIAL.split())
def test_no_address_of_a_special_range_is_public(network: str) -> None:
    addresses = ipaddress.ip_network(network)
    middle = addresses[addresses.num_addresses // 2]
    for address in (addresses[0], middle, addresses[-1]):
        assert not is_public_address(address)


def test_an_address_with_a_zone_is_not_public() -> None:
    assert not is_public_address(ipaddress.ip_address("2606:4700::1111%lo"))


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_that_is_public_is_global_to_python_too(address: ipaddress.IPv6Address) -> None:
    assert not is_public_address(address) or address.is_global


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_public_only_if_python_calls_it_global(address: ipaddress.IPv4Address) -> None:
    assert not is_public_address(address) or (address.is_global and not address.is_multicast)


@given(st.ip_addresses(v=4), st.sampled_from(["::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::"]))
def test_no_ipv6_form_of_an_ipv4_address_is_public(address: ipaddress.IPv4Address, prefix: str) -> None:
    assert not is_public_address(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(address)))
    assert not is_public_address(ipaddress.IPv6Address((0x2002 << 112) + (int(address) << 80)))


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for url in (text, f"http://{text}", f"https://{text}/", f"http://example.com/{text}"):
        with contextlib.suppress(BadRequest):
            read(url)


@given(st.text(alphabet="0123456789abcdefx.", max_size=20))
def test_a_host_that_the_system_takes_for_an_address_is_one_for_us_too(text: str) -> None:
    try:
        url = read(f"http://{text}/")
    except BadRequest:
        return
    try:
        taken_for = socket.inet_aton(url.host)
    except OSError:
        return
    assert url.address is not None
    assert url.address.packed == taken_for


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://", "must look like https://host/path, without a user name or password"),
        ("https://me@shop.example/", "must look like https://host/path, without a user name or password"),
        ("https://shop.example/a b", "must have no spaces, control characters or backslashes"),
        ("http://shop.example/", "must begin with https://"),
        ("https://shop.example:0/", "must have a port from 1 to 65535"),
        ("https://shop.example/\u00e9", "must have a percent-encoded path and query"),
        ("https://0x7f.1/", "must write an IPv4 address as four decimal numbers"),
        ("https://127.0.0.1/", "must be on the public internet"),
    ],
)
def test_a_refused_url_is_told_how_it_must_look(url: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        read(url, https_only=True)
    assert refusal.value.description == f"webhook_url {reason}"
