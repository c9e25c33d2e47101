"""A participant who withdraws is forgotten: step by step, resumed after a kill, and certified.

A journal in the study is written first, and the rows that identify the participant are deleted last: killed at any
point, the same command finds what is left to do. What may hold their words is what `inventory` lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from autocode.errors import AutocodeError, StudyError, counted, did_you_mean
from autocode.ethics import (
    CERTIFICATES,
    NEVER,
    PICTURES,
    RUN,
    Forgotten,
    Inventory,
    Place,
    Places,
    Search,
    inventory,
    parts_of,
    searches,
)
from autocode.ethics.answers import ANSWERED
from autocode.footprint import is_temporary
from autocode.formats.datasets.stream import remove_parts
from autocode.formats.files import write_atomic
from autocode.formats.staged import is_ours
from autocode.formats.tables.participants import RESPONDENT, variable
from autocode.model.saved import erase_evidence
from autocode.store import STORE, load, rewrite_receipts, scrub, update
from autocode.store.backups import RECORDINGS
from autocode.store.ledger import entries, forget_words, redact
from autocode.store.opening import now
from autocode.store.records import Forgetting, detach, journal, outputs, recordings, strike, without_documents, write_journal
from autocode.study import Document, Study
from autocode.study.codebook import Codebook
from autocode.trail import Decision

__all__ = ["Forgotten", "Places", "Search", "forget", "holding"]

GONE = "[withdrawn]"  # what stands in the ledger where they were named or quoted

_PAGE = b'<meta name="generator" content="autocode">'
_OFFICE = b"creator>autocode<", b"lastModifiedBy>autocode<"  # a file that somebody has worked on has another last author


def holding(study: Study, participant: str) -> list[Document]:
    """The documents of a participant: by document id, or by the variable that names respondents.

    Raises:
        StudyError: Nobody is called so.
    """
    found = [d for d in study.documents if participant in (d.id, variable(d, RESPONDENT))]
    if not found:
        near = did_you_mean(participant, study.by_id, "See the documents: autocode describe STUDY --json.")
        raise StudyError(f"participant '{participant}'", "no document is called so and no respondent is", near)
    return found


@dataclass
class _Case:
    """One forgetting under way: whose words, where, and what came of it so far."""

    entry: Forgetting
    places: Places
    search: Search
    parts: Search
    found: Inventory
    erased: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The study's file."""
        return self.places.study / STORE

    @property
    def ids(self) -> set[str]:
        """Ids of the participant's documents."""
        return set(self.entry.documents)

    def keep(self) -> None:
        """Write into the journal how far it has come."""
        said = {**self.entry.said, "erased": list(dict.fromkeys(self.erased)), "left": self.left}
        self.entry = replace(self.entry, said=said)
        write_journal(self.store, self.entry)


def forget(
    participant: str,
    places: Places,
    called: Iterable[str] = (),
    step: Callable[[str, int, int], None] = lambda what, number, of: None,
    to: Path | None = None,
) -> Forgotten:
    """Erase a participant wherever a study's words may lie, and certify it; one that was stopped before goes on.

    Their documents, codings and readings go, and their words and names from ledger, receipts, earlier codebooks, answers,
    dated copies, models' evidence, caches and outputs. A model keeps weights that were learnt from them too: it is listed
    as left. Files that autocode did not make, or that were changed since, are never touched, only listed.

    Args:
        participant: A document's id, or a respondent.
        places: Where to look beside what the study itself knows of.
        called: Further names of theirs to look for.
        step: Told what comes next, its number, and of how many.
        to: A file for the certificate (.json, or text), written by whoever finishes it; one without a name stays in the study.

    Raises:
        StudyError: Nobody is called so, or another forgetting waits to be finished.
        StoreError: There is no study file, or it cannot be written.
    """
    case = _begun(participant, places, tuple(called), to)
    steps: list[tuple[str, Callable[[_Case], None]]] = [
        ("outputs", _outputs),
        ("models", _models),
        ("caches", _caches),
        ("answers", _answers),
        ("dated copies", _backups),
        ("the study", _study),
        ("what is left", _leftovers),
        ("the rows that name them", lambda c: _documents(c, c.store)),
        ("traces", lambda c: scrub(c.store)),
    ]
    for number, (what, act) in enumerate(steps, 1):
        step(what, number, len(steps) + 1)
        act(case)
        case.keep()
    step("the journal", len(steps) + 1, len(steps) + 1)
    if any(case.search.in_file(p)[0] for p in case.places.study.glob(f"{STORE}*")):
        case.left.append((str(case.store), "it still holds words of theirs: in what others said or wrote; search it for them"))
    certificate = _certificate(case)
    kept = case.places.study / CERTIFICATES / f"forgotten-{re.sub(r'[^0-9]', '-', case.entry.at[:26])}.txt"
    write_atomic(kept, f"{case.parts.nameless(case.search.nameless(str(certificate), GONE), GONE)}\n")
    if out := str(case.entry.said.get("out", "")):
        as_json = json.dumps(certificate.to_json(), ensure_ascii=False, indent=2)
        write_atomic(Path(out), as_json if out.endswith(".json") else f"{certificate}\n")
    write_journal(case.store, None)
    scrub(case.store)
    return certificate


