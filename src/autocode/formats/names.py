"""Names meet: documents, coders and codes that several files write differently.

What is equal after evening out case, spaces and Unicode forms is taken as the same, and told. What is
only likely is proposed, with the option that accepts it. Nothing is merged or invented silently.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from autocode.errors import StudyError, counted
from autocode.formats.receipt import Receipt
from autocode.study import Coder, Document, Reading, Study, Turn
from autocode.study.codebook import Codebook, evened
from autocode.study.merge import join_readings, merge

ALIAS = "also called"
"""The variable of a document that holds its other names."""

_VERSION = re.compile(
    r"\b(?:final|endfassung|copy|kopie|copie|copia|neu|new|old|alt|clean(?:ed)?|rev(?:ised)?|edited|draft|coded|kodiert"
    r"|anonymi[sz]ed|anon|transcript(?:ion)?|transkript|transcripción|v(?:ersion)? ?\d+)\b|\(\d+\)"
)
_ENDING = re.compile(r"\.[a-z][a-z0-9]{1,4}$")
_ALIKE = 0.85  # share of letters that two names without numbers must have in common to be proposed
_FEWEST = 20  # words: shorter texts are equal by chance
_MANY = 200  # names that a new one is compared with, letter by letter


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two names that may mean the same.

    Attributes:
        what: document, coder or code.
        new: As the new source writes it; `known` as it is there.
    """

    what: str
    new: str
    known: str

    def __str__(self) -> str:
        """The question, and the option that answers it."""
        return f"{self.what} '{self.new}' may be '{self.known}': if so, import again with --same '{self.new}={self.known}'"


def plain_name(name: str) -> str:
    """A document's name as one compares it: evened, without the ending of a file and ATLAS.ti's number before it."""
    return _ENDING.sub("", re.sub(r"^d ?\d+: ", "", evened(name)))


def aliases(document: Document) -> tuple[str, ...]:
    """The other names of a document."""
    return tuple(filter(None, document.variables.get(ALIAS, "").split("; ")))


def likely(name: str, known: Iterable[str], numbered: bool = False) -> str:
    """The one known name that `name` probably is, "" where there is none or are several.

    Numbers in the names must be equal: Interview 1 is not Interview 10.

    Args:
        name: The new one.
        known: Those that are there.
        numbered: The number alone may tell (P01 and Interview 01).
    """
    mine, found = _key(name), []
    for other in dict.fromkeys(known):
        theirs = _key(other)
        if mine[1] == theirs[1] and _alike(mine[0], theirs[0], numbered and bool(mine[1])):
            found.append(other)
    return found[0] if len(found) == 1 else ""


def _key(name: str) -> tuple[str, tuple[int, ...]]:
    """A name without endings, versions and numbers, and its numbers."""
    words = _VERSION.sub(" ", plain_name(name).replace("_", " ").replace("-", " "))
    return " ".join(re.sub(r"[\d\W]+", " ", words).split()), tuple(int(n) for n in re.findall(r"\d{1,9}", words))


def _alike(a: str, b: str, numbered: bool) -> bool:
    if a == b or (numbered and (len(a) < 3 or len(b) < 3)):
        return True
    short, long = sorted((a, b), key=len)
    if len(short) >= 3 and long.startswith(f"{short} "):
        return True
    return len(short) > 3 and SequenceMatcher(None, a, b, autojunk=False).ratio() >= _ALIKE


def renamed(study: Study, same: Mapping[str, str]) -> Study:
    """The study with documents, coders and codes under the names that the user says they have."""
    if not same:
        return study
    ids = {d.id: same[n] for d in study.documents for n in (d.id, d.name, d.source) if n in same}
    study = with_ids(study, ids)
    coders = {c.id: same[c.id] for c in study.coders if c.id in same}
    study = with_coders(study, coders)
    codings = tuple(replace(c, code=same.get(c.code, c.code)) for c in study.codings)
    return replace(study, codings=codings) if codings != study.codings else study


