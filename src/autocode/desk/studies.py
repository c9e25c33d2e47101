"""The studies of the folder that a person chose: each with its desk, what its model says, and its recordings."""

from __future__ import annotations

import json
import secrets
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from autocode.config import SegmentConfig
from autocode.desk.advice import Advice, Item, ReviewSession, cut, read_one, unread
from autocode.desk.guard import AudioFiles, Session
from autocode.desk.jobs import Job, Jobs, Tools, plainly
from autocode.desk.session import Desk
from autocode.dossier.record import later_rounds
from autocode.errors import AutocodeError, InputError, ModelError, StoreError, StudyError
from autocode.formats.files import read_text as file_text
from autocode.formats.files import write_atomic
from autocode.formats.tables.codebooks import read_codebook
from autocode.model.history import Changes, changes_to
from autocode.store import STORE, load
from autocode.store.ledger import held, sizes
from autocode.study import Study
from autocode.study.codebook import Codebook

if TYPE_CHECKING:
    from autocode.model import CodingModel

_LONGEST_NAME = 80
SETTINGS = "desk.json"  # in a study's folder: what was set on the desk


@dataclass
class Reading:
    """A model reads a study behind the page; what it says of a document waits until the page next asks.

    Attributes:
        done: Documents read, of `total`; `taken` of them are on the page.
        fault: Why it stopped, "" where it did not.
        book: The codebook that the model was trained with; None before it is known.
        whole: What it says is taken all at once: an earlier model's word stands until then.
    """

    total: int
    done: int = 0
    fault: str = ""
    book: Codebook | None = None
    stopped: bool = False
    whole: bool = False
    taken: int = 0
    heard: SimpleQueue[tuple[str, tuple[Item, ...], Advice]] = field(default_factory=SimpleQueue)

    @property
    def running(self) -> bool:
        """Whether there is more to come onto the page."""
        return self.taken < self.total and not self.fault and not self.stopped

    @property
    def ready(self) -> bool:
        """Whether there is something to take onto the page now."""
        return not self.heard.empty() and (not self.whole or self.done == self.total)

    def read(self, study: Study, load: Callable[[], CodingModel], name: str) -> None:
        """Read one document after another, those that nobody has coded first."""
        try:
            model = load()
            self.book = model.codebook
            about, coded = unread(study, model, name), {c.document for c in study.codings}
            for d in sorted(study.documents, key=lambda d: d.id in coded):
                if self.stopped:
                    return
                self.heard.put((d.id, read_one(study, d, model, about), about))
                self.done += 1
        except AutocodeError as error:
            self.fault = plainly(str(error))
        except Exception as error:  # the last resort: said in one line, without a word of data
            self.fault = f"The model cannot be read: a fault of the program itself ({type(error).__name__})."


