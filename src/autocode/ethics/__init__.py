"""The one inventory of where a study's words and names may lie, for pseudonyms, for forgetting, for the doctor and the desk."""

from __future__ import annotations

import gzip
import html
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autocode.ethics.answers import ANSWERED
from autocode.footprint import is_temporary
from autocode.formats.datasets.stream import cells_of, is_parts
from autocode.formats.tables.participants import RESPONDENT, variable
from autocode.model.saved import MANIFEST
from autocode.store import STORE
from autocode.store.opening import BACKUPS
from autocode.store.records import Output, outputs
from autocode.study import Document, Study

KINDS = {
    "study": "the study file, with its ledger, receipts and earlier codebooks",
    "backup": "dated copies of the study",
    "certificate": "certificates of earlier forgettings, without a name",
    "answers": "what participants answered in a member check",
    "model": "models: evidence, codebook and card",
    "cache": "vectors of passages and what was judged of them",
    "stopped run": "parts of suggestions, of a run that was stopped",
    "temporary": "what a killed run left",
    "output": "files written by autocode and on the study's list",
    "file": "files that nobody has on a list",
}
"""What may hold words of a study."""

CERTIFICATES = "certificates"
"""The folder of certificates, in the study's own; none of them says who was forgotten."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look beside what the study itself knows of.

    Attributes:
        study: The study's folder.
        models: A folder of model folders.
        cache: Folder of cached vectors.
        also: Further folders and files, of reports and exports say.
    """

    study: Path
    models: Path | None = None
    cache: Path | None = None
    also: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a folder that is one thing, which may hold words.

    Attributes:
        kind: One of `KINDS`.
        output: How it stands on the study's list; None where it does not.
    """

    path: Path
    kind: str
    output: Output | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All places, and outputs that are no longer where they were written."""

    places: tuple[Place, ...]
    gone: tuple[Output, ...] = ()

    def of(self, *kinds: str) -> list[Place]:
        """The places of some kinds."""
        return [p for p in self.places if p.kind in kinds]

    def __str__(self) -> str:
        """One line a kind, with how many there are."""
        counts = {kind: len(self.of(kind)) for kind in KINDS}
        return "\n".join(f"{n:>6,}  {KINDS[kind]}" for kind, n in counts.items() if n)


def inventory(where: Places) -> Inventory:
    """Every place where words or names of a study may lie, each once.

    The study's folder, everything on its list of outputs and what lies hidden beside that, models, the cache of
    vectors, the folders named, and the system's folder for temporary files.

    Raises:
        StoreError: The study cannot be read.
    """
    store = where.study / STORE
    listed = {o.place(store): o for o in outputs(store)}
    found: dict[Path, Place] = {}
    for path in _candidates(where, listed):
        whole = path.absolute()
        if whole not in found:
            found[whole] = Place(path, _kind(path, store, listed), listed.get(whole))
    inside = [
        p for p in found.values() if not any(up in found and found[up].kind in _WHOLE for up in p.path.absolute().parents)
    ]
    missing = tuple(o for path, o in listed.items() if not path.exists())
    return Inventory(tuple(sorted(inside, key=lambda p: str(p.path))), missing)


_WHOLE = ("model", "stopped run", "temporary")


def _candidates(where: Places, listed: Iterable[Path]) -> Iterator[Path]:
    """Files, and folders that are one thing, anywhere a study may have left words."""
    roots = [where.study, *where.also]
    for path in listed:
        roots += [path, *path.parent.glob(f".{path.name[:60]}.*")] if path.parent.is_dir() else []
    if where.models and where.models.is_dir():
        roots += [p.parent for p in where.models.glob(f"*/{MANIFEST}")] + list(where.models.glob(".*"))
    if where.cache and where.cache.is_dir():
        roots += where.cache.rglob("*.npz")
    roots += [p for p in Path(tempfile.gettempdir()).glob(".*.autocode-*") if is_temporary(p.name)]
    for root in roots:
        if root.is_dir() and not _is_whole(root):
            yield from (p for p in root.rglob("*") if p.is_file() or _is_whole(p))
        elif root.exists():
            yield root


def _is_whole(path: Path) -> bool:
    return path.is_dir() and ((path / MANIFEST).is_file() or is_parts(path) or is_temporary(path.name))


def _kind(path: Path, store: Path, listed: Iterable[Path]) -> str:
    if is_temporary(path.name) or (path.name.startswith(".") and path.name.endswith((".old", ".new"))):
        return "temporary"
    if (path / MANIFEST).is_file():
        return "model"
    if is_parts(path):
        return "stopped run"
    if path.parent == store.parent and path.name.startswith(store.name):
        return "study"
    if path.parent.name == BACKUPS and path.suffix == store.suffix:
        return "backup"
    if path.parent == store.parent / CERTIFICATES:
        return "certificate"
    if path == store.parent / ANSWERED:
        return "answers"
    if path.suffix == ".npz":
        return "cache"
    return "output" if path.absolute() in listed else "file"


