"""The endpoint of the API's own description."""

from functools import cache

from chalice import Blueprint

from chalicelib.frame.http import Answer, Call, endpoint
from chalicelib.frame.operation import operations
from gateway.domain.events import compact_json

blueprint = Blueprint(__name__)
CACHE_SECONDS = 300


@endpoint(blueprint, "GET", "/openapi.json", public=True, answers={200: "OpenApi"})
def get_openapi(_call: Call) -> Answer:
    """Describes this API. The document is OpenAPI 3.1."""
    return Answer(_document(), headers={"Cache-Control": f"public, max-age={CACHE_SECONDS}"})


@cache
def _document() -> str:
    # Imported when it is asked for: no other request needs it.
    from chalicelib.openapi.document import document

    return compact_json(document(operations(blueprint.current_app)))
