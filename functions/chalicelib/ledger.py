"""Endpoints of the merchant's balance and ledger."""

from chalice import Blueprint

from asyncpay.domain.ledger import Entry
from asyncpay.services.ledger import list_entries, read_balances
from chalicelib.http import Answer, Call, collection, endpoint

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/api/v1/balance")
def get_balance(call: Call) -> Answer:
    """What the merchant is owed, by currency."""
    return Answer({"data": [balance.as_read() for balance in read_balances(call.merchant_id)]})


@endpoint(blueprint, "GET", "/api/v1/ledger")
def get_ledger(call: Call) -> Answer:
    """The merchant's ledger, newest first."""
    limit, offset = call.limit_and_offset()
    return collection(list_entries(call.merchant_id, limit, offset), Entry.as_read)
