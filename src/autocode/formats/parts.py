"""Suggestions written in parts: each part whole or not at all, so that a stopped run can go on.

The parts lie beside the file they will make, in a hidden folder that only its owner can read; they
hold words of the transcripts, and go when the file is made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import write_atomic
from autocode.formats.suggestions import Written, head, join_parquet

_JOB = "job"
_ENDING = ".parts"


def is_parts(folder: Path) -> bool:
    """Whether a folder is one that a stopped run left."""
    return folder.name.startswith(".") and folder.name.endswith(_ENDING) and (folder / _JOB).is_file()


def remove_parts(folder: Path) -> None:
    """Remove such a folder with all that is in it.

    Raises:
        InputError: The disk refuses.
    """
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise InputError(str(folder), f"it cannot be removed ({error.strerror or error})", "Remove it yourself.") from error


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one output file.

    Attributes:
        out: The file that they make.
        job: Hash of everything but the documents that decides its content; other parts are thrown away.
    """

    out: Path
    job: str

    @property
    def folder(self) -> Path:
        """Where the parts lie."""
        return self.out.with_name(f".{self.out.name}{_ENDING}")

    def begin(self) -> None:
        """Make the folder, empty where it holds the parts of another job.

        Raises:
            InputError: It cannot be made.
        """
        mark = self.folder / _JOB
        if not mark.is_file() or mark.read_text("utf-8") != self.job:
            shutil.rmtree(self.folder, ignore_errors=True)
            write_atomic(mark, self.job)
            self.folder.chmod(0o700)

    def find(self, number: int, digest: str) -> Written | None:
        """What a part that is already there holds; None where it must be made."""
        for path in self.folder.glob(f"{number:06d}-{digest}-*"):
            _, _, *counts = path.name.split("-")
            return Written(b"", *map(int, counts))
        return None

    def keep(self, number: int, digest: str, made: Written) -> None:
        """Write a part.

        Raises:
            InputError: The disk refuses.
        """
        write_atomic(self.folder / f"{number:06d}-{digest}-{made.suggested}-{made.asked}", made.content)

    def join(self, digests: Sequence[str], plain: bool) -> None:
        """Make the file of its parts, in order and whole or not at all, and remove them.

        Raises:
            InputError: The disk refuses, or a part is gone.
        """
        paths = [next(self.folder.glob(f"{n:06d}-{digest}-*"), None) for n, digest in enumerate(digests)]
        found = [path for path in paths if path is not None]
        if len(found) < len(paths):
            raise InputError(str(self.folder), "a part is gone", "Run the command again; the others are kept.")
        try:
            self._joined(found, plain)
        except OSError as error:
            raise InputError(str(self.out), f"it cannot be written ({error.strerror or error})",
                             "Free some space, then run the command again; the parts are kept.") from error  # fmt: skip
        shutil.rmtree(self.folder, ignore_errors=True)

    def _joined(self, paths: Sequence[Path], plain: bool) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.out.parent, prefix=f".{self.out.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                if self.out.suffix == ".parquet":
                    join_parquet(file, paths)
                else:
                    file.write(head(self.out.suffix, plain))
                    for path in paths:
                        with path.open("rb") as part:
                            shutil.copyfileobj(part, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.out)
        finally:
            Path(temporary).unlink(missing_ok=True)
