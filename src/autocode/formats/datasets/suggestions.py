"""Suggestions on paper: one row for each unit and code, as .csv, .jsonl or .parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from autocode.formats.files import csv_text, write_atomic
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study import Document, Grounds, Segment, Suggestion

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
