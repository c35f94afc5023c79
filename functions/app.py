"""What Lambda calls: `app` for HTTP, and a handler for each queue, for the schedule and for the seed.

Chalice only routes requests and decodes events here; template.yaml says what is deployed. A test checks that
both name the same queues and schedule.
"""

import gc
import os
from typing import Any

# Modules are not garbage: collections while they load would cost a cold start some 5 % and free nothing.
gc.disable()

from chalice.app import SQSEvent

from chalicelib.frame.application import Application
from chalicelib.routes import (
    account,
    acquirers,
    chaos,
    checkout,
    dashboard,
    ledger,
    orders,
    payments,
    people,
    reference,
    refunds,
    sessions,
    status,
    webhook_endpoints,
    webhooks,
)
from gateway.runtime import invocation, log
from gateway.runtime.dependencies import dependencies
from gateway.use_cases.dependencies import Dependencies

app = Application("asyncpay", dependencies)
app.register_blueprint(orders.blueprint)
app.register_blueprint(payments.blueprint)
app.register_blueprint(checkout.blueprint)
app.register_blueprint(acquirers.blueprint)
app.register_blueprint(refunds.blueprint)
app.register_blueprint(ledger.blueprint)
app.register_blueprint(webhooks.blueprint)
app.register_blueprint(webhook_endpoints.blueprint)
app.register_blueprint(sessions.blueprint)
app.register_blueprint(dashboard.blueprint)
app.register_blueprint(people.blueprint)
app.register_blueprint(account.blueprint)
app.register_blueprint(status.blueprint)
app.register_blueprint(chaos.blueprint)
app.register_blueprint(reference.blueprint)

if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    # The snapshot is taken after this line, so what it holds is not built again by each restored process. It
    # opens no connection (AWS Lambda developer guide, "Lambda environment variables").
    dependencies()

# From here on collections pass over all that stays.
gc.freeze()
gc.enable()


@app.on_sqs_message(queue="PaymentsQueue", batch_size=10)
def process_payment(event: SQSEvent) -> dict[str, Any]:
    """Finishes pending payments."""
    from gateway.use_cases.payments.process_payments import process_payments

    return process_payments(_deps(event.context), event.to_dict()["Records"])


@app.on_sqs_message(queue="RefundsQueue", batch_size=10)
def process_refund(event: SQSEvent) -> dict[str, Any]:
    """Pays out pending refunds."""
    from gateway.use_cases.refunds.process_refunds import process_refunds

    return process_refunds(_deps(event.context), event.to_dict()["Records"])


@app.on_sqs_message(queue="WebhooksQueue", batch_size=10)
def deliver_webhook(event: SQSEvent) -> dict[str, Any]:
    """Posts webhooks to merchants."""
    from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks

    return deliver_webhooks(_deps(event.context), event.to_dict()["Records"])


@app.on_sqs_message(queue="SlowWebhooksQueue", batch_size=10)
def deliver_slow_webhook(event: SQSEvent) -> dict[str, Any]:
    """Posts webhooks to slow receivers, in a queue of their own so that they delay nobody else."""
    from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks

    return deliver_webhooks(_deps(event.context), event.to_dict()["Records"], slow=True)


@app.lambda_function()
def sweep(_event: Any, context: Any) -> dict[str, int]:
    """Sends overdue work again and counts the rows of lists.

    Called by the schedule, and by operators with any payload or none.
    """
    from dataclasses import asdict

    from gateway.use_cases.operations.sweep import sweep as sweep_all

    return asdict(sweep_all(_deps(context)))


@app.lambda_function()
def reconcile(_event: Any, context: Any) -> dict[str, int]:
    """Compares acquirers' statements with the ledger. Called by the schedule, and by operators."""
    from dataclasses import asdict

    from gateway.use_cases.acquirers.reconcile_due import reconcile_due

    return asdict(reconcile_due(_deps(context)))


@app.lambda_function()
def seed(_event: Any, context: Any) -> dict[str, bool]:
    """Creates the test merchant."""
    from gateway.use_cases.access.seed import seed_test_merchant

    return {"created": seed_test_merchant(_deps(context))}


def _deps(context: Any) -> Dependencies:
    invocation.begin(context)
    log.request_id.set(context.aws_request_id)
    log.set_level(app.dependencies().config.log_level)
    return app.dependencies()
