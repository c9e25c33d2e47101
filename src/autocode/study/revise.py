"""A study that changes: words corrected, a transcript replaced, a newer version of its files.

A coding goes where its words are (`study.moves` answers where that is), else it is named. A coder
has read what has a counterpart in the old text, not what is new. A changed transcript is refused,
or replaces the old one where that is asked for. Excerpts whose transcript comes later become
codings in it. What changed is said in numbers and names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from autocode.errors import counted
from autocode.study import Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.merge import all_units, join_readings, made_of_units, merge
from autocode.study.moves import Anchors, Edit, Moves, apply_to_text

_Key = tuple[str, int, int, str, str]
_Span = TypeVar("_Span", Coding, Doubt, Reading, Segment, Turn)
_NAMED = 10  # names in a line


@dataclass(frozen=True, slots=True)
class Anchored:
    """A study after an edit.

    Attributes:
        moved: Codings as they are now, where the words under them changed.
        lost: Codings whose words are all gone; they are no longer in the study.
    """

    study: Study
    moved: tuple[Coding, ...]
    lost: tuple[Coding, ...]


def apply_edits(study: Study, document: str, edits: Iterable[Edit]) -> Anchored:
    """Change a document's text and move turns, units, codings and readings along.

    A span's start inside replaced words moves to where the new words begin, its end to where they
    end. A coding left without a character that is no space is lost; a doubt goes where its words
    change.

    Args:
        document: Id of the document.
        edits: In any order; they must not overlap.
    """
    made = sorted(edits)
    old, moves = study.by_id[document], Moves.of(made)
    text = apply_to_text(old.text, made)

    def narrow(span: _Span) -> _Span:
        """The span in the new text."""
        start, end = moves.span(span.start, span.end)
        return replace(span, start=start, end=end)

    def wide(span: _Span) -> _Span:
        """What is put in at the edge of a turn, a unit or what was read belongs to it."""
        within = span.start > 0 and not old.text[span.start - 1].isspace()
        start = moves.place(span.start, opening=True, past=within)
        return replace(span, start=start, end=max(start, moves.place(span.end, opening=False, past=True)))

    new = replace(
        old,
        text=text,
        turns=tuple(wide(t) for t in old.turns),
        segments=tuple(wide(s) for s in old.segments),
        doubts=tuple(narrow(d) for d in old.doubts if not any(_touches(e, d) for e in made)),
    )
    codings, moved, lost = [], [], []
    for c in study.codings:
        here = narrow(c) if c.document == document else c
        if here is not c and not text[here.start : here.end].strip():
            lost.append(c)
            continue
        codings.append(here)
        if here is not c and old.text_of(c) != text[here.start : here.end]:
            moved.append(here)
    readings = tuple(wide(r) if r.document == document else r for r in study.readings)
    documents = tuple(new if d.id == document else d for d in study.documents)
    changed = replace(study, documents=documents, codings=tuple(codings), readings=readings)
    return Anchored(changed, tuple(moved), tuple(lost))


def _touches(edit: Edit, doubt: Doubt) -> bool:
    """Whether an edit changes doubtful words: then somebody has heard them."""
    return edit.start < doubt.end and doubt.start < max(edit.end, edit.start + 1)


@dataclass(frozen=True, slots=True)
class Reanchored:
    """What became of the codings on a text that changed.

    Attributes:
        document: Id of the document.
        kept: Codings whose words are in the new text as they were.
        changed: Codings that now cover words partly new.
        lost: Codings without a place in the new text, with their places in the old one.
    """

    document: str
    kept: int = 0
    changed: int = 0
    lost: tuple[Coding, ...] = ()


def reanchor(study: Study, documents: Mapping[str, Document], parts: bool = False) -> tuple[Study, tuple[Reanchored, ...]]:
    """Put documents into a study in place of those under their ids, and everything where it now stands.

    Args:
        study: Holds every one of `documents` with its old text.
        documents: By id, with their new texts, turns and segments.
        parts: The old texts are excerpts of the new ones.

    Returns:
        The study, its lost codings left out, and what became of the codings of each document.
    """
    anchors = {i: Anchors(study.by_id[i].text, d.text, parts) for i, d in documents.items()}
    same: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    lost: dict[str, list[Coding]] = {i: [] for i in documents}
    codings = []
    for c in study.codings:
        if c.document not in anchors:
            codings.append(c)
        elif found := anchors[c.document].place(c.start, c.end):
            codings.append(replace(c, start=found[0], end=found[1]))
            (same if found[2] else changed)[c.document] += 1
        else:
            lost[c.document].append(c)
    readings = [replace(r, start=a, end=b) for r in study.readings for a, b in _seen(r, study.by_id[r.document], anchors)]
    return replace(
        study,
        documents=tuple(documents.get(d.id, d) for d in study.documents),
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
    ), tuple(Reanchored(i, same[i], changed[i], tuple(lost[i])) for i in documents)


def _seen(reading: Reading, old: Document, anchors: Mapping[str, Anchors]) -> Iterator[tuple[int, int]]:
    """The spans that a reading is now; of excerpts, each by itself."""
    found = anchors.get(old.id)
    if found is None:
        yield reading.start, reading.end
    elif found.parts:
        parts = [s for s in old.segments if reading.start <= s.start < reading.end]
        yield from (place[:2] for s in parts if (place := found.place(s.start, s.end)))
    else:
        yield from found.seen(reading.start, reading.end)


@dataclass(frozen=True, slots=True)
class Merged:
    """Two studies put together.

    Attributes:
        study: Both as one.
        moved: What became of codings on texts that changed, a document each.
        changes: What else is new or stays though the newer file lacks it, a line each; empty
            where nothing was known before.
    """

    study: Study
    moved: tuple[Reanchored, ...] = ()
    changes: tuple[str, ...] = ()


def merge_newer(first: Study, second: Study, replacing: bool = False) -> Merged:
    """Put two studies together as `merge` does, the second one the newer.

    Where `second` has the transcript of which `first` has excerpts, they become codings in it, if
    all of them are found there. The same span, code and coder in both are one coding: memos are
    joined where neither holds the other, date and weight are those of `second`.

    Args:
        first: What is there.
        second: What is new.
        replacing: A document of `second` with another text takes the place of the one in `first`,
            and codings and readings move to where their words now are. A transcript is never
            replaced by a table of units.

    Raises:
        StudyError: As `merge`.
    """
    second = on_known_texts(first, second)
    followed, moved = _following(first, second, replacing)
    both = _same_texts(followed, second)
    old, new = (_alone(c for c in study.codings if c.document in both) for study in (followed, second))
    joined = {k: _joined(old[k], new[k]) for k in old.keys() & new.keys() if old[k] != new[k]}
    study = merge(_with(followed, joined), _with(second, joined))
    return Merged(study, moved, tuple(_changes(followed, second, joined)) if first.documents else ())


def on_known_texts(first: Study, second: Study) -> Study:
    """`second` with the texts of `first` where they hold the same words: other spaces and line ends make no other text.

    Its codings and readings move to where their words stand there. Texts of given units stay.
    """
    same: dict[str, Document] = {}
    for d in second.documents:
        old = first.by_id.get(d.id)
        if old and old.text != d.text and not (made_of_units(old) or made_of_units(d)) and old.text.split() == d.text.split():
            same[d.id] = replace(
                d, text=old.text, turns=old.turns, segments=old.segments, doubts=old.doubts, interviewers=old.interviewers
            )
    return reanchor(second, same)[0] if same else second


def on_texts(study: Study, texts: Iterable[str]) -> Study:
    """`study` with each document's text as it stands among `texts`, where one holds the same words; codings move along."""
    stored = {" ".join(text.split()): text for text in texts}
    there = set(stored.values())
    documents = {
        d.id: replace(d, text=stored.get(" ".join(d.text.split()), d.text)) for d in study.documents if d.text not in there
    }
    moved = {i: replace(d, turns=(), segments=()) for i, d in documents.items() if d.text != study.by_id[i].text}
    return reanchor(study, moved)[0] if moved else study


