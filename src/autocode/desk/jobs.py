"""Long work beside the page: one verb of the command line at a time, in a process of its own; and what it found."""

from __future__ import annotations

import _thread
import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode.config import SegmentConfig
from autocode.errors import AutocodeError, StudyError
from autocode.formats.files import read_text as file_text
from autocode.formats.files import write_atomic
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.study import Study

if TYPE_CHECKING:
    from autocode.model import CodingModel

MARK = "\x1e"
"""What a line of progress begins with on stderr: MARK, done, total and what is being done, parted by blanks."""

PROGRESS = "AUTOCODE_PROGRESS"
"""Name of the environment variable that asks the command line for such lines."""


_GRACE = 10.0  # seconds that work has for its own end

VERBS = (
    "demo open import describe agree train evaluate suggest next review report export audit doctor members meet clinic plan "
    "stability second-look frequencies rename align backup restore pseudonymise forget encoder shortcut"
)
"""What the command line calls its verbs: a sentence that names one is not for the page."""

_COMMAND = rf"(?:\bautocode (?:{'|'.join(VERBS.split())})\b|(?<![\w-])--[a-z])"
_OWN = (
    (r"[ :]*if so, import again with --same '[^']*'", "; if so, change it in the file and drop it again"),
    (r"import (?:it )?(?:again )?(?:FILE --study STUDY )?with --replace", "tick below that it takes the old one’s place"),
    (r"^Put yes into the column apply, .*", "Tick below what is to go."),
    (r"^pseudonyms/proposals.csv: (?=[0-9])", "Found: "),
    (r"^pseudonyms/proposals.csv: no", "No"),
    (r" from study\.sqlite, and search:", "."),
    (r"more than --minutes allows \(`minutes` under \[encode\]\)", "more than a training from the page takes"),
    (r"import it with --kind codebook", "save it as a table with a column “code”"),
    (r"--speaker '[^']*=Interviewer' says who asks", "tick who asks"),
    (r"If so: import again with --speaker '[^']*'", "If so, tick it"),
    (r": --segments [a-z ]+", ", which is long"),
    (r"; --audio ID=FILE adds it to a transcript", ", bring that in, and attach the recording to it in the room Code"),
    (r"and run the command again", "and try again"),
    (r"; name it alone to read it", "; drop it alone to read it"),
    (r"--speaker-pattern says it otherwise", "give a line as an example where that is wrong"),
    (r"^--speaker-pattern", "The line that you gave"),
    (r"try --encoding .*", "save the file as UTF-8 and drop it again"),
    (r"Leave --encoding .*", "Save the file as UTF-8 and drop it again."),
    (r"Name (?:them|another): (?:--column [a-z]+=\w+ ?)+", "Head the columns “document”, “code” and “segment” "),
    (r"give --coder NAME|say who coded \(--coder NAME\)", "say below who coded"),
    (r"add --perhaps to list more", "with the tick below they are listed too"),
    (r"This cannot be undone; add --yes to do it", "This cannot be undone"),
    (r"Compare themes with --by theme\.", "The dossier compares themes too."),
    (r"spaCy pipelines installed here: .*", ""),
    (r"Train it again: autocode train .*|Train on the study, or align the two first: .*", "Train it again in the room Model."),
    (r"`autocode evaluate` compares", "the room Model compares"),
    (r"autocode encoder add multi.* --config multilingual", "choose or fetch one for several languages below"),
    (r"Finish it: autocode forget .*", "Finish it in the room People."),
    (r"(?:Import one|Import coded segments first|Bring one in): autocode import .*", "Bring files in first."),
    (r"Send a new letter: autocode .*", "Send a new letter, from the room People."),
    (r"Restore a copy \(autocode restore\)", "Put an earlier copy of the study back"),
    (r"autocode clinic STUDY then says", "the second look then says"),
    (r"to compare some: autocode agree .*", "Compare shows two of them side by side."),
    (r" \([\w./-]+\.(?:jsonl|json|toml|sqlite)\)", ""),
    (r"Saved: .*; its README\.md is the model card\.", "The model is saved; its card stands below."),
    (r"\bThis folder holds", "This model holds"),
    (r"with the encoder default", "with the encoder for English"),
    (r"with the encoder multilingual", "with the encoder for several languages"),
)
"""What a verb says of its options and files, and what the page has instead."""


