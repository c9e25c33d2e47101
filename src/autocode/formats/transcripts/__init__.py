"""Transcripts, and the speakers in them: here how one line can name its speaker, or tell about the document.

What a document makes of it is decided in `speakers`. A label is the place where a speaker is named, with the times beside it.
Labels come in families by what parts the name from the words: a colon, a bracket, a dash, a tab, a line of its own. Which
words name a role stands in words.toml. Front matter (title, date, participant, legend) and what a page prints (numbers,
running heads) are neither turns nor codable.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

_SHAPES: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("shapes.toml").read_text(encoding="utf-8"))
_PARTS: dict[str, str] = {}


def pattern(shape: str) -> str:
    """A regular expression with the parts of shapes.toml in place: ``⟨time⟩`` is a time."""
    return re.sub("⟨(\\w+)⟩", lambda m: _PARTS[m[1]], shape)


for _name, _part in _SHAPES["parts"].items():
    _PARTS[_name] = pattern(_part)
FAMILIES = _SHAPES["families"]
"""Families of labels, with what shapes.toml says of each."""
PARTED = {family: pattern(told["shape"]) for family, told in FAMILIES.items() if "shape" in told}
"""By family: what a line looks like after its number and time."""
UNITS, CLOCK, STAMP, TIME, LEAD, SIGNS = (_PARTS[name] for name in ("units", "clock", "stamp", "time", "lead", "signs"))
_BESIDE = r"(?<![\d:])\d\d-(?=\d\d:\d\d:)|\(https?:.*"  # the number of a tape, the address of a link

_LINE_ABOVE = re.compile(rf"(?:^|\n)[ \t]*(?:\d{{1,5}}[ \t]*\n[ \t]*)?(?P<stamp>{TIME})[ \t]*\n\s*$")
Style = tuple[int, int, str]
"""A run of characters that stands out, half-open, and how: bold, italic, heading, a colour, or a style's name."""
SET_IN = "set in from the margin"  # how a paragraph stands out that begins further right than others

OPENED, KIND_ENDS, CLOSED = "\x0e", "\x10", "\x0f"
"""Around a run that stands out, while a text is put together: OPENED, how, KIND_ENDS, words, CLOSED."""


def marked_out(text: str) -> tuple[str, tuple[Style, ...]]:
    """A text without the marks around runs that stand out, and where these are."""
    parts, styles, at = [], [], 0
    begun: list[tuple[int, str]] = []
    for piece in re.split(f"({OPENED}[^{KIND_ENDS}]*{KIND_ENDS}|{CLOSED})", text):
        if piece.startswith(OPENED):
            begun.append((at, piece[1:-1]))
        elif piece == CLOSED:
            if begun and begun[-1][0] < at:
                styles.append((begun[-1][0], at, begun[-1][1]))
            begun = begun[:-1]
        else:
            parts.append(piece)
            at += len(piece)
    return "".join(parts), tuple(sorted(styles))


@dataclass(frozen=True, slots=True)
class Label:
    """Where a speaker is named.

    Attributes:
        start: Where the line begins.
        end: Where the words begin.
        name: The name without its marks and asides.
        aside: What stands in brackets after the name.
        form: What else the line shows (a mark, a number, a time), to compare labels by.
        stop: Where the words end at the latest (a table's cell), 0 for the next label.
    """

    start: int
    end: int
    name: str
    aside: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    form: str = ""
    stop: int = 0


def milliseconds(stamp: str) -> int:
    """The time that a stamp says: ``#00:01:02-3#`` is 62,300, ``1 minute 2 seconds`` is 62,000.

    A time of two parts is minutes and seconds; a day before it is left out.
    """
    stamp = re.sub(rf"{_PARTS['day']}|(?<=\d){_PARTS['half']}|{_BESIDE}", "", stamp)
    if words := re.findall(r"(\d+)[ \u00a0]?([^\W\d_]+)", stamp):
        each = {"std": 3600, "stu": 3600, "h": 3600, "u": 3600, "o": 3600, "t": 3600, "m": 60}
        return sum(1000 * int(n) * next((s for w, s in each.items() if unit.casefold().startswith(w)), 1) for n, unit in words)
    parts = re.findall(r"\d+", stamp)
    if stamp.count(":") == 3:  # a video's frames
        parts.pop()
    fraction = parts.pop() if re.search(r"\d:\d+[.,-]\d+\D*$", stamp) else "0"
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return 1000 * seconds + int(fraction.ljust(3, "0")[:3])


