"""Long work beside the page: one verb of the command line at a time, in a process of its own."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autocode.errors import StudyError

MARK = "\x1e"
"""What a line of progress begins with on stderr: MARK, done, total and what is being done, parted by blanks."""

PROGRESS = "AUTOCODE_PROGRESS"
"""Name of the environment variable that asks the command line for such lines."""


_GRACE = 10.0  # seconds that work has for its own end


@dataclass
class Job:
    """One run of a verb.

    Attributes:
        kind: Which room of the page it belongs to.
        title: What is being done, in words.
        what: The step that it is at; `done` of `total` parts of it are through.
        said: What it has told, the last lines last.
        state: running, done, failed or cancelled.
        files: Names of the files that it wrote, for downloading.
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
            self.said += [line.rstrip()[:2000]] if not line.startswith("Next: autocode") else []  # the page has buttons
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
        while os.read(0, 1):
            pass
        _thread.interrupt_main()
        time.sleep(_GRACE)
        os.kill(os.getpid(), signal.SIGTERM)

    if os.environ.get(PROGRESS):
        threading.Thread(target=listen, daemon=True).start()


class Jobs:
    """The job of a study, at most one at a time; it goes on when the page is closed, and ends with the desk."""

    def __init__(self, command: Sequence[str]) -> None:
        """Know how the command line is called."""
        self._command = tuple(command)
        self.last: Job | None = None

    @property
    def running(self) -> bool:
        """Whether one is at work."""
        return self.last is not None and self.last.state == "running"

    def start(self, kind: str, title: str, arguments: Sequence[str], then: Callable[[Job], None] | None = None) -> Job:
        """Begin a verb of the command line.

        Args:
            then: Called when it has ended well, from another thread.

        Raises:
            StudyError: Another is at work.
        """
        if self.running:
            raise StudyError("this", "other work on the study is not finished", "Wait for it, or stop it first.")
        process = subprocess.Popen(  # noqa: S603 (our own command line, and no shell)
            [*self._command, *arguments],
            stdin=subprocess.PIPE,  # never written to: it ends when the desk does, and the work with it
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, PROGRESS: "1", "PYTHONIOENCODING": "utf-8"},
        )
        self.last = job = Job(kind, title, process)
        threading.Thread(target=_watch, args=(job, then), daemon=True).start()
        return job

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
    if job.state == "running":
        if code == 0 and then:
            then(job)
        job.state = "done" if code == 0 else "failed"
