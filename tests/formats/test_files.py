"""Files: guarded, atomic, whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats.files import csv_text, write_atomic


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(lead: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe; `plain` leaves it alone."""
    cell = lead + "HYPERLINK(1)"
    rows = list(csv.reader(io.StringIO(csv_text(["c"], [[cell]]).removeprefix("\ufeff"), newline="")))
    assert rows[1] == ["'" + cell]
    plain = list(csv.reader(io.StringIO(csv_text(["c"], [[cell]], plain=True), newline="")))
    assert plain[1] == [cell]


def test_numbers_are_never_guarded() -> None:
    """A negative number stays a number."""
    assert csv_text(["c"], [[-1.5], [-3]], plain=False).splitlines()[1:] == ["-1.500000", "-3"]


def test_a_table_opens_in_a_spreadsheet() -> None:
    """The text begins with a byte order mark, so that accents are right in Excel."""
    assert csv_text(["é"], []).startswith("\ufeffé")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk gives out, the old content stays and no temporary file is left."""
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        write_atomic(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_a_scanner_that_holds_the_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename refused three times (as virus scanners do) succeeds at the fourth."""
    real, left = os.replace, [3]

    def busy(a: str, b: Path) -> None:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "busy")
        real(a, b)

    monkeypatch.setattr(os, "replace", busy)
    write_atomic(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"


def test_written_files_are_for_their_owner(tmp_path: Path) -> None:
    """Results hold words of transcripts: on POSIX nobody else may read them."""
    write_atomic(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode & 0o077 == 0
