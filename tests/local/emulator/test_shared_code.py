"""All processes of functions run one copy of the same code, and none of another's."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.emulator.functions.shared_code import SharedArchive
from tests.support.emulator import Emulator

PROCESSES = 8
CODE = """
import os
WORD = "{word}"
def handler(event, context):
    return {{"word": WORD, "file": os.stat(__file__).st_ino, "process": os.getpid()}}
"""


def packed(word: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("saying.py", CODE.format(word=word))
        made.writestr("../outside.py", "")
    return archive.getvalue()


def unpack(archive: bytes, process: Path) -> Path:
    """As MiniStack does it for each process."""
    directory = process / "code"
    directory.mkdir(parents=True)
    (process / "code.zip").write_bytes(archive)
    with SharedArchive(process / "code.zip") as found:
        found.extractall(directory)
    return directory / "saying.py"


def test_processes_that_begin_at_once_share_one_copy(tmp_path: Path) -> None:
    archive = packed("one")
    with ThreadPoolExecutor(PROCESSES) as threads:
        found = list(threads.map(lambda number: unpack(archive, tmp_path / str(number)), range(PROCESSES)))
    assert {path.read_text() for path in found} == {CODE.format(word="one")}
    assert len({path.stat().st_ino for path in found}) == 1
    assert len(list(tmp_path.glob("code-*"))) == 1


def test_code_that_differs_in_a_letter_is_another_copy(tmp_path: Path) -> None:
    one, two = (unpack(packed(word), tmp_path / word) for word in ("one", "two"))
    assert (one.read_text(), two.read_text()) == (CODE.format(word="one"), CODE.format(word="two"))


def test_an_archive_puts_nothing_outside_of_its_copy(tmp_path: Path) -> None:
    found = unpack(packed("one"), tmp_path / "first")
    assert [path.name for path in tmp_path.rglob("outside.py")] == ["outside.py"]
    assert (found.resolve().parent / "outside.py").exists()


@pytest.mark.emulator
def test_functions_of_one_archive_run_one_copy_until_the_code_of_one_changes(emulator: Emulator) -> None:
    client = emulator.client("lambda")
    before = packed("before")  # once: an archive holds the time at which it was made
    names = [emulator.make_function(before, "saying.handler") for _ in range(2)]

    def said() -> list[dict[str, Any]]:
        return [json.load(client.invoke(FunctionName=name)["Payload"]) for name in names]

    first, second = said()
    assert (first["word"], second["word"], first["file"]) == ("before", "before", second["file"])
    assert first["process"] != second["process"]
    client.update_function_code(FunctionName=names[0], ZipFile=packed("after"))
    assert [each["word"] for each in said()] == ["after", "before"]
