"""Which scripts the checkout page may load: the acquirer's own only where its card field is used."""

import json
from pathlib import Path

import pytest

from tests.support.templates import ROOT

HEADERS = json.loads((ROOT / "checkout-site" / "headers.json").read_text(encoding="utf-8"))
TEMPLATE = (ROOT / "infra" / "edge.yaml").read_text(encoding="utf-8")


def directives(name: str) -> dict[str, str]:
    policy = HEADERS[name]["Content-Security-Policy"]
    return {part.split()[0]: part for part in policy.split("; ")}


def test_the_page_of_an_acquirers_field_differs_in_what_that_field_needs_alone() -> None:
    plain, opened = directives("page"), directives("page-stripe")
    changed = {name for name in plain | opened if plain.get(name) != opened.get(name)}
    # Stripe docs, "Security at Stripe", on Content Security Policy.
    assert changed == {"script-src", "connect-src", "frame-src", "require-trusted-types-for", "trusted-types"}
    assert opened["script-src"] == "script-src 'self' https://js.stripe.com"
    assert opened["connect-src"] == "connect-src 'self' https://api.stripe.com"
    assert opened["frame-src"] == "frame-src https://js.stripe.com https://hooks.stripe.com"
    others = {name: value for name, value in HEADERS["page"].items() if name != "Content-Security-Policy"}
    del others["Cross-Origin-Embedder-Policy"]  # frames of theirs don't say that they may be embedded
    assert others.items() <= HEADERS["page-stripe"].items()


def test_the_edge_keeps_the_two_pages_apart() -> None:
    assert "QueryStrings: [key, acquirer]" in TEMPLATE


@pytest.mark.parametrize("place", ["local/pages/checkout.py", "checkout-site/edge/checkout_page.py"])
def test_both_servers_of_the_page_go_by_the_same_file(place: str) -> None:
    assert 'f"page-{acquirer}"' in Path(ROOT / place).read_text(encoding="utf-8")
