"""A participant who withdraws is forgotten: study, models' evidence, caches, reports; verified byte by byte."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocode.config import Config
from autocode.errors import StudyError, did_you_mean
from autocode.ethics.answers import ANSWERED
from autocode.formats.datasets.stream import cells_of, is_parts, remove_parts
from autocode.formats.files import write_atomic
from autocode.formats.tables.participants import RESPONDENT, variable
from autocode.model.saved import read as read_model
from autocode.model.saved import write as write_model
from autocode.store import STORE, load, rewrite_receipts, scrub, update
from autocode.store.ledger import entries
from autocode.store.recordings import detach
from autocode.store.records import without_documents
from autocode.store.rewording import forget_words
from autocode.study import Document, Study
from autocode.study.codebook import Code, Codebook
from autocode.study.segment import segment
from autocode.trail import Entry, to_text

_WINDOW, _STEP = 24, 12  # characters looked for, and from one to the next: any 36 characters in a row hold one


@dataclass(frozen=True, slots=True)
class Search:
    """The words of some documents, as bytes to look for."""

    needles: tuple[bytes, ...]

    @classmethod
    def of(cls, documents: Iterable[Document], others: str = "") -> Search:
        """Windows on all passages; one that stands in `others` too is not theirs alone and left out."""
        found: dict[bytes, None] = {}
        for d in documents:
            for unit in segment(d, Config().segment):
                words = d.text_of(unit).strip()
                for line in words.split("\n"):
                    for part in _plain_parts(line):
                        if part not in others:
                            found[part.encode("utf-8", "surrogatepass")] = None
        return cls(tuple(found))

    def in_bytes(self, raw: bytes) -> bool:
        """Whether any of the words stand in these bytes, or in what is packed in them."""
        return any(needle in part for part in parts_of(raw) for needle in self.needles)

    def in_text(self, text: str) -> bool:
        """Whether any of the words stand in a text."""
        return self.in_bytes(text.encode("utf-8", "surrogatepass"))

    def in_file(self, path: Path) -> bool:
        """Whether any of the words stand in a file."""
        return self.in_bytes(path.read_bytes())


def _plain_parts(line: str) -> Iterator[str]:
    """Windows on a line, without characters that HTML, XML, JSON or CSV would write another way."""
    stretch = ""
    for character in line + "\x00":
        if character in "\"'&<>\\\x00\t" or not character.isprintable():
            yield from (stretch[i : i + _WINDOW] for i in range(0, len(stretch) - _WINDOW + 1, _STEP))
            stretch = ""
        else:
            stretch += character


def parts_of(raw: bytes) -> Iterator[bytes]:
    """The bytes, and what a zip or gzip container or a Parquet table holds."""
    yield raw
    if raw[:4] == b"PAR1":
        yield from cells_of(raw)
    if raw[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        except (zipfile.BadZipFile, RuntimeError, zlib.error, NotImplementedError):
            return
    if raw[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            return


_PRECEDENTS = "precedents.jsonl"
_PAGE = b'<meta name="generator" content="autocode">'
_OFFICE = (
    b"creator>autocode<",
    b"lastModifiedBy>autocode<",
)  # a file that somebody has worked on has another last author


@dataclass(frozen=True, slots=True)
class Places:
    """Where a participant's words may lie.

    Attributes:
        study: The study's folder.
        models: Folder of model folders.
        cache: Folder of cached vectors; "" for none.
        also: Further folders, of reports and exports say.
    """

    study: Path
    models: Path | None = None
    cache: Path | None = None
    also: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased, and what still holds words of the participant.

    Attributes:
        documents: Ids of the documents that are gone.
        erased: Files erased, or whose rows were.
        left: (file, why) that could not be erased, for the researchers to deal with.
    """

    documents: tuple[str, ...]
    codings: int
    erased: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


def holding(study: Study, participant: str) -> list[Document]:
    """The documents of a participant: by document id, or by the variable that names respondents.

    Raises:
        StudyError: Nobody is called so.
    """
    found = [d for d in study.documents if participant in (d.id, variable(d, RESPONDENT))]
    if not found:
        raise StudyError(
            f"participant '{participant}'",
            "no document is called so and no respondent is",
            did_you_mean(participant, study.by_id, "See the documents: autocode describe STUDY --json."),
        )
    return found


