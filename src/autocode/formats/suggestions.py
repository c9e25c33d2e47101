"""Suggestions on paper: one row for each unit and code, as .csv or .jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from autocode.codebook import SEPARATOR
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.options import WriteOptions
from autocode.study import Coding, Document, Grounds, Segment, Suggestion

COLUMNS = ("document", "segment", "start", "end", "speaker", "text", "code", "probability", "band", "suggested",
           "coded")  # fmt: skip

MACHINE = "autocode (suggested)"
"""Under whose name suggestions are written beside the codings of people."""

MIRROR = "autocode"
"""The root code under which suggestions' codes are mirrored, where that is asked for."""

_NEAR = 3  # precedents named in a memo


def suggested(options: WriteOptions) -> Iterator[Coding]:
    """The suggestions to write as codings by the machine, their evidence as memo."""
    for s in options.suggestions:
        code = MIRROR + SEPARATOR + s.code if options.mirror else s.code
        yield Coding(s.segment.document, s.segment.start, s.segment.end, code, MACHINE, reason(s))


def reason(s: Suggestion) -> str:
    """Why the model suggests a code: its probability, its band and the coded segments nearest."""
    near = "; ".join(f"{e.document} ({e.coder}, similarity {e.similarity:.2f}): {e.text}" for e in s.evidence[:_NEAR])
    return f"autocode suggestion; probability {s.probability:.2f}; {s.band}" + (f"; near: {near}" if near else "")


def suggestion_row(suggestion: Suggestion, documents: Mapping[str, Document]) -> tuple[object, ...]:
    """The cells of one suggestion, in the order of `COLUMNS`; `suggested` and `coded` are 1 or 0."""
    s = suggestion.segment
    text = documents[s.document].text_of(s)
    said = (suggestion.code, suggestion.probability, suggestion.band, int(suggestion.suggested), int(suggestion.coded))
    return (s.document, s.id, s.start, s.end, s.speaker, text, *said)


def write_suggestions(
    path: Path, suggestions: Iterable[Suggestion], documents: Mapping[str, Document], plain: bool = False,
    unlike: Iterable[Segment] = (),
) -> None:  # fmt: skip
    """Write suggestions as a table (.csv) or one JSON object a line (.jsonl, with evidence).

    Segments that are unlike anything coded are marked in the column `unfamiliar`; those without a
    suggestion have a row of their own, without a code, at the end.

    Raises:
        InputError: The file cannot be written.
    """
    found = list(suggestions)
    said = {(s.segment.document, s.segment.id) for s in found}
    silent = [Suggestion(s, "", 0.0, "", grounds=Grounds(unfamiliar=True)) for s in unlike if (s.document, s.id) not in said]
    if path.suffix == ".jsonl":
        write_atomic(path, "".join(_lines([*found, *silent], documents)))
    else:
        rows = ((*_cells(s, documents), int(s.grounds.unfamiliar)) for s in [*found, *silent])
        write_atomic(path, csv_text((*COLUMNS, "unfamiliar"), rows, plain))


def _cells(s: Suggestion, documents: Mapping[str, Document]) -> tuple[object, ...]:
    """As `suggestion_row`; a segment without a suggestion has no probability."""
    cells = suggestion_row(s, documents)
    return cells if s.code else (*cells[:6], "", "", "", 0)


def _lines(suggestions: Iterable[Suggestion], documents: Mapping[str, Document]) -> Iterator[str]:
    for s in suggestions:
        row: dict[str, object] = dict(zip(COLUMNS, suggestion_row(s, documents), strict=True))
        row |= {"probability": round(s.probability, 6), "theme": s.theme, "unfamiliar": s.grounds.unfamiliar}
        row |= _why(s, documents[s.segment.document]) if s.code else {"probability": None}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _why(s: Suggestion, document: Document) -> dict[str, object]:
    """Precedents, the codebook's rule, the words that moved the score, and the code next to it."""
    g = s.grounds
    words = [{"start": a, "end": b, "word": document.text[a:b], "weight": w} for a, b, w in g.words]
    rejected = {"code": g.rejected, "probability": round(g.rejected_probability, 6)} if g.rejected else None
    return {"rule": g.rule, "words": words, "rejected": rejected, "evidence": [asdict(e) for e in s.evidence]}
