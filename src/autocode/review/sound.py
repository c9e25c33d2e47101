"""The recordings of a study, for the page that checks transcripts against them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autocode.store.recordings import MIME, Recording


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as the page knows it.

    Attributes:
        address: Where the page gets it: a random name, for no address holds anything of the study.
        fault: Why it cannot be played, "" where it can.
    """

    address: str
    fault: str = ""


@dataclass(slots=True)
class Shelf:
    """The recordings that the server gives out, and no other file.

    Attributes:
        store: The study file.
    """

    store: Path
    _names: dict[str, str] = field(default_factory=dict)
    _checked: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def heard(self, known: Mapping[str, Recording], document: str) -> Heard | None:
        """The recording of a document; None where none is attached."""
        if document not in known:
            return None
        name = self._names.setdefault(document, secrets.token_urlsafe(16))
        return Heard(f"/audio/{name}", known[document].fault(self.store))

    def file(self, known: Mapping[str, Recording], name: str) -> tuple[Path, str] | None:
        """The file under a random name and its MIME type; None where it is not the file that was attached."""
        recording = next((known[d] for d, n in self._names.items() if n == name and d in known), None)
        if recording is None or recording.fault(self.store):
            return None
        path = recording.file(self.store)
        changed = path.stat().st_mtime_ns
        if self._checked.get(recording.sha256, (0, False))[0] != changed:
            self._checked[recording.sha256] = changed, recording.holds(self.store)
        return (path, MIME[path.suffix.lower()]) if self._checked[recording.sha256][1] else None
