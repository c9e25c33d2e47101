"""Suggestions on paper, one row for each unit and code, as .csv, .jsonl or .parquet; and what scripts hand over and get back.

Scripts give texts, pandas' DataFrames or datasets' Datasets, and get suggestions as a table.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from autocode.errors import InputError, headings_of
from autocode.formats.files import Table, csv_text, write_atomic
from autocode.formats.tables.headings import folded
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study import Document, Grounds, Segment, Study, Suggestion
from autocode.study.merge import Unit, lay_out

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("document", "segment", "start", "end", "speaker", "text", "code", "probability", "band", "suggested", "coded")
HEAD = (*COLUMNS, "unfamiliar", "transfer", "span_start", "span_end")
"""What stands in a table; `span_start` and `span_end` are the words that carry the code, within start and end."""


def suggestion_row(suggestion: Suggestion, documents: Mapping[str, Document]) -> tuple[object, ...]:
    """The cells of one suggestion, in the order of `COLUMNS`; `suggested` and `coded` are 1 or 0."""
    s = suggestion.segment
    text = documents[s.document].text_of(s)
    said = (suggestion.code, suggestion.probability, suggestion.band, int(suggestion.suggested), int(suggestion.coded))
    return (s.document, s.id, s.start, s.end, s.speaker, text, *said)


def write_suggestions(
    path: Path,
    suggestions: Iterable[Suggestion],
    documents: Mapping[str, Document],
    plain: bool = False,
    unlike: Iterable[Segment] = (),
) -> None:
    """Write suggestions as a table (.csv, .xlsx, .parquet) or one JSON object a line (.jsonl, with evidence).

    Segments that are unlike anything coded are marked in the column `unfamiliar`; those without a
    suggestion have a row of their own, without a code, after the others of their document.

    Those of a model made for another codebook name its study and code in the column `transfer`.

    Raises:
        InputError: The file cannot be written.
    """
    if path.suffix == ".xlsx":
        found = _by_document(suggestions, unlike, documents)
        write_workbook(path, {"Suggestions": (HEAD, [full_row(s, documents) for s in found])})
        return
    write_atomic(path, head(path.suffix, plain) + part(path.suffix, (suggestions, unlike), documents, plain).content)


@dataclass(frozen=True, slots=True)
class Written:
    """Suggestions as bytes, without the head of the file, and how many of them there are in two bands."""

    content: bytes
    suggested: int
    asked: int


def part(
    suffix: str, said: tuple[Iterable[Suggestion], Iterable[Segment]], documents: Mapping[str, Document], plain: bool
) -> Written:
    """Suggestions as a part of a file: parts one after another, with the head before them, make the whole.

    Args:
        suffix: .csv, .jsonl or .parquet.
        said: Suggestions, and the segments that are unlike anything coded.
        documents: By id, in the order of the file.
        plain: CSV for programs.
    """
    found = _by_document(*said, documents)
    rows = (full_row(s, documents) for s in found)
    if suffix == ".jsonl":
        content = "".join(_lines(found, documents)).encode("utf-8", "surrogatepass")
    elif suffix == ".parquet":
        content = _parquet(rows)
    else:
        text = csv_text(HEAD, rows, plain)
        content = text[len(csv_text(HEAD, (), plain)) :].encode("utf-8", "surrogatepass")
    return Written(content, sum(s.suggested for s in found), sum(s.band == "ask" for s in found))


def _by_document(suggestions: Iterable[Suggestion], unlike: Iterable[Segment], documents: Iterable[str]) -> list[Suggestion]:
    """Suggestions document by document; after them the segments unlike anything that have none."""
    found: dict[str, list[Suggestion]] = {d: [] for d in documents}
    for s in suggestions:
        found[s.segment.document].append(s)
    said = {(s.segment.document, s.segment.id) for own in found.values() for s in own}
    for segment in unlike:
        if (segment.document, segment.id) not in said:
            found[segment.document].append(Suggestion(segment, "", 0.0, "", grounds=Grounds(unfamiliar=True)))
    return [s for own in found.values() for s in own]


def full_row(s: Suggestion, documents: Mapping[str, Document]) -> tuple[object, ...]:
    """The cells of `HEAD`; a segment without a suggestion has no probability."""
    cells = suggestion_row(s, documents)
    span = s.passage if s.code else (None, None)
    return (*(cells if s.code else (*cells[:6], "", None, "", 0, 0)), int(s.grounds.unfamiliar), s.transfer, *span)


def head(suffix: str, plain: bool) -> bytes:
    """What stands before the first part of a file."""
    return csv_text(HEAD, (), plain).encode() if suffix == ".csv" else b""


def join_parquet(file: BinaryIO, paths: Iterable[Path]) -> None:
    """Copy the rows of Parquet files into one, a file at a time."""
    from pyarrow import parquet

    with parquet.ParquetWriter(file, _schema()) as writer:
        for path in paths:
            writer.write_table(parquet.read_table(path, schema=_schema()))


def _schema() -> Any:
    import pyarrow

    whole = dict.fromkeys(("start", "end", "suggested", "coded", "unfamiliar", "span_start", "span_end"), pyarrow.int64())
    kinds = whole | {"probability": pyarrow.float64()}
    return pyarrow.schema([(c, kinds.get(c, pyarrow.string())) for c in HEAD])


def _parquet(rows: Iterable[tuple[object, ...]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    listed = list(rows)
    cells = {c: [_whole(row[i]) for row in listed] for i, c in enumerate(HEAD)}
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(cells, schema=_schema()), out)
    return out.getvalue()


def _whole(cell: object) -> object:
    """Half surrogate pairs, which Parquet cannot hold, become U+FFFD."""
    if isinstance(cell, str):
        return cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return round(cell, 6) if isinstance(cell, float) else cell


def _lines(suggestions: Iterable[Suggestion], documents: Mapping[str, Document]) -> Iterator[str]:
    for s in suggestions:
        row: dict[str, object] = dict(zip(COLUMNS, suggestion_row(s, documents), strict=True))
        row |= {"probability": round(s.probability, 6), "theme": s.theme, "unfamiliar": s.grounds.unfamiliar}
        row |= {"transfer": s.transfer} if s.transfer else {}
        row |= dict(zip(("span_start", "span_end"), s.passage, strict=True)) if s.code else {}
        row |= _why(s, documents[s.segment.document]) if s.code else {"probability": None}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _why(s: Suggestion, document: Document) -> dict[str, object]:
    """Precedents, the codebook's rule, the words that moved the score, and the code next to it."""
    g = s.grounds
    words = [{"start": a, "end": b, "word": document.text[a:b], "weight": w} for a, b, w in g.words]
    rejected = {"code": g.rejected, "probability": round(g.rejected_probability, 6)} if g.rejected else None
    return {"rule": g.rule, "words": words, "rejected": rejected, "evidence": [asdict(e) for e in s.evidence]}