def _begun(participant: str, places: Places, called: tuple[str, ...], to: Path | None) -> _Case:
    """The journal written, or found again."""
    store = places.study / STORE
    study, before = load(store), journal(store)
    if before and before.participant != participant and participant not in before.documents:
        why = f"the forgetting of '{before.participant}' was stopped and comes first"
        then = f"Finish it: autocode forget {places.study} {before.participant} --yes."
        raise StudyError(f"participant '{participant}'", why, then)
    if before:
        places = replace(places, also=tuple(dict.fromkeys((*places.also, *map(Path, before.said.get("also", ()))))))
        places = replace(places, models=places.models or (Path(m) if (m := before.said.get("models")) else None))
        called = tuple(dict.fromkeys((*called, *before.said.get("called", ()))))
        entry = replace(before, said={**before.said, "out": str(to.absolute())}) if to else before
    else:
        gone = holding(study, participant)
        ids = {d.id for d in gone}
        said = {
            "models": str(places.models.absolute()) if places.models else "",
            "also": [str(p.absolute()) for p in places.also],
            "called": list(called),
            "out": str(to.absolute()) if to else "",
            "codings": sum(c.document in ids for c in study.codings),
        }
        entry = Forgetting(participant, tuple(sorted(ids)), now(), said)
        write_journal(store, entry)
    found = inventory(places)
    case = _Case(entry, places, *searches(study, {*entry.documents}, {entry.participant, *called}), found)
    case.erased += entry.said.get("erased", ())
    case.left += [(place, why) for place, why in entry.said.get("left", ())]
    return case


def _outputs(case: _Case) -> None:
    """Erase what autocode wrote and can write again, where it holds their words or names them; and what killed runs left."""
    struck = []
    for place in case.found.of("output", "file", "stopped run", "temporary"):
        said, named = case.search.in_place(place)
        if not (said or named):
            continue
        if place.kind in ("stopped run", "temporary"):
            if place.path.is_dir():
                remove_parts(place.path)
            else:
                place.path.unlink(missing_ok=True)
            case.erased.append(f"{place.path}: {_TOLD[place.kind]}")
        elif _is_ours(case, place):
            place.path.unlink(missing_ok=True)
            case.erased.append(f"{place.path}: made by autocode; make it again")
            struck += [place.output] if place.output else []
    if struck:
        strike(case.store, struck)


_TOLD = {
    "stopped run": "parts of suggestions, of a run that was stopped; run it again without them",
    "temporary": "what a killed run left",
}


def _is_ours(case: _Case, place: Place) -> bool:
    """Whether autocode made a file and nobody has worked on it since."""
    if (place.output is not None and place.output.unchanged(case.store)) or is_ours(place.path):
        return True
    raw, kind = place.path.read_bytes(), place.path.suffix.lower()
    if kind == ".html":
        return _PAGE in raw
    return kind in (".docx", ".xlsx") and any(all(m in part for m in _OFFICE) for part in parts_of(raw))


def _models(case: _Case) -> None:
    for place in case.found.of("model"):
        said, named = case.search.in_place(place)
        if said or named:
            count = erase_evidence(place.path, case.ids, lambda text: case.search.in_text(text) or case.search.names_in(text))
            case.erased.append(f"{place.path}: {counted(count, 'segment')} of evidence")
            case.left.append((str(place.path), "its weights were learnt from their words too: train it again, or delete it"))


