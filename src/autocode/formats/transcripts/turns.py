"""Speaker turns in a transcript's own text, however a typist or a program marks them.

The text stays as it is: a turn is a span over it, without the name and without time stamps.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from autocode.formats.files import read_text
from autocode.study import Document, Turn

CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
"""A time as h:mm:ss, mm:ss or with a fraction, as a pattern without groups."""

STAMP = rf"(?:#\d{{1,2}}:\d{{2}}:\d{{2}}(?:-\d{{1,3}})?#|\[{CLOCK}\]|\({CLOCK}\)|<{CLOCK}>)"
"""A time that is marked as a stamp, wherever it stands."""

ALONE = rf"(?:{STAMP}|{CLOCK}(?:[ \t]*-->[ \t]*{CLOCK})?)"
"""A time that is a stamp only where it has a line, or the start of one, to itself."""

_LINE_ABOVE = re.compile(rf"(?:^|\n)[ \t]*(?P<stamp>{ALONE})[ \t]*\n\s*$")
_AT_END = re.compile(rf"(?:[ \t]*(?P<stamp>{STAMP})|\n[ \t]*(?:{ALONE}))[ \t]*$")
_FOOTER = re.compile(
    r"\n[^\n]*?(?:(?:stopped|started) transcription|Transcribed by https?://otter\.ai|Transcription ended after [\d:]+"
    r"|hat die Transkription (?:beendet|gestartet))[^\n]{0,80}$",
    re.IGNORECASE,
)


def milliseconds(stamp: str) -> int:
    """The time that a stamp says: ``#00:01:02-3#`` is 62,300.

    A time of two parts is minutes and seconds.
    """
    parts = re.findall(r"\d+", stamp)
    fraction = parts.pop() if re.search(r"[.,-]\d+\D*$", stamp) else "0"
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return 1000 * seconds + int(fraction.ljust(3, "0")[:3])


def stamp_above(text: str, start: int) -> int | None:
    """The time on the line before `start`, where that line holds nothing else."""
    found = _LINE_ABOVE.search(text, max(0, start - 80), start)
    return milliseconds(found["stamp"].split("-->")[0]) if found else None


def without_end_stamp(text: str, start: int, end: int) -> tuple[int, int | None]:
    """Where the words of a span end, and the time of the stamp after them.

    Lines that a recorder adds at the end ("stopped transcription") are left out too.
    """
    at: int | None = None
    while True:
        body = text[start:end].rstrip()
        found = _AT_END.search(body, max(0, len(body) - 80)) or _FOOTER.search(body, max(0, len(body) - 400))
        end = start + len(body)
        if found is None or not found.group():
            return end, at
        stamp = found.groupdict().get("stamp")
        at = milliseconds(stamp) if stamp and at is None else at
        end = start + found.start()


def timed(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Turns with the start that follows from the stamp at the end of the turn before."""
    done: list[Turn] = []
    for turn in turns:
        before = done[-1].end_ms if done else None
        starts = before if turn.start_ms is None and turn.end_ms is not None else turn.start_ms
        done.append(replace(turn, start_ms=starts))
    return tuple(done)


