"""Operations of the merchant's balance and ledger."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import PAGE
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response, collection
from gateway.domain.ledger import Entry
from gateway.use_cases.payments.read_ledger import list_entries, read_balances

blueprint = Blueprint(__name__)


@operation(blueprint, "GET", "/api/v1/balance", responses={200: "BalanceList"})
def get_balance(request: Request) -> Response:
    """Reads what you are owed, by currency."""
    return Response({"data": [balance.as_read() for balance in read_balances(request.merchant_id)]})


@operation(blueprint, "GET", "/api/v1/ledger", query=PAGE, responses={200: "LedgerList"})
def get_ledger(request: Request) -> Response:
    """Lists the movements of money, newest first. Each entry's debits equal its credits."""
    limit, offset = request.limit_and_offset()
    return collection(list_entries(request.merchant_id, limit, offset), Entry.as_read)
