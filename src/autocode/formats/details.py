"""What a plain form of a study has no place for: said of each document in words that JSON holds.

The open folder and the long table carry it beside what people read, so that they read back as the
study that was written. Turns and units count only for the very text they were written with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autocode.formats.markup import legal
from autocode.study import Document, Segment, Turn

_WORDS = ("name", "kind", "source", "guid")


def document_details(document: Document, plain: Document) -> dict[str, Any]:
    """In what a document differs from `plain`, which is what is read where nothing is said of it."""
    said: dict[str, Any] = {n: getattr(document, n) for n in _WORDS if getattr(document, n) != getattr(plain, n)}
    if document.groups != plain.groups:
        said["groups"] = list(document.groups)
    if dict(document.variables) != dict(plain.variables):
        said["variables"] = dict(document.variables)
    if document.turns != plain.turns:
        said["turns"] = [[t.start, t.end, t.speaker, t.start_ms, t.end_ms] for t in document.turns]
    if document.segments != plain.segments:
        said["units"] = [[s.start, s.end, s.id, s.speaker] for s in document.segments]
    return said | ({"text": text_hash(document.text)} if {"turns", "units"} & set(said) else {})


def text_hash(text: str) -> str:
    """The hash by which a text is known again; characters that no file holds do not count."""
    return hashlib.sha256(legal(text).encode()).hexdigest()


def with_details(document: Document, said: Mapping[str, Any]) -> tuple[Document, str]:
    """A document with what is said of it.

    Returns:
        The document, and a note where its turns or units belong to another text and are left out.

    Raises:
        ValueError, TypeError, KeyError: What is said has another shape, or lies outside the text.
    """
    name, kind, source, guid = (str(said.get(word, getattr(document, word))) for word in _WORDS)
    groups = tuple(map(str, said.get("groups", document.groups)))
    variables = {str(k): str(v) for k, v in dict(said.get("variables", document.variables)).items()}
    told = replace(
        document, name=name, kind=kind, source=source, guid=guid, groups=groups, variables=variables)  # fmt: skip
    if "text" in said and said["text"] != text_hash(document.text):
        return told, f"the text of '{document.id}' was changed: its speakers are those found in it"
    turns = tuple(Turn(*_span(t, document), str(t[2]), _time(t[3]), _time(t[4])) for t in said.get("turns", ()))
    units = tuple(Segment(document.id, *_span(u, document), str(u[2]), str(u[3])) for u in said.get("units", ()))
    return replace(told, turns=turns if "turns" in said else document.turns,
                   segments=units if "units" in said else document.segments), ""  # fmt: skip


def _span(row: Sequence[Any], document: Document) -> tuple[int, int]:
    start, end = int(row[0]), int(row[1])
    if not 0 <= start <= end <= len(document.text):
        raise ValueError("outside the text")
    return start, end


def _time(value: Any) -> int | None:
    return None if value is None else int(value)
