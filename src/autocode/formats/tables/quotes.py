"""Coded quotes: what every table of coded segments comes down to, set into transcripts.

Where the transcript is known, each quote is located in it. Where it is not, the quotes become
the document: given units, laid end to end in the order of the table's own places.
"""

from __future__ import annotations

import hashlib
import re
import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from autocode.errors import InputError
from autocode.formats.files import BOM
from autocode.formats.names import Proposal, aliases, likely, plain_name
from autocode.formats.projects.positions import POINTS, Counted, RawText, Selection, View, ends_word, fit, starts_word
from autocode.formats.receipt import ReadOptions, Receipt, listed_names
from autocode.formats.tables.gathered import Found, Locator
from autocode.formats.transcripts.roles import with_roles
from autocode.formats.transcripts.speakers import turns_in
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.merge import Unit, lay_out, made_of_units, unit_readings

_LISTED = 20  # line numbers in a note
_ASKED, _TELLING = 12, 25  # passages, of at least so many characters, that tell which transcript is meant
_LONG, _OPENING = 20, 60  # words of a typical quote that may hold several turns; characters of a name before the first
_AT_OFFSETS = "at the offsets given"


@dataclass(frozen=True, slots=True)
class Quote:
    """One row of a table of coded segments.

    Attributes:
        line: Where it stands in the table, for receipts.
        document: What the table calls the transcript; "" where it does not say.
        codes: Paths of codes; none where the coder read the words and gave no code.
        unit: The table's id of the unit, where it has one.
        start: Offset in the transcript that the table gives; `end` likewise.
        paragraph: Number of the paragraph, from 1.
        weights: By code, 0 to 100.
    """

    line: int
    document: str
    text: str
    codes: tuple[str, ...] = ()
    coder: str = ""
    unit: str = ""
    start: int | None = None
    end: int | None = None
    paragraph: int | None = None
    speaker: str = ""
    group: str = ""
    memo: str = ""
    when: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)


def study_from_quotes(
    quotes: Iterable[Quote], source: str, options: ReadOptions, notes: Sequence[str] = ()
) -> tuple[Study, list[Receipt]]:
    """The study that a table of coded quotes tells of.

    Args:
        quotes: Its rows.
        source: Name of the file.
        options: `documents` are the transcripts known, `coder` codes where a row names nobody.
        notes: To stand on the receipt.

    Returns:
        The study, codes as the table writes them, and its receipt.

    Raises:
        InputError: A row has codes but nobody who gave them, or no row has words.
    """
    skipped: Counter[str] = Counter()
    quotes, placed = with_words(list(quotes), source, options.documents, skipped)
    groups = _grouped(quotes, source, options, skipped)
    part = _Part(source, skipped, options.shapes)
    transcripts = Transcripts(options.documents)
    for name, rows in groups.items():
        known = known_document(name, options.documents)
        if known is None and (found := transcripts.quoted_by(rows)):
            known = found
            part.told.append(f"'{name}' is {known.id}: its passages stand there and in no other transcript")
        elif known is None and transcripts.there:
            part.told.append(
                f"'{name}' is no transcript that is there: its {len(rows):,} quotes are a document of their own: look at it"
            )
            if other := likely(name, (d.id for d in options.documents), numbered=True):
                part.told.append(str(Proposal("document", name, other)))
        if known and _other_quotes(known, rows):
            part.lay_out(f"{known.id} ({source})", rows, options.kind)
            part.told.append(f"'{known.id}' was made of other quotes: these stand as a document of their own")
        elif known and not _same_units(known, rows):
            part.locate(known, rows)
        else:
            part.lay_out(known.id if known else name or source.rsplit(".", 1)[0], rows, options.kind)
    if part.within:
        part.told.append(f"{listed_names(part.within)}: the quotes hold several turns each, and these turns are the units")
    if not groups:
        raise InputError(source, "none of its rows quotes any words", "Export it with the quoted text.")
    return part.study(), [part.receipt([*notes, *placed])]


