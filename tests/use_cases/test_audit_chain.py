"""The audit trail: a row for every change, and a chain that shows what was done to the rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.access import audit_chain as domain
from gateway.domain.access.audit import Action, Actor, AuditEntry
from gateway.domain.access.audit_chain import BLOCK_LINKS_MAX, LOOKED_BACK, SETTLED_AFTER
from gateway.domain.errors import RateLimited
from gateway.use_cases.access.api_keys import issue_key
from gateway.use_cases.access.exports import EXPORTS, begin_export
from gateway.use_cases.operations.chain_audit import chain_audit, verify_audit
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.protocols.refusals import Conflict
from gateway.use_cases.webhooks.configure import rotate_webhook_secret, set_webhook_url
from tests.support.factories import NOW
from tests.support.memory.shop import SECRET_ITSELF, MemoryShop

OVERWRITTEN = "row entry-0 was overwritten (block 1)"
BY = Actor("key:key_1", "192.0.2.1", "request-1", "key_1")


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def entries(shop: MemoryShop) -> list[AuditEntry]:
    return list(shop.database.rows.of("audit").values())


def an_entry(number: int, **members: object) -> AuditEntry:
    entry = AuditEntry(f"entry-{number}", "merchant", NOW, "admin:a", Action.API_KEY_ISSUED, "key_1")
    return replace(entry, **members)  # type: ignore[arg-type]


def settle(shop: MemoryShop) -> int:
    shop.clock.advance(seconds=SETTLED_AFTER.total_seconds())
    return chain_audit(shop.deps)


@pytest.fixture
def chained(shop: MemoryShop) -> MemoryShop:
    """A shop with three rows in two blocks."""
    for number in range(2):
        shop.put("audit", an_entry(number))
    assert settle(shop) == 2
    shop.put("audit", an_entry(2, at=shop.clock()))
    assert settle(shop) == 1
    return shop


def test_every_change_of_money_or_settings_has_a_row_with_who_from_where_and_in_which_request(
    shop: MemoryShop,
) -> None:
    shop.deps = shop.deps.on_behalf_of(BY)
    payment = shop.paid(500)
    refund = shop.refunded(payment, 100)
    shop.cancel(refund.id)
    shop.capture(payment.id, 400)
    set_webhook_url(shop.deps, shop.merchant.id, "https://shop.example/hook")
    rotate_webhook_secret(shop.deps, shop.merchant.id, SECRET_ITSELF)
    money = {"payment_id": payment.id, "amount": 100, "currency": "INR"}
    captured = {"amount": 400, "released": 100, "currency": "INR"}
    assert shop.audit() == [
        ("key:key_1", "refund.created", refund.id, money),
        ("key:key_1", "refund.cancelled", refund.id, money),
        ("key:key_1", "payment.captured", payment.id, captured),
        ("key:key_1", "webhook_url.set", shop.merchant.id, {"webhook_url": "https://shop.example/hook"}),
        ("key:key_1", "webhook_secret.rotated", shop.merchant.id, {}),
    ]
    for entry in entries(shop):
        assert (entry.source, entry.request_id, entry.api_key) == ("192.0.2.1", "request-1", "key_1")


def test_exports_are_limited_so_that_nobody_drowns_the_record(shop: MemoryShop) -> None:
    for _ in range(EXPORTS.uses_max):
        begin_export(shop.deps, shop.merchant.id, "payments", {"q": "r-1", "status": None})
    with pytest.raises(RateLimited, match="60 of these requests in 10 minutes"):
        begin_export(shop.deps, shop.merchant.id, "payments", {})
    assert {(entry.action, entry.object, entry.details["q"]) for entry in entries(shop)} == {
        ("export.begun", "payments", "r-1")
    }
    assert len(entries(shop)) == EXPORTS.uses_max


def test_a_refund_that_fails_to_commit_leaves_no_row(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    shop.database.rows.fail_next(Conflict())
    with pytest.raises(Exception, match="try again"):
        shop.refund(payment, 100)
    assert entries(shop) == []


def test_the_sweeper_chains_rows_once_they_have_settled(shop: MemoryShop) -> None:
    shop.put("audit", an_entry(1))
    assert sweep(shop.deps).audited == 0
    shop.clock.advance(seconds=SETTLED_AFTER.total_seconds())
    assert sweep(shop.deps).audited == 1
    assert sweep(shop.deps).audited == 0
    head = shop.database.audit_chain.head()
    assert (head.number, head.through) == (1, NOW)
    assert verify_audit(shop.deps).findings == []


def test_a_chain_of_nothing_is_whole(shop: MemoryShop) -> None:
    assert chain_audit(shop.deps) == 0
    report = verify_audit(shop.deps)
    assert (report.head, report.blocks, report.entries, report.findings) == (None, 0, 0, [])


def test_a_whole_trail_is_verified(chained: MemoryShop) -> None:
    report = verify_audit(chained.deps)
    assert (report.blocks, report.entries, report.before_chain, report.findings) == (2, 3, 0, [])
    assert report.head == chained.database.audit_chain.head()


@pytest.mark.parametrize(
    ("tamper", "finding"),
    [
        (lambda rows: rows.pop("entry-1"), "row entry-1 is missing (block 1)"),
        (lambda rows: rows.update({"entry-0": an_entry(0, actor="admin:b")}), OVERWRITTEN),
        (lambda rows: rows.update({"entry-0": an_entry(0, source="::1")}), OVERWRITTEN),
        (lambda rows: rows.update({"new": an_entry(9, id="new")}), "row new is not in the chain"),
    ],
    ids=["missing", "another actor", "another address", "put in later"],
)  # fmt: skip
def test_what_was_done_to_a_row_is_found(
    chained: MemoryShop, tamper: Callable[[object], object], finding: str
) -> None:
    chained.clock.advance(hours=1)
    tamper(chained.database.rows.of("audit"))
    assert verify_audit(chained.deps).findings == [finding]


@pytest.mark.parametrize("what", ["links", "gone", "head"])
def test_what_was_done_to_the_chain_is_found(chained: MemoryShop, what: str) -> None:
    rows = chained.database.rows.of("audit_chain")
    if what == "links":
        # Whoever rewrites a row and its link would have to rewrite every block after it, and the head.
        chained.database.rows.of("audit")["entry-0"] = forged = an_entry(0, actor="admin:b")
        links = (domain.link_of(forged), *rows["1"].links[1:])
        rows["1"] = replace(rows["1"], links=links)
    elif what == "gone":
        del rows["1"]
    else:
        rows["head"] = replace(rows["head"], digest="0" * 64)
    findings = verify_audit(chained.deps).findings
    expected = {
        "links": "block 2 is missing, or does not follow the one before",
        "gone": "block 1 is missing, or does not follow the one before",
        "head": "the head is not that of the last block",
    }
    assert expected[what] in findings


def test_a_row_that_is_seen_late_is_chained_by_a_later_sweep(chained: MemoryShop) -> None:
    chained.put("audit", an_entry(7, at=chained.clock() - SETTLED_AFTER - LOOKED_BACK / 2))
    assert chain_audit(chained.deps) == 1
    assert verify_audit(chained.deps).findings == []


def test_rows_of_before_the_chain_are_counted_apart(shop: MemoryShop) -> None:
    shop.put("audit", an_entry(0))
    shop.clock.advance(days=1)
    shop.put("audit", an_entry(1, at=shop.clock()))
    shop.database.rows.of("audit_chain")["head"] = None
    old = shop.database.rows.of("audit").pop("entry-0")
    settle(shop)
    shop.put("audit", old)
    shop.clock.advance(hours=1)
    report = verify_audit(shop.deps)
    assert (report.entries, report.before_chain, report.findings) == (1, 1, [])


def test_many_rows_make_several_blocks(shop: MemoryShop) -> None:
    for number in range(BLOCK_LINKS_MAX + 1):
        shop.put("audit", an_entry(number))
    assert settle(shop) == BLOCK_LINKS_MAX + 1
    report = verify_audit(shop.deps)
    assert (report.blocks, report.entries, report.findings) == (2, BLOCK_LINKS_MAX + 1, [])


def test_two_sweeps_at_once_make_one_chain(shop: MemoryShop) -> None:
    shop.put("audit", an_entry(1))
    shop.clock.advance(seconds=SETTLED_AFTER.total_seconds())
    shop.database.rows.before_next_commit(lambda: chain_audit(shop.deps))
    assert chain_audit(shop.deps) == 0
    assert verify_audit(shop.deps).findings == []


def test_no_refund_waits_for_the_chain(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    before = shop.database.rows.commits
    shop.refund(payment, 100)
    assert shop.database.rows.commits == before + 1


def test_an_administrators_change_has_a_row_too(shop: MemoryShop) -> None:
    issue_key(shop.deps, shop.merchant.id, "admin:a")
    (entry,) = entries(shop)
    assert (entry.actor, entry.source, entry.request_id, entry.api_key) == ("admin:a", None, None, None)
    assert entry.at + timedelta(0) == NOW