_DOCUMENT, _SEGMENT = ("document", "document_id", "document id", "id", "name"), ("segment", "segment_id", "segment id", "unit")


def study_of(source: Any) -> Study:
    """A study from what a script has at hand.

    Args:
        source: A study, a document, some documents, some texts (each a document of its own, numbered from 1), or a
            DataFrame or Dataset with a column `text`; rows of one name in a column `document` are the units of one
            document, with ids and speakers where `segment` and `speaker` give them.

    Raises:
        InputError: It is none of these.
    """
    if isinstance(source, Study):
        return source
    if isinstance(source, Document):
        return Study((source,))
    if (table := table_of(source)) is not None:
        return _of_texts(table)
    if isinstance(source, str) or not isinstance(source, Iterable):
        why = f"an object of type {type(source).__name__} is not a study, a list of texts or a table"
        raise InputError("what was given", why, "For a file: ac.read(path).")
    listed = list(source)
    if all(isinstance(item, Document) for item in listed):
        return Study(tuple(listed))
    if all(isinstance(item, str) for item in listed):
        return Study(tuple(Document(str(n), text) for n, text in enumerate(listed, 1)))
    raise InputError("the list", "it holds neither texts nor documents alone", "Give texts, or a DataFrame with a column text.")


def table_of(source: Any) -> Table | None:
    """The rows of a DataFrame or a Dataset as those of a file; None for anything else.

    What is missing is an empty cell, a whole number has no point.
    """
    frame = source.to_pandas() if hasattr(source, "column_names") and hasattr(source, "to_pandas") else source
    if not hasattr(frame, "itertuples"):
        return None
    columns = tuple(str(column) for column in frame.columns)
    rows = [dict(zip(columns, map(_cell, row), strict=True)) for row in frame.itertuples(index=False, name=None)]
    return Table("the table", columns, tuple(rows), tuple(range(1, len(rows) + 1)))


def _cell(value: Any) -> str:
    if value is None or value != value:  # NaN alone differs from itself
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _of_texts(table: Table) -> Study:
    known = {folded(column): column for column in table.columns}
    if "text" not in known:
        raise InputError(table.source, f"it has no column text; I saw: {headings_of(table.columns)}", "Name one of them text.")
    name, unit = (next((known[n] for n in names if n in known), "") for names in (_DOCUMENT, _SEGMENT))
    speaker = known.get("speaker", "")
    found: dict[str, list[Unit]] = {}
    for n, row in enumerate(table.rows, 1):
        own = found.setdefault(row[name] if name else str(n), [])
        own.append(Unit(row[unit] if unit else str(len(own) + 1), row[known["text"]], row[speaker] if speaker else ""))
    whole = not unit and all(len(units) == 1 for units in found.values())
    if whole:
        return Study(tuple(Document(d, units[0].text) for d, units in found.items()))
    return Study(tuple(lay_out(Document(d, ""), units) for d, units in found.items()))


class Suggestions(list[Suggestion]):
    """Suggestions in order, as a list; `to_frame` gives them as a table."""

    def __init__(self, found: Iterable[Suggestion] = (), documents: Mapping[str, Document] | None = None) -> None:
        """Args: the suggestions, and the documents they are about by id."""
        super().__init__(found)
        self._documents = documents or {}

    def __repr__(self) -> str:
        return f"{len(self):,} suggestions ({sum(s.suggested for s in self):,} in the band suggest)"

    def to_frame(self) -> DataFrame:
        """One row for each suggestion, in the columns that `autocode suggest` writes."""
        import pandas

        return pandas.DataFrame([full_row(s, self._documents) for s in self], columns=list(HEAD))