def _caches(case: _Case) -> None:
    """Cached vectors are kept under hashes of texts of every study; they can all be made again."""
    for shard in (shards := case.found.of("cache")):
        shard.path.unlink(missing_ok=True)
    if shards:
        what = f"{counted(len(shards), 'file')} of cached vectors and judgements, of every study; made again when needed"
        case.erased.append(f"{case.places.cache}: {what}")


def _answers(case: _Case) -> None:
    """Take the participant's answer out of the file of member checks, and their name out of earlier certificates."""
    for place in case.found.of("certificate"):
        write_atomic(place.path, case.search.nameless(place.path.read_text(encoding="utf-8"), GONE))
    path = case.places.study / ANSWERED
    if path.exists():
        rows = json.loads(path.read_bytes())
        kept = [row for row in rows if row["document"] not in case.ids]
        if len(kept) < len(rows):
            write_atomic(path, json.dumps(kept, ensure_ascii=False, indent=2) + "\n")
            case.erased.append(f"{path}: their answer")


def _backups(case: _Case) -> None:
    """Forget them in the dated copies too, each of which is a study by itself."""
    for place in (p for p in case.found.of("backup") if p.path.exists() and not is_temporary(p.path.name)):
        try:
            _in_store(case, place.path)
            _documents(case, place.path)
            scrub(place.path)
            case.erased.append(f"{place.path}: a dated copy, without them now")
        except AutocodeError as error:
            case.left.append((str(place.path), f"this dated copy cannot be changed ({error.why}): delete it yourself"))


def _study(case: _Case) -> None:
    """Everything in the study file but the documents themselves, by which they are known."""
    attached = recordings(case.store)
    others = {r.file(case.store) for d, r in attached.items() if d not in case.ids}
    for d in sorted(case.ids & attached.keys()):
        if (file := attached[d].file(case.store)) in others or file.parent != case.store.parent / RECORDINGS:
            told = "others are heard on it too: cut it" if file in others else "it is their recording: delete it"
            case.left.append((str(file), f"{told} yourself"))
        else:
            file.unlink(missing_ok=True)
            case.erased.append(f"{file}: their recording, in the study's folder")
    if quoting := [c.path for c in load(case.store).codebook if case.search.in_text(c.example)]:
        case.erased.append(f"codebook: the examples of {', '.join(quoting)}, which quoted them")
    changed = _in_store(case, case.store)
    told = f"{counted(len(case.ids), 'document')}, {counted(int(case.entry.said.get('codings', 0)), 'coding')}"
    told += f", and from {counted(changed, 'entry', 'entries')} of its ledger" if changed else ""
    case.erased.append(f"{case.store}: {told}")


def _in_store(case: _Case, store: Path) -> int:
    """Take all that is said of them out of a study file, but for the documents; how many entries of its ledger changed."""
    ids = case.ids
    known = [d for d in load(store).documents if d.id in ids]
    update(store, lambda old: _without(old, ids, case.search))
    named = ids | {d.source for d in known if d.source}
    rewrite_receipts(store, lambda entry: without_documents(entry, named))
    forget_words(store, ids)
    detach(store, ids)
    named_so = (o for o in outputs(store) if case.search.names_in(o.place(case.store).name))
    strike(store, [o for o in named_so if not o.place(case.store).exists()])  # erased here, or before a kill
    return redact(store, _changing(case.search), Decision("redact", "", note="A participant withdrew: words and names erased."))


def _changing(search: Search) -> Callable[[str, str], str]:
    """How texts in the ledger change: what quotes or names the participant is gone, hashes and moments stay."""

    def change(key: str, text: str) -> str:
        """A text of the ledger without the participant; keys that hold no words of theirs are left alone."""
        if key in ("before", "after", "model", "codebook", "when", "request", "batch", "action", "band"):
            return text
        return GONE if text and (search.in_text(text) or search.names_in(text)) else text

    return change


def _without(study: Study, ids: set[str], search: Search) -> Study:
    """The study without what was coded and read in some documents, and without examples that quote them."""
    book: Codebook = study.codebook
    codes = tuple(replace(c, example="") if search.in_text(c.example) else c for c in book)
    return replace(
        study,
        codebook=replace(book, codes=codes),
        codings=tuple(c for c in study.codings if c.document not in ids),
        readings=tuple(r for r in study.readings if r.document not in ids),
    )


