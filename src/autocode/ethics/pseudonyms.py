"""Reviewed pseudonyms put into a study, with offsets re-anchored and the key kept apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path

from autocode.errors import ConfigError, InputError
from autocode.ethics.answers import ANSWERED, load_answers, save_answers
from autocode.ethics.names import CERTAINTIES, COUNTRIES, NEVER, called, find_names, speakers
from autocode.formats.files import csv_text, read_csv, unguarded, write_atomic
from autocode.store import STORE, load, rewrite_receipts, scrub, update
from autocode.store.backups import backups
from autocode.store.ledger import forget_words, redact
from autocode.store.records import rename_recordings, with_words
from autocode.study import Document, Study
from autocode.study.moves import Edit
from autocode.study.revise import apply_edits, new_ids, with_ids
from autocode.trail import Decision

WARNING = (
    "Pseudonymising helps, but it does not find everything: nicknames, misspellings, jobs, dates and "
    "stories can still "
    "tell who someone is. Read every transcript before you share it."
)
"""What must be said with every proposal."""

COLUMNS = ("apply", "certainty", "kind", "found", "replacement", "count", "documents")
_CHUNK = 90_000  # characters handed to spaCy at once

PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "web address": re.compile(r"(?:https?://|www\.)[^\s<>\"]+[^\s<>\".,;:!?)\]]"),
    "handle": re.compile(r"(?<![\w.@/])@[A-Za-z]\w{2,}"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00)?\d(?:[\s().-]{0,2}\d){7,14}(?![\w])"),
    "id number": re.compile(r"\b(?=[A-Z\d-]*\d{4})[A-Z]{1,3}-?\d{4,12}\b|\b\d{6}-\d{2}-\d{4}\b"),
}
"""What the patterns look for, in the order in which they win over one another."""

_ENTITIES = {
    "PERSON": "person",
    "PER": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "ORG": "organisation",
    "NORP": "group",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing found and what could stand in its place.

    Attributes:
        kind: person, place, organisation, e-mail, phone, ...; "perhaps a name" for a capitalised
            word in the middle of a sentence.
        apply: Whether a human said yes.
        certainty: sure, likely or perhaps.
    """

    kind: str
    found: str
    replacement: str
    count: int
    documents: int
    apply: bool = False
    certainty: str = "sure"


def propose(study: Study, pipeline: str = "", perhaps: bool = False) -> list[Proposal]:
    """What may need a pseudonym, the same thing under the same name in every document; the surest first.

    Args:
        study: The study; its texts, speakers and variables are read.
        pipeline: An installed spaCy pipeline that finds names, "" for patterns alone.
        perhaps: List what is only perhaps a name too.

    Raises:
        ConfigError: The pipeline is not installed.
    """
    found: dict[str, tuple[str, str]] = {}
    for kind, text, certainty in _all(study, pipeline):
        if text not in found or CERTAINTIES.index(certainty) < CERTAINTIES.index(found[text][1]):
            found[text] = kind, certainty
    counts = {text: _count(study, text) for text, (_, certainty) in found.items() if perhaps or certainty != "perhaps"}
    order = sorted(counts, key=lambda text: (_place(*found[text]), -counts[text][0], text))
    instead = _replacements({text: found[text][0] for text in order})
    return [Proposal(found[t][0], t, instead[t], *counts[t], certainty=found[t][1]) for t in order if counts[t][0]]


def _all(study: Study, pipeline: str) -> Iterator[tuple[str, str, str]]:
    """Everything that any finder finds, as (kind, text, certainty)."""
    for document in study.documents:
        yield from _by_pattern(document)
    yield from speakers(study.documents)
    yield from called(study.documents)
    yield from find_names(study.documents)
    if pipeline:
        entities = _Entities(pipeline)
        for document in study.documents:
            yield from entities(document)


_RANK = {
    "person": "Person",
    "place": "Place",
    "organisation": "Organisation",
    "group": "Group",
    "e-mail": "E-mail",
    "phone": "Phone",
    "web address": "Web address",
    "handle": "Handle",
    "id number": "Number",
    "perhaps a name": "Name",
}


def _place(kind: str, certainty: str) -> tuple[int, int]:
    return CERTAINTIES.index(certainty), list(_RANK).index(kind)


def _replacements(kinds: Mapping[str, str]) -> dict[str, str]:
    """A pseudonym for each text; a part of one full name alone gets the pseudonym of that name."""
    people = [text for text, kind in kinds.items() if kind == "person"]
    made: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for text in sorted(kinds, key=lambda t: -len(t.split())):  # stable: full names first, else in their order
        whole_names = [p for p in people if text != p and text in p.split()]
        if kinds[text] == "person" and len(whole_names) == 1:
            made[text] = made[whole_names[0]]
            continue
        numbers[kinds[text]] += 1
        made[text] = f"[{_RANK[kinds[text]]} {numbers[kinds[text]]}]"
    return made


