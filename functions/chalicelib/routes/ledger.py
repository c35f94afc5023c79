"""Operations of the merchant's balance and ledger."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import CURSOR, PAGE, Identifier
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.errors import NotFound
from gateway.presenters.ledger import BALANCE_LIST, LEDGER_LIST
from gateway.use_cases.payments.read_ledger import list_entries, read_balances

blueprint = Blueprint(__name__)


@operation(blueprint, "GET", "/api/v1/balance", responses={200: BALANCE_LIST})
def get_balance(request: Request) -> Response:
    """Reads what you are owed, by currency. It is the sum of the ledger's entries."""
    return Response(BALANCE_LIST.present(read_balances(request.deps, request.merchant_id)))


@operation(
    blueprint,
    "GET",
    "/api/v1/ledger",
    query=(
        *PAGE,
        CURSOR,
        Identifier("object", "Only entries about this payment, with its refunds, or about this refund."),
    ),
    responses={200: LEDGER_LIST},
    errors=(NotFound,),
)
def get_ledger(request: Request) -> Response:
    """Lists the movements of money, newest first. Each entry's debits equal its credits."""
    limit, offset = request.limit_and_offset()
    page = list_entries(
        request.deps,
        request.merchant_id,
        limit=limit,
        offset=offset,
        cursor=request.cursor(),
        object_id=request.query["object"],
    )
    return Response(LEDGER_LIST.present(page))
