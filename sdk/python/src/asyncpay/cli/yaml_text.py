"""What a user writes as YAML and the API gets as JSON: values that JSON cannot carry are told, not sent."""

from __future__ import annotations

import json
from typing import Any

import yaml

TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """YAML whose dates stay texts, as in JSON: `receipt: 2026-01-31`."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    """What a text says. ValueError, a sentence, where it is no YAML or nothing for JSON."""
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        json.dumps(content, allow_nan=False)
        _check_names(content)
    except yaml.YAMLError as problem:
        raise ValueError(f"it is no YAML: {problem}") from problem
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem
    except (TypeError, ValueError) as problem:
        raise ValueError(f"JSON cannot carry it: {problem}") from problem
    return content


def _check_names(value: Any) -> None:
    if isinstance(value, dict):
        for name, one in value.items():
            if not isinstance(name, str):
                raise ValueError(f"the name {name!r} is no text; put it in quotes")  # noqa: TRY004 - no fault of ours
            _check_names(one)
    elif isinstance(value, list):
        for one in value:
            _check_names(one)
