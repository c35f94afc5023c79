"""What a merchant may ask of chaos, as JSON Schema; request_bodies.py has the other bodies."""

from typing import Any

from gateway.domain.chaos import (
    DELAY_SECONDS_DEFAULT,
    DELAY_SECONDS_MAX,
    MINUTES_MAX,
    SEED_MAX,
    SLOW_MS_DEFAULT,
    SLOW_MS_MAX,
    SLOW_MS_MIN,
)


def _percent(of_what: str) -> dict[str, Any]:
    return {
        "type": "integer",
        "minimum": 0,
        "maximum": 100,
        "default": 0,
        "description": f"Percent of {of_what}.",
    }


def _number(minimum: int, maximum: int, default: int, description: str) -> dict[str, Any]:
    bounds = {"minimum": minimum, "maximum": maximum, "default": default}
    return {"type": "integer", **bounds, "description": description}


CHAOS_WANTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error_percent": _percent("your requests, answered 500 with nothing done"),
        "rate_limit_percent": _percent("your requests, answered 429 with nothing done"),
        "slow_percent": _percent("your requests, carried out after slow_ms"),
        "drop_percent": _percent("your requests, carried out while the response is lost: 504"),
        "slow_ms": _number(SLOW_MS_MIN, SLOW_MS_MAX, SLOW_MS_DEFAULT, "How long slow requests wait."),
        "repeat_percent": _percent("your webhooks, delivered twice"),
        "delay_percent": _percent("your webhooks, delivered delay_seconds late"),
        "reorder_percent": _percent("your webhooks, delivered after those that follow them"),
        "delay_seconds": _number(
            1, DELAY_SECONDS_MAX, DELAY_SECONDS_DEFAULT, "How long delayed webhooks wait."
        ),
        "late_percent": _percent("your payments and refunds, with an outcome late_seconds late"),
        "late_seconds": _number(1, DELAY_SECONDS_MAX, DELAY_SECONDS_DEFAULT, "How late outcomes come."),
        "minutes": _number(1, MINUTES_MAX, MINUTES_MAX, "How long it lasts."),
        "seed": {
            "type": "integer",
            "minimum": 0,
            "maximum": SEED_MAX,
            "description": "The same hits the same requests, by their number; drawn where there is none.",
        },
    },
    "examples": [{"error_percent": 10, "drop_percent": 10, "repeat_percent": 20, "seed": 7}],
}
