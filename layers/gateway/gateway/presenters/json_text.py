"""The exact text of JSON, in HTTP responses and in signed webhook payloads."""

import json
from typing import Any


def compact_json(value: Any) -> str:
    """JSON as JavaScript's JSON.stringify writes it: no spaces, and characters outside ASCII unescaped.

    So a receiver that verifies a signature over JSON.stringify(JSON.parse(body)) gets the bytes that were
    signed.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
