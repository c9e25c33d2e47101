"""Timed subtitles: .srt, .vtt (Teams, Zoom, Whisper, noScribe), YouTube's .sbv, Praat's .TextGrid.

Sources: WebVTT (W3C, 4 April 2019); SubRip as its players read it; Praat manual, "TextGrid file
formats".
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.cues import Cue, document_of_cues
from autocode.formats.files import read_text
from autocode.formats.options import ReadOptions
from autocode.formats.receipt import Receipt
from autocode.study import Study

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"^[ \t]*({_TIME})[ \t]*(?:-->|,)[ \t]*({_TIME})(?:[ \t][^\n]*)?$", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^ \t>]{0,80})?[ \t]{1,9}([^<>\n]{0,200})>")
_TAG = re.compile(r"</?(?:v|c|b|i|u|ruby|rt|lang|font)(?:[ .][^<>]{0,200})?>|<\d[\d:.]*>|\{\\an?\d+\}", re.IGNORECASE)
_INTERVAL = re.compile(
    r'name\s*=\s*"(?P<tier>(?:[^"]|"")*)"|xmin\s*=\s*(?P<start>[\d.eE+-]+)\s*\n'
    r'\s*xmax\s*=\s*(?P<end>[\d.eE+-]+)\s*\n\s*text\s*=\s*"(?P<text>(?:[^"]|"")*)"'
)


def read_subtitles(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read a subtitle file as one transcript with speakers and times.

    Raises:
        InputError: It is unreadable or holds no timed words.
    """
    text, note = read_text(path, options.encoding)
    cues = list(_grid(text) if path.suffix.lower() == ".textgrid" else _cues(text))
    if not cues:
        raise InputError(path.name, "it holds no timed words", "Choose the file that holds the transcript.")
    receipt = Receipt(path.name, "timed pieces", len(cues), {}, (note,) if note else ())
    return Study((document_of_cues(cues, path),)), [receipt]


def _cues(text: str) -> Iterator[Cue]:
    """The cues of a file whose blocks are parted by blank lines and begin with a timing line."""
    timings = list(_TIMING.finditer(text))
    for number, timing in enumerate(timings, 1):
        end = timings[number].start() if number < len(timings) else len(text)
        block = re.split(r"\n[ \t]*\n", text[timing.end() : end].lstrip("\n"), maxsplit=1)
        words = block[0] if len(block) > 1 else re.sub(r"\n\d+[ \t]*\n?$", "", block[0])  # the next cue's number
        yield from _voices(words, _ms(timing[1]), _ms(timing[2]))


def _voices(words: str, start: int, end: int) -> Iterator[Cue]:
    """One cue for each voice tag of a block; the block without tags is one cue."""
    parts = _VOICE.split(words)
    if _plain(parts[0]):
        yield Cue(_plain(parts[0]), "", start, end)
    for name, said in zip(parts[1::2], parts[2::2], strict=True):
        yield Cue(_plain(said), html.unescape(name).strip(" /\t"), start, end)


def _plain(words: str) -> str:
    return html.unescape(_TAG.sub("", words)).strip()


def _ms(time: str) -> int:
    clock, _, fraction = time.replace(",", ".").partition(".")
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return 1000 * seconds + int((fraction or "0").ljust(3, "0"))


def _grid(text: str) -> list[Cue]:
    """The intervals of a TextGrid in order of time; a tier is a speaker."""
    cues, tier = [], ""
    for m in _INTERVAL.finditer(text):
        if m["tier"] is not None:
            tier = m["tier"].replace('""', '"')
        elif m["text"].strip():
            cues.append(Cue(m["text"].replace('""', '"'), tier, _seconds(m["start"]), _seconds(m["end"])))
    return sorted(cues, key=lambda c: c.start_ms or 0)


def _seconds(number: str) -> int:
    try:
        return round(1000 * float(number))
    except (ValueError, OverflowError):
        return 0
