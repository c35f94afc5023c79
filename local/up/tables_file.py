"""The table engine's file, after the machine itself has stopped.

The engine's writes reach the disk in the system's own time (local.emulator.engine): they outlive the engine,
however it ends, but a power cut can leave the file damaged. So it is looked through once after each start of
the machine, and a damaged one makes room for a new one.
"""

import os
from contextlib import closing
from itertools import count
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # another one after each start of the machine (random(4))
LOCKED_SECONDS = 0.1


def set_aside_if_damaged(database: Path, boot_id: str | None = None) -> str | None:
    """Moves a damaged file away; what to tell the developer then. The engine must not be running."""
    if boot_id is None:
        boot_id = BOOT_ID.read_text(encoding="ascii") if BOOT_ID.exists() else ""
    checked = database.with_suffix(".boot")
    # Where nobody says which start it is, some sandboxes, every one of the engine's counts as one.
    if boot_id and checked.exists() and checked.read_text(encoding="ascii") == boot_id:
        return None
    told = None
    if database.exists() and not _is_sound(database):
        told = (
            "the tables were damaged when the machine stopped: they begin empty, and the damaged file is "
            f"{_set_aside(database)}"
        )
    database.parent.mkdir(parents=True, exist_ok=True)
    checked.write_text(boot_id, encoding="ascii")
    return told


def write_out(database: Path) -> None:
    """Has the system write the file to the disk, and what belongs to it: when the engine has ended."""
    for path in database.parent.glob(f"{database.name}*"):
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _is_sound(database: Path) -> bool:
    """Whether SQLite finds nothing wrong with it; some 0.1 s for each 100 MB."""
    import sqlite3  # takes some milliseconds, and most starts need none of it

    try:
        with closing(sqlite3.connect(database, timeout=LOCKED_SECONDS)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            return bool(found == "ok")
    except sqlite3.OperationalError:  # it can't be told: locked, out of reach
        return True
    except sqlite3.DatabaseError:  # no database, or one too damaged to be checked
        return False


def _set_aside(database: Path) -> Path:
    """Its new name. What belongs to the file (its log and index) goes with it."""
    name = next(
        name for number in count(1) if not (name := database.with_name(f"damaged-{number}.db")).exists()
    )
    for path in list(database.parent.glob(f"{database.name}*")):
        path.rename(name.with_name(name.name + path.name.removeprefix(database.name)))
    return name
