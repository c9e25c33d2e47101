"""Transcripts, and the speakers in them: here how one line can name its speaker, or tell about the document.

What a document makes of it is decided in `speakers`. A label is the place where a speaker is named, with the times beside it.
Labels come in families by what parts the name from the words: a colon, a bracket, a dash, a tab, a line of its own. Which
words name a role stands in words.toml. Front matter (title, date, participant, legend) and what a page prints (numbers,
running heads) are neither turns nor codable.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path

UNITS = (
    r"hours?|hrs?|h|heures?|horas?|ore|ora|uur|Stunden?|Std|timer|timmar|minutes?|mins?|min|m|Minuten?|minuuttia|minutos?|minuti"
    r"|minuto|minuut|minutter|minuter|seconds?|secs?|sec|s|Sekunden?|Sek|secondes?|segundos?|secondi|seconden|sekuntia|sekunder"
)
_SPOKEN = rf"\d{{1,3}}[ \u00a0]?(?:{UNITS})(?![^\W\d_])[ ,.]{{0,2}}"
_SPOKEN_TIME = (
    r"(?:\d{1,2}h[ ]?\d{1,2}m(?:[ ]?\d{1,2}s)?|\d{1,3}m[ ]?\d{1,2}s"
    rf"|{_SPOKEN}(?:(?:and|und|et|y|e|en) )?(?:{_SPOKEN}){{0,2}})"
)

CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,:]\d{1,3})?"
"""A time as h:mm:ss, mm:ss or with a fraction, as a pattern without groups."""

STAMP = rf"(?:#\d{{1,2}}:\d{{2}}:\d{{2}}(?:-\d{{1,3}})?#|\[{CLOCK}\]|\({CLOCK}\)|<{CLOCK}>)"
"""A time that is marked as a stamp, wherever it stands."""

_DAY = r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?[ \u202f]{1,2})"
_HALF = r"(?:(?:[ap]m|[ \u202f]?[AP]M)\b)"
_PRECISE = rf"(?:{_DAY}?{CLOCK}{_HALF}?|{_DAY}\d{{1,2}}\.\d{{2}}(?![\d.])|\d{{1,2}}:\d{{1,2}}:\d{{1,2}}[.,]\d{{1,3}})"
_RANGE = rf"{_PRECISE}(?:-\d{{1,3}}(?=#))?(?:[ ]?(?:-{{1,2}}>|[-–—]|to)[ ]?{_PRECISE})?"
TIME = (
    rf"(?<![\d:])(?:[\[(<{{#*@【`]{{0,2}}[ ]?{_RANGE}[ ]?[\])>}}#*】`]{{0,2}}|[\[(<{{]\d{{1,2}}\.\d{{2}}(?:\.\d{{2}})?[\])>}}]"
    rf"|[\[(]?{_SPOKEN_TIME}[\])]?|\d{{1,3}}['′]\d{{2}}(?:''|[\"″])?)"
)
"""A time beside a name, in any bracket or none, as a span, or in words."""

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
    stamp = re.sub(rf"{_DAY}|(?<=\d){_HALF}", "", stamp)
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
    first, *rest = re.split(r"[ \t]*(?:-{1,2}>|to|[-–—](?=[ \t]*\d{1,2}:))[ \t]*", stamp)
    return milliseconds(first), milliseconds(rest[0]) if rest else None


def stamp_above(text: str, start: int) -> tuple[int | None, int | None]:
    """Start and end in the time on the line before `start`, where that line holds nothing else."""
    found = _LINE_ABOVE.search(text, max(0, start - 80), start)
    return span_of(found["stamp"]) if found else (None, None)


_MOST = 50_000  # a text with more lines that open with a name is no transcript
LEAD = r"^[ \t\u00a0\u3000\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*(?:(?:>{1,3}|[-=]{1,2}>|[→►▶])[ \t]*)?"
_NUMBER = r"(?P<number>(?:[\[(#§¶]?\d{1,5}[\])]?[.:)]?|[•·*][ \t]?)[ \t]+(?:[-=]{1,2}>[ \t]*)?)?"
_BEFORE = rf"(?:(?P<before>{TIME})[ \t]*(?:[-–—|=,>.:]{{1,2}}[ \t]*)?)?"
_OPEN = rf"{LEAD}{_NUMBER}{_BEFORE}"
_SPACE = r"[ \t\u00a0\u202f\u3000\u200e\u200f]*"
SIGNS = r":：\[\](){}<>#*|;；=\"“”„«»「」『』【】（）?!？！؟…。、，،؛"  # in no name
_NAME = (
    rf"(?P<name>(?:[^\W\d_]|[#№])(?:[^\n\t{SIGNS}]{{0,47}}?[^\s,–—{SIGNS}-])??"
    r"|(?<![\d:.,])\d{1,2}(?!\d)|\?{1,3}(?=[\s:\])>]))"
)
_ASIDE = r"(?:[ \t]*[(\[（](?![ ]?\d{1,2}[:.]\d)(?P<aside>[^()\[\]（）\n]{1,40})[)\]）])?"
_WITHIN = rf"(?:[ \t]*[,@–—-]?[ \t]*(?P<within>{TIME}))?"
_AFTER = rf"(?:(?P<after>{STAMP})[ \t]*[-–—:]?[ \t]*)?"
_MARK = r"(?P<mark>\*\*|__|\*|_|#{1,4} ?|@|[\[(<{«“\"【])?"
_CLOSE = r"[\])>}»”\"】]?(?:\*\*|__|\*|_)?"
_COLON = r"(?:::?(?!\d|//|\))|[：﹕︰፦՝])[-–—]?"
_WORDS = r"(?=[ \t\u00a0]*\S)"

_NAMED = rf"{_MARK}{_NAME}{_CLOSE}{_ASIDE}{_WITHIN}"
_TALK = rf"{_SPACE}{_AFTER}{_WORDS}"


def _bracketed(opening: str, closing: str) -> str:
    """A name, and perhaps a time, in brackets."""
    return rf"(?:\*\*)?{opening}(?:(?P<early>{TIME})[ ,|–—-]*)?{_NAME}{_WITHIN}{closing}(?:\*\*)?{_SPACE}[-–—>]?{_TALK}"


PARTED: dict[str, str] = {
    "colon": rf"{_NAMED}{_CLOSE}{_SPACE}{_COLON}(?:\*\*|__|\*|_)?{_SPACE}{_AFTER}",
    "dash": rf"{_NAMED}{_CLOSE}(?:{_SPACE}[–—―]+|{_SPACE}-{{1,2}}(?=[ \t])|--(?=[^\s-])|\.[-–—]){_TALK}",
    "semicolon": rf"{_NAMED}{_SPACE}[;；]{_TALK}",
    "pipe": rf"\|?{_SPACE}{_NAME}{_ASIDE}{_WITHIN}{_SPACE}\|{_TALK}",
    "arrow": rf"{_NAMED}{_SPACE}(?:[-=]?>{{1,3}}|→|⇒|»|›){_TALK}",
    "sign": rf"{_NAMED}{_SPACE}[=~/•·_]{_TALK}",
    "tab": rf"{_NAME}{_ASIDE}{_WITHIN}[ ]*\t{_TALK}",
    "wide": rf"{_NAME}{_ASIDE}{_WITHIN}(?:[ \u00a0]{{2,}}|\u3000){_AFTER}{_WORDS}",
    "aside": rf"{_NAME}[ \t]*[(\[（](?![ ]?\d{{1,2}}[:.]\d)(?P<aside>[^()\[\]（）\n]{{1,40}})[)\]）]{_TALK}",
    "dot": rf"{_NAME}[.)][ \t]+{_AFTER}{_WORDS}",
    "comma": rf"{_NAME},[ \t]+{_WORDS}",
    "tagged": rf"[@#$&+§%]{{1,2}}(?P<name>[^\W\d_][\w.-]{{0,30}}?){_SPACE}[:,;]?[ \t]+{_AFTER}{_WORDS}",
    "element": rf"<\w+(?:[ ]\w+=[\"'][^\"'<>\n]{{0,80}}[\"'])*?[ ](?:who|speaker|name|voice|spk)="
    rf"[\"']#?(?P<name>[^\"'<>\n]{{1,60}})[\"'][^<>\n]{{0,200}}>{_TALK}",
    "quote": rf"{_NAME}{_SPACE}(?=[「『«“„\"])",
    "timed": rf"{_NAME}{_CLOSE}{_ASIDE}[ \t]*[,@–—-]?[ \t]*(?P<within>{TIME})(?!{_SPOKEN}){_SPACE}[-–—:|/]?[ \t]+{_WORDS}",
    "square": _bracketed(r"\[", r"\]"),
    "round": _bracketed("[(（]", "[)）]"),
    "angle": _bracketed("<", ">"),
    "curly": _bracketed("[{【«]", "[}】»]"),
    "starred": rf"(?P<mark>\*{{1,3}}|_{{1,3}}|~{{1,3}}|#{{1,4}} ?|@)[ ]?{_NAME}[ ]?(?:\*{{1,3}}|_{{1,3}}|~{{1,3}}|(?<=@))"
    rf"{_WITHIN}{_SPACE}[-–—>]?{_TALK}",
    "own": rf"{_NAMED.replace(_WITHIN, f'{_SPACE}[,|–—-]?{_WITHIN}')}{_CLOSE}{_SPACE}[:：]?(?:\*\*|__)?{_SPACE}$"
    rf"(?:\n[ \t]*(?P<below>{TIME})[ \t]*$)?(?=\s*\S)",
}
"""By family: what a line looks like after its number and time."""

_NEEDED = {"aside": "([（", "tagged": "@#$&+§%", "element": "<", "angle": "<", "pipe": "|", "tab": "\t", "square": "["}
_NEEDED |= {"semicolon": ";；", "curly": "{【«", "quote": '「『«“„"'}


@lru_cache(maxsize=len(PARTED))
def _pattern(family: str) -> re.Pattern[str]:
    return re.compile(_OPEN + PARTED[family], re.MULTILINE)


def labels_of(family: str, text: str, start: int = 0) -> list[Label]:
    """All places from `start` on that look like a name of one family; none where there are more than 50,000."""
    if family in _NEEDED and not any(sign in text for sign in _NEEDED[family]):
        return []
    found = list(islice(_pattern(family).finditer(text, start), _MOST + 1))
    return [_label(m, text) for m in found] if len(found) <= _MOST else []


def _label(m: re.Match[str], text: str) -> Label:
    parts = m.groupdict()
    stamp = parts["before"] or parts.get("early") or parts.get("within") or parts.get("after") or parts.get("below")
    at, until = span_of(stamp) if stamp else stamp_above(text, m.start())
    wide = bool(parts.get("within")) and bool(re.search("[ \u00a0]{2}", text[m.end("name") : m.start("within")]))
    signs = (("#", parts["number"]), ("t", at is not None), ("m", parts.get("mark")), ("w", wide))
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
    found = {}
    for entry in _LEGEND.finditer(text[:_TOP]):
        for name in re.split(r"[,/]", entry["names"]):
            found[name.strip()] = entry["meaning"].strip()
    return found


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


def speaks_by_name(name: str) -> bool:
    """Whether a name is one that transcripts give to speakers: a role, ``Speaker 1``, ``R2``, a capital letter."""
    bare = name.strip(" .")
    if role_of_word(bare) or re.fullmatch(r"[^\W\d_]{1,4}[ ._-]?\d{1,4}[a-zA-Z]?|[A-ZÄÖÜÅÆØ]{1,2}|SPEAKER_\d+", bare):
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
_ENDS = re.compile(r"[.?!…？。！؟;]\W*$")


def ends_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does."""
    return bool(_ENDS.search(line))