_NAME = r"[^\W\d_][^\n:：\[\]#*]{0,39}?"
_LABEL = re.compile(
    rf"^[ \t>]*(?:(?P<before>{ALONE})[ \t]*[-–—|]?[ \t]*)?"
    rf"(?:\*\*|__|\#|\[)?(?P<name>{_NAME})\]?[ \t]*(?P<within>[(\[]{CLOCK}[)\]])?"
    rf"(?:\*\*|__)?[ \t]*(?::(?=\s|\*\*|__)|：)(?:\*\*|__)?[ \t]*(?:(?P<after>{STAMP})[ \t]*)?",
    re.MULTILINE,
)
_HEADER = re.compile(
    rf"^[ \t]*(?P<open>\[?)(?P<name>[^\W\d_][^\n:\[\]]{{0,59}}?)(?:\][ \t]*|(?P<gap>[ \t\u00a0]+))"
    rf"(?P<time>{CLOCK})[ \t]*\n(?=[ \t]*\S)",
    re.MULTILINE,
)
_ARROW = re.compile(
    r"^[ \t]*(?P<time>[\d:.]{5,15})[ \t]*-->[ \t]*(?P<until>[\d:.]{5,15})[ \t]*\n"
    r"[ \t]*(?P<name>[^\W\d_][^\n:]{0,59})\n",
    re.MULTILINE,
)
_STACKED = re.compile(
    rf"^[ \t]*(?:\[?(?P<time>{CLOCK})\]?[ \t]*[-–—][ \t]*(?P<name>[^\W\d_][^\n:\[\]]{{0,59}}?)"
    rf"|(?P<above>[^\W\d_][^\n:\[\].?!]{{0,59}}?)[ \t]*\n[ \t]*(?P<below>{CLOCK})(?:[ \t]*[-–—>]{{1,3}}[ \t]*{CLOCK})?)"
    rf"[ \t]*\n(?=[ \t]*\S)",
    re.MULTILINE,
)
_ROLE = re.compile(
    r"(?:interviewer|interviewee|intervieweuse|intervieweur|int|moderator|facilitator|host|guest|respondent|participant"
    r"|informant|interviewerin|befragter?|befragte person|entrevistador[ae]?|entrevistad[oa]|speaker)[ _]?\d{0,3}"
    r"|[a-z]{1,3}\d{1,3}|[a-z]",
    re.IGNORECASE,
)
_LEGEND = re.compile(r"(?:^|;)[ \t]{0,9}(?P<names>[\w, /]{1,60}?)[ \t]{0,9}=[ \t]{0,9}(?P<meaning>[^;=\n]{1,60})", re.MULTILINE)
_LEGEND_WITHIN = 4000  # characters: a legend stands at the top
_MOST_TURNS = 50_000  # a text with more lines that open with a name is no transcript


@dataclass(frozen=True, slots=True)
class _Label:
    """Where a speaker is named: the span of the name with its marks, and the times beside it."""

    start: int
    end: int
    name: str
    start_ms: int | None = None
    end_ms: int | None = None


def read_transcript(path: Path, encoding: str = "") -> tuple[Document, str]:
    """Read one plain-text transcript; its id is the file's name without the suffix.

    Returns:
        The document, and a note where the encoding was a guess.

    Raises:
        InputError: The file is missing, empty or binary.
    """
    text, note = read_text(path, encoding)
    return document_of(text, path), note


def document_of(text: str, path: Path) -> Document:
    """The document of a text read from `path`, with the turns found in it."""
    return Document(id=path.stem, name=path.stem, text=text, turns=find_turns(text), source=path.name)


def find_turns(text: str) -> tuple[Turn, ...]:
    """Find the speaker turns of a transcript; none where the text names no speakers.

    Either a line that opens with a name and a colon (``[0:04] Name (aside): words``), or a line
    that is only a name and a time, begins a turn. A name before a colon must come back at least
    once, stand in the legend, be a role (``I``, ``R2``, ``Moderator``) or open nearly every
    paragraph, so that a stray ``Note:`` in prose does not make a speaker.

    Returns:
        Turns in order; times in milliseconds where stamps say them. Clock times (Zoom's
        ``[Name] 11:02:09``) count from the first. None where more than 50,000 lines open with a
        name, which is no transcript.
    """
    labels = _headers(text) or _colons(text) or _stacked(text)
    if not labels:
        return ()
    ends = [label.start for label in labels[1:]] + [len(text)]
    turns = (_turn(text, label, end) for label, end in zip(labels, ends, strict=True))
    return timed([turn for turn in turns if turn.end > turn.start])