class OpenStudy:
    """One study that the page knows, by a number that says nothing about it.

    Attributes:
        model: The folder of its model, whether or not there is one in it yet.
    """

    def __init__(self, folder: Path, number: int, tools: Tools, model: Path | None = None) -> None:
        """Know a study's folder; nothing is read yet."""
        self.folder, self.number, self.tools = folder, number, tools
        self.model = model or _model_of(folder)
        self.named = model is not None
        self.away = False  # a copy is being put in its place: no request is answered meanwhile
        self.store = folder / STORE
        self.reading: Reading | None = None
        self.jobs = Jobs(tools.command, str(folder.resolve()))
        self.audio = AudioFiles(self.store)
        self.batches: dict[str, Any] = {}  # files on their way in, by a random key
        self.files: dict[str, Path] = {}  # written for the study, by a random name
        self._desk: Desk | None = None
        self._hold: AbstractContextManager[None] | None = None
        self.made: tuple[int, int] = (0, 0)  # moment and size of the model that the page has met
        self.learnt = ""  # what came of training again, in a sentence
        self._reviewed: set[tuple[str, str]] = set()  # interviews and coders after whom it was begun, or waits
        self._waits = False
        self._numbers: dict[str, int] = {}

    @property
    def name(self) -> str:
        """What the study is called."""
        return (self._desk.study.name if self._desk else "") or self.folder.name

    @property
    def base(self) -> str:
        """How all addresses of the study begin."""
        return f"/s/{self.number}"

    @property
    def has_model(self) -> bool:
        """Whether there is a model to ask."""
        return self.named or (self.model / "manifest.json").is_file()

    @property
    def coloured(self) -> bool:
        """Whether somebody chose a colour for a code of it."""
        return self._desk is not None and any(c.colour for c in self._desk.study.codebook)

    @property
    def changed(self) -> str:
        """What of the codebook the model must learn anew; "" where nothing but names, places, colours and examples changed."""
        book, found = self.reading.book if self.reading else None, Changes()
        with suppress(ModelError):  # another codebook: the model itself says so
            found = changes_to(self.desk().study.codebook, book) if book is not None else found
        return str(found) if found.added or found.gone or found.redefined else ""

    def sizes(self) -> Mapping[str, int]:
        """How many documents, codes, people who coded (each once) and codings the study has; none where it has no file yet."""
        return sizes(self.store, later_rounds(self.folder))

    def written(self, folder: str) -> list[tuple[str, str, int]]:
        """The files in a folder of the study that work beside the page has written: address, name and bytes."""
        found = []
        for path in sorted((self.folder / folder).glob("*")):
            if path.is_file() and not path.name.startswith("."):
                key = next((k for k, p in self.files.items() if p == path), "") or secrets.token_urlsafe(12)
                self.files[key] = path
                found.append((f"{self.base}/file/{key}", path.name, path.stat().st_size))
        return found

    def desk(self) -> Desk:
        """The study as it is now, with what the model has said so far.

        Raises:
            StoreError: There is no study file yet, or it is damaged.
        """
        trained = self._trained()
        if self._desk is not None and self.made != trained != (0, 0) != self.made:
            self._listen_anew(self._desk, trained)
        if self._desk is not None and trained == self.made:
            try:
                self._desk.refresh()
            except StoreError:
                if not self._desk.outdated:
                    raise
                self._desk = None  # documents came or went: look at the study anew
        if self._desk is None or trained != self.made:
            self._open(trained)
        found = self._desk
        if found is None:
            raise StoreError(str(self.store), "it cannot be opened", "Try again.")
        while self.reading and self.reading.ready:
            found.hear(*self.reading.heard.get())
            self.reading.taken += 1
        if self._waits:
            self._waits = not self._begin_learning(found)
        return found

    def _listen_anew(self, desk: Desk, trained: tuple[int, int]) -> None:
        """Let a new model read behind the page; what the old one said stands until the new one has read everything."""
        if self._cut() != (desk.advice.cut, ""):
            return  # other segments, or damaged: everything is looked at anew
        if self.reading:
            self.reading.stopped = True
        self.made = trained
        self._read(desk.study, Reading(len(desk.study.documents), whole=True))

    @property
    def learns(self) -> bool:
        """Whether the model is trained again after each interview reviewed, until somebody says otherwise."""
        try:
            return bool(json.loads(file_text(self.folder / SETTINGS)[0]).get("retrain", True))
        except (AutocodeError, ValueError, AttributeError):
            return True

    def set_learns(self, wanted: bool) -> None:
        """Say whether the model is trained again after each interview reviewed."""
        write_atomic(self.folder / SETTINGS, json.dumps({"retrain": wanted}) + "\n")
        self._waits = self._waits and wanted

    @property
    def learning(self) -> bool:
        """Whether the model is being trained again beside the page, or waits for other work to end."""
        return self._waits or (self.jobs.aside is not None and self.jobs.aside.state == "running")

    def finished(self, document: str, sitting: ReviewSession) -> bool:
        """Learn from an interview that a person has reviewed, where that is wanted, but never a model that was named."""
        desk, key = self.desk(), (document, sitting.coder)
        if self.named or not self.has_model or key in self._reviewed or document in desk.advice.learnt or not self.learns:
            return False
        p = desk.progress(document, sitting)
        if p.asked or not p.decided:
            return False
        self._reviewed.add(key)
        self._waits = not self._begin_learning(desk)
        return True

    def _begin_learning(self, desk: Desk) -> bool:
        """Learn from what is reviewed; what somebody is in the midst of, or begins now, is left for later."""

        def told(job: Job) -> None:
            """Keep the sentence that says whether the new model is better."""
            self.learnt = str(json.loads(job.out)["sentence"])

        waiting: dict[str, int] = {}
        for document, coder in {(e.decision.document, e.decision.coder) for e in desk.standing.entries}:
            if document in desk.study.by_id:
                p = desk.progress(document, ReviewSession(coder, share=self.tools.share))
                waiting[document] = waiting.get(document, 0) + p.asked
        new = {c.document for c in desk.study.codings} | waiting.keys()
        done = sorted(d for d in new - desk.advice.learnt if not waiting.get(d, 0))
        words = ["train", str(self.folder.resolve()), "--out", str(self.model.resolve()), "--if-better", "--json"]
        words += [word for d in done for word in ("--finished", d)]
        return self.jobs.start_aside("Learning from what was reviewed", words, told)

    def _trained(self) -> tuple[int, int]:
        """Changes when the model is trained again."""
        try:
            seen = (self.model / "manifest.json").stat()
            return seen.st_mtime_ns, seen.st_size
        except OSError:
            return 0, 0

    def _open(self, trained: tuple[int, int]) -> None:
        self._leave()
        study, self.made = load(self.store), trained
        if self._hold is None:
            self._hold = held(self.store)
            self._hold.__enter__()
            self.tools.remember(self.folder.resolve())
        how, fault = self._cut()
        self._desk = Desk(self.store, cut(study, how))
        if self.has_model and study.documents:
            self._read(study, Reading(len(study.documents), fault=fault))

    def _cut(self) -> tuple[SegmentConfig, str]:
        """How documents are cut into segments: as the model does; and why that cannot be read, "" where it can."""
        try:
            return self.tools.cut(self.model) if self.has_model else SegmentConfig(), ""
        except AutocodeError as error:
            return SegmentConfig(), plainly(str(error))

    def _read(self, study: Study, reading: Reading) -> None:
        self.reading, work = reading, (study, lambda: self.tools.load(self.model), self.model.name)
        with suppress(AutocodeError):  # known before the model is loaded; a damaged one is told of by the model
            reading.book = read_codebook(self.model / "codebook.yaml")
        if not reading.fault:
            threading.Thread(target=reading.read, args=work, daemon=True).start()

    def close(self) -> None:
        """Stop what works for the study, and let go of its file."""
        self._leave()
        self.jobs.cancel()
        self.jobs.stop_aside()
        if self._hold is not None:
            self._hold.__exit__(None, None, None)
            self._hold = None

    def _leave(self) -> None:
        if self.reading:
            self.reading.stopped = True
        self._desk, self.reading = None, None

    def sitting(self, seat: Session) -> ReviewSession | None:
        """Who sits at the desk of this study, and what that person may see; None before the name is known."""
        found = seat.seats.get(self.number)
        return replace(found, model=self.desk().advice.model) if found else None

    def number_of(self, key: str) -> int:
        """The number by which an address names a document or a code."""
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def key_of(self, number: str) -> str:
        """The document or code behind a number in an address.

        Raises:
            StudyError: There is none.
        """
        for key, known in self._numbers.items():
            if str(known) == number:
                return key
        raise StudyError("this address", "it is of an earlier start of the desk", "Open the study from its first page.")