def with_words(
    quotes: list[Quote], source: str, documents: Sequence[Document], skipped: Counter[str]
) -> tuple[list[Quote], list[str]]:
    """Rows that give places and no words with the words that stand there, however their program counts characters.

    Args:
        quotes: The rows of a table.
        source: Name of the file.
        documents: The transcripts known.
        skipped: Counts rows whose transcript is not there or is shorter.

    Returns:
        The rows, and how the places were read.

    Raises:
        InputError: No transcript is there, or the places are not places in its words (times, say).
    """
    bare = [q for q in quotes if not q.text.strip() and q.start is not None and q.end is not None]
    homes = {name: known_document(name, documents) for name in {q.document.strip() for q in bare}}
    texts = {d.id: RawText(BOM + d.text) for d in homes.values() if d}
    alone = len(bare) == len(quotes)
    if not bare or not (texts or alone):
        return quotes, []  # a row without words among rows with them is counted as such
    if not texts:
        raise InputError(
            source, "it gives places without words, and no transcript that it names is there", "Import it with the transcripts."
        )
    asked: dict[str, list[Selection]] = {i: [] for i in texts}
    for q in bare:
        if home := homes[q.document.strip()]:
            asked[home.id].append(Selection(q.start or 0, q.end or 0))
    view = fit([(texts[i], found) for i, found in asked.items()], View()).view
    if view.bom:  # who counts from one names the last character, unless the words say otherwise
        ways = (replace(view, inclusive=True), view)
        view = max(ways, key=lambda way: sum(Counted(texts[i], way).score(found) for i, found in asked.items()))
    counted = {i: Counted(raw, view) for i, raw in texts.items()}
    filled, lost, ends = list[Quote](), {id(q) for q in bare}, 0
    for q in quotes:
        home = homes.get(q.document.strip()) if id(q) in lost else None
        span = counted[home.id].span(Selection(q.start or 0, q.end or 0)) if home else None
        if home and span and not span.clipped:
            ends += starts_word(home.text, span.start) + ends_word(home.text, span.end)
            q = replace(q, text=home.text[span.start : span.end], start=span.start, end=span.end)
        elif id(q) in lost:
            skipped["with a place not found in the transcript" if home else "in a transcript that is not found"] += 1
            continue
        filled.append(q)
    there = len(filled) - len(quotes) + len(bare)
    if ends < there and not alone:
        return quotes, []
    if ends < there:
        why = f"its start and end do not fit the transcripts: {ends:,} of {2 * there:,} begin or end where words do"
        raise InputError(source, why, "Count characters from the beginning of the text, or quote the words in a column 'text'.")
    sign = "characters" if view.unit == POINTS else view.unit
    how = f"{sign} counted from {'one' if view.bom else 'zero'}, the last {'included' if view.inclusive else 'not included'}"
    told = [f"places without words ({how}): {ends:,} of {2 * there:,} begin or end where words do"]
    told[0] += ": look at some of them" if ends < 1.8 * there else ""
    for name in [n for n, home in homes.items() if home is None]:
        other = likely(name, (d.id for d in documents), numbered=True)
        told.append(
            str(Proposal("document", name, other)) if other else f"'{name}' is no transcript that is there: look at its name"
        )
    return filled, told


def _grouped(quotes: Iterable[Quote], source: str, options: ReadOptions, skipped: Counter[str]) -> dict[str, list[Quote]]:
    """Rows by document, each with its coder."""
    groups: dict[str, list[Quote]] = {}
    for q in quotes:
        if not q.text.strip():
            skipped["without quoted words"] += 1
            continue
        coder = q.coder.strip() or options.coder
        coder, q = options.same.get(coder, coder), replace(q, document=options.same.get(q.document.strip(), q.document))
        if not coder and q.codes:
            raise InputError(
                f"{source}, line {q.line}",
                "it has codes but no coder",
                "Head the column of the names 'coder', or say who coded (--coder NAME).",
            )
        groups.setdefault(q.document.strip(), []).append(q if q.coder == coder else replace(q, coder=coder))
    return groups


def known_document(name: str, documents: Sequence[Document]) -> Document | None:
    """The transcript that a table calls `name`: by id, name or file, with or without its suffix."""
    for key in (str, plain_name):
        called = key(name)
        found = [d for d in documents if called in {key(n) for n in (d.id, d.name, d.source, *aliases(d))} - {""}]
        if len(found) == 1:
            return found[0]
    return documents[0] if not name and len(documents) == 1 else None