RUN = 5
"""Words in a row that are looked for; a shorter sentence is looked for whole."""

_LEAST = 8  # letters of a short sentence, below which everybody says it
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")  # scripts without spaces
_SENTENCE = re.compile(r"[.!?…;:\n。！？]+")
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrt\"/\\]))")
_PLAIN = {"n": "\n", "r": "\n", "t": "\t"}
_DEEPEST = 3  # containers in containers
_LONG = 6  # letters of a name that is looked for among numbers too
_LARGEST = 512 * 2**20  # bytes of a file that are read
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".mp3", ".m4a", ".mp4", ".wav", ".ogg", ".opus", ".flac", ".webm", ".mov", ".pdf")
"""Files whose words cannot be read here."""


def words(text: str) -> list[str]:
    """The words of a text, lower case, without what stands between them."""
    return _WORD.findall(text.casefold())


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, as words joined by spaces.

    Attributes:
        said: Their words.
        names: What they are called: ids, names, pseudonyms.
        common: Short sentences not looked for, because others say them too or they are very short.
    """

    said: frozenset[str]
    names: frozenset[str]
    common: int = 0

    @classmethod
    def of(cls, documents: Iterable[Document], others: Iterable[str] = (), names: Iterable[str] = ()) -> Search:
        """What is theirs alone: words that stand in `others` too are left out."""
        runs: set[str] = set()
        short: set[str] = set()
        few = 0
        for document in documents:
            for text in document.text.split("\n"):
                told = words(text)
                runs.update(" ".join(told[i : i + RUN]) for i in range(len(told) - RUN + 1))
                for sentence in _SENTENCE.split(text):
                    if 0 < len(part := words(sentence)) < RUN:
                        whole = " ".join(part)
                        (short.add(whole) if len(part) > 1 and len(whole) >= _LEAST else None)
                        few += len(part) == 1 or len(whole) < _LEAST
        found = runs | short
        theirs = frozenset(found - {hit for text in others for hit in _hits(words(text), frozenset(found))})
        called = frozenset(" ".join(w) for n in names if (w := words(n)) and len("".join(w)) > 1)
        return cls(theirs, called, few + len(short - theirs))

    def in_text(self, text: str) -> bool:
        """Whether any of their words stand in a text."""
        return next(_hits(words(text), self.said), None) is not None

    def names_in(self, text: str) -> bool:
        """Whether they are named in a text."""
        return next(_hits(words(text), self.names), None) is not None

    def nameless(self, text: str, instead: str) -> str:
        """A text with something else where they are named."""
        for name in sorted(self.names, key=len, reverse=True):
            told = r"[\W_]*".join(map(re.escape, name.split()))
            text = re.sub(rf"(?i)(?<![^\W_]){told}(?![^\W_])", instead, text)
        return text

    def in_file(self, path: Path) -> tuple[bool, bool]:
        """Whether their words stand in a file or what is packed in it, and whether it names them, in its name or within.

        Raises:
            OSError: It cannot be read.
        """
        with path.open("rb") as file:
            raw = file.read(_LARGEST)
        said, named = False, self.names_in(path.name)
        for part in parts_of(raw):
            names = self.names if _is_text(part) else frozenset(n for n in self.names if len(n) >= _LONG)
            for text in _texts(part):
                told = words(text)
                said = said or next(_hits(told, self.said), None) is not None
                named = named or next(_hits(told, names), None) is not None
            if said and named:
                break
        return said, named

    def in_place(self, place: Place) -> tuple[bool, bool]:
        """What `in_file` tells, of all files of a place."""
        said = named = False
        for path in [p for p in sorted(place.path.rglob("*")) if p.is_file()] if place.path.is_dir() else [place.path]:
            with suppress(FileNotFoundError):
                one = self.in_file(path)
                said, named = said or one[0], named or one[1]
        return said, named


def searches(study: Study, ids: set[str], called: set[str]) -> tuple[Search, Search]:
    """What to look for of the participants of some documents: their words that others have not, and what they are called.

    The second search is for parts of their names that nobody else has: a first or last name alone may be anybody's, so
    where it stands is listed, and nothing is erased for it.
    """
    gone, rest = ([d for d in study.documents if (d.id in ids) is own] for own in (True, False))
    speakers = {t.speaker for d in rest for t in d.turns}  # the interviewer speaks everywhere
    told = {*(variable(d, RESPONDENT) for d in gone), *(t.speaker for d in gone for t in d.turns)}
    people = called | (told - speakers)
    names = {*ids, *people, *({name for d in gone for name in (d.name, Path(d.source).stem)} - speakers)}
    others = [*(d.text for d in rest), *(text for c in study.codebook for text in (c.definition, c.include, c.exclude))]
    known = {word for text in (*others, *speakers, *(d.name for d in rest)) for word in words(text)}
    parts = {w for n in people if len(own := words(n)) > 1 for w in own if len(w) > 2 and w.isalpha() and w not in known}
    return Search.of(gone, others, names), Search(frozenset(), frozenset(parts))


def still_naming(found: Inventory, names: Iterable[str]) -> list[str]:
    """The places outside the study's own file that hold one of some names, as whole words."""
    search = Search(frozenset(), frozenset(" ".join(w) for name in names if (w := words(name))))
    outside = (p for p in found.places if p.kind not in ("study", "cache"))
    return [str(p.path) for p in outside if search.in_place(p)[1]]