def _documents(case: _Case, store: Path) -> None:
    """Delete the documents themselves, with all that still stands on them."""

    def without(old: Study) -> Study:
        """The study without the participant's documents."""
        kept = tuple(d for d in old.documents if d.id not in case.ids)
        return replace(_without(old, case.ids, case.search), documents=kept)

    update(store, without)


def _leftovers(case: _Case) -> None:
    """Look everywhere again, and list what still holds their words or names them."""
    ids = ", ".join(case.entry.documents)
    for place in inventory(case.places).of("output", "file", "model", "answers"):
        try:
            (said, named), (_, partly) = case.search.in_place(place), case.parts.in_place(place)
        except OSError as error:
            case.left.append((str(place.path), f"it cannot be read ({error.strerror}): look at it yourself"))
            continue
        changed = "autocode made it and it was changed since: " if place.output else ""
        if said:
            case.left.append((str(place.path), f"it holds their words: {changed}erase it yourself"))
        elif named and place.path.name == "dossier.toml":
            case.left.append((str(place.path), f"it points to {ids}: take that out, or no report can be made"))
        elif named:
            case.left.append((str(place.path), f"it names them: {changed}look at it"))
        elif partly:
            case.left.append((str(place.path), "a part of their name stands there: look whether they are meant"))
    study = load(case.store)
    gone, rest = ([d for d in study.documents if (d.id in case.ids) is own] for own in (True, False))
    alike = Search.of(gone, (d.text for d in rest))
    if ruling := [c.path for c in study.codebook if alike.in_text("\n".join((c.definition, c.include, c.exclude)))]:
        case.left.append(("codebook", f"the rules of {', '.join(ruling)} have some words in common with theirs: read them"))
    case.left += _mentions(study, case)
    case.left = list(dict.fromkeys(case.left))


def _mentions(study: Study, case: _Case) -> Iterator[tuple[str, str]]:
    """Other documents, memos, rules and entries that name or quote the participant; a human must read these."""

    def named(text: str) -> bool:
        """Whether a text names them, or holds a part of their name."""
        return case.search.names_in(text) or case.parts.names_in(text)

    for d in study.documents:
        if d.id not in case.ids and named(d.text):
            yield f"document {d.id}", "it names them; read it"
    if memos := sum(named(c.memo) or case.search.in_text(c.memo) for c in study.codings):
        yield "memos", f"{counted(memos, 'memo')} of other codings that name or quote them: read them"
    if rules := [c.path for c in study.codebook if named("\n".join((c.definition, c.include, c.exclude, c.example)))]:
        yield "codebook", f"the rules of {', '.join(rules)} name them; read them"
    if noted := [str(e.seq) for e in entries(case.store) if case.parts.names_in(e.decision.note)]:
        yield "ledger", f"a part of their name stands in the notes of entries {', '.join(noted)}: look whether they are meant"


def _certificate(case: _Case) -> Forgotten:
    """What the journal says, as a page."""
    search, entry = case.search, case.entry
    searched = [line.strip() for line in str(case.found).splitlines()]
    if search.said:
        searched.append(f"for {len(search.said):,} runs of {RUN} words, and shorter sentences whole, that nobody else said")
    searched.append(f"for what they are called: {len(search.names)} ids and names, whole words, upper or lower case alike")
    if case.parts.names:
        searched.append(f"for parts of their names that nobody else has: {len(case.parts.names)} words, which are listed alone")
    beyond = [*NEVER]
    if search.common:
        beyond.insert(1, f"{search.common:,} short sentences that others say too, or that are one short word")
    unread = [p for p in case.found.places if p.path.suffix.lower() in PICTURES]
    beyond += [f"{p.path}: its words cannot be read here" for p in unread[:20]]
    beyond += [f"{o.path}: written {o.at[:10]} ({o.kind}), no longer there: moved, renamed or deleted" for o in case.found.gone]
    return Forgotten(
        entry.participant,
        entry.documents,
        int(entry.said.get("codings", 0)),
        entry.at,
        now(),
        tuple(searched),
        tuple(dict.fromkeys(case.erased)),
        tuple(dict.fromkeys(case.left)),
        tuple(beyond),
    )
