"""The administrator's command line, on the emulator."""

import argparse
import re
import shlex
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.adapters.acquirers.accounts import Accounts
from gateway.domain.access.audit_chain import SETTLED_AFTER
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.statement import Movement, MovementKind
from gateway.domain.errors import AuthenticationFailed, BadRequest, NotFound
from gateway.domain.payments.dispute import DisputeStatus, DisputeTold, disputes_after
from gateway.domain.payments.ledger import payment_taken
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.span import beginning
from gateway.use_cases.access.authentication import authenticate, forget_all
from gateway.use_cases.access.merchants import find_merchant
from gateway.use_cases.access.sessions import log_in
from gateway.use_cases.acquirers.accounts import find_account
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.chain_audit import chain_audit
from infra.ops import command_line
from infra.ops.admin import commands
from infra.ops.console import Problem
from infra.ops.settings import ROOT
from tests.support.emulator import Emulator
from tests.support.factories import NOW, ScriptedAcquirer, a_payment, an_order, some_deps, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
ME = "admin:me"


@pytest.fixture
def deps(secret_arn: str) -> Dependencies:
    return some_deps(STAGE="live", SESSION_KEY_ARN=secret_arn)


def parse(*argv: str) -> argparse.Namespace:
    return command_line.parser().parse_args(["admin", *argv])


class Console:
    """Runs commands and reads what they print."""

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps
        self.email = f"{some_id('').lower()}@example.com"

    def run(self, *argv: str) -> str:
        return "\n".join(commands.run(self.deps, ME, parse(*argv)))

    def shown(self, *argv: str) -> dict[str, str]:
        return dict(line.split(": ", 1) for line in self.run(*argv).splitlines())


@pytest.fixture
def console(deps: Dependencies) -> Console:
    return Console(deps)


def works(deps: Dependencies, pair: dict[str, str]) -> bool:
    forget_all()
    try:
        authenticate(deps, pair["api key"], pair["api secret"])
    except AuthenticationFailed:
        return False
    return True


def create(console: Console) -> dict[str, str]:
    return console.shown("create-merchant", "--name", "Chai", "--email", console.email)


def test_a_merchant_is_made_with_a_password_that_is_shown_once(console: Console) -> None:
    made = create(console)
    assert log_in(console.deps, console.email, made["password"], "address").merchant.id == made["merchant id"]
    for command in (["list"], ["keys", console.email], ["audit", console.email]):
        assert made["password"] not in console.run(*command)
    assert made["merchant id"] in console.run("list")


def test_a_password_can_be_typed(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["a long enough one", "a long enough one", "a long enough one", "not the same"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    create(console)
    shown = console.run("set-password", console.email, "--ask-password")
    assert "long enough" not in shown
    assert log_in(console.deps, console.email, "a long enough one", "address")
    with pytest.raises(Problem, match="differ"):
        console.run("set-password", console.email, "--ask-password")


def test_a_key_is_issued_rotated_and_disabled(console: Console) -> None:
    create(console)
    old = console.shown("issue-key", console.email)
    new = console.shown("rotate-key", old["api key"], "--overlap-hours", "1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", new["old key works until"])
    assert (works(console.deps, old), works(console.deps, new)) == (True, True)
    console.run("disable-key", old["api key"])
    assert (works(console.deps, old), works(console.deps, new)) == (False, True)
    listed = console.run("keys", console.email)
    assert f"{old['api key']}  off" in listed
    assert f"{new['api key']}  on" in listed
    assert old["api secret"] not in listed


def test_every_change_is_in_the_audit_trail_with_who_it_was(console: Console) -> None:
    made = create(console)
    pair = console.shown("issue-key", made["merchant id"])
    console.run("set-origins", console.email, "https://shop.example")
    console.run("disable-merchant", console.email)
    console.run("enable-merchant", console.email)
    trail = console.run("audit", console.email)
    for action in (
        "merchant.created",
        "api_key.issued",
        "checkout_origins.set",
        "merchant.disabled",
        "merchant.enabled",
    ):
        assert f"{ME} {action}" in trail
    assert "https://shop.example" in trail
    assert pair["api secret"] not in trail


def test_a_merchant_is_switched_off_and_on(console: Console) -> None:
    made = create(console)
    pair = console.shown("issue-key", console.email)
    console.run("disable-merchant", console.email)
    assert not works(console.deps, pair)
    assert not find_merchant(console.deps, made["merchant id"]).active
    console.run("enable-merchant", made["merchant id"])
    assert works(console.deps, pair)


def test_origins_are_set_and_cleared(console: Console) -> None:
    create(console)
    assert "https://shop.example" in console.run("set-origins", console.email, "https://Shop.Example")
    assert find_merchant(console.deps, console.email).checkout_origins == ("https://shop.example",)
    console.run("set-origins", console.email)
    assert find_merchant(console.deps, console.email).checkout_origins == ()


@pytest.mark.parametrize("argv", [["keys", "nobody@example.com"], ["disable-key", "key_nobody"]])
def test_nobody_is_not_found(console: Console, argv: list[str]) -> None:
    with pytest.raises(NotFound):
        console.run(*argv)


@pytest.mark.parametrize("hours", ["-1", "169"])
def test_an_overlap_that_makes_no_sense_is_refused(console: Console, hours: str) -> None:
    create(console)
    pair = console.shown("issue-key", console.email)
    with pytest.raises(Problem, match="0 to 168"):
        console.run("rotate-key", pair["api key"], f"--overlap-hours={hours}")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["create-merchant"], ["rotate-key"]])
