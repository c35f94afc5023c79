"""How the SDK names what the OpenAPI document has, and what it leaves out."""

# operationId -> resource and method.
# A test holds this table equal to the methods and the document.
METHODS = {
    "post_order": "orders.create",
    "get_order": "orders.retrieve",
    "get_orders": "orders.list",
    "post_payment": "payments.create",
    "get_payments": "payments.list",
    "get_payment": "payments.retrieve",
    "get_timeline": "payments.timeline",
    "get_at_acquirer": "payments.at_acquirer",
    "post_capture": "captures.create",
    "post_refund": "refunds.create",
    "get_refunds": "refunds.list",
    "get_all_refunds": "refunds.list_all",
    "get_refund": "refunds.retrieve",
    "post_cancel": "refunds.cancel",
    "get_balance": "balance.retrieve",
    "get_ledger": "ledger.list",
    "get_webhooks": "webhooks.list",
    "get_webhook": "webhooks.retrieve",
    "post_retry": "webhooks.retry",
    "get_config": "webhooks.retrieve_config",
    "put_config": "webhooks.update_config",
    "post_secret": "webhooks.rotate_secret",
    "post_test": "webhooks.send_test",
    "get_credentials": "api_keys.list",
    "get_api_keys": "api_keys.list_all",
    "get_summary": "summary.retrieve",
    "get_audit": "audit.list",
    "get_health": "gateway.health",
    "get_test_merchant": "gateway.test_merchant",
    "get_jobs_status": "gateway.jobs",
    "get_job_queues": "gateway.queues",
    "get_chaos": "chaos.retrieve",
    "put_chaos": "chaos.start",
    "delete_chaos": "chaos.stop",
    "get_openapi": "gateway.openapi",
}
# Two ways to ask one operation, which the document can't tell apart: written by hand in client.py.
BY_HAND = {"get_events": ("events.list", "events.of_object")}
BROWSER = "for the checkout page in a shopper's browser, which has no secret"
SESSION = "for the dashboard's pages, which log in with a password and keep a cookie"
PEOPLE = "for people with a session: an API key changes neither keys nor people"
OMITTED = {
    "post_public_payment": BROWSER,
    "get_public_payment": BROWSER,
    "get_public_order": BROWSER,
    "get_checkout_order": BROWSER,
    "get_checkout_origins": BROWSER,
    "post_notice": "for acquirers, which sign it",
    "post_session": SESSION,
    "get_session": SESSION,
    "post_confirmation": SESSION,
    "put_password": SESSION,
    "post_password_reset": SESSION,
    "post_second_factor": SESSION,
    "post_second_factor_code": SESSION,
    "delete_second_factor": SESSION,
    "get_sessions": SESSION,
    "post_export": SESSION,
    "delete_sessions": SESSION,
    "delete_one_session": SESSION,
    "get_users": PEOPLE,
    "post_user": PEOPLE,
    "put_user": PEOPLE,
    "delete_user": PEOPLE,
    "delete_session": SESSION,
    "post_api_key": PEOPLE,
    "post_rotation": PEOPLE,
    "delete_api_key": PEOPLE,
}
# `Webhook` is what verifies deliveries.
MODELS = {"Webhook": "Delivery", "WebhookListed": "DeliveryListed"}
# An object as it is read has all that it had when it was created or listed, and more.
EXTENDS = {
    "Order": "OrderCreated",
    "Payment": "PaymentCreated",
    "Refund": "RefundCreated",
    "Webhook": "WebhookListed",
}
RESOURCES = {
    "orders": "What is to be paid.",
    "payments": "Attempts to pay an order.",
    "captures": "Taking what a successful payment holds.",
    "refunds": "Money on its way back.",
    "balance": "What the merchant is owed.",
    "ledger": "Each movement of money.",
    "webhooks": "Where events go, and how each delivery went.",
    "api_keys": "The merchant's API keys: to read. People make and end them at the dashboard.",
    "summary": "Payments, added up.",
    "audit": "Who changed what of the merchant's access.",
    "chaos": "Faults on request, in test stages only.",
    "gateway": "Whether the gateway works, and what exists in test stages only.",
}
