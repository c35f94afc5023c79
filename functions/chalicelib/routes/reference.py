"""The operation that serves the API's own description."""

from functools import cache

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.operation import operations
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.presenters.json_text import compact_json
from gateway.presenters.resource import Component
from gateway.presenters.vocabulary import OBJECT, TEXT, an_array, an_object

blueprint = Blueprint(__name__)
CACHE_SECONDS = 300
OPEN_API = Component(
    "OpenApi",
    an_object(
        {
            "openapi": TEXT,
            "info": OBJECT,
            "servers": an_array(OBJECT),
            "tags": an_array(OBJECT),
            "paths": OBJECT,
            "webhooks": OBJECT,
            "components": OBJECT,
        }
    ),
)


@operation(blueprint, "GET", "/openapi.json", public=True, direct=True, responses={200: OPEN_API})
def get_openapi(_request: Request) -> Response:
    """Describes this API. The document is OpenAPI 3.1."""
    return Response(_document(), headers={"Cache-Control": f"public, max-age={CACHE_SECONDS}"})


@cache
def _document() -> str:
    # Imported when it is asked for: no other request needs it.
    from chalicelib.openapi.document import document

    return compact_json(document(operations(blueprint.current_app)))
