from datetime import timedelta

import pytest

from gateway.domain.access.merchant import ORIGIN_LENGTH_MAX, check_checkout_origins
from gateway.domain.errors import BadRequest
from tests.support.factories import NOW, a_merchant


def test_the_text_of_a_merchant_shows_no_secret() -> None:
    assert "whsec_hidden" not in repr(a_merchant(webhook_secret="whsec_hidden"))


@pytest.mark.parametrize(
    ("age", "signing"),
    [
        (timedelta(0), ["whsec_new", "whsec_old"]),
        (timedelta(hours=24, microseconds=-1), ["whsec_new", "whsec_old"]),
        (timedelta(hours=24), ["whsec_new"]),
    ],
    ids=str,
)
def test_after_a_rotation_both_secrets_sign_for_a_day(age: timedelta, signing: list[str]) -> None:
    merchant = a_merchant(
        webhook_secret="whsec_new",
        previous_secret="whsec_old",
        previous_secret_until=NOW + timedelta(hours=24),
    )
    assert merchant.signing_secrets(NOW + age) == signing
    assert "whsec_old" not in repr(merchant)


def test_without_a_rotation_one_secret_signs() -> None:
    assert a_merchant(webhook_secret="whsec_new").signing_secrets(NOW) == ["whsec_new"]


def test_origins_are_kept_as_browsers_write_them_each_once() -> None:
    given = [
        "https://Shop.Example",
        "https://shop.example:443",
        "http://localhost:3002",
        "http://10.0.0.1:80",
    ]
    assert check_checkout_origins(given, https_only=False) == (
        "https://shop.example",
        "http://localhost:3002",
        "http://10.0.0.1",
    )


def test_no_origins_are_fine_and_so_are_twenty() -> None:
    assert check_checkout_origins([], https_only=True) == ()
    twenty = [f"https://shop{number}.example" for number in range(20)]
    assert check_checkout_origins(twenty, https_only=True) == tuple(twenty)
    with pytest.raises(BadRequest, match="at most 20"):
        check_checkout_origins([*twenty, "https://one.more"], https_only=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop.example",
        "https://",
        "https://shop.example/",
        "https://shop.example/path",
        "https://shop.example?a=b",
        "https://user@shop.example",
        "https://*.shop.example",
        "https://shop.example:",
        "https://shop.example:0",
        "https://shop.example:65536",
        "https://-shop.example",
        "https://shop..example",
        "https://[::1]",
        "https://shop.example; script-src *",
        "https://shop.example 'self'",
        "https://shop.example\n",
        "https://chai.\u212aochi",  # the Kelvin sign, in lower case a plain k
        "https://दुकान.example",
        "ftp://shop.example",
        "null",
        "*",
        "https://" + "a" * 250,
    ],
)
def test_what_is_no_origin_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        check_checkout_origins(["https://fine.example", text], https_only=False)
    assert refusal.value.field == "checkout_origins.1"


def test_where_money_moves_origins_must_be_https() -> None:
    with pytest.raises(BadRequest, match="must begin with https://"):
        check_checkout_origins(["http://shop.example"], https_only=True)


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("https://shop.example:0", "must have a port from 1 to 65535"),
        (
            "https://shop.example/",
            "must look like https://shop.example or https://shop.example:8443, without a path",
        ),
        ("https://" + "a" * 248, "must have at most 255 characters"),
    ],
)
def test_a_refused_origin_is_told_how_it_must_look(origin: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        check_checkout_origins([origin], https_only=True)
    assert refusal.value.description == f"checkout_origins[0] {reason}"


def test_an_origin_may_have_255_characters() -> None:
    longest = "https://" + ".".join(["a" * 60] * 4) + "." + "b" * 3
    assert len(longest) == 255
    assert check_checkout_origins([longest], https_only=True) == (longest,)


def test_too_many_origins_and_a_wrong_one_are_named() -> None:
    many = [f"https://shop{number}.example" for number in range(21)]
    shape = "must look like https://shop.example or https://shop.example:8443, without a path"
    longest = "https://" + "a." * 119 + "example"
    for origins, said in (
        (many, ("checkout_origins must have at most 20 origins", "checkout_origins")),
        ([*many[:2], "nonsense"], (f"checkout_origins[2] {shape}", "checkout_origins.2")),
        (
            [many[0], "http://shop.example"],
            ("checkout_origins[1] must begin with https://", "checkout_origins.1"),
        ),
        (
            ["https://a.b:65536"],
            ("checkout_origins[0] must have a port from 1 to 65535", "checkout_origins.0"),
        ),
        (
            [longest + "x" * (ORIGIN_LENGTH_MAX + 1 - len(longest))],
            (f"checkout_origins[0] must have at most {ORIGIN_LENGTH_MAX} characters", "checkout_origins.0"),
        ),
    ):
        with pytest.raises(BadRequest) as refusal:
            check_checkout_origins(origins, https_only=True)
        assert (refusal.value.description, refusal.value.field) == said
    for port in (1, 65535):
        assert check_checkout_origins([f"https://a.b:{port}"], https_only=True) == (f"https://a.b:{port}",)