def with_ids(study: Study, ids: Mapping[str, str]) -> Study:
    """The study with documents under other ids; the old ones are kept as aliases.

    Raises:
        StudyError: Two of its documents would have one id.
    """
    ids = {old: new for old, new in ids.items() if old != new}
    if not ids:
        return study
    taken = {d.id for d in study.documents} - ids.keys()
    if clash := next((new for new in ids.values() if new in taken or list(ids.values()).count(new) > 1), ""):
        raise StudyError(f"document '{clash}'", "two documents of one source would have this name", "Rename one of the files.")
    return replace(
        study,
        documents=tuple(_under(d, ids[d.id]) if d.id in ids else d for d in study.documents),
        codings=tuple(replace(c, document=ids.get(c.document, c.document)) for c in study.codings),
        readings=tuple(replace(r, document=ids.get(r.document, r.document)) for r in study.readings),
    )


def _under(document: Document, new: str) -> Document:
    called = dict.fromkeys([*document.variables.get(ALIAS, "").split("; "), document.id])
    variables = {**document.variables, ALIAS: "; ".join(name for name in called if name and name != new)}
    segments = tuple(replace(s, document=new) for s in document.segments)
    return replace(document, id=new, variables=variables, segments=segments)


def with_coders(study: Study, names: Mapping[str, str]) -> Study:
    """The study with coders under other names; two that become one are one."""
    names = {old: new for old, new in names.items() if old != new}
    if not names:
        return study
    coders = {names.get(c.id, c.id): replace(c, id=names.get(c.id, c.id)) for c in reversed(study.coders)}
    order = dict.fromkeys(names.get(c.id, c.id) for c in study.coders)
    codings = (replace(c, coder=names.get(c.coder, c.coder)) for c in study.codings)
    readings = [replace(r, coder=names.get(r.coder, r.coder)) for r in study.readings]
    return replace(
        study,
        coders=tuple(coders[i] for i in order),
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
    )


@dataclass
class Known:
    """The names that are there, as far as an import has come.

    Attributes:
        words: Ids of documents by their words; `names` by their evened ids.
        keys: Ids and names of documents by the numbers in them.
        coders: Ids of coders by their evened ids.
    """

    words: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    keys: dict[tuple[int, ...], list[str]] = field(default_factory=dict)
    coders: dict[str, str] = field(default_factory=dict)

    def add(self, documents: Iterable[Document], coders: Iterable[str]) -> None:
        """Take note of what was read."""
        for d in documents:
            if words := _words(d):
                self.words.setdefault(words, d.id)
            if d.id not in self.names.values():
                self.keys.setdefault(_key(d.id)[1], []).append(d.id)
            self.names.setdefault(evened(d.id), d.id)
        for coder in coders:
            self.coders.setdefault(evened(coder), coder)

    def meet(self, new: Study) -> tuple[Study, tuple[str, ...]]:
        """The study under the names that are there already, where they are the same; and what was taken so, or is asked."""
        notes: list[str] = []
        ids = dict(self._documents(new, notes))
        names: dict[str, str] = {}
        for c in new.coders:
            there = self.coders.get(evened(c.id), "")
            if there and there != c.id and there not in {x.id for x in new.coders}:
                names[c.id] = there
                notes.append(f"coder '{c.id}' is '{there}'")
            elif not there and c.kind == "human" and (other := likely(c.id, self.coders.values())):
                notes.append(str(Proposal("coder", c.id, other)))
        return with_coders(with_ids(new, ids), names), tuple(notes)

    def _documents(self, new: Study, notes: list[str]) -> Iterator[tuple[str, str]]:
        """Pairs of a new document's id and the id under which the same document is known."""
        taken = {d.id for d in new.documents}
        for d in new.documents:
            words = _words(d)
            same, alike = self.words.get(words, "") if words else "", self.names.get(evened(d.id), "")
            there = alike or same
            if alike == d.id:
                if same and same != d.id:
                    notes.append(f"'{d.id}' and '{same}' hold the same words: which one should go?")
            elif there and there not in taken:
                taken.add(there)
                why = "but for case, spaces or accents" if alike else "by its words"
                notes.append(f"document '{d.id}' is '{there}' {why}: one document")
                yield d.id, there
            elif len(near := self.keys.get(_key(d.id)[1], [])) <= _MANY and (other := likely(d.id, near)):
                notes.append(str(Proposal("document", d.id, other)))


def _words(document: Document) -> str:
    """What makes a text the same as another, spaces aside; "" where it is too short to tell."""
    words = document.text.split()
    return hashlib.sha256(" ".join(words).encode("utf-8", "surrogatepass")).hexdigest() if len(words) >= _FEWEST else ""