def _same_units(document: Document, rows: Sequence[Quote]) -> bool:
    """Whether a known document was itself made of such quotes, so that these are more units of it."""
    if not made_of_units(document):
        return False
    locator = Locator(document.text)
    return bool({s.id for s in document.segments} & set(_unit_ids(rows))) or not all(
        isinstance(locator.find(q.text, q.start, q.paragraph), Found) for q in rows
    )


def _other_quotes(document: Document, rows: Sequence[Quote]) -> bool:
    """Whether a known document is made of the long quotes of another table, and hardly any of these stand in it."""
    if document.segments or not re.search(r"\.(?:csv|tsv|xlsx?|xlsm|ods)$", document.source, re.IGNORECASE):
        return False
    locator = Locator(document.text)
    return 2 * sum(isinstance(locator.find(q.text, q.start, q.paragraph), Found) for q in rows) < len(rows)


def _spoken(document: Document, shapes: Sequence[str]) -> Document:
    """A document of quotes that hold several turns each, with the turns as its units; any other as it is."""
    words = [len(document.text_of(s).split()) for s in document.segments]
    if document.turns or not words or statistics.median(words) < _LONG:
        return document
    found = turns_in(document.text, (), shapes)
    starts = [s.start for s in document.segments]
    opened = sum(any(s.start <= t.start <= s.start + _OPENING for t in found.turns) for s in document.segments)
    if len(found.turns) < 2 * len(starts) or opened < 0.8 * len(starts):
        return document
    ends = {s.start: s.end for s in document.segments}
    turns = [replace(t, end=min(t.end, ends[starts[bisect_right(starts, t.start) - 1]])) for t in found.turns]
    return with_roles(replace(document, turns=tuple(turns), segments=()), found.meanings or None)


def _grouped_as(document: Document, rows: Iterable[Quote]) -> Document:
    """The document in the groups that the rows put it into."""
    groups = dict.fromkeys((*document.groups, *(q.group for q in rows if q.group)))
    return replace(document, groups=tuple(groups))


@dataclass
class Transcripts:
    """The transcripts that are known, asked for those that hold certain passages."""

    documents: Sequence[Document]

    @cached_property
    def there(self) -> dict[str, Locator]:
        """What finds passages in each transcript; documents made of quotes are none."""
        return {d.id: Locator(d.text) for d in self.documents if not made_of_units(d)}

    def quoted_by(self, rows: Sequence[Quote]) -> Document | None:
        """The one transcript in which most of the longest passages stand, and none of them in another."""
        passages = sorted({q.text.strip() for q in rows}, key=lambda text: (-len(text), text))[:_ASKED]
        passages = [p for p in passages if len(p) >= _TELLING]
        found = {i: sum(not isinstance(at.find(p), str) for p in passages) for i, at in self.there.items()}
        homes = [i for i, n in found.items() if n]
        if len(homes) != 1 or 2 * found[homes[0]] < len(passages):
            return None
        return next(d for d in self.documents if d.id == homes[0])


