"""The certificate of a forgetting: what was searched, erased, kept, and what was not searched."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

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