def test_a_command_line_that_is_none_is_explained(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(*argv)
    assert "usage: python -m infra.ops admin" in capsys.readouterr().err


@pytest.mark.parametrize("page", ["acquirers.md", "operations.md"])
def test_the_commands_about_acquirers_in_the_documents_are_such_commands(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    told = [
        shlex.split(line.partition("  #")[0].partition("python -m infra.ops ")[2])
        for line in text.splitlines()
        if re.match(r"(\.venv/bin/)?python -m infra\.ops admin ", line)
    ]
    known = {command_line.parser().parse_args(argv).admin_command for argv in told}
    assert {"set-acquirer", "rotate-acquirer"} <= known or {"parked", "payment", "settle"} <= known


def test_what_is_parked_is_listed_shown_and_settled_by_commands(console: Console) -> None:
    payment = a_payment(
        status=PaymentStatus.PENDING,
        attempt=Attempt(asked_at=NOW, reference="pi_1", parked="amount or currency differs"),
        due_at=None,
    )
    with console.deps.unit_of_work() as work:
        work.payments.add(payment)
    with console.deps.unit_of_work() as work:
        work.payments.change_status(payment, payment)
    assert payment.id in console.run("parked")
    shown = console.run("payment", payment.id)
    assert "reference: pi_1" in shown
    assert "parked: amount or currency differs" in shown
    assert "dispute" not in shown
    told = DisputeTold("dp_1", DisputeStatus.LOST, "lost", "fraudulent", 500, "INR", None, NOW)
    disputed = replace(payment, disputes=disputes_after((), payment.id, told, NOW)[0])
    with console.deps.unit_of_work() as work:
        work.payments.set_disputes(payment, disputed)
    shown = console.run("payment", payment.id)
    assert f"dispute disp_{payment.id[4:]}: 500 INR, lost" in shown
    assert "reference: dp_1" in shown
    assert "failed" in console.run("settle", payment.id, "not-taken", "--reason", "nothing is there")
    assert payment.id not in console.run("parked")


def test_the_commands_in_the_documents_are_such_commands() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    told = [
        shlex.split(line)[4:] for line in text.splitlines() if line.startswith("python -m infra.ops admin")
    ]
    assert {"issue-key", "audit"} <= {parse(*argv).admin_command for argv in told}


@pytest.fixture
def of_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe takes any key, and nobody is asked for one."""
    monkeypatch.setattr("gateway.adapters.acquirers.stripe.Stripe.check", lambda _stripe: None)
    monkeypatch.setenv("ACQUIRER_SECRET_KEY", "sk_live_1234")
    monkeypatch.setenv("ACQUIRER_WEBHOOK_SECRET", "whsec_5678")


@pytest.mark.usefixtures("of_stripe")
def test_an_acquirer_is_set_rotated_and_never_shown(console: Console) -> None:
    create(console)
    said = console.run("set-acquirer", console.email, "stripe", "--raw-cards")
    account = find_merchant(console.deps, console.email).acquirer_account
    assert account
    assert f"/api/v1/acquirers/{account}/webhooks" in said
    connector = Accounts(console.deps.config, console.deps.secrets.find).of(account)
    assert connector.capabilities.methods == ("card",)
    said += console.run("rotate-acquirer", console.email, "--webhook-secret", "--secret-key")
    kept = find_account(console.deps, find_merchant(console.deps, console.email))
    assert (kept.name, kept.webhook_secrets) == (account, ("whsec_5678",))
    said += console.run("audit", console.email)
    assert "acquirer.set" in said
    assert not any(secret in said for secret in ("sk_live", "whsec"))


@pytest.mark.usefixtures("of_stripe")
def test_a_day_is_compared_with_the_acquirers_statement_by_command(console: Console) -> None:
    bank = ScriptedAcquirer()
    bank.capabilities = replace(bank.capabilities, statement=True)
    console.deps = replace(console.deps, acquirer_of=lambda _account: bank)
    create(console)
    console.run("set-acquirer", console.email, "stripe", "--raw-cards")
    assert "no day was compared yet" in console.run("reconciled", console.email)
    assert "0 movements, 0 of them in the ledger, 0 differences" in console.run("reconcile", console.email)
    noon = beginning(console.deps.now().date() - timedelta(days=1)) + timedelta(hours=12)
    bank.statement.append(Movement(MovementKind.PAYMENT, None, "ch_1", "charge", 500, "INR", 10, noon))
    with pytest.raises(Problem, match="differ") as found:
        console.run("reconcile", console.email)
    difference = "not_in_ledger: - at the acquirer ch_1, ours -, theirs 500 INR"
    assert difference in str(found.value)
    assert "INR: taken 500, given back 0, fees 10" in console.run("reconciled", console.email)
    assert difference in console.run("reconciled", console.email)
    with pytest.raises(Problem, match="--day must be a day"):
        console.run("reconcile", console.email, "--day", "yesterday")


def test_a_day_of_a_simulated_account_is_compared_by_command_in_a_test_stage(
    console: Console, secret_arn: str
) -> None:
    create(console)
    with pytest.raises(NotFound, match="no acquirer account"):
        console.run("reconcile", console.email)
    console.deps = some_deps(SESSION_KEY_ARN=secret_arn)
    assert "simulated  0 movements, 0 of them in" in console.run("reconcile", console.email)
    assert not any(name.startswith("simulated") for name in console.deps.database.reconciliations.accounts())
    merchant = find_merchant(console.deps, console.email)
    noon = beginning(console.deps.now().date() - timedelta(days=1)) + timedelta(hours=12)
    unasked = a_payment(merchant_id=merchant.id)
    with console.deps.unit_of_work() as work:
        work.ledger.add(payment_taken(unasked, noon))
    with pytest.raises(Problem, match="simulated: acquirer and ledger differ"):
        console.run("reconcile", console.email)
    assert f"not_at_acquirer: {unasked.id}" in console.run("reconciled", console.email)


@pytest.mark.usefixtures("of_stripe")
def test_a_live_stages_merchant_is_not_simulated(console: Console) -> None:
    create(console)
    with pytest.raises(BadRequest):
        console.run("set-acquirer", console.email, "simulated")
    with pytest.raises(Problem, match="what to rotate"):
        console.run("rotate-acquirer", console.email)


def test_the_record_is_verified(console: Console, emulator: Emulator, empty_store: str) -> None:
    console.run("create-merchant", "--name", "Chai", "--email", console.email)
    (row,) = console.deps.database.audit.scan()
    later = replace(console.deps, now=lambda: row.at + 2 * SETTLED_AFTER)
    assert "0 rows in 0 blocks are whole; 0 are older" in console.run("audit", "--verify")
    assert chain_audit(later) == 1
    assert "1 rows in 1 blocks are whole" in console.run("audit", "--verify")
    emulator.client("dynamodb").delete_item(TableName=f"{empty_store}-audit", Key={"id": {"S": row.id}})
    with pytest.raises(Problem, match=f"row {row.id} is missing"):
        console.run("audit", "--verify")


def test_the_record_of_a_merchant_wants_its_name(console: Console) -> None:
    with pytest.raises(Problem, match="Name a merchant"):
        console.run("audit")


def test_a_person_is_erased_by_the_payment_or_by_the_address_that_is_asked_for(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant_id, vpa = create(console)["merchant id"], f"{some_id('').lower()}@okbank"
    order = an_order(merchant_id=merchant_id)
    console.deps.database.orders.add(order)
    payment = a_payment(merchant_id=merchant_id, order_id=order.id, vpa=vpa, status=PaymentStatus.SUCCESS)
    with console.deps.unit_of_work() as work:
        work.payments.add(payment)
    monkeypatch.setattr("builtins.input", lambda _prompt: vpa.upper())
    listed = console.run("erase", "--person-of", merchant_id)
    assert listed.splitlines() == [order.id, "orders that name this address: 1; --yes erases it there"]
    assert "rows changed: orders 1, payments 1" in console.run("erase", "--person-of", merchant_id, "--yes")
    stored = console.deps.database.payments.get(payment.id)
    assert stored is not None
    assert (stored.vpa, stored.amount) == (None, payment.amount)
    assert "nothing was left" in console.run("erase", "--payment", payment.id)
    assert console.run("erase", "--person-of", merchant_id).startswith("orders that name this address: 0")
    told = console.run("audit", merchant_id)
    assert f"{ME} person.erased {order.id}" in told
    assert vpa not in told
    with pytest.raises(NotFound):
        console.run("erase", "--order", "order_no")
    monkeypatch.setattr("builtins.input", lambda _prompt: "")
    with pytest.raises(Problem, match="whole address"):
        console.run("erase", "--person-of", merchant_id)