def plainly(text: str, home: str = "") -> str:
    """What the command line says, in the means of the page; a sentence that is of commands alone is left out.

    Args:
        home: The study's folder, which the page need not name in full.
    """
    if home:
        text = text.replace(f"{home}{os.sep}", "").replace(home, "the study")
    lines = []
    for line in text.split("\n"):
        for pattern, own in _OWN:
            line = re.sub(pattern, own, line)
        line = re.sub(rf" \([^()]*{_COMMAND}[^()]*\)", "", line)
        if re.search(_COMMAND, line):
            kept = [p for p in re.split(r"(?<=[.!?;]) ", line) if not re.search(_COMMAND, p)]
            line = " ".join(f"{p[:1].upper()}{p[1:]}" for p in kept).rstrip(" ;:")
            if not line:
                continue
            line += "" if line[-1] in ".!?" else "."
        lines.append(line)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the desk is handed: the models are read by it, and long work is done by the command line.

    Attributes:
        load: From a model's folder to the model.
        cut: From a model's folder to how it cuts documents into segments; quick.
        command: How the command line is called.
        card: From a model's folder to its model card, in plain text.
        share: Of the segments whose suggestions are hidden until decided.
        bundled: The bundled study, for a tutorial; None where it did not come along.
        take_in: Reads files into a study, with a receipt for each (`autocode.formats.read_all`).
        remember: Called with the folder of a study that is opened, so that it is found again.
    """

    load: Callable[[Path], CodingModel]
    cut: Callable[[Path], SegmentConfig]
    command: tuple[str, ...]
    take_in: Callable[[Sequence[Path], ReadOptions], tuple[Study, list[Receipt]]]
    card: Callable[[Path], str] = lambda folder: ""
    bundled: Path | None = None
    share: float = 0.1
    remember: Callable[[Path], None] = lambda folder: None


@dataclass
class Job:
    """One run of a verb.

    Attributes:
        kind: Which room of the page it belongs to.
        title: What is being done, in words.
        what: The step that it is at; `done` of `total` parts of it are through.
        said: What it has told, the last lines last.
        state: running, done, failed or cancelled.
        home: The study's folder.
    """

    kind: str
    title: str
    process: subprocess.Popen[str]
    what: str = ""
    done: int = 0
    total: int = 0
    said: list[str] = field(default_factory=list)
    out: str = ""
    state: str = "running"
    began: float = field(default_factory=time.monotonic)
    step: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    home: str = ""

    @property
    def told(self) -> str:
        """What it gave out, for a reader."""
        return plainly(self.out, self.home)

    @property
    def seconds(self) -> int:
        """How long it has run."""
        return int((self.ended or time.monotonic()) - self.began)

    @property
    def left(self) -> str:
        """How long the present step will take yet, in words; "" where nothing can be said."""
        if self.state != "running" or not 0 < self.done < self.total:
            return ""
        seconds = (time.monotonic() - self.step) / self.done * (self.total - self.done)
        return "less than a minute left" if seconds < 55 else f"about {round(seconds / 60) or 1} min left"

    def to_json(self) -> dict[str, object]:
        """What the page shows of it."""
        kept = {k: getattr(self, k) for k in ("kind", "title", "what", "done", "total", "state", "seconds", "left")}
        return {**kept, "said": self.said[-12:]}

    def follow(self, line: str) -> None:
        """Take in a line of stderr."""
        if not line.startswith(MARK):
            said = plainly(line.rstrip()[:2000], self.home)
            self.said += [said] if said.strip() else []
            return
        done, total, what = [*line[1:].strip().split(" ", 2), ""][:3]
        if what != self.what:
            self.step = time.monotonic()
        self.done, self.total, self.what = int(done), int(total), what


def ends_with_the_desk() -> None:
    """In work that the desk began: stop where the desk is gone, even killed, for nobody would hear of the end.

    Every verb writes its result at the very end, in one step, so nothing half-done is left.
    """

    def listen() -> None:
        """Wait until the desk closes our standard input, then stop, by force if need be."""
        while os.read(0, 1):
            pass
        _thread.interrupt_main()
        time.sleep(_GRACE)
        os.kill(os.getpid(), signal.SIGTERM)

    if os.environ.get(PROGRESS):
        threading.Thread(target=listen, daemon=True).start()


class Jobs:
    """The job of a study, at most one at a time; it goes on when the page is closed, and ends with the desk.

    Attributes:
        last: What was asked for last.
        aside: What was begun last without anybody asking.
    """

    def __init__(self, command: Sequence[str], home: str = "") -> None:
        """Know how the command line is called, and in which folder the study lies."""
        self._command, self._home = tuple(command), home
        self._one = threading.Lock()  # two browsers may ask at once
        self.last: Job | None = None
        self.aside: Job | None = None

    @property
    def running(self) -> bool:
        """Whether one is at work."""
        return self.last is not None and self.last.state == "running"

    def of(self, *kinds: str) -> Job | None:
        """The job, where it is of one of these kinds."""
        return self.last if self.last and self.last.kind in kinds else None

    def start(self, kind: str, title: str, arguments: Sequence[str], then: Callable[[Job], None] | None = None) -> Job:
        """Begin a verb of the command line.

        Args:
            then: Called when it has ended well, from another thread.

        Raises:
            StudyError: Another is at work.
        """
        with self._one:
            if self.running:
                raise StudyError("this", "other work on the study is not finished", "Wait for it, or stop it first.")
            self.stop_aside()
            self.last = self._begun(Job(kind, title, self._process(arguments), home=self._home), then)
            return self.last

    def start_aside(self, title: str, arguments: Sequence[str], then: Callable[[Job], None]) -> bool:
        """Begin a verb that nobody asked for: it gives way to all other work, and to the person's own programs.

        Returns:
            Whether it began; not where other work is going on.
        """
        if self.running or self._one.locked() or (self.aside is not None and self.aside.state == "running"):
            return False
        self.aside = self._begun(Job("aside", title, self._process(arguments), home=self._home), then)
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.aside.process.pid, 10)
        return True

    def stop_aside(self) -> None:
        """Stop the work that nobody asked for, and wait until it is gone."""
        if self.aside is not None and self.aside.state == "running":
            self.aside.state = "cancelled"
            self.aside.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.aside.process.wait(5)

    def _begun(self, job: Job, then: Callable[[Job], None] | None) -> Job:
        threading.Thread(target=_watch, args=(job, then), daemon=True).start()
        return job

    def _process(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 (our own command line, and no shell)
            [*self._command, *arguments],
            stdin=subprocess.PIPE,  # never written to: it ends when the desk does, and the work with it
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, PROGRESS: "1", "PYTHONIOENCODING": "utf-8"},
        )

    def cancel(self) -> None:
        """Stop the work; every verb writes its result at the very end, so nothing half-done is left."""
        if job := self.last if self.running else None:
            job.state = "cancelled"
            job.process.terminate()


def _watch(job: Job, then: Callable[[Job], None] | None) -> None:
    """Read both streams to their ends, and say how it came out."""
    out: list[str] = []
    reader = threading.Thread(target=lambda: out.extend(job.process.stdout or ()), daemon=True)
    reader.start()
    for line in job.process.stderr or ():
        job.follow(line)
    code = job.process.wait()
    reader.join(5)
    job.out, job.ended = "".join(out), time.monotonic()
    if job.state != "running":
        return
    try:
        if code == 0 and then:
            then(job)
        job.state = "done" if code == 0 else "failed"
    except Exception as error:  # the last resort, without a word of data: work that is said to go on would lock all other out
        fault = f"What it found cannot be kept: a fault of the program itself ({type(error).__name__})."
        job.said.append(plainly(str(error)) if isinstance(error, AutocodeError) else fault)
        job.state = "failed"


FOLDER = "second-look"
"""The folder of a study in which the second look keeps what it found: places, never words."""

SECOND_CODER = "second-coder.csv"
"""What a second coder reads, in that folder, with its words (`autocode.evaluate.double_coding.Drawn`)."""


_FORM = 1  # of what is kept; another form is as good as none


@dataclass(frozen=True, slots=True)
class Kept:
    """What a verb found, as kept in the study's folder.

    Attributes:
        found: The verb's JSON.
        fresh: Nobody has coded, and no code or text was changed, since.
        texts: Hash of each document's words at that time.
    """

    found: dict[str, Any]
    fresh: bool
    texts: Mapping[str, str]

    def words(self, study: Study, place: Mapping[str, Any]) -> str | None:
        """The words at a place; None where the document is gone or its words were changed since."""
        document = study.by_id.get(str(place.get("document")))
        if document is None or self.texts.get(document.id) != document.sha256:
            return None
        return document.text[int(place["start"]) : int(place["end"])]


def state_of(study: Study) -> str:
    """Changes with every human coding, the codebook and the words of the documents; agreed codings do not count."""
    humans = set(study.humans)
    rows = [f"{c.document}\x1f{c.start}\x1f{c.end}\x1f{c.code}\x1f{c.coder}" for c in study.codings if c.coder in humans]
    said = "\x1e".join([study.codebook.sha256, *(d.sha256 for d in study.documents), *sorted(rows)])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def kept(store: Path, study: Study, kind: str) -> Kept | None:
    """What was found last; None where nothing was, or the file cannot be read.

    Args:
        store: The study file, beside whose folder it lies.
        kind: Of the work.
    """
    try:
        row = json.loads(file_text(store.parent / FOLDER / f"{kind}.json")[0])
        whole = row["form"] == _FORM and row.get("sum", "") in ("", _sum(row["texts"], row["found"]))
        return Kept(dict(row["found"]), row["of"] == state_of(study), dict(row["texts"])) if whole else None
    except (AutocodeError, ValueError, KeyError, TypeError):
        return None


def keep(store: Path, study: Study, kind: str, found: Mapping[str, Any]) -> None:
    """Keep what was found in a study as it is given."""
    texts = {d.id: d.sha256 for d in study.documents}
    row = {"form": _FORM, "of": state_of(study), "sum": _sum(texts, found), "texts": texts, "found": found}
    write_atomic(store.parent / FOLDER / f"{kind}.json", json.dumps(row, ensure_ascii=False))


def _sum(texts: Mapping[str, str], found: Mapping[str, Any]) -> str:
    """Tells whether what was kept is whole: a view looks deep into it."""
    return hashlib.sha256(json.dumps([texts, found]).encode()).hexdigest()


def keeper(store: Path, study: Study, kind: str) -> Callable[[Job], None]:
    """What to do with work on a study when it has ended well: keep the JSON that it gave, if any."""

    def hold(job: Job) -> None:
        """Keep the JSON that the work printed."""
        if job.out.strip():
            keep(store, study, kind, json.loads(job.out))

    return hold