_HALVES = re.compile("[\ud800-\udfff]")
_CENTURY = 100 * 366 * 86_400_000  # in milliseconds


def storable(study: Study) -> tuple[Study, list[Receipt]]:
    """The study as files can hold it, and what was done to which document.

    Halves of characters are shown as U+FFFD, one for one; times of a turn beyond a hundred years are left out.
    """
    receipts, documents = list[Receipt](), list[Document]()
    for d in study.documents:
        notes, text, late = [], _HALVES.sub("\ufffd", d.text), [t for t in d.turns if _late(t)]
        if text != d.text:
            notes.append("halves of characters in it are shown as \ufffd")
            d = replace(d, text=text)
        if late:
            notes.append(f"{counted(len(late), 'turn has', 'turns have')} times that no recording reaches; these are left out")
            d = replace(d, turns=tuple(replace(t, start_ms=None, end_ms=None) if _late(t) else t for t in d.turns))
        documents.append(d)
        receipts += [Receipt(d.source or d.id, "documents", 1, {}, tuple(notes))] if notes else []
    return (replace(study, documents=tuple(documents)) if receipts else study), receipts


def _late(turn: Turn) -> bool:
    return max(abs(turn.start_ms or 0), abs(turn.end_ms or 0)) > _CENTURY


def twins(study: Study, fewest: int = 5) -> tuple[str, ...]:
    """Notes on coders whose codings are the same to the letter: somebody may have exported one person twice."""
    sets: dict[str, set[tuple[str, int, int, str]]] = {}
    for c in study.codings:
        sets.setdefault(c.coder, set()).add((c.document, c.start, c.end, c.code))
    names = [c.id for c in study.coders if c.kind == "human" and len(sets.get(c.id, ())) >= fewest]
    same = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :] if sets[a] == sets[b]]
    return tuple(
        f"the {counted(len(sets[a]), 'coding')} of '{a}' and '{b}' are the same to "
        "the letter: was one person's file imported twice?"
        for a, b in same
    )


def codes_meet(study: Study, book: Codebook) -> tuple[str, ...]:
    """Notes on codes that the codebook writes differently."""
    used: dict[str, int] = {}
    for c in study.codings:
        used[c.code] = used.get(c.code, 0) + 1
    paths = {code: book.resolve(code) for code in used}
    other = {code: path for code, path in paths.items() if code not in (path, path.rpartition(" > ")[2])}
    return tuple(f"code '{code}' is '{path}' ({counted(used[code], 'coding')})" for code, path in other.items())


def unite_copies(study: Study) -> tuple[Study, list[str]]:
    """Make documents of one name and text in different groups, coded more than once, one document.

    Returns:
        The study and notes. Where one user coded in several of the groups (a project merged on
        one machine), the coders are named after the groups; else the users stay the coders.
    """
    coded = {c.document for c in study.codings}
    copies: dict[tuple[str, str], list[Document]] = {}
    for d in study.documents:
        if d.groups:
            copies.setdefault((d.name, d.sha256), []).append(d)
    found = [
        ds for ds in copies.values() if len({d.groups[0] for d in ds}) == len(ds) > 1 and sum(d.id in coded for d in ds) > 1
    ]
    if not found:
        return study, []
    groups = {d.id: d.groups[0] for ds in found for d in ds}
    named = _groups_are_coders(study, groups)
    ids = {d.id: ds[0].id for ds in found for d in ds}
    united = {ds[0].id: tuple(dict.fromkeys(g for d in ds for g in d.groups)) for ds in found}
    pairs = {(c.document, c.coder) for c in study.codings} | {(r.document, r.coder) for r in study.readings}
    coders = {(d, c): groups.get(d, c) if named else c for d, c in pairs}  # the document's group, where it names the coder
    codings = tuple(
        replace(c, document=ids.get(c.document, c.document), coder=coders[c.document, c.coder]) for c in study.codings
    )
    readings = [replace(r, document=ids.get(r.document, r.document), coder=coders[r.document, r.coder]) for r in study.readings]
    documents = tuple(replace(d, groups=united.get(d.id, d.groups)) for d in study.documents if ids.get(d.id, d.id) == d.id)
    known = {c.id: c for c in study.coders}
    used = dict.fromkeys(c.coder for c in codings)
    note = (
        f"{counted(len(found), 'document stands', 'documents stand')} in {len(set(groups.values()))} groups with the "
        f"same text and {'is' if len(found) == 1 else 'are each'} read once; "
    ) + ("the groups are the coders" if named else "the users are the coders")
    return replace(
        study,
        documents=documents,
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
        coders=tuple(known.get(c, Coder(c, c)) for c in used),
    ), [note]