def legend(text: str) -> Mapping[str, str]:
    """What the legend at the top says of its abbreviations: ``I = interviewer; R = respondent``."""
    found = {}
    for entry in _LEGEND.finditer(text[:_LEGEND_WITHIN]):
        for name in re.split(r"[,/]", entry["names"]):
            found[name.strip()] = entry["meaning"].strip()
    return found


def split_names(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of speaker and words for lines of which some open with a name and a colon.

    A line without a name gets the name "".
    """
    text = "\n".join(lines)
    named = {label.start: label for label in _colons(text, single=True)}
    pairs, at = [], 0
    for line in lines:
        label = named.get(at)
        pairs.append((label.name, text[label.end : at + len(line)]) if label else ("", line))
        at += len(line) + 1
    return pairs


def _turn(text: str, label: _Label, end: int) -> Turn:
    end, end_ms = without_end_stamp(text, label.end, end)
    body = text[label.end : end]
    start = label.end + len(body) - len(body.lstrip())
    return Turn(start, max(start, end), label.name, label.start_ms, end_ms if end_ms is not None else label.end_ms)


def _few(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """All places of a pattern, none where there are more than any transcript has."""
    found = list(islice(pattern.finditer(text), _MOST_TURNS + 1))
    return found if len(found) <= _MOST_TURNS else []


def _headers(text: str) -> list[_Label]:
    """Lines that are a name and a time, as Otter, Teams and Zoom write them."""
    arrows = [
        _Label(m.start(), m.end(), m["name"].strip(), milliseconds(m["time"]), milliseconds(m["until"]))
        for m in _ARROW.finditer(text)
    ]
    if arrows:
        return arrows
    found = _few(_HEADER, text)
    times = [milliseconds(m["time"]) for m in found]
    wide = [m for m in found if m["open"] or len(m["gap"] or "") > 1]
    if not wide and (len(found) < 2 or times != sorted(times)):
        return []
    first = min(times) if all(m["open"] and m["time"].count(":") == 2 for m in found) else 0
    return [_Label(m.start(), m.end(), m["name"].strip(), t - first) for m, t in zip(found, times, strict=True)]


def _stacked(text: str) -> list[_Label]:
    """A line that is a name above or below a line's time, or ``[time] - name``; at least two, in order of time."""
    found = _few(_STACKED, text)
    labels = [
        _Label(m.start(), m.end(), (m["name"] or m["above"]).strip(), milliseconds(m["time"] or m["below"])) for m in found
    ]
    times = [label.start_ms or 0 for label in labels]
    several = len(labels) > 1 and times == sorted(times) and len({label.name for label in labels}) < len(labels)
    return labels if several else []


def _colons(text: str, single: bool = False) -> list[_Label]:
    """Lines that open with a name and a colon; at least two of them, or one where `single`."""
    found = _few(_LABEL, text)
    explained = legend(text)
    known = {*explained, *(m["name"] for m in found)}
    names = [_bare(m["name"], known) for m in found]
    counts = Counter(names)
    all_named = len(found) >= 0.9 * len(re.findall(r"\S[^\n]*(?:\n|$)", text))
    candidates = [_Label(m.start(), m.end(), n, _time_of(m, text)) for m, n in zip(found, names, strict=True)]
    labels = [
        x
        for x in candidates
        if all_named
        or x.name in explained
        or _ROLE.fullmatch(x.name)
        or (len(x.name.split()) <= 5 and (counts[x.name] > 1 or x.start_ms is not None))
    ]
    return labels if len(labels) > 1 or (single and labels) else []


def _bare(name: str, known: Container[str]) -> str:
    """A name without the aside in ``R2 (overlapping)``, where the bare name is a speaker's too."""
    bare = re.sub(r"[ \t]*\([^()]*\)$", "", name)
    return bare if bare and (bare in known or _ROLE.fullmatch(bare)) else name


def _time_of(label: re.Match[str], text: str) -> int | None:
    stamp = label["before"] or label["within"] or label["after"]
    return milliseconds(stamp.split("-->")[0]) if stamp else stamp_above(text, label.start())