@dataclass
class _Part:
    """What has been read so far."""

    source: str
    skipped: Counter[str]
    shapes: Sequence[str] = ()
    documents: list[Document] = field(default_factory=list)
    codings: dict[Coding, None] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    coders: dict[str, None] = field(default_factory=dict)
    kept: int = 0
    how: Counter[str] = field(default_factory=Counter)
    lost: dict[str, list[int]] = field(default_factory=dict)
    offsets: int = 0
    told: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)

    def locate(self, document: Document, rows: Sequence[Quote]) -> None:
        """Set the codings of `rows` where their words stand in a known transcript."""
        locator = Locator(document.text)
        self.documents.append(_grouped_as(document, rows))
        readers: dict[str, None] = {}
        for q in rows:
            found = self._place(locator, q)
            if isinstance(found, str):
                reason = f"{found} in the transcript"
                self.skipped[reason] += 1
                self.lost.setdefault(reason, []).append(q.line)
            else:
                self._keep(q, document.id, found.start, found.end)
                readers[q.coder] = None
        self.readings += [Reading(document.id, coder, 0, len(document.text)) for coder in readers if coder]

    def _place(self, locator: Locator, q: Quote) -> Found | str:
        """Where the words of a row are; offsets count only where the words are there."""
        if q.start is not None and q.end is not None:
            self.offsets += 1
            if locator.text[q.start : q.end].strip() == q.text.strip():
                self.how[_AT_OFFSETS] += 1
                return Found(q.start, q.end)
        found = locator.find(q.text, q.start, q.paragraph)
        if isinstance(found, Found):
            self.how["located by their words" if found.exact else "located after evening out spaces and signs"] += 1
            self.how["chosen among several by the place given"] += found.hinted
        return found

    def lay_out(self, name: str, rows: Sequence[Quote], kind: str) -> None:
        """Make the quotes themselves the document, in the order of their places."""
        ids = _unit_ids(rows)
        units: dict[str, Unit] = {}
        places: dict[str, tuple[float, int]] = {}
        for number, (identifier, q) in enumerate(zip(ids, rows, strict=True)):
            units.setdefault(identifier, Unit(identifier, q.text, q.speaker))
            at = q.start if q.start is not None else q.paragraph
            places.setdefault(identifier, (float(at if at is not None else 0), number))
        document = Document(name, "", name, source=self.source, kind=kind)
        document = lay_out(document, (units[i] for i in sorted(units, key=places.__getitem__)))
        spans = {s.id: s for s in document.segments}
        for identifier, q in zip(ids, rows, strict=True):
            self._keep(q, name, spans[identifier].start, spans[identifier].end)
        self.documents.append(_grouped_as(_spoken(document, self.shapes), rows))
        if len(self.documents[-1].segments) < len(document.segments):
            self.within.append(name)
        seen = [(i, q.coder) for i, q in zip(ids, rows, strict=True) if q.coder]
        self.readings += unit_readings(document.segments, seen)
        self.how["in documents made of the quotes (no transcript is known; import transcripts first)"] += len(rows)

    def _keep(self, q: Quote, document: str, start: int, end: int) -> None:
        if q.coder:
            self.coders[q.coder] = None
        new = [
            Coding(document, start, end, code, q.coder, q.memo.strip(), q.when, q.weights.get(code))
            for code in dict.fromkeys(q.codes)
        ]
        before = len(self.codings)
        self.codings.update(dict.fromkeys(new))
        if new and len(self.codings) == before:
            self.skipped["doubled"] += 1
        else:
            self.kept += 1

    def study(self) -> Study:
        """All that was read, as a study with an empty codebook."""
        return Study(
            documents=tuple(self.documents),
            coders=tuple(Coder(c, c) for c in self.coders),
            codings=tuple(self.codings),
            readings=tuple(self.readings),
        )

    def receipt(self, notes: Sequence[str]) -> Receipt:
        """What became of the rows, how they were placed, and the lines of those that were not."""
        said = [*self.told, *(f"{n:,} {how}" for how, n in self.how.items() if n)]
        for reason, lines in self.lost.items():
            more = f" and {len(lines) - _LISTED:,} more" if len(lines) > _LISTED else ""
            said.append(f"{reason}: lines {', '.join(map(str, lines[:_LISTED]))}{more}")
        checked = (self.how[_AT_OFFSETS], self.offsets) if self.offsets else None
        return Receipt(self.source, "coded segments", self.kept, dict(self.skipped), (*notes, *said), checked)


def _unit_ids(rows: Sequence[Quote]) -> list[str]:
    """An id for the unit of each row: the table's own, else its offsets, else its paragraph.

    A hash of the words tells apart what the place does not, so that two coders' files give one
    unit the same id.
    """
    ids: list[str] = []
    first: dict[str, str] = {}
    for q in rows:
        place = q.unit or (f"{q.start}-{q.end}" if q.start is not None else "")
        if place and first.setdefault(place, q.text) == q.text:
            ids.append(place)
            continue
        digest = hashlib.sha256(q.text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        ids.append(f"{place or q.paragraph or ''}:{digest}".lstrip(":"))
    return ids
