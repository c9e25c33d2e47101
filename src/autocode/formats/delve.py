"""Delve's coded transcripts, parsed from its print view: paragraphs with the codes under them.

The shape is JSON: ``{document: {coder: [{"speaker", "text", "codes"}]}}``; a coder called
``moderator:NAME`` resolves what the others coded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.headings import code_path
from autocode.formats.receipt import Receipt
from autocode.merging import Unit, lay_out
from autocode.study import Coder, Coding, Document, Reading, Study

_MODERATOR = "moderator:"


def is_delve(content: Any) -> bool:
    """Whether a JSON content has this shape."""
    if not isinstance(content, dict) or not content:
        return False
    coders = next(iter(content.values()))
    rows = next(iter(coders.values()), None) if isinstance(coders, dict) else None
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and {"text", "codes"} <= set(rows[0])


def study_from_delve(content: Mapping[str, Any], path: Path) -> tuple[Study, list[Receipt]]:
    """The study in Delve's parsed tables; paragraphs are the given units.

    Coders' copies of one interview may differ in a few paragraphs; the longest copy is the
    document and paragraphs of the others are matched to it in order. A coder without any code
    in a document is taken not to have read it.

    Raises:
        InputError: A part is not of this shape.
    """
    documents: list[Document] = []
    coders: dict[str, Coder] = {}
    codings: list[Coding] = []
    readings: list[Reading] = []
    lost = 0
    try:
        for name, copies in content.items():
            document = _document(str(name), max(copies.values(), key=len), path)
            documents.append(document)
            for who, rows in copies.items():
                coder = _coder(str(who))
                coders.setdefault(coder.id, coder)
                found, missing = _codings(document, coder.id, rows)
                codings += found
                lost += missing
                readings += [Reading(document.id, coder.id, 0, len(document.text))] if found else []
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise InputError(path.name, "a part of it is no table of paragraphs with codes", "Parse it again.") from error
    study = Study(tuple(documents), coders=tuple(coders.values()), codings=tuple(dict.fromkeys(codings)),
                  readings=tuple(readings))  # fmt: skip
    return study, [Receipt(path.name, "codings", len(codings), {"of a paragraph that is not there": lost})]


def _document(name: str, rows: Sequence[Mapping[str, Any]], path: Path) -> Document:
    units = (Unit(str(n), str(row["text"]), str(row.get("speaker") or "")) for n, row in enumerate(rows, 1))
    return lay_out(Document(name, "", name, source=path.name), units)


def _coder(name: str) -> Coder:
    kind = "agreed" if name.startswith(_MODERATOR) else "human"
    return Coder(name, name.removeprefix(_MODERATOR), kind)


def _codings(document: Document, coder: str, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Coding], int]:
    """One coder's codings, and how many are of paragraphs that the document lacks."""
    places = _matched([document.text_of(s) for s in document.segments], [str(row["text"]) for row in rows])
    codings, lost = [], 0
    for number, row in enumerate(rows):
        codes = [code_path(str(c)) for c in row["codes"] if code_path(str(c))]
        if number not in places:
            lost += len(codes)
            continue
        s = document.segments[places[number]]
        codings += [Coding(document.id, s.start, s.end, code, coder) for code in dict.fromkeys(codes)]
    return codings, lost


def _matched(mine: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    """From the places of their paragraphs to the places of mine."""
    places: dict[int, int] = {}
    flat = [[" ".join(text.split()) for text in texts] for texts in (mine, theirs)]
    for kind, a, b, c, d in SequenceMatcher(None, flat[0], flat[1], autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and b - a == d - c):
            places.update(zip(range(c, d), range(a, b), strict=True))
    return places
