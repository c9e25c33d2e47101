"""Two studies as one: documents by id, coders by id, codings and readings as sets.

A document made of given units (a table's rows, laid end to end) may come in parts: each coder's
table holds the units that this coder saw. Such documents are united in order, and what stood
over the old text is moved to where its unit now stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from autocode.errors import StudyError
from autocode.study import Coder, Coding, Document, Reading, Segment, Study, Turn
from autocode.study.codebook import SEPARATOR, evened, join_codebooks
from autocode.study.moves import Anchors, Piece, Stretches

GAP = "\n\n"
"""What stands between two given units in the text of their document."""

_Span = TypeVar("_Span", Coding, Reading)


@dataclass(frozen=True, slots=True)
class Unit:
    """A given unit before it has a place: its id, its words and who said them."""

    id: str
    text: str
    speaker: str = ""
    start_ms: int | None = None
    end_ms: int | None = None


def lay_out(document: Document, units: Iterable[Unit]) -> Document:
    """The document with the units laid end to end as its text, segments and turns."""
    listed, segments, at = list(units), [], 0
    for unit in listed:
        segments.append(Segment(document.id, at, at + len(unit.text), unit.id, unit.speaker))
        at += len(unit.text) + len(GAP)
    spoken = any(u.speaker or u.start_ms is not None for u in listed)
    turns = tuple(Turn(s.start, s.end, s.speaker, u.start_ms, u.end_ms) for s, u in zip(segments, listed, strict=True))
    text = GAP.join(unit.text for unit in listed)
    return replace(document, text=text, segments=tuple(segments), turns=turns if spoken else (), doubts=())


def unit_readings(segments: Sequence[Segment], seen: Iterable[tuple[str, str]]) -> tuple[Reading, ...]:
    """What each coder read: runs of units that follow one another are one reading.

    Args:
        segments: The units of one document, in order.
        seen: Pairs of a unit's id and a coder.
    """
    place = {s.id: i for i, s in enumerate(segments)}
    read: dict[str, set[int]] = {}
    for unit, coder in seen:
        read.setdefault(coder, set()).add(place[unit])
    found = []
    for coder, units in sorted(read.items()):
        firsts = sorted(i for i in units if i - 1 not in units)
        lasts = sorted(i for i in units if i + 1 not in units)
        runs = zip(firsts, lasts, strict=True)
        found += [Reading(segments[a].document, coder, segments[a].start, segments[b].end) for a, b in runs]
    return tuple(found)


def merge(first: Study, second: Study) -> Study:
    """Put two studies together; human coding is only ever added to, never replaced.

    Codebooks are joined as `join_codebooks` does: one that comes after the codings gives its places
    and definitions to the codes that are there. Two documents of given units under one id are united: the units of
    both in order, each once, with codings and readings moved along.

    Raises:
        StudyError: One document id stands for two different texts, or one unit does.
    """
    joined = join_codebooks(first.codebook, second.codebook, adopting=not second.codings)
    first, second = with_codes(first, joined.first), with_codes(second, joined.second)
    documents = dict(first.by_id)
    for d in second.documents:
        old = documents.get(d.id)
        documents[d.id] = _united(old, d) if old else d
    first, second = _moved(first, documents), _moved(second, documents)
    coders: dict[str, Coder] = {c.id: c for c in (*second.coders, *first.coders)}
    order = dict.fromkeys(c.id for c in (*first.coders, *second.coders))
    return Study(
        documents=tuple(documents.values()),
        codebook=joined.book,
        coders=tuple(coders[i] for i in order),
        codings=tuple(dict.fromkeys((*first.codings, *second.codings))),
        readings=join_readings((*first.readings, *second.readings)),
        name=first.name or second.name,
        notice=first.notice or second.notice,
    )


def with_codes(study: Study, paths: Mapping[str, str]) -> Study:
    """The study with its codings' codes under other paths; its codebook stays."""
    if not paths:
        return study
    return replace(study, codings=tuple(replace(c, code=paths.get(c.code, c.code)) for c in study.codings))


