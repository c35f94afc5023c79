"""Each code block of the documents is run or says why not. tests/e2e/test_docs.py runs them."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ALL, BLOCK, DOCUMENTS, MARKERS, ROOT, RUN, Block, complaint, difference


def a_block(language: str, marker: str = "", text: str = "") -> Block:
    return Block("docs/x.md", 1, language, text, marker)


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.name)
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    assert complaint(block) is None


@pytest.mark.parametrize("name", ["cli.md", "sdk-python.md"])
def test_all_that_users_of_the_sdk_are_told_to_run_is_run(name: str) -> None:
    for block in (one for one in ALL if one.document == f"docs/{name}" and one.language in RUN):
        test = MARKERS.fullmatch(block.marker)
        assert block.is_run or (test is not None and test["test"]), f"{block.name} is only shown"
        if test is not None:
            assert "blocks_of(" in (ROOT / test["test"]).read_text(), f"{block.name}: its test has other text"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_fence_is_overlooked(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    fences = len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE))
    assert fences == 2 * len(BLOCK.findall(text))


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        (a_block("sh"), False),
        (a_block("python"), False),
        (a_block("text"), False),
        (a_block("sh", "needs AWS"), False),
        (a_block("go", "shown, not run: no Go toolchain here"), False),
        (a_block("python", "run by tests/docs/test_blocks.py"), False),
        (a_block("json", "answer", "{}"), False),
        (a_block(""), True),
        (a_block("go"), True),
        (a_block("sh", "not run"), True),
        (a_block("sh", "shown, not run: "), True),
        (a_block("python", "run by tests/nowhere.py"), True),
        (a_block("json", "", "{...}"), True),
        (a_block("sh", "answer"), True),
    ],
)
def test_what_counts_as_a_fate(block: Block, *, wrong: bool) -> None:
    assert (complaint(block) is not None) is wrong


@pytest.mark.parametrize(
    ("shown", "real", "differs"),
    [
        ({"id": "pay_..."}, {"id": "pay_1"}, False),
        ({"id": "pay_..."}, {"id": "order_1"}, True),
        ({"at": "2026-01-31T09:30:00.250Z"}, {"at": "2027-01-31T09:30:00.000Z"}, False),
        ({"at": "2026-01-31T09:30:00.250Z"}, {"at": "soon"}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": "1"}, True),
        ({"a": [1]}, {"a": [1, 2]}, True),
        ({"a": [{"b": None}]}, {"a": [{"b": None}]}, False),
    ],
)
def test_an_answer_is_compared_but_for_ids_and_times(shown: object, real: object, *, differs: bool) -> None:
    assert (difference(shown, real) is not None) is differs