def _hits(told: Sequence[str], needles: frozenset[str]) -> Iterator[str]:
    """The needles that stand in a row of words."""
    if not needles:
        return
    lengths = sorted({needle.count(" ") + 1 for needle in needles})
    first = {needle.partition(" ")[0] for needle in needles}
    for i, word in enumerate(told):
        if word in first:
            for length in lengths:
                if (run := " ".join(told[i : i + length])) in needles:
                    yield run


def _is_text(raw: bytes) -> bool:
    """Whether bytes are a text; among those of numbers a short name stands by chance."""
    head = raw[:65_536]
    return 0 not in head or head[:2] in (b"\xff\xfe", b"\xfe\xff")


def _texts(raw: bytes) -> Iterator[str]:
    """Bytes as texts: as UTF-8, and as other encodings where they may be that."""
    found = [raw.decode("utf-8", "ignore")]
    zeros = raw[:4096].count(0)
    if zeros > len(raw[:4096]) / 5:
        found += [raw.decode("utf-16-le", "ignore"), raw.decode("utf-16-be", "ignore")]
    elif len(found[0].encode("utf-8", "surrogatepass")) < len(raw):
        found.append(raw.decode("cp1252", "ignore"))
    for text in found:
        plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _PLAIN.get(m[2], m[2]), text) if "\\" in text else text
        plain = html.unescape(plain) if "&" in plain else plain
        yield plain
        if "<" in plain:
            yield _TAG.sub("", plain)
            yield _TAG.sub(" ", plain)


def parts_of(raw: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and what a zip or gzip container or a Parquet table holds, containers in containers too."""
    packed = list(_unpacked(raw)) if depth < _DEEPEST else []
    if not packed:
        yield raw  # what is packed says nothing as it stands
    for part in packed:
        yield from parts_of(part, depth + 1)


def _unpacked(raw: bytes) -> Iterator[bytes]:
    if raw[:4] == b"PAR1":
        yield from cells_of(raw)
    if raw[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                for info in archive.infolist():
                    yield info.filename.encode("utf-8", "surrogatepass")
                    if info.file_size <= _LARGEST:
                        yield archive.read(info)
        except (zipfile.BadZipFile, RuntimeError, zlib.error, NotImplementedError, EOFError):
            return
    if raw[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
                yield file.read(_LARGEST)
        except (OSError, EOFError, zlib.error):
            return


NEVER = (
    "words that someone put in other words: they are known to nobody but a reader",
    "pictures and sounds, PDF files, and what is locked with a password",
    "mail, chats, printed pages, memory sticks, other computers, and copies that a cloud folder or a backup of the disk keeps",
    "folders that nobody named and no list of this study names: give them with --also",
)
"""Where nobody looks, whatever is asked."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The certificate: what was searched, erased, kept, and what was not searched.

    Attributes:
        participant: As named.
        documents: Ids of the documents that are gone.
        codings: How many codings went with them.
        began: When, ISO 8601; `ended` likewise.
        searched: Kinds of places, with how many there were of each.
        erased: Files erased, or what was taken out of them.
        left: (place, why) that could not be erased, for the researchers to deal with.
        not_searched: Where words may still be that nobody looked for.
    """

    participant: str
    documents: tuple[str, ...]
    codings: int = 0
    began: str = ""
    ended: str = ""
    searched: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    not_searched: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The certificate as a page of text."""
        lines = [f"Certificate: {self.participant} was forgotten, begun {self.began[:19]}, done {self.ended[:19]} (UTC)"]
        lines += [f"Documents: {', '.join(self.documents)}; codings: {self.codings:,}", "", "SEARCHED"]
        lines += [f"  {line}" for line in self.searched]
        lines += ["", "ERASED", *(f"  erased: {line}" for line in self.erased or ("nothing was found",))]
        lines += ["", "KEPT", *(f"  LEFT: {place}: {why}" for place, why in self.left)]
        lines += [] if self.left else ["  nothing that holds their words or names them"]
        lines += ["", "NOT SEARCHED", *(f"  {line}" for line in self.not_searched)]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return {**asdict(self), "left": [{"place": place, "why": why} for place, why in self.left]}