def span_of(stamp: str) -> tuple[int, int | None]:
    """Start and, where the stamp is a span, end."""
    first, *rest = re.split(r"[ \t]*(?:-{1,2}>|to|[-–—](?=[ \t]*\d{1,2}:))[ \t]*", re.sub(_BESIDE, "", stamp))
    return milliseconds(first), milliseconds(rest[0]) if rest else None


def stamp_above(text: str, start: int) -> tuple[int | None, int | None]:
    """Start and end in the time on the line before `start`, where that line holds nothing else."""
    found = _LINE_ABOVE.search(text, max(0, start - 80), start)
    return span_of(found["stamp"]) if found else (None, None)


_MOST = 50_000  # a text with more lines that open with a name is no transcript
_OPEN = pattern("⟨lead⟩⟨number⟩⟨before⟩")


@lru_cache(maxsize=len(PARTED))
def _pattern(family: str) -> re.Pattern[str]:
    return re.compile(_OPEN + PARTED[family], re.MULTILINE)


def labels_of(family: str, text: str, start: int = 0) -> list[Label]:
    """All places from `start` on that look like a name of one family; none where there are more than 50,000."""
    if (needed := FAMILIES[family].get("needs")) and not any(sign in text for sign in needed):
        return []
    found = list(islice(_pattern(family).finditer(text, start), _MOST + 1))
    return [_label(m, text) for m in found] if len(found) <= _MOST else []


def _label(m: re.Match[str], text: str) -> Label:
    parts = m.groupdict()
    stamp = parts["before"] or parts.get("early") or parts.get("within") or parts.get("after") or parts.get("below")
    at, until = span_of(stamp) if stamp else stamp_above(text, m.start())
    wide = bool(parts.get("within")) and bool(re.search("[ \u00a0]{2}", text[m.end("name") : m.start("within")]))
    signs = (("#", parts["number"]), ("q", parts.get("asked")), ("t", at is not None), ("m", parts.get("mark")), ("w", wide))
    form = "".join(sign for sign, part in signs if part)
    aside = (parts.get("aside") or "").strip()
    return Label(m.start(), m.end(), " ".join(m["name"].split()), aside, at, until, form)


INTERVIEWER, RESPONDENT, UNCLEAR = "interviewer", "respondent", "unclear"

WORDS: dict[str, frozenset[str]] = {
    kind: frozenset(word.replace("_", " ") for word in words.casefold().split())
    for kind, words in tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8")).items()
}
"""Words by kind (interviewer, respondent, numbered, about, speech, running, column, said), in lower case."""

_SPEAKING = re.compile(f"(?:{'|'.join(sorted(map(re.escape, WORDS['speaker']), key=len, reverse=True))})", re.IGNORECASE)
_NUMBERED = re.compile(r"[ _.#-]*(?:\d{1,3}|[a-z](?![^\W\d_])|[ivx]{1,4})?[ .]*$", re.IGNORECASE)

_LEGEND = re.compile(
    r"(?:^|[;,:(]|\bund\b|\band\b)[ \t]{0,9}(?P<names>[\w, /]{1,60}?)[ \t]{0,9}=[ \t]{0,9}(?P<meaning>[^;=,\n]{1,60})",
    re.MULTILINE,
)


def legend(text: str) -> Mapping[str, str]:
    """What the legend at the top says of its abbreviations: ``I = interviewer; R = respondent``."""
    entries = _LEGEND.finditer(text[:_TOP])
    return {name.strip(): e["meaning"].strip() for e in entries for name in re.split(r"[,/]", e["names"])}


