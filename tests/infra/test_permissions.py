"""Each function's role allows what the function does: emulators don't ask, AWS does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cards.respond import respond
from gateway.adapters.acquirers.simulator import Simulator
from gateway.adapters.aws import sqs
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.functions import invoke
from gateway.adapters.aws.secrets import forget_secrets
from gateway.adapters.webhook_http import webhook_client
from gateway.domain.access.user import Role
from gateway.domain.acquiring.account import Account, secret_name, simulated_account
from gateway.domain.acquiring.results import Result, Unknown
from gateway.domain.acquiring.statement import Movement, MovementKind, missing
from gateway.domain.counting import counts
from gateway.domain.errors import AuthenticationFailed
from gateway.domain.jobs import JOB_QUEUES
from gateway.domain.payments.ledger import payment_taken
from gateway.domain.span import ALL_TIME
from gateway.domain.webhooks.delivery import Attempt
from gateway.runtime.card_dependencies import CardDependencies
from gateway.use_cases.access.api_keys import disable_key, issue_key, list_keys, rotate_key
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.access.authentication import authenticate
from gateway.use_cases.access.checkout import find_checkout_order, find_checkout_origins
from gateway.use_cases.access.own_sessions import list_sessions
from gateway.use_cases.access.people import invite, list_people, remove_person, set_password_by_link
from gateway.use_cases.access.seed import find_test_merchant, seed_test_merchant
from gateway.use_cases.access.sessions import confirm, find_visit, log_in, log_out
from gateway.use_cases.acquirers import reconcile, statements
from gateway.use_cases.acquirers.reconcile_due import reconcile_due
from gateway.use_cases.chaos import begin_chaos, count_request, end_chaos
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.operations.queue_status import read_queues
from gateway.use_cases.operations.status import FRESH_MS, shared_health
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.orders.create_order import NewOrder, create_order
from gateway.use_cases.orders.read_orders import find_order
from gateway.use_cases.payments.new_payment import Sender
from gateway.use_cases.payments.read_ledger import list_entries, read_balances
from gateway.use_cases.payments.read_payments import Filters, find_payment, list_payments
from gateway.use_cases.payments.summary import read_summary
from gateway.use_cases.payments.timeline import read_timeline
from gateway.use_cases.refunds.read_refunds import list_refunds
from gateway.use_cases.webhooks.configure import rotate_webhook_secret, set_webhook_url
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from gateway.use_cases.webhooks.endpoints import (
    Wanted,
    add_endpoint,
    change_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_endpoint_secret,
)
from gateway.use_cases.webhooks.read_deliveries import events_of, list_deliveries
from gateway.use_cases.webhooks.send_deliveries import (
    Failed,
    retry_delivery,
    retry_failed,
    send_test_event,
)
from tests.proof.card_scan import VISA
from tests.support.aws_calls import answering, parameters_of, requests_watched
from tests.support.emulator import Emulator
from tests.support.factories import (
    ScriptedAcquirer,
    a_merchant,
    a_message,
    configured,
    declined,
    some_id,
    some_uuid,
)
from tests.support.http_calls import an_event
from tests.support.keys import answered
from tests.support.memory.outside import MemorySecrets
from tests.support.memory.shop import SECRET_ITSELF, rendered
from tests.support.shop import Shop
from tests.support.templates import APPLICATION, resources

pytestmark = pytest.mark.emulator
Use = tuple[str, str]  # an action and what it is done to
ROLES = resources(APPLICATION, "AWS::IAM::Role")
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
OF_LAMBDA = {
    "GetEventSourceMapping": ("lambda:GetEventSourceMapping", "event-source-mapping"),
    "Invoke": ("lambda:InvokeFunction", "${ApiFunction.Arn}"),
}
QUEUE_NAMES = {
    "payments": "PaymentsQueue",
    "refunds": "RefundsQueue",
    "webhooks": "WebhooksQueue",
    "slow_webhooks": "SlowWebhooksQueue",
    "dead_payments": "PaymentsDeadLetterQueue",
    "dead_refunds": "RefundsDeadLetterQueue",
    "dead_webhooks": "WebhooksDeadLetterQueue",
}


def allowed(role: str) -> set[Use]:
    """What a role of the template allows: tables and indexes by name, all else by logical name."""
    uses: set[Use] = set()
    for policy in ROLES[role]["Policies"]:
        for line in policy["PolicyDocument"]["Statement"]:
            actions = line["Action"] if isinstance(line["Action"], list) else [line["Action"]]
            targets = line["Resource"] if isinstance(line["Resource"], list) else [line["Resource"]]
            targets = [target["Fn::If"][1] if "Fn::If" in target else target for target in targets]
            uses |= {(action, _target(target)) for action in actions for target in targets}
    return uses


def _target(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    if "Ref" in resource:
        return str(resource["Ref"])
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    text = str(resource["Fn::Sub"])
    return text.partition(":table/${DataStack}-")[2] or text.rpartition(":")[0].rpartition(":")[2]


def uses_of(operation: str, given: dict[str, Any], prefix: str, names: dict[str, str]) -> set[Use]:
    """What one call needs to be allowed."""
    if operation == "TransactWriteItems":
        writes = [pair for item in given["TransactItems"] for pair in item.items()]
        return {
            (f"dynamodb:{IN_TRANSACTION[kind]}", write["TableName"][len(prefix) :]) for kind, write in writes
        }
    if "RequestItems" in given:
        return {(f"dynamodb:{operation}", table[len(prefix) :]) for table in given["RequestItems"]}
    if "TableName" in given:
        index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
        return {(f"dynamodb:{operation}", given["TableName"][len(prefix) :] + index)}
    if "QueueUrl" in given:
        return {(f"sqs:{operation.removesuffix('Batch')}", names[given["QueueUrl"]])}
    if operation == "GetSecretValue":
        return {("secretsmanager:GetSecretValue", names[given["SecretId"]])}
    return {OF_LAMBDA[operation]}


@contextmanager
def used_by(shop: Shop) -> Iterator[set[Use]]:
    """Collects what is used while a function's work is done."""
    uses: set[Use] = set()
    prefix = tables.OrderRow.Meta.table_name.removesuffix("orders")
    names = {url: QUEUE_NAMES[name] for name, url in shop.queue_urls.items()}
    names[shop.secret_arn], names[shop.session_key_arn] = "FingerprintKey", "SessionKey"

    with requests_watched() as requests:
        yield uses
    for request in requests:
        given = {"UUID": ""} if request.service == "lambda" else parameters_of(request)
        uses.update(uses_of(request.operation, given, prefix, names))