def sit(study: OpenStudy, seat: Session, name: str, blind: bool) -> None:
    """Sit down at a study under a name.

    Raises:
        StudyError: It is no name, or a machine's.
    """
    coders = study.desk().study.coders
    known = {c.name or c.id: c for c in coders} | {c.id: c for c in coders}
    name = unicodedata.normalize("NFC", name.strip())
    found = known.get(name)
    control = any(unicodedata.category(c) in ("Cc", "Cs", "Cf") for c in name)
    if not name or len(name) > _LONGEST_NAME or control or (found and found.kind != "human"):
        raise StudyError("this name", "a coder's name has 1 to 80 letters and is no machine's", "Choose another.")
    seat.seats[study.number] = ReviewSession(found.id if found else name, blind, study.tools.share)
    seat.name = (found.name or found.id) if found else name


def seated(study: OpenStudy, seat: Session) -> ReviewSession:
    """Who decides.

    Raises:
        StudyError: Nobody has logged in.
    """
    found = study.sitting(seat)
    if not found:
        raise StudyError("this page", "nobody has logged in", "Reload the page.")
    return found


def _model_of(folder: Path) -> Path:
    """Where `autocode train` puts the model of a study: models/NAME, beside the folder or beside corpora."""
    above = folder.resolve().parent
    return (above.parent if above.name == "corpora" else above) / "models" / folder.resolve().name


class Studies:
    """All studies of a folder, and those opened by name."""

    def __init__(self, folder: Path, tools: Tools) -> None:
        """Know a folder; studies are looked for each time they are listed."""
        self.folder, self.tools = folder, tools
        self._open: dict[Path, OpenStudy] = {}

    def add(self, folder: Path, model: Path | None = None) -> OpenStudy:
        """Know a study, whether or not there is a study file in its folder yet."""
        path = folder.resolve()
        if path not in self._open:
            self._open[path] = OpenStudy(folder, len(self._open) + 1, self.tools, model)
        return self._open[path]

    def listed(self) -> list[OpenStudy]:
        """The studies of the folder, and the others that were opened."""
        near = [self.folder, *sorted(self.folder.glob("*")), *sorted(self.folder.glob("corpora/*"))]
        found = [self.add(p) for p in near if (p / STORE).is_file()]
        return found + [s for s in self._open.values() if s not in found and s.store.is_file()]

    def new(self, name: str) -> OpenStudy:
        """A new study in the folder; its file comes with the first import.

        Raises:
            InputError: The name is no name for a folder, or taken.
        """
        name = " ".join(name.split())
        if not name or len(name) > 80 or name.startswith(".") or any(c in '<>:"/\\|?*' or not c.isprintable() for c in name):
            raise InputError("this name", "it cannot be the name of a folder", "Use letters, figures and spaces.")
        if name.casefold() in ("con", "prn", "aux", "nul", "models", "corpora") or name.endswith("."):
            raise InputError("this name", "it means something else to computers", "Choose another.")
        home = self.folder / "corpora" if (self.folder / "corpora").is_dir() else self.folder
        if (home / name).exists():
            raise InputError(f"'{name}'", "there is something of that name already", "Open it, or choose another name.")
        return self.add(home / name)

    def of(self, number: int) -> OpenStudy:
        """A study by its number.

        Raises:
            StudyError: There is none.
        """
        for study in self._open.values():
            if study.number == number:
                return study
        raise StudyError("this study", "the desk does not know it", "Open it from the first page.")

    def all(self) -> Iterable[OpenStudy]:
        """Every study that the desk knows."""
        return list(self._open.values())