def new_ids(study: Study, change: Callable[[str], str]) -> dict[str, str]:
    """The ids of documents that a function changes, each with its new one; of two that would be one, the second is numbered."""
    new = {d.id: change(d.id) for d in study.documents}
    taken, made = {old for old, instead in new.items() if old == instead}, dict[str, str]()
    for old, instead in new.items():
        if old != instead:
            numbered = (f"{instead} ({n})" for n in range(2, len(new) + 2))
            made[old] = next(one for one in (instead, *numbered) if one not in taken)
            taken.add(made[old])
    return made


def with_ids(study: Study, ids: Mapping[str, str]) -> Study:
    """The study with documents under other ids, wherever these stand; `ids` from old to new."""
    if not ids:
        return study
    documents = tuple(
        replace(d, id=ids[d.id], segments=tuple(replace(s, document=ids[d.id]) for s in d.segments)) if d.id in ids else d
        for d in study.documents
    )
    codings = tuple(replace(c, document=ids[c.document]) if c.document in ids else c for c in study.codings)
    readings = tuple(replace(r, document=ids[r.document]) if r.document in ids else r for r in study.readings)
    return replace(study, documents=documents, codings=codings, readings=readings)


def _following(first: Study, second: Study, replacing: bool) -> tuple[Study, tuple[Reanchored, ...]]:
    """`first` with its documents and their codings where `second` has them with another text."""
    told: list[Reanchored] = []
    for d in second.documents:
        first, old = _named_alike(first, d)
        if old is None or old.text == d.text:
            continue
        excerpts = made_of_units(old) and not made_of_units(d)
        if not excerpts and not (replacing and made_of_units(old) == made_of_units(d)):
            continue
        new = all_units(old, d, replacing) if made_of_units(d) else d
        new = replace(
            old, text=new.text, turns=new.turns, segments=new.segments, doubts=new.doubts, interviewers=new.interviewers
        )
        found, moved = reanchor(first, {d.id: new}, excerpts)
        if replacing or not any(m.lost or m.changed for m in moved):
            first = _read_whole(found, first, d) if excerpts else found
            told += [m for m in moved if m.kept or m.changed or m.lost]
    return first, tuple(told)