def forget(study: Study, participant: str, places: Places) -> Forgotten:
    """Erase a participant from the study file, models' evidence, caches and reports.

    Their documents and all codings and readings of them go. A model keeps weights that were learnt
    from them too; only its evidence can be erased, so it is listed as left. Files that autocode did
    not make are never touched, only listed.

    Raises:
        StudyError: Nobody is called so.
        StoreError: There is no study file, or it cannot be written.
    """
    load(places.study / STORE)  # says at once where there is none
    gone = holding(study, participant)
    ids = {d.id for d in gone}
    others = "\n".join(d.text for d in study.documents if d.id not in ids)
    codings = sum(c.document in ids for c in study.codings)
    search = Search.of(gone, others + "\n" + "\n".join(map(_rule, study.codebook)))
    update(places.study / STORE, lambda old: without_quotes(without(old, ids), search))
    named = ids | {d.source for d in gone if d.source}
    rewrite_receipts(places.study / STORE, lambda entry: without_documents(entry, named))
    forget_words(places.study / STORE, ids)
    recorded = detach(places.study / STORE, ids)
    scrub(places.study / STORE)
    erased = [
        f"{places.study / STORE}: {len(ids)} documents, {codings} codings",
        *_answers(places.study, ids),
        *_quoting(study, search),
    ]
    left = [(path, "it is their recording: delete it yourself") for path in recorded]
    for model in _models(places.models):
        if search.in_file(model / _PRECEDENTS) or _names(model / _PRECEDENTS, ids):
            erased.append(f"{model}: {_erase_evidence(model, ids, search)} segments of evidence")
            left.append((str(model), "its weights were learnt from their words too: train it again, or delete it"))
    erased += [*_caches(places.cache), *_stopped(places, search, ids), *_reports(places, search, ids)]
    ledger = entries(places.study / STORE)
    left += [*_in_ledger(places.study / STORE, ledger, search), *_in_record(places.study / "dossier.toml", ids)]
    told = {str(places.study / STORE)} if any(search.in_text(_said(e)) for e in ledger) else set()
    left += [
        (str(p), "it holds their words: erase it yourself")
        for p in _files(_roots(places))
        if str(p) not in told and search.in_file(p)
    ]
    left += [*_ruling(study.codebook, Search.of(gone, others)), *_mentions(study, gone, ids)]
    decided = sum(e.decision.document in ids for e in ledger)
    if decided:
        left.append(
            (
                str(places.study / STORE),
                f"its ledger keeps that {decided} decisions were made on their documents: "
                "places and codes, none of their words but what a coder typed in a note",
            )
        )
    return Forgotten(tuple(sorted(ids)), codings, tuple(erased), tuple(left))


def _reports(places: Places, search: Search, ids: set[str]) -> Iterator[str]:
    """Erase the files that autocode made, and can make again, with their words or their row in a table."""
    for path in _files([places.study, *places.also]):
        if _is_ours(path) and _speaks_of(path, search, ids):
            path.unlink()
            yield f"{path}: made by autocode; make it again"


def _stopped(places: Places, search: Search, ids: set[str]) -> Iterator[str]:
    """Erase the parts that a stopped `suggest` left, where one of them holds their words or names them."""
    found = sorted({p.parent for p in _files(_roots(places)) if is_parts(p.parent)})
    for folder in found:
        if any(_speaks_of(p, search, ids) for p in _files([folder])):
            remove_parts(folder)
            yield f"{folder}: parts of suggestions, of a run that was stopped; run it again without them"


def _speaks_of(path: Path, search: Search, ids: set[str]) -> bool:
    """Whether a file holds words of some documents, or their names."""
    named = re.compile("|".join(rf"(?<!\w){re.escape(i)}(?!\w)" for i in sorted(ids)).encode())
    return search.in_file(path) or any(named.search(p) for p in parts_of(path.read_bytes()))


def without(study: Study, ids: set[str]) -> Study:
    """The study without some documents and all that was said of them."""
    return replace(
        study,
        documents=tuple(d for d in study.documents if d.id not in ids),
        codings=tuple(c for c in study.codings if c.document not in ids),
        readings=tuple(r for r in study.readings if r.document not in ids),
    )


def without_quotes(study: Study, search: Search) -> Study:
    """The study without examples in its codebook that quote some documents."""
    return replace(study, codebook=_unquoted(study.codebook, search))


def _unquoted(book: Codebook, search: Search) -> Codebook:
    codes = tuple(replace(c, example="") if search.in_text(c.example) else c for c in book)
    return replace(book, codes=codes)


def _quoting(study: Study, search: Search) -> Iterator[str]:
    """The codes whose examples were taken out of the codebook."""
    listed = [c.path for c in study.codebook if search.in_text(c.example)]
    if listed:
        yield f"codebook: the examples of {', '.join(listed)}, which quoted them"


def _rule(code: Code) -> str:
    return "\n".join((code.definition, code.include, code.exclude))