def merge_by_text(first: Study, second: Study) -> Study:
    """Put two studies of the same transcripts together by their words, whatever the documents are called.

    A document of `second` is one of `first` where the words are the same; spaces and line ends may differ, and
    codings then keep their words. Coders of one id in both stay two people: the second gets " (2)" behind the id.

    Raises:
        StudyError: No document is in both; one id stands for two texts (one study was edited after coding); or no
            code that one used has a name that stands in the other's codebook.
    """
    at = {" ".join(d.text.split()): d for d in first.documents}
    same = {d.id: at[words] for d in second.documents if (words := " ".join(d.text.split())) in at}
    if not same:
        raise StudyError(
            f"'{first.name}' and '{second.name}'",
            "no document has the same words in both",
            "Both must have coded the same transcripts, unchanged.",
        )
    edited = [d.id for d in second.documents if d.id not in same and d.id in first.by_id]
    if edited:
        raise StudyError(
            f"document '{edited[0]}'",
            "its words differ between the two studies: one was edited after coding",
            "Bring the same text into both first: autocode import FILE --study STUDY --replace.",
        )
    named = [{evened(c.code).rpartition(SEPARATOR)[2] for c in study.codings} for study in (first, second)]
    known = [{evened(c.name) for c in study.codebook} | used for study, used in zip((first, second), named, strict=True)]
    if all(named) and not (named[0] & known[1] or named[1] & known[0]):
        raise StudyError(
            f"'{first.name}' and '{second.name}'",
            "their codebooks differ: no code that was used has the same name in both",
            "Import both into one study; autocode clinic STUDY then says which codes may be one.",
        )
    twice = {c.id for c in first.coders} & {c.id for c in second.coders}
    called = {c.id: f"{c.id} (2)" if c.id in twice else c.id for c in second.coders}
    maps = {d.id: Anchors(d.text, same[d.id].text) for d in second.documents if d.id in same and d.text != same[d.id].text}

    def moved(span: _Span) -> _Span | None:
        """What is laid on the first study: its document, coder and place there; None where its words are gone."""
        own = replace(span, coder=called.get(span.coder, span.coder))
        if span.document not in same:
            return own
        own = replace(own, document=same[span.document].id)
        if span.document not in maps:
            return own
        place = maps[span.document].place(span.start, span.end)
        return replace(own, start=place[0], end=place[1]) if place else None

    renamed = Study(
        documents=tuple(same.get(d.id, d) for d in second.documents),
        codebook=second.codebook,
        coders=tuple(replace(c, id=called[c.id], guid="" if c.id in twice else c.guid) for c in second.coders),
        codings=tuple(c for old in second.codings if (c := moved(old))),
        readings=tuple(r for old in second.readings if (r := moved(old))),
    )
    return merge(first, renamed)


def _united(old: Document, new: Document) -> Document:
    """One document from two under one id.

    Raises:
        StudyError: They are two texts and not both made of given units.
    """
    new = replace(
        new,
        variables={**old.variables, **new.variables},
        guid=new.guid or old.guid,
        groups=tuple(dict.fromkeys((*old.groups, *new.groups))),
        kind=old.kind if new.kind == Document("", "").kind else new.kind,
    )
    if (old.text, old.segments) == (new.text, new.segments):
        return replace(
            new,
            turns=new.turns or old.turns,
            doubts=new.doubts or old.doubts,
            interviewers=tuple(dict.fromkeys((*new.interviewers, *old.interviewers))),
        )
    if not (made_of_units(old) and made_of_units(new)):
        raise StudyError(
            f"document '{old.id}'",
            "the study holds another text under this id",
            "Rename the new document; or, if it is a newer version, import it with --replace.",
        )
    return all_units(old, new)


def all_units(old: Document, new: Document, replacing: bool = False) -> Document:
    """The new document with the units of both in order, each once.

    Args:
        old: Made of given units, as `new` is.
        new: What else is known of the document is taken from it.
        replacing: A unit with another text takes the place of the old one instead of being refused.

    Raises:
        StudyError: One unit has two texts.
    """
    mine, theirs = _units(old), _units(new)
    for unit in mine.keys() & theirs.keys():
        if not replacing and mine[unit].text != theirs[unit].text:
            raise StudyError(
                f"document '{old.id}'",
                f"its unit '{unit}' has another text in the study",
                "Give them different ids; or, if it is a newer version, import it with --replace.",
            )
        theirs[unit] = replace(theirs[unit], speaker=theirs[unit].speaker or mine[unit].speaker)
    order = _in_order(list(mine), list(theirs))
    return lay_out(new, ({**mine, **theirs}[unit] for unit in order))


