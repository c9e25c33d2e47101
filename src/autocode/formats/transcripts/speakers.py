"""One detector of speakers for every text, from whatever file it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autocode.formats.transcripts.turns import find_turns
from autocode.study import Turn

Style = tuple[int, int, str]
"""A run of characters that stands out, half-open, and how: bold, italic, heading, or a colour."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Who speaks where in a text.

    Attributes:
        turns: In order, spans over the unchanged text; empty where no speakers were found.
        doubts: What a careful reader should look at, in sentences that name speakers and numbers only.
    """

    turns: tuple[Turn, ...] = ()
    doubts: tuple[str, ...] = ()


def turns_in(text: str, styles: Sequence[Style] = (), pattern: str = "") -> Speech:
    """Find who speaks where in the whole of a document.

    Args:
        text: Canonical text, newlines as ``\\n``; it is not changed.
        styles: Runs that stand out, where the file says so.
        pattern: One line of the text as an example of how speakers are named, "" to find out.
    """
    return Speech(find_turns(text))
