"""Functions' code, unpacked once for all of their processes.

For each process MiniStack unpacks a function's archive and its layers anew: some 950 files, and three
processes are waited for before `make up` is ready. On AWS the code is read-only (/var/task and /opt), so that
they can share one copy.
"""

import hashlib
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_unpacking = threading.Lock()


def share() -> None:
    """Changes MiniStack's processes of functions; the version is pinned."""
    from ministack.core import lambda_runtime

    lambda_runtime.zipfile = SimpleNamespace(
        ZipFile=SharedArchive,
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=zipfile.LargeZipFile,  # MiniStack's slip: zipfile has no such name
    )


class SharedArchive(zipfile.ZipFile):
    """An archive that is unpacked once, beside the first directory that it is wanted in."""

    def namelist(self) -> list[str]:
        """None. MiniStack looks each up for a way out of the directory, which unpacking does not follow."""
        return []

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Puts a link to the one copy in place of an empty directory."""
        directory = Path(path)
        copy = directory.parent.parent / f"code-{self._digest()}"
        with _unpacking:
            if not copy.exists():
                partial = copy.with_suffix(".partial")
                super().extractall(partial, members or super().namelist(), pwd)
                partial.rename(copy)
        directory.rmdir()
        directory.symlink_to(copy, target_is_directory=True)

    def _digest(self) -> str:
        """Of the whole archive."""
        assert self.fp is not None
        self.fp.seek(0)
        return hashlib.file_digest(self.fp, "sha256").hexdigest()  # type: ignore[arg-type]  # it is a file
