"""What in a study may tell who someone is, and what could stand in its place.

Patterns always look; named entities do where a spaCy pipeline is installed. Neither finds everything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autocode.errors import ConfigError, InputError
from autocode.formats.files import csv_text, read_csv, unguarded, write_atomic
from autocode.study import Document, Study

WARNING = ("Pseudonymising helps, but it does not find everything: nicknames, misspellings, jobs, dates and "
    "stories can still "
           "tell who someone is. Read every transcript before you share it.")  # fmt: skip
"""What must be said with every proposal."""

COLUMNS = ("apply", "kind", "found", "replacement", "count", "documents")
_CHUNK = 90_000  # characters handed to spaCy at once

_SHORT = "Mr|Mrs|Ms|Dr|Prof|Sr|Sra"
_TITLES = (
    r"Miss|Professor|Sir|Dame|Madam|Datuk|Dato'?|Datin|Tan Sri|Encik|Puan|Cik|Tuan|Haji|Hajah|Herr|Frau|Monsieur|"
    r"Madame|Señor|Señora|Don|Doña|Pak|Ustaz|Cikgu"
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "web address": re.compile(r"(?:https?://|www\.)[^\s<>\"]+[^\s<>\".,;:!?)\]]"),
    "handle": re.compile(r"(?<![\w.@/])@[A-Za-z]\w{2,}"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00)?\d(?:[\s().-]{0,2}\d){7,14}(?![\w])"),
    "id number": re.compile(r"\b(?=[A-Z\d-]*\d{4})[A-Z]{1,3}-?\d{4,12}\b|\b\d{6}-\d{2}-\d{4}\b"),
    "person": re.compile(rf"\b(?:(?:{_SHORT})\.?|{_TITLES}) (?P<name>{_NAME}(?: {_NAME}){{0,2}})"),
    "place": re.compile(
        rf"\b(?P<name>{_NAME}(?: {_NAME})? "
            "(?:Street|Road|Avenue|Lane|Square|Hospital|Airport|Station)|(?:Jalan|Lorong|Taman|Kampung|"
        rf"Rue|Calle|Via) {_NAME}(?: {_NAME})?)"),
    "organisation": re.compile(
        rf"\b(?P<name>(?:{_NAME} ){{1,3}}(?:University|College|Institute|School|Bank|Berhad|Ltd|Inc|GmbH|Sdn Bhd)|"
        rf"(?:University|Universiti|Institute|Institut|Bank|Ministry|Kementerian) (?:of )?{_NAME}(?: {_NAME}){{0,2}})"),
}  # fmt: skip
"""What the patterns look for, in the order in which they win over one another."""

_ENTITIES = {"PERSON": "person", "PER": "person", "GPE": "place", "LOC": "place", "FAC": "place", "ORG": "organisation",
             "NORP": "group"}  # fmt: skip
_CAPITAL = re.compile(rf"(?<=[a-z,;] ){_NAME}(?: {_NAME}){{0,2}}")
_NEVER = frozenset(
    [
        "I",
        "I'm",
        "I'll",
        "I've",
        "I'd",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "English",
        "God",
        "Internet",
        "Google",
        "Facebook",
        "WhatsApp",
        "YouTube",
        "Excel",
        "Word",
        "PowerPoint",
    ]
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing found and what could stand in its place.

    Attributes:
        kind: person, place, organisation, e-mail, phone, ...; "perhaps a name" for a capitalised
            word in the middle of a sentence.
        apply: Whether a human said yes.
    """

    kind: str
    found: str
    replacement: str
    count: int
    documents: int
    apply: bool = False


def propose(study: Study, pipeline: str = "") -> list[Proposal]:
    """Everything that may need a pseudonym, the same thing under the same name in every document.

    Args:
        study: The study; its texts and variables are read.
        pipeline: An installed spaCy pipeline that finds names, "" for patterns alone.

    Raises:
        ConfigError: The pipeline is not installed.
    """
    found: dict[str, str] = {}
    finders: list[Finder] = [_by_pattern, *([_Entities(pipeline)] if pipeline else []), _capitalised]
    for finder in finders:
        for document in study.documents:
            for kind, text in finder(document):
                found.setdefault(text, kind)
    counts = {text: _count(study, text) for text in found}
    order = sorted(found, key=lambda text: (list(_RANK).index(found[text]), -counts[text][0], text))
    numbers: Counter[str] = Counter()
    proposals = []
    for text in order:
        kind = found[text]
        numbers[kind] += 1
        proposals.append(Proposal(kind, text, f"[{_RANK[kind]} {numbers[kind]}]", *counts[text]))
    return proposals