def _ruling(book: Codebook, search: Search) -> Iterator[tuple[str, str]]:
    """The codes whose rule has a stretch of words in common with them: the researchers' words mostly, so a human reads."""
    listed = [c.path for c in book if search.in_text(_rule(c))]
    if listed:
        yield "codebook", f"the rules of {', '.join(listed)} have some words in common with theirs: read them"


def _in_ledger(path: Path, ledger: Sequence[Entry], search: Search) -> Iterator[tuple[str, str]]:
    """Entries that hold words: a note, or a codebook whose examples quote. Taking them out would break the chain."""
    held = [str(e.seq) for e in ledger if search.in_text(_said(e))]
    if held:
        yield (
            str(path),
            (
                f"entries {', '.join(held)} of its ledger hold their words (a note, or an earlier codebook that "
                "quotes them), and the chain of hashes is over them: to be rid of them, export the study and "
                "import it into a new folder"
            ),
        )


def _said(entry: Entry) -> str:
    """All that an entry holds, its letters not written as numbers."""
    return json.dumps(json.loads(to_text(entry.decision)), ensure_ascii=False)


def _in_record(path: Path, ids: set[str]) -> Iterator[tuple[str, str]]:
    """The researchers' own record, where it points to documents that are gone."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    named = [i for i in sorted(ids) if json.dumps(i, ensure_ascii=False) in text or f"'{i}'" in text]
    if named:
        yield str(path), f"it points to {', '.join(named)}: take that out, or no report can be made"


def _answers(folder: Path, ids: set[str]) -> Iterator[str]:
    """Take the participant's answer out of the file of member checks."""
    path = folder / ANSWERED
    if path.exists():
        rows = json.loads(path.read_bytes())
        kept = [row for row in rows if row["document"] not in ids]
        if len(kept) < len(rows):
            write_atomic(path, json.dumps(kept, ensure_ascii=False, indent=2) + "\n")
            yield f"{path}: their answer"


def _models(folder: Path | None) -> list[Path]:
    return sorted(p.parent for p in folder.glob(f"*/{_PRECEDENTS}")) if folder and folder.is_dir() else []


def _erase_evidence(folder: Path, ids: set[str], search: Search) -> int:
    """Take the segments of some documents, and quotes of them, out of a model; how many segments they were."""
    parts = read_model(folder)
    kept = [i for i, row in enumerate(parts.precedents) if row["document"] not in ids]
    arrays = {**parts.arrays, "precedents": parts.arrays["precedents"][kept]}
    card = (folder / "README.md").read_text(encoding="utf-8")
    precedents, book = [parts.precedents[i] for i in kept], _unquoted(parts.codebook, search)
    write_model(folder, replace(parts, arrays=arrays, precedents=precedents, card=card, codebook=book))
    return len(parts.precedents) - len(kept)


def _names(path: Path, ids: set[str]) -> bool:
    """Whether evidence without quotes still names one of the documents."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(f'"document":"{i}"' in text for i in ids)


def _caches(folder: Path | None) -> Iterator[str]:
    """Cached vectors are kept under hashes of texts of every study; they can all be made again."""
    shards = sorted(folder.rglob("*.npz")) if folder and folder.is_dir() else []
    for shard in shards:
        shard.unlink()
    if shards:
        yield f"{folder}: {len(shards)} files of cached vectors, of every study; they are made again when needed"


def _roots(places: Places) -> list[Path]:
    return [p for p in (places.study, places.models, places.cache, *places.also) if p is not None]


def _files(folders: Iterable[Path]) -> list[Path]:
    found = {p for folder in folders for p in ([folder] if folder.is_file() else folder.rglob("*")) if p.is_file()}
    return sorted(found)


def _is_ours(path: Path) -> bool:
    """Whether autocode made a file and nobody has worked on it since."""
    kind = path.suffix.lower()
    if kind == ".html":
        return _PAGE in path.read_bytes()
    return kind in (".docx", ".xlsx") and any(all(m in part for m in _OFFICE) for part in parts_of(path.read_bytes()))


def _mentions(study: Study, gone: Sequence[Document], ids: set[str]) -> Iterator[tuple[str, str]]:
    """Other documents and memos that name the participant; a human must read these."""
    others = {t.speaker for d in study.documents if d.id not in ids for t in d.turns}  # the interviewer speaks everywhere
    names = {n for d in gone for n in (variable(d, RESPONDENT), *(t.speaker for t in d.turns)) if len(n) > 3} - others
    for d in study.documents:
        if d.id not in ids and any(n in d.text for n in names):
            yield f"document {d.id}", "it names them; read it"
    memos = sum(any(n in c.memo for n in names) for c in study.codings if c.document not in ids)
    if memos:
        yield "memos", f"{memos} memos of other codings name them; read them"