def _named_alike(first: Study, new: Document) -> tuple[Study, Document | None]:
    """The document under the new one's id; excerpts called as its file is called get that id."""
    old, names = first.by_id.get(new.id), {new.name.casefold(), new.source.casefold()} - {""}
    alike = [d for d in first.documents if {d.id.casefold(), d.name.casefold()} & names and made_of_units(d)]
    if old or len(alike) != 1 or made_of_units(new):
        return first, old
    first = with_ids(first, {alike[0].id: new.id})
    return first, first.by_id[new.id]


def _read_whole(found: Study, before: Study, new: Document) -> Study:
    """Who coded all that was seen of a document as excerpts has read the whole of it.

    It is what a table of coded segments says where the transcript is there first.
    """
    coded = {(c.coder, c.start) for c in before.codings if c.document == new.id}
    seen = [
        (r.coder, s.start)
        for r in before.readings
        if r.document == new.id
        for s in before.by_id[new.id].segments
        if r.start <= s.start < r.end
    ]
    whole = {coder for coder, _ in seen} - {coder for coder, start in seen if (coder, start) not in coded}
    readings = [Reading(new.id, coder, 0, len(new.text)) for coder in sorted(whole)]
    return replace(found, readings=join_readings((*found.readings, *readings)))


def _key(c: Coding) -> _Key:
    """What makes a coding the one it is."""
    return c.document, c.start, c.end, c.code, c.coder


def _alone(codings: Iterable[Coding]) -> dict[_Key, Coding]:
    """Codings by what makes them, without those that differ in memo, date or weight alone."""
    listed = list(dict.fromkeys(codings))
    counts = Counter(map(_key, listed))
    return {_key(c): c for c in listed if counts[_key(c)] == 1}


def _same_texts(first: Study, second: Study) -> set[str]:
    """Ids of the documents in which offsets mean the same to both."""
    return {d.id for d in second.documents if d.id in first.by_id and first.by_id[d.id].text == d.text}


def _joined(old: Coding, new: Coding) -> Coding:
    nested = old.memo in new.memo or new.memo in old.memo
    memo = max(new.memo, old.memo, key=len) if nested else f"{old.memo}\n\n{new.memo}"
    weight = old.weight if new.weight is None else new.weight
    return replace(new, memo=memo, when=new.when or old.when, weight=weight)


def _with(study: Study, joined: Mapping[_Key, Coding]) -> Study:
    return replace(study, codings=tuple(joined.get(_key(c), c) for c in study.codings)) if joined else study


def _changes(first: Study, second: Study, joined: Mapping[_Key, Coding]) -> Iterator[str]:
    """What `second` brings that `first` lacks, and what it lacks itself of documents that both have."""
    old, new = set(map(_key, first.codings)), set(map(_key, second.codings))
    both = _same_texts(first, second)
    coders = {c.coder for c in second.codings}
    yield from _counted(("new document", ""), (d.id for d in second.documents if d.id not in first.by_id))
    yield from _counted(("new code", ""), (c.path for c in second.codebook if c.path not in first.codebook))
    mine = first.codebook.by_path
    other = (c.path for c in second.codebook if c.path in mine and c.definition not in ("", mine[c.path].definition))
    yield from _counted(
        ("code has another definition (the study's stays)", "codes have another definition (the study's stays)"), other
    )
    yield from _by_coder(
        ("new coding in a document that was there", "new codings in documents that were there"),
        (k for k in new - old if k[0] in both),
    )
    known = {_key(c) for c in first.codings if joined.get(_key(c), c) != c}
    yield from _by_coder(("coding with another memo, date or weight", "codings with another memo, date or weight"), known)
    gone = (k for k in old - new if k[0] in both and k[4] in coders)
    yield from _by_coder(
        ("coding stays though the new file does not have it", "codings stay though the new file does not have them"), gone
    )


def _counted(what: tuple[str, str], names: Iterable[str]) -> Iterator[str]:
    listed = list(names)
    more = f" and {len(listed) - _NAMED:,} more" if len(listed) > _NAMED else ""
    if listed:
        yield f"{counted(len(listed), *what)}: {', '.join(listed[:_NAMED])}{more}"


def _by_coder(what: tuple[str, str], keys: Iterable[_Key]) -> Iterator[str]:
    counts = Counter((coder, document) for document, _, _, _, coder in keys)
    if counts:
        each = [f"{coder} in {document} {n:,}" for (coder, document), n in sorted(counts.items())]
        more = f" and {len(each) - _NAMED:,} more" if len(each) > _NAMED else ""
        yield f"{counted(counts.total(), *what)}: {', '.join(each[:_NAMED])}{more}"