def attempt(code: int | None, duration_ms: int = 1) -> Callable[..., Attempt]:
    """A webhook client that always meets the same answer."""
    return lambda *_, now, **__: Attempt(now, duration_ms, code, "", None if code else "timeout")


@pytest.fixture
def shop(emulator: Emulator, store: str, secret_arn: str) -> Shop:
    key = emulator.client("secretsmanager").create_secret(Name=some_id("session-"), SecretString="key")
    return Shop(emulator, secret_arn, str(key["ARN"]))


def api(shop: Shop, payment_id: str) -> None:
    """Everything that merchants and shoppers may call."""
    deps, merchant_id = shop.deps, shop.merchant.id
    authenticate(deps, deps.config.test_api_key, deps.config.test_api_secret)
    find_test_merchant(deps)
    order = shop.stored_order(create_order(deps, merchant_id, NewOrder(500, "INR", None, {}), answered()))
    create_order(deps, merchant_id, NewOrder(500, "INR", None, {}), answered(shop.key("order")))
    find_order(deps, order.id, merchant_id)
    find_checkout_order(deps, order.id, None)
    find_checkout_origins(deps, deps.config.test_api_key)
    forget_secrets()
    shop.clock.advance(minutes=30)  # what changes now has been counted, and is corrected
    payment = shop.stored_payment(shop.pay(order, shop.key("k")))
    shop.pay(order, merchant_id=None, sender=Sender("203.0.113.7"))
    for order_id in (None, order.id):
        list_payments(deps, merchant_id, Filters(order_id=order_id), limit=1, offset=0)
    list_payments(deps, merchant_id, Filters(text="receipt"), limit=1, offset=0)
    read_timeline(deps, payment_id, merchant_id)
    find_payment(deps, payment.id, merchant_id)
    paid = shop.stored_payment(payment_id)
    refund = shop.stored_refund(shop.refund(paid, 100, shop.key("k2")))
    list_refunds(deps, paid.id, merchant_id, limit=1, offset=0)
    shop.cancel(refund, shop.key("cancel"))
    shop.capture(paid, 300, shop.key("capture"))
    read_balances(deps, merchant_id)
    list_entries(deps, merchant_id, limit=1, offset=0)
    set_webhook_url(deps, merchant_id, "https://shop.example/hook")
    rotate_webhook_secret(deps, merchant_id, SECRET_ITSELF._replace(key=shop.key("rotate")))
    hook = send_test_event(deps, merchant_id, rendered(shop.key("test")))
    retry_delivery(deps, hook.body, merchant_id, rendered(shop.key("retry")))
    retry_failed(deps, merchant_id, Failed(ALL_TIME), Idempotency(None, lambda _: StoredResponse(200, "")))
    endpoint = add_endpoint(deps, merchant_id, "https://shop.example/hook", None, rendered(None)).body
    change_endpoint(deps, merchant_id, endpoint, Wanted(enabled=False))
    rotate_endpoint_secret(deps, merchant_id, endpoint, SECRET_ITSELF)
    remove_endpoint(deps, merchant_id, endpoint)
    list_endpoints(deps, merchant_id)
    list_deliveries(deps, merchant_id, status=None, event=None, limit=1, offset=0)
    events_of(deps, payment.id, merchant_id)
    events_of(deps, refund.id, merchant_id)