def role_of_word(name: str) -> str:
    """The role that a name says in any of about 30 languages (``Haastattelija``, ``INT 2``), "" for none."""
    word = " ".join(name.casefold().strip(" .:*_").split())
    for form in (
        word,
        re.sub(r"[ _.#-]*\d{1,3}$", "", word),
        re.sub(r"[ _]+(?:\d{1,3}|[a-z]|[ivx]{1,4})$", "", word),
        re.sub(r"s$", "", word),
    ):
        if form in WORDS["interviewer"]:
            return INTERVIEWER
        if form in WORDS["respondent"]:
            return RESPONDENT
    return ""


def is_titled(name: str) -> bool:
    """Whether a name opens with a title, or says who leads a meeting: ``Mr. Oakes``, ``El señor PRESIDENTE``, ``The Chair``."""
    first, *more = name.split()
    words = more if more and first.casefold() in WORDS["article"] else [first, *more]
    title, rest = words[0].strip(".").casefold(), words[1:]
    rest = rest[rest[0].casefold() in WORDS["article"] :] if len(rest) > 1 else rest
    leads = {" ".join(w).casefold() for w in (words, rest)} & WORDS["chair"]
    ends = any(w.endswith(h) and len(name) > len(h) + 1 for w in words for h in WORDS["honorific"])
    called = [w for w in " ".join(rest).split(",")[0].split() if w.casefold() not in WORDS["of"] | WORDS["article"] | {"for"}]
    named = 0 < len(rest) < 8 and bool(called) and all(w.strip("(")[:1].isupper() for w in called)
    return bool(leads) or ends or (title in WORDS["title"] and named)


@lru_cache(maxsize=20_000)
def speaks_by_name(name: str) -> bool:
    """Whether a name is one that transcripts give to speakers: a role, ``Speaker 1``, ``R2``, a capital letter, a title."""
    bare = re.sub(r"(?<=\w) \(.*", "", name).strip(" .")
    coded = re.fullmatch(r"[^\W\d_]{1,4}[ ._-]?\d{1,4}[a-zA-Z]?|[A-ZÄÖÜÅÆØ]{1,2}|SPEAKER_\d+", bare)
    if role_of_word(bare) or (bare and is_titled(bare)) or coded:
        return True
    found = _SPEAKING.match(bare)
    return bool(found and len(found[0]) > 1 and _NUMBERED.fullmatch(bare[found.end() :])) or bool(
        re.fullmatch(r"[^\W\d_]", bare)
    )


_TOP, _MOST_LINES = 4000, 60  # characters and lines: front matter and legends stand at the top
_KEYED = re.compile(
    r"[ \t*_#•·>|-]*(?P<key>[^\W\d_][^\n:：\t=]{0,40}?)[*_]*[ \t\u00a0]*"
    r"(?P<sign>[:：=\t|]|[ \t][-–—][ \t])[*_ \t|]*(?P<value>[^\n]*)"
)
_CHAT = re.compile(r"@[A-Z][\w ]*(?::\t.*)?")  # the headers of CLAN's transcripts
_RULE = re.compile(r"[ \t]*[-–—=_*#~.]{3,}[ \t]*")
_ENDS = re.compile(r"[.?!…？。！؟।॥։።;]\W*$")
_STOPS = re.compile(r"[)\]\"”»-]\W*$")


def ends_sentence(line: str, or_stops: bool = False) -> bool:
    """Whether a line ends as a sentence does; `or_stops`: or in a bracket, a quotation mark or a dash."""
    return bool(_ENDS.search(line) or (or_stops and _STOPS.search(line)))


@dataclass(frozen=True, slots=True)
class Front:
    """What a document says of itself before the talk.

    Attributes:
        end: Where the front matter ends and the talk may begin.
        meanings: What a legend says of the names of speakers.
        printed: Lines that belong to the page and not to the talk.
    """

    end: int
    meanings: Mapping[str, str]
    printed: frozenset[str] = frozenset()


def are_names(said: str) -> bool:
    """Whether words are only names: ``Dr Patel and Mr Amos``."""
    words = said.split()
    named = 0 < len(words) < 7 and all(w[:1].isupper() or w in WORDS["of"] for w in words)
    return named and words[0].casefold().strip(",.!") not in WORDS["greeting"]


