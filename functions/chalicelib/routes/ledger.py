"""Endpoints of the merchant's balance and ledger."""

from chalice import Blueprint

from chalicelib.frame.http import Answer, Call, collection, endpoint
from chalicelib.frame.operation import PAGE
from gateway.domain.ledger import Entry
from gateway.use_cases.payments.read_ledger import list_entries, read_balances

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/api/v1/balance", answers={200: "BalanceList"})
def get_balance(call: Call) -> Answer:
    """Reads what you are owed, by currency."""
    return Answer({"data": [balance.as_read() for balance in read_balances(call.merchant_id)]})


@endpoint(blueprint, "GET", "/api/v1/ledger", query=PAGE, answers={200: "LedgerList"})
def get_ledger(call: Call) -> Answer:
    """Lists the movements of money, newest first. Each entry's debits equal its credits."""
    limit, offset = call.limit_and_offset()
    return collection(list_entries(call.merchant_id, limit, offset), Entry.as_read)
