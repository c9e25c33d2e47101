"""Suggestions on paper: one row for each unit and code, as .csv or .jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from autocode.codebook import SEPARATOR
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.options import WriteOptions
from autocode.study import Coding, Document, Suggestion

COLUMNS = ("document", "segment", "start", "end", "speaker", "text", "code", "probability", "band", "suggested")

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
    """The cells of one suggestion, in the order of `COLUMNS`; `suggested` is 1 or 0."""
    s = suggestion.segment
    text = documents[s.document].text_of(s)
    said = (suggestion.code, suggestion.probability, suggestion.band, int(suggestion.suggested))
    return (s.document, s.id, s.start, s.end, s.speaker, text, *said)


def write_suggestions(
    path: Path, suggestions: Iterable[Suggestion], documents: Mapping[str, Document], plain: bool = False
) -> None:
    """Write suggestions as a table (.csv) or one JSON object a line (.jsonl, with evidence).

    Those of a model made for another codebook have one more column, `transfer`: the model's study and code.

    Raises:
        InputError: The file cannot be written.
    """
    if path.suffix == ".jsonl":
        write_atomic(path, "".join(_lines(suggestions, documents)))
    else:
        found = list(suggestions)
        extra = ("transfer",) if any(s.transfer for s in found) else ()
        rows = ((*suggestion_row(s, documents), *(s.transfer for _ in extra)) for s in found)
        write_atomic(path, csv_text((*COLUMNS, *extra), rows, plain))


def _lines(suggestions: Iterable[Suggestion], documents: Mapping[str, Document]) -> Iterator[str]:
    for s in suggestions:
        row = dict(zip(COLUMNS, suggestion_row(s, documents), strict=True))
        row["probability"] = round(s.probability, 6)
        evidence = [asdict(e) for e in s.evidence]
        moved = {"transfer": s.transfer} if s.transfer else {}
        yield json.dumps({**row, **moved, "evidence": evidence}, ensure_ascii=False) + "\n"