def _by_pattern(document: Document) -> Iterator[tuple[str, str, str]]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in PATTERNS.items():
        for match in pattern.finditer(document.text):
            start, end = match.span()
            if not any(a < end and start < b for a, b in taken):
                taken.append((start, end))
                yield kind, match.group(), "sure"


def pipelines() -> list[str]:
    """The spaCy pipelines installed on this computer."""
    return sorted({entry.name for entry in entry_points(group="spacy_models")})  # without spaCy's own ten seconds of loading


class _Entities:
    """Named entities of an installed spaCy pipeline."""

    def __init__(self, pipeline: str) -> None:
        import spacy

        try:
            self._pipeline = spacy.load(pipeline)
        except OSError as error:
            raise ConfigError(
                f"spaCy pipeline '{pipeline}'",
                "it is not installed on this computer",
                "Install it first, or leave --spacy out: patterns look all the same.",
            ) from error

    def __call__(self, document: Document) -> Iterator[tuple[str, str, str]]:
        for start in range(0, len(document.text), _CHUNK):
            for entity in self._pipeline(document.text[start : start + _CHUNK]).ents:
                kind, text = _ENTITIES.get(entity.label_), entity.text.strip()
                if kind and text and text not in NEVER:
                    yield kind, text, "perhaps" if text in COUNTRIES or kind == "group" else "likely"


def whole(text: str) -> re.Pattern[str]:
    """A pattern for a text that is not part of a longer word; in names of files an underscore stands for a space."""
    return re.compile(rf"(?<![^\W_]){'[ _]'.join(map(re.escape, re.split('[ _]', text)))}(?![^\W_])")


def _count(study: Study, text: str) -> tuple[int, int]:
    """How often, and in how many documents, a text stands: in what was said, or else beside it (speakers, variables, names)."""
    pattern = whole(text)
    found = [len(pattern.findall(d.text)) for d in study.documents]
    if not any(found):
        found = [len(pattern.findall("\n".join(_beside(d)))) for d in study.documents]
    return sum(found), sum(n > 0 for n in found)


def _beside(d: Document) -> list[str]:
    return [d.id, d.name, *d.variables.values(), *(part.speaker for part in d.segments or d.turns)]


def write_proposals(path: Path, proposals: Sequence[Proposal]) -> None:
    """Write proposals as a table to be reviewed: put yes into the column `apply`, mend replacements.

    Raises:
        InputError: The file cannot be written.
    """
    rows = (("yes" if p.apply else "", p.certainty, p.kind, p.found, p.replacement, p.count, p.documents) for p in proposals)
    write_atomic(path, csv_text(COLUMNS, rows))


def is_yes(cell: str) -> bool:
    """Whether a person said yes in a cell of the list."""
    return cell.strip().casefold() in ("yes", "y", "x", "1", "ja", "oui", "si", "sí", "ya")


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
        if (yes := is_yes(row["apply"])) and (not text.strip() or not instead.strip() or whole(text).search(instead)):
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


@dataclass(frozen=True, slots=True)
class Replaced:
    """A study with pseudonyms.

    Attributes:
        counts: How often each thing found was replaced, in texts, speakers, variables and memos.
    """

    study: Study
    counts: Mapping[str, int]


def apply_proposals(study: Study, proposals: Sequence[Proposal]) -> Replaced:
    """Put the chosen replacements everywhere in a study: documents' ids, texts, speakers, names, variables, memos, codebook.

    Ids of coders stay.
    """
    listed = chosen(proposals)
    if not listed:
        return Replaced(study, {})
    words = _Words({p.found: p.replacement for p in listed}, Counter())
    study = with_ids(study, new_ids(study, words.replaced))
    for document in study.documents:
        study = apply_edits(study, document.id, words.edits(document.text)).study
    documents = tuple(_about(d, words) for d in study.documents)
    codings = tuple(replace(c, memo=words.replaced(c.memo)) if c.memo else c for c in study.codings)
    codes = tuple(
        replace(
            c,
            definition=words.replaced(c.definition),
            include=words.replaced(c.include),
            exclude=words.replaced(c.exclude),
            example=words.replaced(c.example),
        )
        for c in study.codebook
    )
    study = replace(study, documents=documents, codings=codings, codebook=replace(study.codebook, codes=codes))
    return Replaced(study, dict(words.counts))