def made_of_units(document: Document) -> bool:
    """Whether the text is its given units, laid end to end, and nothing else."""
    words = (document.text_of(s) for s in document.segments)
    ids = {s.id for s in document.segments}
    return bool(ids) and len(ids) == len(document.segments) and GAP.join(words) == document.text


def _units(document: Document) -> dict[str, Unit]:
    times = {(t.start, t.end): t for t in document.turns}
    units = {}
    for s in document.segments:
        turn = times.get((s.start, s.end), Turn(s.start, s.end))
        units[s.id] = Unit(s.id, document.text_of(s), s.speaker, turn.start_ms, turn.end_ms)
    return units


def _in_order(first: list[str], second: list[str]) -> list[str]:
    """Both lists as one, each id once.

    Where the ids of both rise (1, 2, 10 or 4-18, 20-31), their numbers decide; else a run that
    only `second` has stands before the id that follows it there, or at the end.
    """
    if _rises(first) and _rises(second):
        return sorted({*first, *second}, key=_natural)
    known = set(first)
    before: dict[str, list[str]] = {}
    run: list[str] = []
    for unit in second:
        if unit not in known:
            run.append(unit)
        elif run:
            before[unit], run = run, []
    return [u for unit in first for u in (*before.get(unit, ()), unit)] + run


def _rises(ids: Sequence[str]) -> bool:
    keys = [_natural(i) for i in ids]
    return all(a < b for a, b in pairwise(keys))


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key under which numbers within ids compare as numbers."""
    parts = re.findall(r"[0-9]{1,15}|[^0-9]+|[0-9]+", text)
    return tuple((0, int(p), "") if p.isascii() and p.isdigit() and len(p) < 16 else (1, 0, p) for p in parts)


def _moved(study: Study, documents: Mapping[str, Document]) -> Study:
    """The study with its codings and readings where their units stand in `documents`."""
    changed = {
        d.id: _unit_stretches(d, documents[d.id])
        for d in study.documents
        if (d.text, d.segments) != (documents[d.id].text, documents[d.id].segments)
    }
    if not changed:
        return study
    codings = [c for old in study.codings for c in _placed(old, changed)]
    readings = [r for old in study.readings for r in _placed(old, changed)]
    return replace(study, codings=tuple(codings), readings=tuple(readings))


def _unit_stretches(old: Document, new: Document) -> Stretches:
    """Where each unit of a document stands in the united one."""
    places = {s.id: s for s in new.segments}
    return Stretches(tuple(Piece(s.start, s.end, places[s.id].start, places[s.id].end) for s in old.segments))


def _placed(span: _Span, changed: Mapping[str, Stretches]) -> Iterator[_Span]:
    """A span where it now stands, one run of units after another."""
    stretches = changed.get(span.document)
    if stretches is None:
        yield span
        return
    run: tuple[int, int] | None = None
    for p in stretches.inside(span.start, span.end):
        if run and p.new_start - run[1] != len(GAP):
            yield replace(span, start=run[0], end=run[1])
            run = None
        run = (run[0] if run else p.new_start, p.new_end)
    if run:
        yield replace(span, start=run[0], end=run[1])


def join_readings(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The same coverage with overlapping or touching readings made one, sorted."""
    joined: list[tuple[str, str, int, int]] = []
    for document, coder, start, end in sorted((r.document, r.coder, r.start, r.end) for r in readings):
        last = joined[-1] if joined else None
        if last and last[:2] == (document, coder) and start <= last[3]:
            joined[-1] = (document, coder, last[2], max(last[3], end))
        else:
            joined.append((document, coder, start, end))
    return tuple(Reading(*row) for row in joined)