@dataclass(frozen=True, slots=True)
class Front:
    """What a document says of itself before the talk.

    Attributes:
        end: Where the front matter ends and the talk may begin.
        meanings: What a legend says of the names of speakers.
    """

    end: int
    meanings: Mapping[str, str]


def is_about(key: str) -> bool:
    """Whether the word before a colon tells about the document (date, place, duration ...)."""
    word = " ".join(key.casefold().strip(" .*_#").split())
    return word in WORDS["about"] or re.sub(r"[ _.-]*(?:\(.*\)|\d+)$", "", word) in WORDS["about"]


def front_of(text: str) -> Front:
    """Find the front matter: keyed lines about the document at its top, with the lines between them.

    A line such as ``Interviewer: Jo Carter`` belongs to it where it stands among such lines, or with another of its
    kind, and its words are no talk.
    """
    end, at, loose, near, meanings = 0, 0, 0, False, dict(legend(text))
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
        kind = "legend" if several else _kind(keyed, text, near) if keyed else ""
        if kind == "talk" or start > _TOP or loose > 16:
            break
        loose, near = (0, near) if kind else (loose + 1 + (len(words.split()) > 15), near and loose < 2)  # talk by now
        run = [*run, keyed["key"]] if keyed and kind == "who" and keyed["key"] not in run else []
        if kind in ("about", "legend") or (kind == "who" and near):
            end, near = at, True
        one = {keyed["key"].strip(" *_"): keyed["value"].strip()} if kind == "legend" and keyed and "=" not in words else {}
        meanings |= several or one
    return Front(end, meanings)


