"""Imports PynamoDB without botocore's clients, which the gateway does not use.

PynamoDB is our mapping and our language of expressions; what it sends goes through our own transport. Its
module `connection.base` still imports `botocore.client`, `botocore.session` and `botocore.config` at its top,
and with them some 90 modules and urllib3: half of the time that a function needs to import everything. It
offers no way around that, and takes from them one exception (which lives in `botocore.exceptions`), names in
annotations, and what builds clients.

So while `pynamodb.connection` is imported, and only then, modules with just these names stand in their place.
None stays: whoever imports botocore's clients later, as tools and tests do, gets the real ones. Where they
have been imported before, PynamoDB gets them too and nothing stands in for anything. A test in a fresh
interpreter holds both.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_NAME = "pynamodb.connection.base"


def import_pynamodb() -> None:
    """Imports PynamoDB's connection; does nothing where that has been done already."""
    if _NAME in sys.modules:
        return
    if "botocore.client" in sys.modules:
        importlib.import_module(_NAME)
        return
    import botocore
    from botocore.exceptions import ClientError

    standing_in: dict[str, dict[str, Any]] = {
        "botocore.config": {},
        "botocore.client": {"ClientError": ClientError},
        "botocore.session": {"get_session": _no_session, "Session": object},
    }
    standing_in = {name: members for name, members in standing_in.items() if name not in sys.modules}
    # It subclasses botocore's classes, for type checkers.
    private = _module("pynamodb.connection._botocore_private", {"BotocoreBaseClientPrivate": object})
    try:
        sys.modules[private.__name__] = private
        for name, members in standing_in.items():
            module = _module(name, members)
            sys.modules[name] = module
            setattr(botocore, name.removeprefix("botocore."), module)
        importlib.import_module(_NAME)
    finally:
        del sys.modules[private.__name__]
        for name in standing_in:
            del sys.modules[name]
            delattr(botocore, name.removeprefix("botocore."))


def _module(name: str, members: dict[str, Any]) -> ModuleType:
    module = ModuleType(name, f"Stands in for {name} while PynamoDB is imported.")
    module.__dict__.update(members)
    return module


def _no_session() -> Any:
    raise RuntimeError(
        "PynamoDB was asked for a client of its own; tables use gateway.adapters.aws.transport"
    )