@dataclass(frozen=True, slots=True)
class Done:
    """What pseudonyms did to a stored study.

    Attributes:
        counts: How often each thing found was replaced in the study itself.
        entries: How many entries of the ledger were changed.
    """

    counts: Mapping[str, int]
    entries: int


_WRITTEN = ("note", "memo", "definition", "include", "exclude", "example", "notice", "document", "segment")
"""The fields of the ledger that people write into, and those that name a document."""


def pseudonymise_study(folder: Path, proposals: Sequence[Proposal]) -> Done:
    """Put the chosen replacements everywhere in a stored study: texts, codebook, receipts, ledger, answers, copies.

    The words of corrections made on the review page are erased: they may hold the names. Ids of coders stay.

    Args:
        folder: The study's folder.
        proposals: The reviewed proposals.

    Raises:
        StoreError: There is no study file, or it cannot be written.
        InputError: The answers of a member check cannot be written.
    """
    listed = chosen(proposals)
    words = _Words({p.found: p.replacement for p in listed}, Counter())
    if not listed:
        return Done({}, 0)
    ids = new_ids(load(folder / STORE), words.replaced)
    done = [_stored(store, proposals, words) for store in (folder / STORE, *(b.path for b in backups(folder / STORE)))]
    if kept := load_answers(answers := folder / ANSWERED):
        comments = [{n: words.replaced(c) for n, c in k.comments.items()} for k in kept]
        named = [replace(k, document=ids.get(k.document, k.document)) for k in kept]
        save_answers(answers, [replace(k, comments=c) for k, c in zip(named, comments, strict=True)], anew=True)
    return done[0]


def _stored(store: Path, proposals: Sequence[Proposal], words: _Words) -> Done:
    """The replacements in one study file."""
    counts: dict[str, int] = {}
    ids = new_ids(load(store), words.replaced)

    def change(old: Study) -> Study:
        """The study with the proposals applied; what was replaced is counted."""
        made = apply_proposals(old, proposals)
        counts.update(made.counts)
        return made.study

    def said(key: str, text: str) -> str:
        """A text of the ledger with its names replaced."""
        return ids.get(text) or words.replaced(text) if key in _WRITTEN else text

    update(store, change)
    rename_recordings(store, ids)
    rewrite_receipts(store, lambda entry: with_words(entry, lambda text: said("note", text)))
    forget_words(store)
    entries = redact(store, said, Decision("redact", "", note="Pseudonyms were put in the place of names."))
    scrub(store)
    return Done(counts, entries)


def _about(document: Document, words: _Words) -> Document:
    """What stands around a text: names, speakers, variables, groups."""
    return replace(
        document,
        name=words.replaced(document.name),
        source=words.replaced(document.source),
        turns=tuple(replace(t, speaker=words.replaced(t.speaker)) for t in document.turns),
        interviewers=tuple(map(words.replaced, document.interviewers)),
        segments=tuple(replace(s, speaker=words.replaced(s.speaker)) for s in document.segments),
        variables={k: words.replaced(v) for k, v in document.variables.items()},
        groups=tuple(words.replaced(g) for g in document.groups),
    )


class _Words:
    """Replacements, all at once, so that no replacement is itself replaced."""

    def __init__(self, instead: Mapping[str, str], counts: Counter[str]) -> None:
        self._instead, self.counts = {text.replace("_", " "): new for text, new in instead.items()}, counts
        self._pattern = re.compile("|".join(whole(text).pattern for text in instead))

    def edits(self, text: str) -> list[Edit]:
        """The replacements in a text of the study, counted."""
        found = list(self._pattern.finditer(text))
        return [Edit(m.start(), m.end(), self._counted(m)) for m in found]

    def replaced(self, text: str) -> str:
        """A text with its names replaced, counted."""
        return self._pattern.sub(self._counted, text)

    def _counted(self, match: re.Match[str]) -> str:
        """What stands in the place of one name."""
        name = match.group().replace("_", " ")
        self.counts[name] += 1
        return self._instead[name]


def write_key(path: Path, proposals: Sequence[Proposal], study_folder: Path) -> None:
    """Write which pseudonym stands for whom, readable by its owner alone.

    Raises:
        InputError: The place lies within the study's own folder, a key is already there, or the
            file cannot be written.
    """
    if path.resolve().is_relative_to(study_folder.resolve()):
        raise InputError(
            str(path),
            "the key would lie beside the pseudonymised study",
            "Keep it in another folder, best on another disk.",
        )
    if path.exists():
        raise InputError(str(path), "there is a file of this name", "Name a new file: an older key may still be needed.")
    rows = [(p.kind, p.found, p.replacement) for p in chosen(proposals)]
    write_atomic(path, csv_text(("kind", "found", "replacement"), rows))