Finder = Callable[[Document], Iterator[tuple[str, str]]]
"""Finds (kind, text) pairs in a document."""

_RANK = {"person": "Person", "place": "Place", "organisation": "Organisation", "group": "Group", "e-mail": "E-mail",
         "phone": "Phone", "web address": "Web address", "handle": "Handle", "id number": "Number",
         "perhaps a name": "Name"}  # fmt: skip


def _by_pattern(document: Document) -> Iterator[tuple[str, str]]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in PATTERNS.items():
        for match in pattern.finditer(document.text):
            group = "name" if "name" in pattern.groupindex else 0
            start, end = match.span(group)
            if not any(a < end and start < b for a, b in taken):
                taken.append((start, end))
                yield kind, match.group(group)


def _capitalised(document: Document) -> Iterator[tuple[str, str]]:
    """Capitalised words in the middle of a sentence: many are names, so a human looks at them."""
    for match in _CAPITAL.finditer(document.text):
        words = [w for w in match.group().split() if w not in _NEVER]
        if words and not match.group().isupper():
            yield "perhaps a name", " ".join(words)


class _Entities:
    """Named entities of an installed spaCy pipeline."""

    def __init__(self, pipeline: str) -> None:
        import spacy

        try:
            self._pipeline = spacy.load(pipeline)
        except OSError as error:
            raise ConfigError(f"spaCy pipeline '{pipeline}'", "it is not installed on this computer",
                              "Install it first, or leave --spacy out: patterns look all the "
                              "same.") from error  # fmt: skip

    def __call__(self, document: Document) -> Iterator[tuple[str, str]]:
        for start in range(0, len(document.text), _CHUNK):
            for entity in self._pipeline(document.text[start : start + _CHUNK]).ents:
                kind = _ENTITIES.get(entity.label_)
                if kind and entity.text.strip():
                    yield kind, entity.text.strip()


def whole(text: str) -> re.Pattern[str]:
    """A pattern for a text that is not part of a longer word."""
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


def _count(study: Study, text: str) -> tuple[int, int]:
    """How often, and in how many documents, a text stands."""
    found = [len(whole(text).findall(d.text)) for d in study.documents]
    return sum(found), sum(n > 0 for n in found)


def write_proposals(path: Path, proposals: Sequence[Proposal]) -> None:
    """Write proposals as a table to be reviewed: put yes into the column `apply`, mend replacements.

    Raises:
        InputError: The file cannot be written.
    """
    rows = (("yes" if p.apply else "", p.kind, p.found, p.replacement, p.count, p.documents) for p in proposals)
    write_atomic(path, csv_text(COLUMNS, rows))


def read_proposals(path: Path) -> list[Proposal]:
    """The reviewed proposals; only those with yes (y, x, 1) count as to be applied.

    Raises:
        InputError: It is no such table, or a replacement to apply is empty or stands for itself.
    """
    table = read_csv(path)
    table.need("apply", "found", "replacement")
    found = []
    for row, line in zip(table.rows, table.lines, strict=True):
        text, instead = unguarded(row["found"]), unguarded(row["replacement"])
        yes = row["apply"].strip().casefold() in ("yes", "y", "x", "1", "ja", "oui", "si", "sí", "ya")
        if yes and (not text.strip() or not instead.strip() or whole(text).search(instead)):
            raise InputError(
                f"{path.name}, line {line}",
                "the replacement is empty or still holds what it replaces",
                "Write another.",
            )
        found.append(Proposal(row.get("kind", ""), text, instead, 0, 0, yes))
    return found


def chosen(proposals: Iterable[Proposal]) -> list[Proposal]:
    """The proposals to apply, longest first, so that a full name goes before its parts."""
    return sorted((p for p in proposals if p.apply), key=lambda p: (-len(p.found), p.found))