_ENTRY = re.compile(r"(?:^|[;,/|•·])[ \t]*(?P<key>[\w.]{1,12})[ \t]*(?:[:：=]|[ \t][-–—])[ \t]*(?P<value>[^;,/|:：=\n]{2,40})")


def _explained(line: str, text: str) -> dict[str, str]:
    """What one line says of several names that open lines below: ``T: therapist; P: patient``."""
    found = {m["key"]: m["value"].strip(" .") for m in _ENTRY.finditer(line)} if len(re.findall("[:：]", line)) > 1 else {}
    return found if len(found) > 1 and all(f"\n{key}" in text for key in found) else {}


def _kind(keyed: re.Match[str], text: str, near: bool) -> str:
    """What a keyed line at the top is: about, who (a role and a name), legend, talk, or "" for anything else."""
    key, value = keyed["key"].strip(" *_"), re.split("[\t\x15]", keyed["value"])[0].strip(" *_|")
    if is_about(key):
        return "about" if f"\n{text}".count(f"\n{keyed['key']}{keyed['sign']}") < 3 else ""  # a record's key comes back
    bare = re.sub(r"\(.*\)|[.,;]$", "", value).strip()
    if keyed["sign"] in "\t|" and role_of_word(key) and role_of_word(bare):
        return ""  # the headings of a table's columns
    told = re.split(r"[,;]| (?:nr|no|nº|n°|#)(?![^\W\d_])", bare)[0]  # "R3 - respondent no 3, 41 years"
    once = keyed["sign"] not in ":：" or (f"\n{text}".count(f"\n{keyed['key']}:") == 1 and not ends_sentence(value))
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
    if role_of_word(key):
        named = value.istitle() and len(value.split()) <= 4 and f"\n{text}".count(f"\n{keyed['key']}{keyed['sign']}") == 1
        sure = named and not talks and text.count("\n") > 6  # a role that comes once, with a name: nobody says it
        return "talk" if value and talks else "about" if sure else "who" if value else ""
    if keyed["sign"] not in ":：" or not value or len(key.split()) > 3:
        return ""
    again = f"\n{text}".count(f"\n{keyed['key']}{keyed['sign']}") > 1
    if not again and not near and value.istitle() and len(value.split()) <= 4 and not talks:
        return ""  # a name beside a word for a part that nobody foresaw: "Narrator: Ruth Ellingsen"
    return "talk" if again or not near else "" if talks else "about"


