"""python -m generator [DIRECTORY] < openapi.json: writes src/asyncpay/_generated, or DIRECTORY.

`make sdk` calls it. tests/sdk/test_generated.py fails where what is committed differs.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from generator.models import Models
from generator.names import BY_HAND, METHODS, OMITTED
from generator.resources import Operation, resources
from generator.schemas import Document

HERE = Path(__file__).resolve().parent.parent
OUTPUT = HERE / "src" / "asyncpay" / "_generated"


def generate(content: dict[str, Any]) -> dict[str, str]:
    """The text of each module, formatted, by its name."""
    document = Document(content)
    models = Models(document)
    operations = [
        Operation(document, models, path, method, shown)
        for path, methods in content["paths"].items()
        for method, shown in methods.items()
        if shown["operationId"] in METHODS
    ]
    _check({shown["operationId"] for methods in content["paths"].values() for shown in methods.values()})
    # Models follow from the methods that need them, and events from webhooks.
    sync, asynchronous = resources(operations, is_async=False), resources(operations, is_async=True)
    models.model("Event")
    texts = {
        "__init__.py": '"""Made by generator/ from the OpenAPI document; `make sdk` makes it anew."""\n',
        "models.py": models.text(),
        "resources.py": sync,
        "async_resources.py": asynchronous,
    }
    return {name: _formatted(text, name) for name, text in texts.items()}


def _check(operation_ids: set[str]) -> None:
    """Each operation has a method, or a reason to have none."""
    known = METHODS.keys() | BY_HAND.keys() | OMITTED.keys()
    problems = [
        f"{one} is in the document only: add it to generator/names.py" for one in operation_ids - known
    ]
    problems += [f"{one} is in generator/names.py only" for one in known - operation_ids]
    if problems:
        sys.exit("\n".join(sorted(problems)))


def _formatted(text: str, name: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        [*ruff, "check", "--quiet", "--fix-only", "--select", "F401,I,UP,D", "-"],
        [*ruff, "format", "--quiet", "-"],
    ):
        options = ["--stdin-filename", str(OUTPUT / name)]
        done = subprocess.run(
            [*command[:-1], *options, "-"], input=text, capture_output=True, text=True, cwd=HERE, check=False
        )
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stderr}")
        text = done.stdout
    return text


def main() -> None:
    """Writes the modules."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    output.mkdir(parents=True, exist_ok=True)
    for name, text in generate(json.load(sys.stdin)).items():
        (output / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