def is_about(key: str) -> bool:
    """Whether the word before a colon tells about the document (date, place, duration ...)."""
    word = " ".join(key.casefold().strip(" .*_#").split())
    first, *more = word.split() or [""]
    stems = {more[-1][: len(more[-1]) - n] for n in range(4) if len(more[-1]) - n > 3} if more else set[str]()
    stems |= {first} if more and more[0] in WORDS["of"] else set()  # "kayıt süresi", "place of work"
    told = (
        len(more) < 5
        and stems & WORDS["about"]
        and not (role_of_word(word) or stems & (WORDS["speaker"] | WORDS["respondent"]))
    )
    return bool(told) or word in WORDS["about"] or re.sub(r"[ _.-]*(?:\(.*\)|\d+)$", "", word) in WORDS["about"]


def front_of(text: str) -> Front:
    """Find the front matter: keyed lines about the document at its top, with the lines between them.

    A line such as ``Interviewer: Jo Carter`` belongs to it where it stands among such lines, or with another of its
    kind, and its words are no talk.
    """
    end, at, loose, near, calm, meanings = 0, 0, 0, False, True, dict(legend(text))
    run: list[str] = []
    for line in text[: 4 * _TOP].split("\n")[:_MOST_LINES]:
        start, at, words = at, min(at + len(line) + 1, len(text)), line.strip()
        if end == start and _CHAT.fullmatch(words):
            end, near, run = at, True, []
            continue
        if not words or _RULE.fullmatch(line):
            end, near = (start, False) if len(run) > 1 else (end, near and not words)
            run = []
            continue
        several = _explained(words, text)
        keyed = _KEYED.match(words)
        kind = "legend" if several else _kind(keyed, text, near, calm) if keyed else ""
        if kind == "talk" or start > _TOP or loose > 16:
            break
        calm = calm and (bool(kind) or not ends_sentence(words))
        loose, near = (0, near) if kind else (loose + 1 + (len(words.split()) > 15), near and loose < 2)  # talk by now
        run = [*run, keyed["key"]] if keyed and kind == "who" and keyed["key"] not in run else []
        if kind in ("about", "legend") or (kind == "who" and near):
            end, near = at, True
        one = {keyed["key"].strip(" *_"): keyed["value"].strip()} if kind == "legend" and keyed and "=" not in words else {}
        meanings |= several or one
    return Front(end, meanings)


_ENTRY = re.compile(
    r"(?:^|[;,；，、/|•·\t])[ \t]*(?P<key>[\w.]{1,12}(?: \d{1,2})?)[ \t]*(?:[:：=]|[ \t][-–—])[ \t]*"
    r"(?P<value>[^;,；，、/|:：=\t\n]{2,40})"
)


def _explained(line: str, text: str) -> dict[str, str]:
    """What one line says of several names that open lines below: ``T: therapist; P: patient``."""
    line = re.sub(r"^[^\W\d_]+:[ \t]+(?=[\w.]{1,12}[ \t]+[-–—])", "", line)  # "Names: B – researcher, R7 – nurse"
    several = len(re.findall("[:：]|[ \t][-–—][ \t]", line)) > 1
    found = {m["key"]: m["value"].strip(" .") for m in _ENTRY.finditer(line)} if several else {}
    return found if sum(f"\n{key}" in text or f"\n[{key}]" in text for key in found) > max(1, len(found) / 2) else {}


_FACT = re.compile(
    r"(?![(\[]?\d{1,2}:\d\d)[(\[]?\d|[^\n]{0,40}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
)  # begins with a number, or has a date


def _lines_with(keyed: re.Match[str], text: str) -> int:
    """How many lines open with a key, four at most."""
    key, sign = re.escape(keyed["key"]), re.escape(keyed["sign"].strip() or keyed["sign"])
    opening = rf"(?m)^[ \t*_#•·>|-]{{0,9}}{key}[*_ \t\u00a0]{{0,9}}{sign}"
    return sum(1 for _ in islice(re.finditer(opening, text[: 50 * _TOP]), 4))


