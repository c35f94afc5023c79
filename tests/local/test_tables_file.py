"""The table engine's file after a power cut."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from local.up import tables_file
from local.up.tables_file import BOOT_ID, set_aside_if_damaged, write_out


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """With some pages, as the engine writes it."""
    path = tmp_path / "tables" / "tables.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE items (pk TEXT PRIMARY KEY, body BLOB)")
        rows = [(f"pay_{number}", b"x" * 500) for number in range(500)]
        connection.executemany("INSERT INTO items VALUES (?, ?)", rows)
    return path


def damage(database: Path) -> None:
    with database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM items").fetchone()[0])


def test_a_sound_file_stays_where_it_is(database: Path) -> None:
    assert set_aside_if_damaged(database, "boot 1") is None
    assert set_aside_if_damaged(database, "boot 2") is None
    assert rows(database) == 500


@pytest.mark.parametrize("how", ["pages", "its head", "its end"])
def test_a_damaged_file_is_set_aside_with_what_belongs_to_it(database: Path, how: str) -> None:
    if how == "pages":
        damage(database)
    elif how == "its head":
        database.write_bytes(b"\0" * 100 + database.read_bytes()[100:])
    else:
        database.write_bytes(database.read_bytes()[: 4096 * 5])
    damaged = database.read_bytes()
    database.with_name("tables.db-other").write_bytes(b"log")
    told = set_aside_if_damaged(database, "boot 1")
    assert told is not None
    assert str(database.with_name("damaged-1.db")) in told
    assert not database.exists()
    assert database.with_name("damaged-1.db").read_bytes() == damaged
    assert database.with_name("damaged-1.db-other").read_bytes() == b"log"


def test_one_damaged_file_does_not_take_the_place_of_another(database: Path) -> None:
    for boot, name in (("boot 1", "damaged-1.db"), ("boot 2", "damaged-2.db")):
        database.write_bytes(boot.encode() * 1000)
        told = set_aside_if_damaged(database, boot)
        assert told is not None
        assert told.endswith(name)
        assert database.with_name(name).read_bytes() == boot.encode() * 1000


def test_a_file_is_looked_through_once_after_each_start_of_the_machine(database: Path) -> None:
    assert set_aside_if_damaged(database, "boot 1") is None
    damage(database)
    assert set_aside_if_damaged(database, "boot 1") is None
    assert set_aside_if_damaged(database, "boot 2") is not None


def test_where_no_start_is_told_from_another_it_is_looked_through_each_time(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_file, "BOOT_ID", database.with_name("absent"))
    assert set_aside_if_damaged(database) is None
    damage(database)
    assert set_aside_if_damaged(database) is not None


def test_a_file_that_is_not_there_yet_is_nothing_to_tell(tmp_path: Path) -> None:
    database = tmp_path / "tables" / "tables.db"
    assert set_aside_if_damaged(database) is None
    assert database.with_suffix(".boot").read_text() == BOOT_ID.read_text()


def test_what_was_written_reaches_the_disk_when_the_engine_has_ended(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = database.with_name("tables.db-wal")
    log.write_bytes(b"log")
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: forced.append(os.fstat(descriptor).st_ino))
    write_out(database)
    assert sorted(forced) == sorted(path.stat().st_ino for path in (database, log))


def test_a_file_that_cannot_be_looked_at_stays(database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert set_aside_if_damaged(database, "boot 1") is None
    assert rows(database) == 500