def dashboard(shop: Shop) -> None:
    """Everything that the dashboard asks for."""
    deps, merchant_id = shop.deps, shop.merchant.id
    visit = log_in(deps, deps.config.test_merchant_email, "any", "127.0.0.1")
    shop.clock.advance(minutes=10)
    visit = find_visit(deps, visit.cookie)
    list_sessions(deps, visit)
    confirm(deps, visit, "any", "127.0.0.1")
    invited = invite(deps, visit.merchant, f"{some_id('').lower()}@example.com", Role.SUPPORT, 500)
    set_password_by_link(deps, invited.token, "correct horse battery")
    list_people(deps, visit.merchant)
    remove_person(deps, visit.merchant, invited.user.email)
    log_out(deps, visit)
    allowed_chaos = replace(deps, config=replace(deps.config, allows_chaos=True))
    count_request(deps, merchant_id, begin_chaos(allowed_chaos, merchant_id, {"error_percent": 1}))
    end_chaos(allowed_chaos, merchant_id)
    with pytest.raises(AuthenticationFailed):
        log_in(deps, "nobody@example.com", "any", "127.0.0.1")
    issued = issue_key(deps, merchant_id, "user:me").key.api_key
    rotate_key(deps, merchant_id, issued, 1, "user:me")
    disable_key(deps, merchant_id, issued, "user:me")
    list_keys(deps, merchant_id)
    list_audit(deps, merchant_id, 1, 0)
    shop.clock.advance(days=3)
    read_summary(deps, merchant_id, None, None)


@pytest.fixture
def _each_row_asks_for_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "ASKED_EVERY", 1)


@pytest.mark.usefixtures("_each_row_asks_for_counting")
def test_the_api_may_do_what_it_does(shop: Shop) -> None:
    seed_test_merchant(shop.deps)
    payment = shop.paid(amount=500)
    with used_by(shop) as uses:
        api(shop, payment.id)
        dashboard(shop)
    assert {("dynamodb:PutItem", "rollups"), ("dynamodb:UpdateItem", "rollups")} <= uses
    assert uses - allowed("ApiRole") == set()


@pytest.mark.usefixtures("_each_row_asks_for_counting")
def test_the_payment_worker_may_do_what_it_does(shop: Shop) -> None:
    def unknown(_payment: object) -> Result:
        raise Unknown("timeout", ask_again_seconds=2)

    order = shop.order(amount=500)
    first, second = shop.pending_payment(order), shop.pending_payment(order)
    shop.clock.advance(minutes=30)
    with used_by(shop) as uses:
        shop.process(first, second)
    shop.capture(first, 300)
    refused = shop.stored_payment(shop.pay(shop.order(), merchant_id=None, sender=Sender("203.0.113.7")))
    undecided = shop.pending_payment()
    with used_by(shop) as more:
        shop.process(first)
        shop.bank.outcome = declined
        shop.process(refused)
        shop.bank.outcome = unknown
        shop.process(undecided)
    assert ("sqs:ChangeMessageVisibility", "PaymentsQueue") in more
    assert {("dynamodb:BatchGetItem", "throttles"), ("dynamodb:UpdateItem", "throttles")} <= more
    assert (uses | more) - allowed("ProcessPaymentRole") == set()


