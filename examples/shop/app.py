"""A shop on AsyncPay: product page, checkout, webhooks, refunds, rotation, and what webhooks did not tell.

README.md says how to start it. One SQLite file holds all of it. `GET /tasks` is for a cron job, once
a minute. Refunds and rotations take the shop's own password.
"""

import hmac
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request, session

import asyncpay

AMOUNT = 50_000  # the shop decides the price, never the browser
WAIT_SECONDS = int(os.environ.get("SHOP_WAIT_SECONDS", "30"))  # events overtake each other: wait, then ask
OUTCOMES = {"payment.success": "paid", "payment.failed": "open", "payment.reversed": "open"}
SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (secret TEXT PRIMARY KEY, added REAL);
CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, order_id TEXT UNIQUE, status TEXT DEFAULT 'open',
    payment_id TEXT, refunded INTEGER DEFAULT 0, created REAL);
CREATE TABLE IF NOT EXISTS events (object_id TEXT, sequence INTEGER, name TEXT, told_by TEXT, at REAL,
    PRIMARY KEY (object_id, sequence));
CREATE TABLE IF NOT EXISTS deliveries (webhook_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notes (text TEXT)"""
Sql = Callable[..., sqlite3.Cursor]

app = Flask(__name__)
app.secret_key = os.environ.get("SHOP_SESSION_KEY") or os.urandom(32)
app.config.update(SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=256 * 1024)
gateway = asyncpay.Client()  # ASYNCPAY_API_KEY, ASYNCPAY_API_SECRET, ASYNCPAY_BASE_URL


@contextmanager
def books() -> Iterator[Sql]:
    """One transaction: all of it happens, or nothing."""
    connection = sqlite3.connect(os.environ.get("SHOP_BOOKS", "shop.db"), timeout=30, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection.execute
        connection.execute("COMMIT")
    finally:
        connection.close()


with books() as sql:
    for statement in SCHEMA.split(";"):
        sql(statement)
    # The environment's secret counts until the first rotation.
    sql("INSERT OR IGNORE INTO secrets VALUES (?, 0)", (os.environ["ASYNCPAY_WEBHOOK_SECRET"],))


def known_secrets() -> list[str]:
    """The newest two: during a rotation both are good."""
    with books() as sql:
        return [row[0] for row in sql("SELECT secret FROM secrets ORDER BY added DESC LIMIT 2")]


@app.get("/")
def home() -> str:
    """The product. A visitor has one cart, however often the button is pressed, until it is paid."""
    with books() as sql:
        paid_for = "SELECT 1 FROM orders WHERE number = ? AND status = 'paid'"
        if "cart" not in session or sql(paid_for, (session["cart"],)).fetchone():
            session["cart"] = uuid.uuid4().hex
    checkout = os.environ.get("ASYNCPAY_CHECKOUT_URL", "http://localhost:3001")
    return render_template("shop.html", checkout=checkout, key=os.environ["ASYNCPAY_API_KEY"], amount=AMOUNT)


@app.post("/orders")
def order() -> Response:
    """The cart's order: made once, since number and idempotency key are the cart's own."""
    number = session.get("cart") or abort(400)
    with books() as sql:
        sql("INSERT OR IGNORE INTO orders (number, created) VALUES (?, ?)", (number, time.time()))
    made = gateway.orders.create(amount=AMOUNT, receipt=number, idempotency_key=f"order-{number}")
    with books() as sql:
        sql("UPDATE orders SET order_id = ? WHERE number = ?", (made.id, number))
    return jsonify(number=number, orderId=made.id)


@app.post("/paid")
def paid() -> Response:
    """The browser's word counts, because the gateway signed it. The order is the session's own."""
    said, number = request.get_json(), session.get("cart")
    with books() as sql:
        mine = sql("SELECT order_id FROM orders WHERE number = ?", (number,)).fetchone() or abort(404)
    payment_id, signature = str(said.get("paymentId")), str(said.get("signature"))
    asyncpay.Checkout.verify(
        order_id=mine["order_id"], payment_id=payment_id, signature=signature, secret=known_secrets()
    )
    with books() as sql:
        settle(sql, mine["order_id"], payment_id, "paid")
    return jsonify(number=number, status="paid")


@app.post("/webhook")
def webhook() -> Response:
    """One event: verified, fresh, and done once, since its id is kept in the transaction of its work."""
    event = asyncpay.Webhook.verify(request.get_data(), dict(request.headers), known_secrets())
    with books() as sql:
        delivery = (request.headers["webhook-id"],)
        if sql("INSERT OR IGNORE INTO deliveries VALUES (?)", delivery).rowcount:
            take(sql, event.to_dict(), "webhook")
    return jsonify(taken=True)


def take(sql: Sql, event: dict[str, Any], told_by: str) -> None:
    """Notes an event and what it changes; an event that is known already changes nothing."""
    payment, refund = event["data"].get("payment"), event["data"].get("refund")
    if payment is None:
        return  # a test event
    object_id, name = (refund or payment)["id"], event["event"]
    row = (object_id, event["sequence"], name, told_by, time.time())
    if not sql("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", row).rowcount:
        return
    order_id = payment["order_id"]
    if not sql("SELECT 1 FROM orders WHERE order_id = ?", (order_id,)).fetchone():
        sql("INSERT INTO notes VALUES (?)", (f"not placed: {name} of {object_id}",))
    if name in OUTCOMES:
        settle(sql, order_id, payment["id"], OUTCOMES[name])
    if name == "refund.processed":
        sql("UPDATE orders SET refunded = refunded + ? WHERE order_id = ?", (refund["amount"], order_id))


def settle(sql: Sql, order_id: str, payment_id: str, status: str) -> None:
    """Paid is for good: all that can be told later is the failure of another of the order's payments."""
    change = "UPDATE orders SET status = ?, payment_id = ? WHERE order_id = ? AND status <> 'paid'"
    sql(change, (status, payment_id, order_id))


@app.get("/tasks")
def tasks() -> Response:
    """Asks for what no webhook told: gaps that stayed, and orders without an outcome."""
    long_ago = (time.time() - WAIT_SECONDS,)
    with books() as sql:
        gaps = "SELECT object_id FROM events GROUP BY 1 HAVING COUNT(*) < MAX(sequence) AND MAX(at) < ?"
        lacking = [row[0] for row in sql(gaps, long_ago)]
        for object_id in lacking:
            sql("INSERT INTO notes VALUES (?)", (f"gap: {object_id}",))
        unpaid = "SELECT order_id FROM orders WHERE status = 'open' AND created BETWEEN ? AND ?"
        waiting = [row[0] for row in sql(unpaid, (time.time() - 86_400, *long_ago)) if row[0]]
    for order_id in waiting:
        lacking += [payment.id for payment in gateway.payments.list(order_id=order_id).auto_paging_iter()]
    for object_id in lacking:
        for event in gateway.events.of_object(object_id):
            with books() as sql:
                take(sql, event.to_dict(), "api")
    return jsonify(asked_for=len(lacking))


@app.get("/orders/<number>")
def show(number: str) -> Response:
    """The order, its events, and what was noted for people."""
    with books() as sql:
        row = sql("SELECT * FROM orders WHERE number = ?", (number,)).fetchone() or abort(404)
        told = sql("SELECT * FROM events WHERE object_id = ? ORDER BY sequence", (row["payment_id"],))
        events = [f"{event['name']} by {event['told_by']}" for event in told]
        return jsonify(**dict(row), events=events, notes=[each[0] for each in sql("SELECT * FROM notes")])


@app.before_request
def owner_only() -> None:
    """401 where money goes back or a secret is changed without the shop's own password."""
    given = (request.authorization and request.authorization.password) or ""
    is_owner = hmac.compare_digest(given.encode(), os.environ["SHOP_PASSWORD"].encode())
    if request.endpoint in ("refund", "rotate") and not is_owner:
        abort(401)


@app.post("/orders/<number>/refund")
def refund(number: str) -> Response:
    """Gives all of it back. The key is the order's: a second click is no second refund."""
    with books() as sql:
        found = "SELECT payment_id FROM orders WHERE number = ? AND status = 'paid'"
        row = sql(found, (number,)).fetchone() or abort(404)
    made = gateway.refunds.create(row["payment_id"], amount=AMOUNT, idempotency_key=f"refund-{number}")
    return jsonify(refundId=made.id, status=made.status)


@app.post("/rotate")
def rotate() -> Response:
    """A new webhook secret. The old one is kept beside it, since it signed what is on its way."""
    new = gateway.webhooks.rotate_secret().webhook_secret
    with books() as sql:
        sql("INSERT INTO secrets VALUES (?, ?)", (new, time.time()))
    return jsonify(rotated=True)


@app.errorhandler(asyncpay.SignatureVerificationError)
def refuse(problem: Exception) -> tuple[Response, int]:
    """401: a webhook comes again, for when our clock or our secret was wrong."""
    return jsonify(error=str(problem)), 401