def _kind(keyed: re.Match[str], text: str, near: bool, calm: bool) -> str:
    """What a keyed line at the top is: about, who (a role and a name), legend, talk, or "" for anything else.

    It may tell of the document beside lines that do (`near`), or above the first sentence (`calm`).
    """
    key, value = keyed["key"].strip(" *_"), re.split(rf"[\t\x15]|\s*{STAMP}$", keyed["value"])[0].strip(" *_|")
    if is_about(key):
        return "about" if _lines_with(keyed, text) < 3 else ""  # a record's key comes back
    bare = re.sub(r"\(.*\)|[.,;]$", "", value).strip()
    if keyed["sign"] in "\t|" and role_of_word(key) and role_of_word(bare):
        return ""  # the headings of a table's columns
    told = re.split(r"[,;]| (?:nr|no|nº|n°|#)(?![^\W\d_])", bare)[0]  # "R3 - respondent no 3, 41 years"
    once = not ends_sentence(value) and (keyed["sign"] not in ":：" or _lines_with(keyed, text) == 1)
    explains = (role_of_word(told) and (told == bare or once)) or (once and told.casefold() in WORDS["leading"])
    if len(key) <= 12 and len(told) > 2 and explains:
        return "legend"
    brief = role_of_word(key) and len(value.split()) <= 4 and text.count("\n") > 12  # "Interviewee: a nurse"
    talks = (
        ends_sentence(value)
        or value.casefold().split(" ")[0].strip(",.!") in WORDS["greeting"]
        or (value[:1].islower() and not brief)
        or len(value.split()) > 7
        or len(value) > 60
    )
    again = _lines_with(keyed, text) > 1
    if role_of_word(key):
        said = value.split() or [""]
        named = (
            len(said) <= 6
            and all(w[:1].isupper() or w in WORDS["of"] for w in said)
            and said[0].casefold().strip(",.!") not in WORDS["greeting"]
        )
        sure = named and not again and (not talks or len(said) > 1) and text.count("\n") > 6  # nobody says a name alone
        return "about" if value and sure else "talk" if value and (talks or (again and not named)) else "who" if value else ""
    if keyed["sign"] not in ":：" or not value or len(key.split()) > (6 if near else 3):
        return ""
    fact = (
        (near or calm)
        and bool(_FACT.match(value))
        and bool(re.search(r"^[^(\[]{2,}[^\W\d][)\]]?$", key))
        and text.count("\n") > 6
    )
    if again or not (near or (calm and not ends_sentence(value)) or fact):
        return "talk"
    return "about" if fact or (near and not talks) else ""


_QUESTION = re.compile(r"(?:[?？؟\u037e]|か[。．]|[\u0370-\u03ff];)(?=[\"'”’)»\]*_]*(?:\s|$))")


def ends_asking(texts: Sequence[str]) -> float:
    """The share of texts that end in a question, 0 to 1."""
    return sum(bool(_QUESTION.search(t.rstrip()[-6:])) for t in texts) / max(1, len(texts))


def asks(texts: Sequence[str]) -> float:
    """The share of texts that ask something, 0 to 1."""
    return sum(bool(_QUESTION.search(t)) for t in texts) / max(1, len(texts))


def from_zero(labels: Sequence[Label]) -> Sequence[Label]:
    """Times of the day (Zoom's ``[Name] 11:02:09``) as times from the first."""
    first = min((x.start_ms for x in labels if x.start_ms is not None), default=0)
    if first < 3_600_000 or not all("m" in x.form and x.start_ms is not None for x in labels):
        return labels
    return [replace(x, start_ms=(x.start_ms or first) - first) for x in labels]


ASKER, ANSWERER = "Interviewer", "Respondent"
"""Names given to a side that the text does not name."""


def names_in_turn(texts: Sequence[str]) -> tuple[str, str]:
    """The names of two people who speak in turn and are not named: who asks far more is the interviewer."""
    first, second = ends_asking(texts[::2]), ends_asking(texts[1::2])
    if max(first, second) < 0.4 or min(first, second) > 0.5 * max(first, second):
        return "Speaker 1", "Speaker 2"
    return (ASKER, ANSWERER) if first > second else (ANSWERER, ASKER)