_MOST_PAGES = 5_000
_PAGE_WORD = (
    r"(?:page|seite|side|sida|página|pagina|pág\.?|p\.|s\.|str\.|oldal|sivu|стр\.)[ ]?(\d{1,4})"
    r"(?:[ ]?(?:of|von|de|di|/|van|av|z|из)[ ]?\d{1,4})?"
)
_ALONE = rf"(?:[-–—|]{{1,2}} ?\d{{1,4}} ?[-–—|]{{1,2}}|\d{{1,4}} ?/ ?\d{{1,4}}|第?\d{{1,4}}页|{_PAGE_WORD})"
_PAGE = re.compile(rf"(?im)^[ \t\f]*{_ALONE}[ \t]*$")
_HEAD = re.compile(rf"(?im)^[^\n]{{0,90}}(?<!\w){_PAGE_WORD}(?!\w)[^\n]{{0,60}}$")


def furniture(text: str) -> frozenset[str]:
    """Lines that belong to the page and not to the talk: page numbers, and what stands beside them again and again."""
    if text.startswith("@UTF8") or text.startswith("@Begin"):  # CLAN: what is coded below the words, and its own marks
        return frozenset(m[0].strip() for m in re.finditer(r"(?m)^[%@].*$", text))
    paged: dict[str, list[re.Match[str]]] = {}
    for m in islice(_HEAD.finditer(text), _MOST_PAGES):  # "R: it stands on page 3." is said
        if not ends_sentence(m[0]) and not re.match(r"[^:\n]{1,25}:\s", m[0].strip()):
            paged.setdefault(re.sub(r"\d+", "#", m[0].strip()), []).append(m)
    rising = (ms for ms in paged.values() if len(ms) > 1 and all(int(a[1]) < int(b[1]) for a, b in pairwise(ms)))
    again = frozenset(m[0].strip() for ms in rising for m in ms)
    numbers = list(islice(_PAGE.finditer(text), _MOST_PAGES))
    if len(numbers) < 2:
        return again
    beside: Counter[str] = Counter()
    for m in numbers:
        above, below = text[max(0, m.start() - 200) : m.start()].split("\n"), text[m.end() : m.end() + 200].split("\n")
        near = (next((line.strip() for line in lines[:3] if line.strip()), "") for lines in (above[::-1], below))
        beside.update(set(near) - {""})
    often = (line for line, n in beside.items() if n >= 0.4 * len(numbers) and len(line) > 5)
    heads = {line for line in often if len(re.findall(rf"(?m)^[ \t\f]*{re.escape(line)}[ \t]*$", text)) > 1}
    return again | {m[0].strip() for m in numbers} | heads
