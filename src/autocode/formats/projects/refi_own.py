"""What REFI-QDA has no place for, kept in a REFI-QDA file that we wrote ourselves.

A processing instruction after the root element, which every other program passes over, carries
turns, given units, readings, weights, kinds and the order of rows. It counts only as long as the
rest of the file is byte for byte what we wrote: its first word is the hash of all before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autocode.formats.projects.positions import ONE, STORED, UTF16, View
from autocode.formats.projects.refi_codes import depth_first
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook

UNDATED = "1980-01-01T00:00:00Z"
"""Stands where a date is not known: QualCoder (up to 3.6) stops at a selection without one."""

_OPEN, _CLOSE = b"<?autocode ", b"?>\n"


@dataclass(frozen=True, slots=True)
class Told:
    """The private part of a file of our own; its lists follow the order of the XML.

    Attributes:
        parts: By name (study, documents, coders, codes, codings, readings, view).
    """

    parts: Mapping[str, Any]

    @property
    def view(self) -> View:
        """How the file counts positions."""
        unit, newline = self.parts["view"]
        return View(unit, newline)


def signed(xml: str, parts: Mapping[str, Any]) -> bytes:
    """An XML text with its private part at the end."""
    before = xml.encode("utf-8")
    said = json.dumps({**parts, "version": 1}, separators=(",", ":")).replace(">", "\\u003e")
    return before + _OPEN + f"{hashlib.sha256(before).hexdigest()} {said}".encode("ascii") + _CLOSE


def told(raw: bytes) -> Told | None:
    """The private part of an XML text, None where it has none or was changed since."""
    before, opening, rest = raw.rpartition(_OPEN)
    digest, _, said = rest.removesuffix(_CLOSE).partition(b" ")
    if not opening or not rest.endswith(_CLOSE) or digest != hashlib.sha256(before).hexdigest().encode():
        return None
    try:
        parts = json.loads(said)
        return Told(parts) if parts["version"] == 1 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def private_part(study: Study, codings: Sequence[tuple[int, Coding]], texts: Sequence[str], view: View) -> dict[str, Any]:
    """What the XML of a study cannot hold.

    Args:
        study: As it is.
        codings: In the order of the XML, each with its place in the study; -1 for a suggestion.
        texts: The hash of each text file, to see whether one was changed.
        view: How positions count.
    """
    place = {d.id: i for i, d in enumerate(study.documents)}
    coder = {c.id: i for i, c in enumerate(study.coders)}
    order = {c.path: i for i, c in enumerate(study.codebook)}
    return {
        "study": [study.name, study.notice],
        "view": [view.unit, view.newline],
        "texts": list(texts),
        "documents": [_document(d) for d in study.documents],
        "coders": [[c.id, c.name, c.kind, c.guid] for c in study.coders],
        "codes": code_part(study.codebook, order),
        "book": [study.codebook.name, study.codebook.version],
        "codings": [[at, c.when, c.weight] for at, c in codings],
        "readings": [[place[r.document], coder[r.coder], r.start, r.end] for r in study.readings],
    }


def _document(d: Document) -> list[Any]:
    turns = [[t.start, t.end, t.speaker, t.start_ms, t.end_ms] for t in d.turns]
    units = [[s.start, s.end, s.id, s.speaker] for s in d.segments]
    doubts = [[w.start, w.end, w.confidence] for w in d.doubts]
    return [d.id, d.name, d.kind, d.source, d.guid, turns, units, list(d.groups), list(d.interviewers), doubts]


def code_part(book: Codebook, order: Mapping[str, int]) -> list[list[Any]]:
    """Of each code, in the order of the XML: its place in the book and its texts, one by one."""
    return [[order[c.path], c.name, c.definition, c.include, c.exclude, c.example, c.guid] for c in depth_first(book)]


def restored(study: Study, kept: Told) -> Study | None:
    """A study as read from the XML, with its private part put back; None where the two disagree."""
    try:
        return _restored(study, kept.parts)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None


def _restored(study: Study, parts: Mapping[str, Any]) -> Study:
    documents = [_put_back(d, p) for d, p in zip(study.documents, parts["documents"], strict=True)]
    coders = [Coder(*map(str, p)) for p in parts["coders"]]
    coders += study.coders[len(coders) :]  # the machine's, where suggestions were written
    ids = {old.id: new.id for old, new in zip(study.documents, documents, strict=True)}
    names = {old.id: new.id for old, new in zip(study.coders, coders, strict=True)}
    codes = _codes(study.codebook, parts)
    codings = [
        (
            at if at >= 0 else len(study.codings),
            Coding(ids[c.document], c.start, c.end, codes[c.code].path, names[c.coder], c.memo, str(when), _whole(weight)),
        )
        for c, (at, when, weight) in zip(study.codings, parts["codings"], strict=True)
    ]
    name, notice = parts["study"]
    return Study(
        tuple(documents),
        restored_book(study.codebook, parts),
        tuple(coders),
        tuple(c for _, c in sorted(codings, key=lambda item: item[0])),
        tuple(_reading(r, documents, coders) for r in parts["readings"]),
        str(name),
        str(notice),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _put_back(d: Document, part: Sequence[Any]) -> Document:
    name, title, kind, source, guid, turns, units, groups, *more = part
    asking, doubts = more or ((), ())
    _check([(span[0], span[1]) for span in (*turns, *units, *doubts)], len(d.text))
    return replace(
        d,
        id=str(name),
        name=str(title),
        kind=str(kind),
        source=str(source),
        guid=str(guid),
        groups=tuple(map(str, groups)),
        turns=tuple(Turn(*t) for t in turns),
        segments=tuple(Segment(str(name), *u) for u in units),
        interviewers=tuple(map(str, asking)),
        doubts=tuple(Doubt(*w) for w in doubts),
    )


def _reading(row: Sequence[int], documents: Sequence[Document], coders: Sequence[Coder]) -> Reading:
    document, coder, start, end = row
    _check([(start, end)], len(documents[document].text))
    return Reading(documents[document].id, coders[coder].id, start, end)


def _check(spans: Sequence[tuple[int, int]], length: int) -> None:
    """See that spans lie within a text of `length` characters.

    Raises:
        ValueError: One does not.
    """
    if not all(0 <= start <= end <= length for start, end in spans):
        raise ValueError("outside the text")


def restored_book(book: Codebook, parts: Mapping[str, Any]) -> Codebook:
    """A codebook as read from the XML, with the texts and the order of its codes put back.

    Raises:
        ValueError: The two do not have the same codes.
    """
    codes = _codes(book, parts)
    order = [at for at, *_ in parts["codes"]]
    name, version = parts["book"]
    ranked = sorted(zip(order, codes.values(), strict=True), key=lambda item: item[0])
    return Codebook(tuple(code for _, code in ranked), str(name), str(version))


def _codes(book: Codebook, parts: Mapping[str, Any]) -> dict[str, Code]:
    """The code that each path in the XML stands for; names there may be qualified to be unique."""
    codes: dict[str, Code] = {}
    for c, (_, name, *texts) in zip(book, parts["codes"], strict=True):
        parent = codes[c.parent].path if c.parent else ""
        codes[c.path] = Code(str(name), parent, *map(str, texts[:5]), codable=c.codable, colour=c.colour)
    return codes


def own_view(newlines: str, astral: str) -> View:
    """How a file that we write counts: code points, unless UTF-16 is asked for; a line end is one."""
    unit = UTF16 if astral == "utf16" else View().unit
    return View(unit, ONE if newlines == "crlf" else STORED)