def _groups_are_coders(study: Study, groups: Mapping[str, str]) -> bool:
    """Whether some user coded in the copies of more than one group."""
    seen: dict[str, set[str]] = {}
    for c in study.codings:
        if c.document in groups:
            seen.setdefault(c.coder, set()).add(groups[c.document])
    return any(len(of_coder) > 1 for of_coder in seen.values())


def join_coders(parts: Sequence[tuple[str, Study]]) -> tuple[Study, list[str]]:
    """One study from one file a coder.

    Documents are the same where their texts are the same, whatever they are called; codes are the
    same where their paths are.

    Args:
        parts: The name of each coder and what was read from the coder's file; all human codings
            in it are taken for this coder's.

    Returns:
        The study, and notes on what needed deciding.
    """
    ids: dict[str, str] = {}  # from the hash of a text to the id of its document
    notes: list[str] = []
    whole = Study()
    for name, study in parts:
        humans = [c.id for c in study.coders if c.kind == "human"]
        if len(humans) > 1:
            notes.append(
                f"the file of '{name}' holds {counted(len(humans), 'coder')} ({', '.join(humans)}); all are taken for '{name}'"
            )
        new = _renamed_documents(study, name, ids, {d.id for d in whole.documents})
        renamed = sum(old != fresh for old, fresh in new.items())
        if renamed:
            which = counted(renamed, "document is", "documents are")
            notes.append(f"of '{name}' {which} named as in the files before, or apart from another text")
        whole = merge(whole, _by(study, name, new))
    single = [d.name for d in whole.documents if len({r.coder for r in whole.readings if r.document == d.id}) < 2]
    if single:
        notes.append(f"{counted(len(single), 'document was', 'documents were')} coded by fewer than two of the coders")
    return whole, notes


def _renamed_documents(study: Study, name: str, ids: dict[str, str], taken: set[str]) -> dict[str, str]:
    """The new id of each document: that of its text, else its own, with the coder's name where it is taken."""
    new: dict[str, str] = {}
    counts = Counter(d.sha256 for d in study.documents)
    for d in study.documents:
        if d.sha256 not in ids or counts[d.sha256] > 1:
            fresh = d.id if d.id not in taken or ids.get(d.sha256) == d.id else f"{d.id} ({name})"
            ids.setdefault(d.sha256, fresh)
            new[d.id] = fresh
        else:
            new[d.id] = ids[d.sha256]
    return new


def _by(study: Study, name: str, new: Mapping[str, str]) -> Study:
    """The study with all human codings by one coder and documents under their new ids."""
    kinds = {c.id: c.kind for c in study.coders}
    coder = {c.id: c.id if c.kind == "machine" else name for c in study.coders}
    machines = tuple(c for c in study.coders if c.kind == "machine")
    documents = tuple(
        replace(d, id=new[d.id], segments=tuple(replace(s, document=new[d.id]) for s in d.segments)) for d in study.documents
    )
    codings = (replace(c, document=new[c.document], coder=coder[c.coder]) for c in study.codings if c.coder in kinds)
    readings: list[Reading] = [
        replace(r, document=new[r.document], coder=coder[r.coder]) for r in study.readings if r.coder in kinds
    ]
    return replace(
        study,
        documents=documents,
        coders=(Coder(name, name), *machines),
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
    )


_UNTITLED = re.compile(
    r"(un(titled|named|benannt)|new|neues?|my|mein|sans titre|sin t[ií]tulo|senza titolo|naamloos)?[ _-]*"
    r"(project|projekt|proyecto|projet|progetto|study)?[ _-]*\d*",
    re.IGNORECASE,
)
"""What programs call a project that nobody has given a name."""


def own_name(study: Study) -> str:
    """The name that somebody gave to what was read; "" for none, or one that a program gives by itself."""
    return "" if _UNTITLED.fullmatch(study.name.strip()) else study.name
