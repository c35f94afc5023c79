"""The code blocks of README.md and docs/*.md, and what becomes of each.

A block is run, in the order of its document, unless the HTML comment right above it says otherwise:

    <!-- needs AWS -->                     an account is needed to run it
    <!-- shown, not run: REASON -->        why nobody runs it
    <!-- run by tests/PATH -->             a test of its own runs it
    <!-- answer -->                        JSON: what the block before it printed, member by member
    <!-- payload: NAME -->                 JSON: an event, as test_webhook_samples.py compares it

sh and bash run as one session on one running gateway, whose ports are put in place of the default ones.
python and js run by themselves. json must be JSON. text, html, yaml and mermaid are only shown.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = {"sh", "bash"}
RUN = SHELL | {"python", "js"}
SHOWN = {"text", "html", "yaml", "mermaid"}
MARKERS = re.compile(r"needs AWS|shown, not run: \S.{9,}|run by (?P<test>tests/\S+)|answer|payload: .+")
BLOCK = re.compile(
    r"(?:^<!-- (?P<marker>[^\n]+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Block:
    """One code block; `line` is that of its first line of code."""

    document: str
    line: int
    language: str
    text: str
    marker: str

    @property
    def name(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def is_run(self) -> bool:
        return self.language in RUN and not self.marker


@cache
def blocks_of(path: Path) -> list[Block]:
    """All blocks of a document, in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(
            document=path.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, found.start("text")) + 1,
            language=found["language"],
            text=found["text"],
            marker=found["marker"] or "",
        )
        for found in BLOCK.finditer(text)
    ]


ALL = [block for path in DOCUMENTS for block in blocks_of(path)]


def sdk_examples() -> list[str]:
    """The programs that users of the Python SDK are shown, wherever they stand."""
    told = [*ALL, *blocks_of(ROOT / "sdk/python/README.md")]
    blocks = [block.text for block in told if block.language == "python" and "asyncpay" in block.text]
    return blocks + [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").rglob("*.py"))]


def complaint(block: Block) -> str | None:
    """What is wrong with a block's fate, if anything."""
    marker = MARKERS.fullmatch(block.marker) if block.marker else None
    if block.marker and marker is None:
        return f"no such marker: {block.marker}"
    if marker is not None and marker["test"] and not (ROOT / marker["test"]).is_file():
        return f"no such test: {marker['test']}"
    if block.marker.startswith(("answer", "payload")) and block.language != "json":
        return "an answer is JSON"
    if block.language == "json":
        return _no_json(block.text)
    if not block.marker and block.language not in RUN | SHOWN:
        return f"nobody runs {block.language or 'a block without a language'}; mark it, or call it text"
    return None


def _no_json(text: str) -> str | None:
    try:
        json.loads(text)
    except ValueError as problem:
        return f"no JSON: {problem}"
    return None


def difference(shown: Any, real: Any, where: str = "") -> str | None:
    """Where an answer is not as the document shows it. Times differ, and so does what is shown with `...`."""
    if isinstance(shown, str) and ("..." in shown or TIME.fullmatch(shown)):
        same_kind = isinstance(real, str) and (TIME.fullmatch(real) or not TIME.fullmatch(shown))
        begins = shown.partition("...")[0] if "..." in shown else ""
        return None if same_kind and str(real).startswith(begins) else f"{where}: {shown!r} is {real!r}"
    if isinstance(shown, dict) and isinstance(real, dict):
        if shown.keys() != real.keys():
            return f"{where}: shown {sorted(shown)}, got {sorted(real)}"
        return next(
            (found for key in shown if (found := difference(shown[key], real[key], f"{where}.{key}"))), None
        )
    if isinstance(shown, list) and isinstance(real, list) and len(shown) == len(real):
        pairs = enumerate(zip(shown, real, strict=True))
        return next((found for n, (a, b) in pairs if (found := difference(a, b, f"{where}[{n}]"))), None)
    return None if shown == real else f"{where}: {shown!r} is {real!r}"
