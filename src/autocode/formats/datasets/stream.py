"""Large tables, one document after another: what does not fit into memory is read as it comes.

The columns are those of a long table (see `table`). The rows of a document must stand together, which
is how tables are exported.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.footprint import temporary, wrote
from autocode.formats.datasets.suggestions import Written, head, join_parquet
from autocode.formats.files import BOM, Table, write_atomic
from autocode.formats.tables.units import is_long_table, study_from_table
from autocode.study import Document

LARGE = 2 * 2**20
"""Bytes of a table file from which on it is read document by document."""

_Row = dict[str, str]
_LINE = "\0line"


def is_stream(path: Path, least: int | None = None) -> bool:
    """Whether a file is a long table of units of at least so many bytes (None: `LARGE`), as .csv, .csv.gz or .parquet."""
    if not path.is_file() or not path.name.endswith((".csv", ".csv.gz", ".parquet")) or path.stat().st_size < (least or LARGE):
        return False
    try:
        first = next(_rows(str(path)), {})
    except InputError:
        return False  # the whole reading says what is wrong with it
    return is_long_table(Table(path.name, tuple(first), (), ())) and {"text", "segment_id"} <= first.keys()


def stream_documents(path: Path) -> Iterator[Document]:
    """The documents of a long table in the order of their rows, through `datasets.IterableDataset`.

    Each is exactly what `read` makes of its rows. Codings in the table are not taken.

    Raises:
        InputError: The table cannot be read, a row is not what it should be, or the rows of a document
            do not stand together.
    """
    from datasets import IterableDataset

    rows: Iterable[_Row] = IterableDataset.from_generator(_rows, gen_kwargs={"path": str(path)})
    seen: set[str] = set()
    for name, group in groupby(rows, key=_document_of):
        found = tuple(group)
        if name in seen:
            raise InputError(
                f"{path.name}, line {found[0][_LINE]}",
                "the rows of its document do not stand together",
                "Sort the table by document_id.",
            )
        seen.add(name)
        columns = tuple(column for column in found[0] if column != _LINE)
        lines = tuple(int(row[_LINE]) for row in found)
        study, _ = study_from_table(Table(path.name, columns, found, lines))
        yield from study.documents


def _document_of(row: _Row) -> str:
    return row.get("document_id", "").strip() or row["segment_id"].strip()


def _rows(path: str) -> Iterator[_Row]:
    """The rows as texts, each with the line on which it began."""
    found = _parquet_rows(Path(path)) if path.endswith(".parquet") else _csv_rows(Path(path))
    try:
        yield from found
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        why = f"it cannot be read ({type(error).__name__})"
        raise InputError(Path(path).name, why, "Check that it is whole, and a table in UTF-8.") from error


def _csv_rows(path: Path) -> Iterator[_Row]:
    opened: Any = gzip.open if path.suffix == ".gz" else io.FileIO
    with io.TextIOWrapper(opened(path), "utf-8", newline="") as text:
        header = text.readline().removeprefix(BOM)
        mark = max(",;\t", key=header.count)
        columns = [name.strip() for name in next(csv.reader([header], delimiter=mark))]
        reader, line = csv.reader(text, delimiter=mark), 2
        for cells in reader:
            if len(cells) > len(columns):
                raise InputError(
                    f"{path.name}, line {line}",
                    f"it has {len(cells)} cells, the header {len(columns)}",
                    "Put quotes around texts that hold the delimiter.",
                )
            if any(cells):
                cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
                padded = [*cells, *[""] * (len(columns) - len(cells))]
                yield {**dict(zip(columns, padded, strict=True)), _LINE: str(line)}
            line = reader.line_num + 2


def _parquet_rows(path: Path) -> Iterator[_Row]:
    from pyarrow import ArrowException, parquet

    try:
        with parquet.ParquetFile(path) as file:
            rows = (row for batch in file.iter_batches(1024) for row in batch.to_pylist())
            for line, row in enumerate(rows, 1):
                yield {**{c: "" if v is None else str(v) for c, v in row.items()}, _LINE: str(line)}
    except ArrowException as error:
        raise ValueError from error


def cells_of(raw: bytes) -> Iterator[bytes]:
    """What stands in the rows of a Parquet table, a row at a time; nothing where it is damaged."""
    from pyarrow import ArrowException, BufferReader, parquet

    try:
        with parquet.ParquetFile(BufferReader(raw)) as file:
            for batch in file.iter_batches(1024):
                for row in batch.to_pylist():
                    yield "\n".join(map(str, row.values())).encode("utf-8", "surrogatepass")
    except (ArrowException, OSError):
        return


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
            raise InputError(
                str(self.out),
                f"it cannot be written ({error.strerror or error})",
                "Free some space, then run the command again; the parts are kept.",
            ) from error
        shutil.rmtree(self.folder, ignore_errors=True)

    def _joined(self, paths: Sequence[Path], plain: bool) -> None:
        handle, half = tempfile.mkstemp(dir=self.out.parent, prefix=temporary(self.out.name))
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
            os.replace(half, self.out)
            wrote(self.out)
        finally:
            Path(half).unlink(missing_ok=True)