@pytest.mark.usefixtures("_each_row_asks_for_counting")
def test_the_refund_worker_may_do_what_it_does(shop: Shop) -> None:
    refund = shop.stored_refund(shop.refund(shop.paid(), 100))
    shop.clock.advance(minutes=30)
    with used_by(shop) as uses:
        shop.process_refunds(refund)
    assert shop.stored_refund(refund.id).status == "processed"
    assert uses - allowed("ProcessRefundRole") == set()


@pytest.mark.parametrize("slow", [False, True], ids=["fast lane", "slow lane"])
def test_the_webhook_workers_may_do_what_they_do(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, *, slow: bool
) -> None:
    seen: set[Use] = set()
    # Accepted, refused, hanging (from then on in the slow lane), well again, gone.
    answers = [attempt(200), attempt(500), attempt(None, duration_ms=5000), attempt(200), attempt(410)]
    for post in answers:
        shop.pending_payment()
        shop.clock.advance(minutes=5)
        monkeypatch.setattr(webhook_client, "post", post)
        records = [a_message(**body) for body in shop.sent("webhooks")]
        for record in records:
            with used_by(shop) as uses:
                deliver_webhooks(shop.deps, [record], slow=slow)
            seen |= uses
    assert ("dynamodb:UpdateItem", "endpoints") in seen
    assert seen - allowed("DeliverWebhookRole") == set()


def test_the_sweeper_may_do_what_it_does(emulator: Emulator, empty_store: str, secret_arn: str) -> None:
    shop = Shop(emulator, secret_arn)
    shop.refund(shop.paid(), 100)
    late, _ = shop.pending_payment(), shop.pending_payment()
    shop.deps.database.counting.ask(shop.merchant.id, shop.clock())
    with used_by(shop) as first:
        sweep(shop.deps)
    shop.clock.advance(minutes=5)
    shop.process(late)
    shop.clock.advance(minutes=15)
    with used_by(shop) as uses:
        sweep(shop.deps)
    assert ("dynamodb:DeleteItem", "rollups") in uses
    uses |= first
    shop.refund(shop.paid(), 100)
    shop.clock.advance(minutes=5)
    with used_by(shop) as again:  # with a chain that goes on
        sweep(shop.deps)
    uses |= again
    assert ("dynamodb:PutItem", "audit-chain") in uses
    assert {target for action, target in uses if action == "sqs:SendMessage"} == {
        "PaymentsQueue",
        "RefundsQueue",
        "WebhooksQueue",
    }
    assert uses - allowed("SweepRole") == set()


