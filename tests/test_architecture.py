"""What docs/architecture.md promises about the source itself."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.syntax import syntax_tree

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "layers" / "gateway" / "gateway"
FUNCTIONS = ROOT / "functions"
MODULES = sorted([*LIBRARY.rglob("*.py"), *FUNCTIONS.rglob("*.py")])
MODULE_LINES_MAX = 250
MODULES_SIDE_BY_SIDE_MAX = 15
FUNCTION_LINES_MAX = 60
# Who may import whom, besides the standard library. `*` at the end: any module below.
DOMAIN = {"gateway.domain*"}
PRESENTERS = DOMAIN | {"gateway.presenters*"}
# What every room may do: read the settings' type, write a log line, count.
LOGS = {"gateway.runtime.config*", "gateway.runtime.log*", "gateway.runtime.metrics*"}
USE_CASES = PRESENTERS | LOGS | {"gateway.use_cases*"}
PROTOCOLS = {"gateway.use_cases.protocols*", "gateway.use_cases.acquirer*"}
ADAPTERS = DOMAIN | LOGS | PROTOCOLS | {"gateway.adapters*", "pynamodb*", "botocore*", "urllib3*"}
FRAME = USE_CASES | {
    "gateway.__version__",
    "gateway.runtime.dependencies*",
    "gateway.runtime.card_dependencies*",
    "gateway.runtime.invocation*",
    "chalicelib*",
    "chalice*",
    "fastjsonschema*",
}
ROOMS = [
    (LIBRARY / "domain", DOMAIN),
    (LIBRARY / "presenters", PRESENTERS),
    (LIBRARY / "use_cases", USE_CASES),
    (LIBRARY / "adapters", ADAPTERS),
    (LIBRARY / "runtime", DOMAIN | LOGS),
    (FUNCTIONS, FRAME),
]
# What puts production together knows every room; what begins an invocation tells the adapters when it ends.
ALSO = {
    "runtime/dependencies.py": {"gateway.adapters*", "gateway.use_cases*"},
    # Neither tables nor queues: whatever sees card numbers reaches nothing that is stored.
    "runtime/card_dependencies.py": {
        "gateway.adapters.acquirers*",
        "gateway.adapters.aws.functions*",
        "gateway.adapters.aws.secrets*",
        *PROTOCOLS,
    },
    "runtime/invocation.py": {"gateway.adapters.aws.timeouts*"},
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT)).removeprefix("layers/gateway/gateway/")


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a module imports anywhere in it, by its full name."""
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module is"
            assert node.module is not None
            # `from gateway import domain` imports a module, `from gateway.domain import order` too.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def fits(module: str, pattern: str) -> bool:
    plain = pattern.removesuffix("*")
    return module == plain or (pattern.endswith("*") and module.startswith(plain + "."))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


modules = pytest.mark.parametrize("path", MODULES, ids=name_of)


@modules
def test_imports_point_one_way(path: Path) -> None:
    rooms = [allowed for room, allowed in ROOMS if path.is_relative_to(room)]
    allowed = (rooms[0] if rooms else set()) | ALSO.get(name_of(path), set())
    foreign = [name for name in imports_of(path) if name.partition(".")[0] not in sys.stdlib_module_names]
    wrong = [name for name in foreign if not any(fits(name, pattern) for pattern in allowed)]
    assert wrong == []


def test_every_module_is_in_a_room() -> None:
    rooms = [room for room, _ in ROOMS]
    outside = [path for path in MODULES if not any(path.is_relative_to(room) for room in rooms)]
    assert [name_of(path) for path in outside] == ["__init__.py"]


@pytest.mark.parametrize(
    "name",
    ["os", "time", "random", "secrets", "uuid", "socket", "urllib.request", "http.client", "threading"],
)
def test_the_domain_has_no_clock_environment_randomness_or_network(name: str) -> None:
    found = [
        name_of(path)
        for path in MODULES
        if path.is_relative_to(LIBRARY / "domain")
        and any(fits(module, f"{name}*") for module in imports_of(path))
    ]
    assert found == []


def test_the_domain_never_asks_what_time_it_is() -> None:
    asking = [
        f"{name_of(path)}:{node.lineno}"
        for path in (LIBRARY / "domain").glob("*.py")
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
    ]
    assert asking == []


def test_the_domain_and_the_use_cases_know_nothing_of_http() -> None:
    rooms = (LIBRARY / "domain", LIBRARY / "use_cases")
    http = ("http.*", "chalice*", "chalicelib*")
    found = [
        name_of(path)
        for path in MODULES
        if any(path.is_relative_to(room) for room in rooms)
        and any(fits(module, pattern) for module in imports_of(path) for pattern in http)
    ]
    assert found == []


@modules
def test_no_module_is_longer_than_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_MAX


@modules
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions_of(path)}
    assert {name: lines for name, lines in lengths.items() if lines >= FUNCTION_LINES_MAX} == {}


@modules
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(syntax_tree(path))


@modules
def test_nothing_sleeps(path: Path) -> None:
    if name_of(path) == "functions/chalicelib/frame/chaos.py":
        return  # slow responses that a merchant of a test stage asked for
    assert not any(fits(name, "time.sleep") for name in imports_of(path))
    sleeping = [
        node.lineno
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep"
    ]
    assert sleeping == []


@modules
def test_nothing_is_printed_past_the_log(path: Path) -> None:
    calls = [node for node in ast.walk(syntax_tree(path)) if isinstance(node, ast.Call)]
    printing = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert printing == []


def test_no_folder_has_more_modules_than_a_reader_takes_in() -> None:
    sizes = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {name_of(folder): size for folder, size in sizes.items() if size > MODULES_SIDE_BY_SIDE_MAX} == {}
