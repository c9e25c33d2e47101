"""The nouns: Document, Turn, Segment, Doubt, Coder, Coding, Reading, Suggestion, Study.

All are frozen and hold ids, not references; nothing here opens a file. Offsets are code points of `Document.text`, half-open.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from autocode.config import Progress as Progress
from autocode.errors import StudyError, did_you_mean
from autocode.study.codebook import Codebook

if TYPE_CHECKING:
    from pandas import DataFrame

_BLOCK, _LINE = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*"), re.compile(r"[^\n]+")  # between blank lines; between newlines

BANDS = ("silent", "ask", "suggest")
"""Bands of a suggestion, by their number."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says until another begins: its span and, where known, its time."""

    start: int
    end: int
    speaker: str = ""
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A unit of analysis: a span of a document that is coded, or suggested for, as a whole.

    Attributes:
        id: The id given in a table, else the running number within the document, from 1.
    """

    document: str
    start: int
    end: int
    id: str
    speaker: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Words of which speech recognition was not sure.

    Attributes:
        confidence: What the program gave them, 0 to 1.
    """

    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One transcript or text and what is known of it.

    Attributes:
        id: Unique within the study; codings refer to it.
        text: The canonical text, newlines as ``\\n``; all offsets count its code points.
        turns: Who speaks where; empty for a text without speakers.
        segments: Units given with the text (a table's rows); empty where none were given.
        variables: What is known of the participant (stakeholder group, designation, ...).
        kind: interview, literature or field note.
        source: Name of the file it came from, without its folder.
        guid: Its identifier in the exchange file it came from, "" where it has none.
        groups: The document groups (sets) it belongs to.
        doubts: Words to check against the recording, in order.
        interviewers: Speakers who ask in it, beside those whose names always say so.
    """

    id: str
    text: str
    name: str = ""
    turns: tuple[Turn, ...] = ()
    segments: tuple[Segment, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    kind: str = "interview"
    source: str = ""
    guid: str = ""
    groups: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    interviewers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Counts, never words: a notebook saves what it shows."""
        units = f"{len(self.segments):,} given units, " if self.segments else ""
        return f"Document({self.id!r}: {self.kind}, {len(self.text.split()):,} words, {units}{len(self.turns):,} turns)"

    @property
    def units(self) -> tuple[Segment, ...]:
        """The units of analysis as they come: those given, else the turns, else the paragraphs; in reading order."""
        if self.segments:
            return self.segments
        blocks = ((start, end, "") for start, end in self.paragraphs())
        spans = [(t.start, t.end, t.speaker) for t in self.turns] or list(blocks)
        kept = [span for span in spans if self.text[span[0] : span[1]].strip()]
        return tuple(Segment(self.id, start, end, str(n), who) for n, (start, end, who) in enumerate(kept, 1))

    def paragraphs(self, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
        """Spans of the blocks between blank lines; of the lines, where no blank line parts the text (as in Word)."""
        parted = re.search(r"\S[^\S\n]*\n[^\S\n]*\n\s*\S", self.text) or _is_wrapped(self.text)
        found = (_BLOCK if parted else _LINE).finditer(self.text, start, len(self.text) if end is None else end)
        return [m.span() for m in found]

    @property
    def sha256(self) -> str:
        """Hash of the canonical text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def text_of(self, span: Segment | Turn | Coding) -> str:
        """The words that `span` covers."""
        return self.text[span.start : span.end]


def _is_wrapped(text: str) -> bool:
    """Whether lines are broken by their width: they are short, and few end where a sentence does."""
    lines = [line for line in text.splitlines() if line.strip()][:-1]
    ends = sum(line.rstrip().endswith((".", "?", "!", "…", "。", "？", "！", ":", '"', "”", "؟", "।")) for line in lines)
    return len(lines) > 1 and max(map(len, lines)) <= 120 and min(map(len, lines)) >= 40 and ends < 0.4 * len(lines)


@dataclass(frozen=True, slots=True)
class Coder:
    """Who codes. `kind` is human, machine, or agreed (a resolution of others, never a rater).

    Attributes:
        guid: The coder's identifier in the exchange file the codings came from, "" for none.
    """

    id: str
    name: str = ""
    kind: str = "human"
    guid: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Coding:
    """One application of one code to one span of a document by one coder.

    Attributes:
        code: Path of the code in the study's codebook.
        when: ISO 8601 date or date and time, "" where unknown.
        weight: MAXQDA's weight of a coded segment, 0 to 100; None where unknown.
    """

    document: str
    start: int
    end: int
    code: str
    coder: str
    memo: str = ""
    when: str = ""
    weight: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """A span that a coder has read: uncoded there means no code given; elsewhere it means not seen."""

    document: str
    coder: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A human-coded segment near a suggested one: the precedent for a suggestion.

    Attributes:
        similarity: Cosine between the two segments' vectors, -1 to 1.
        without: Coders who read it and did not give the code: where there are any, the precedent is contested.
    """

    document: str
    coder: str
    text: str = field(repr=False)
    similarity: float
    without: str = ""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What else there is to know of a suggestion, beside its precedents.

    Attributes:
        rule: What the codebook says of the code, "" for nothing.
        words: Spans (start, end) of the words that moved the score by wording most, and by how much.
        rejected: The likeliest other code that the model would not give here, "" for none.
        rejected_probability: Its probability.
        unfamiliar: The segment is unlike anything the model has learnt from.
    """

    rule: str = ""
    words: tuple[tuple[int, int, float], ...] = ()
    rejected: str = ""
    rejected_probability: float = 0.0
    unfamiliar: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the model says of one segment and one code; never a coding until a human decides.

    Attributes:
        probability: Calibrated out of document, inside (0, 1).
        band: For a human reader: suggest (a promised share of these is right), ask (look here) or silent.
        theme: The code stands for a whole theme: one of its codes fits, the model cannot say which.
        coded: Whether the model, as one more coder, would give the code; what agreement is measured on.
        transfer: Study and code of a model made for another codebook, "" where the model is of this one.
        span: The words (start, end) that carry the code, where the model knows less than the whole segment.
    """

    segment: Segment
    code: str
    probability: float
    band: str
    evidence: tuple[Evidence, ...] = ()
    grounds: Grounds = Grounds()
    theme: bool = False
    coded: bool = False
    transfer: str = ""
    span: tuple[int, int] | None = None

    @property
    def passage(self) -> tuple[int, int]:
        """Start and end of what would be coded: its span, or the whole segment."""
        return self.span or (self.segment.start, self.segment.end)

    @property
    def suggested(self) -> bool:
        """Whether it stands in the band that holds a promise of precision."""
        return self.band == "suggest"


@dataclass(frozen=True, repr=False)
class Study:
    """Documents, codebook, coders and codings: what is read, written and passed along.

    Attributes:
        notice: A line that every report must carry (say, that the study is invented).
    """

    documents: tuple[Document, ...] = ()
    codebook: Codebook = Codebook()
    coders: tuple[Coder, ...] = ()
    codings: tuple[Coding, ...] = ()
    readings: tuple[Reading, ...] = ()
    name: str = ""
    notice: str = ""

    def __repr__(self) -> str:
        """Counts, never words: a notebook saves what it shows."""
        parts = (("documents", self.documents), ("codes", self.codebook), ("coders", self.coders), ("codings", self.codings))
        return f"Study({self.name!r}: {', '.join(f'{len(tuple(held)):,} {what}' for what, held in parts)})"

    def to_frame(self, what: str = "codings") -> DataFrame:
        """One part of the study as a pandas DataFrame.

        Args:
            what: documents (a row each, with a column for each variable), segments (the units as they come, with their
                words), codings (with the words covered), codes (with a count for each coder), or readings.

        Raises:
            StudyError: There is no such part.
        """
        import pandas

        if what not in PARTS:
            raise StudyError(f"'{what}'", f"a study has {', '.join(PARTS)}", did_you_mean(what, PARTS))
        return pandas.DataFrame(PARTS[what](self), columns=COLUMNS_OF.get(what))

    @cached_property
    def by_id(self) -> Mapping[str, Document]:
        """Every document by its id."""
        return {document.id: document for document in self.documents}

    @property
    def humans(self) -> tuple[str, ...]:
        """Ids of the human coders, in order; a resolution is not one of them."""
        return tuple(coder.id for coder in self.coders if coder.kind == "human")

    @property
    def agreed(self) -> str:
        """Id of the coder that holds the resolved coding, "" where there is none."""
        return next((coder.id for coder in self.coders if coder.kind == "agreed"), "")

    @cached_property
    def sha256(self) -> str:
        """Hash of all that a model learns from: texts, units, codebook, codings and readings."""
        digest = hashlib.sha256(self.codebook.sha256.encode())
        for d in self.documents:
            digest.update(repr((d.id, d.sha256, d.turns, d.segments, *d.interviewers)).encode())
        for rows in (self.coders, sorted(self.codings, key=repr), sorted(self.readings)):
            digest.update(repr(rows).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def of_kind(self, kind: str) -> Study:
        """The study with the documents of one kind only, and whoever coded or read in them.

        Args:
            kind: Interview, literature or field note; "" for all documents.

        Raises:
            StudyError: No document is of this kind.
        """
        if not kind:
            return self
        kept = {d.id for d in self.documents if d.kind == kind}
        if not kept:
            seen = ", ".join(dict.fromkeys(d.kind for d in self.documents)) or "none"
            why = f"no document of the study is of this kind (kinds there: {seen})"
            raise StudyError(f"kind '{kind}'", why, "Choose one of these, or leave --kind out.")
        codings = tuple(c for c in self.codings if c.document in kept)
        readings = tuple(r for r in self.readings if r.document in kept)
        active = {c.coder for c in codings} | {r.coder for r in readings}
        documents = tuple(d for d in self.documents if d.id in kept)
        coders = tuple(c for c in self.coders if c.id in active)
        return replace(self, documents=documents, coders=coders, codings=codings, readings=readings)

    def choose(self, coders: Iterable[str] | None) -> tuple[str, ...]:
        """Ids of the coders asked for, each by its id or a name that only one has; or of all humans.

        Raises:
            StudyError: There is no such coder, one is named twice, or there is no coder at all.
        """
        known, names = [coder.id for coder in self.coders], Counter(coder.name for coder in self.coders)
        ids = {c.name: c.id for c in self.coders if names[c.name] == 1} | {i: i for i in known}
        given = [coders] if isinstance(coders, str) else self.humans if coders is None else coders
        wanted = tuple(ids.get(c, c) for c in given)
        for coder in wanted:
            if coder not in known:
                near = did_you_mean(coder, known, "Name one of these." if known else "Import who coded it first.")
                raise StudyError(f"coder '{coder}'", f"the study has {', '.join(known) or 'no coders'}", near)
            if wanted.count(coder) > 1:
                raise StudyError(f"coder '{coder}'", "the same coder is named twice", "Name each coder once.")
        if not wanted or not self.codings:
            then = "Import coded segments first: autocode import FILE --study FOLDER."
            raise StudyError(f"study '{self.name}'", "it has no codings by a human coder", then)
        return wanted


def _document_rows(study: Study) -> list[dict[str, object]]:
    found = []
    for d in study.documents:
        own: dict[str, object] = {"document": d.id, "kind": d.kind, "name": d.name, "source": d.source, "text": d.text}
        own["words"] = len(d.text.split())
        found.append(own | {f"variable: {k}" if k in own else k: v for k, v in d.variables.items()})
    return found


def _coding_rows(study: Study) -> list[tuple[object, ...]]:
    kinds = {c.id: c.kind for c in study.coders}
    return [
        (
            *(c.document, c.start, c.end, study.by_id[c.document].text_of(c)),
            *(c.code, study.codebook.theme(c.code), c.coder, kinds.get(c.coder, "human"), c.memo, c.when, c.weight),
        )
        for c in study.codings
    ]


def _code_rows(study: Study) -> list[dict[str, object]]:
    given, theme = Counter((c.code, c.coder) for c in study.codings), study.codebook.theme
    own = [{"code": c.path, "theme": theme(c.path), "definition": c.definition} for c in study.codebook]
    return [row | {coder.id: given[str(row["code"]), coder.id] for coder in study.coders} for row in own]


PARTS: Mapping[str, Callable[[Study], Sequence[object]]] = {
    "documents": _document_rows,
    "segments": lambda study: [(d.id, s.id, s.start, s.end, s.speaker, d.text_of(s)) for d in study.documents for s in d.units],
    "codings": _coding_rows,
    "codes": _code_rows,
    "readings": lambda study: [(r.document, r.coder, r.start, r.end) for r in study.readings],
}
"""The tables of `Study.to_frame`."""

COLUMNS_OF: Mapping[str, list[str]] = {
    "segments": ["document", "segment", "start", "end", "speaker", "text"],
    "codings": ["document", "start", "end", "text", "code", "theme", "coder", "kind", "memo", "created", "weight"],
    "readings": ["document", "coder", "start", "end"],
}
"""Columns of the tables that have the same ones in every study."""