@pytest.mark.usefixtures("_each_row_asks_for_counting", "empty_store")
def test_the_reconciliation_may_do_what_it_does(
    emulator: Emulator, secret_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(emulator, secret_arn)
    shop.merchant = a_merchant(acquirer_account="stripe_Fq3ZtW8kLmXs0aBc")
    shop.deps.database.merchants.add(shop.merchant)
    monkeypatch.setattr(reconcile, "LIMIT_MAX", 1)  # so that there is another page
    bank, payment = ScriptedAcquirer(), shop.paid()
    bank.capabilities = replace(bank.capabilities, statement=True)
    refund = shop.refund(payment, 100)
    shop.process_refunds(shop.stored_refund(refund))
    secrets, account = MemorySecrets(), Account(payment.attempt.account, shop.merchant.id, "sk_live_1234")
    secrets.put(secret_name(shop.deps.config.stack_name, account.name), account.to_text(), "")
    shop.deps.database.reconciliations.add_account(account.name)
    charge = Movement(MovementKind.PAYMENT, payment.id, "ch_1", "charge", 50_000, "INR", 10, shop.clock())
    bank.statement.append(charge)
    shop.clock.advance(days=2)
    live = replace(shop.deps.config, stage="live")
    deps = replace(shop.deps, config=live, acquirer_of=lambda _account: bank, secrets=secrets)
    with used_by(shop) as uses:
        done = reconcile_due(deps)
    # The scripted bank knows no refund again.
    assert (done.compared, done.with_differences, done.failed) == (3, 1, 0)
    assert ("dynamodb:BatchGetItem", "refunds") in uses
    assert not any(action == "dynamodb:Scan" for action, _ in uses)
    assert uses - allowed("ReconcileRole") == set()


@pytest.mark.usefixtures("_each_row_asks_for_counting", "empty_store")
def test_the_reconciliation_of_the_simulated_bank_may_do_what_it_does(
    emulator: Emulator, secret_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(emulator, secret_arn)
    for module in (reconcile, statements):
        monkeypatch.setattr(module, "LIMIT_MAX", 1)  # so that there is another page
    simulator = Simulator(shop.deps.config.processor)
    shop.deps = replace(shop.deps, acquirer_of=lambda _account: simulator)
    for payment in (shop.paid(), shop.paid()):
        shop.process_refunds(shop.stored_refund(shop.refund(payment, 100)))
        shop.process(shop.capture(payment, 40_000))
    unasked = shop.pending_payment()
    with shop.deps.unit_of_work() as work:
        work.ledger.add(payment_taken(unasked, shop.clock()))
    day = shop.clock().date()
    shop.clock.advance(days=2)
    with used_by(shop) as uses:
        done = reconcile_due(shop.deps)
    assert (done.compared, done.with_differences, done.failed) == (3, 1, 0)
    (run,) = shop.deps.database.reconciliations.of_days(simulated_account(shop.merchant.id).name, [day])
    assert (run.movements, run.matched, run.differences) == (
        6,
        6,
        (missing(payment_taken(unasked, shop.clock())),),
    )
    indexes = ("payments/index/keys-by-merchant", "refunds/index/by-merchant")
    assert {("dynamodb:Scan", "merchants"), *(("dynamodb:Query", index) for index in indexes)} <= uses
    assert uses - allowed("ReconcileRole") == set()


def test_no_function_changes_an_audit_row_and_the_sweeper_alone_writes_the_chain() -> None:
    """Putting a row is what adding one is; that a put replaced another is for the chain to show."""
    changes = {("dynamodb:UpdateItem", "audit"), ("dynamodb:DeleteItem", "audit")}
    chain = {(f"dynamodb:{action}Item", "audit-chain") for action in ("Put", "Update", "Delete")}
    functions = set(ROLES) - {"ApiGatewayRole"}
    for role in functions:
        uses = allowed(role)
        assert not uses & changes, role
        assert not any("BatchWriteItem" in action and "audit" in target for action, target in uses), role
        assert role == "SweepRole" or not uses & chain, role
        assert not (("dynamodb:PutItem", "audit") in uses and uses & chain), role


def test_the_status_function_may_do_what_it_does(shop: Shop) -> None:
    urls = [shop.emulator.make_queue() for _ in range(3)]
    shop.queue_urls |= dict(zip(("dead_payments", "dead_refunds", "dead_webhooks"), urls, strict=True))
    config = replace(
        shop.deps.config,
        worker_triggers=dict.fromkeys(JOB_QUEUES, some_uuid()),
        dead_letter_queue_urls=dict(zip(JOB_QUEUES, urls, strict=False)),
    )
    for url in config.job_queue_urls.values():
        sqs.send(url, [{"id": "1"}])
    with used_by(shop) as uses:
        # Found out; then, some seconds later, found out anew.
        shared_health(configured(shop.deps, config))
        shop.clock.advance(milliseconds=FRESH_MS)
        shared_health(configured(shop.deps, config))
        read_queues(configured(shop.deps, config), dead_letters=True)
    ours = ("dynamodb", "sqs", "lambda")
    assert uses == {use for use in allowed("StatusRole") if use[0].startswith(ours)}


def test_the_card_function_may_do_what_it_does(shop: Shop) -> None:
    deps, response = shop.deps, {"statusCode": 201, "headers": {}, "body": "{}"}
    of_cards = CardDependencies(
        deps.config, deps.now, deps.acquirer_of, deps.secrets, lambda event: invoke("arn:api:live", event)
    )
    body = {"order_id": "order_1", "method": "card", "card": VISA.as_json()}
    forget_secrets()
    with used_by(shop) as uses, answering("Invoke", [response, response]):
        for sent in (body, {"order_id": "order_1", "method": "upi", "vpa": "asha@okbank"}):
            assert respond(of_cards, an_event("POST", "/api/v1/payments", json_body=sent))[0] == response
    assert uses == {
        ("lambda:InvokeFunction", "${ApiFunction.Arn}"),
        ("secretsmanager:GetSecretValue", "FingerprintKey"),
    }
    assert uses - allowed("CardsRole") == set()


def test_the_seed_may_do_what_it_does(shop: Shop) -> None:
    with used_by(shop) as uses:
        seed_test_merchant(shop.deps)
    assert uses - allowed("SeedRole") == set()
