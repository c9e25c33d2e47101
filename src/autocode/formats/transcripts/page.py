"""A text as a page: its front matter, lines and paragraphs, and the labels that only show on the whole page.

Front matter (title, date, place, participant, legend) is neither turn nor codable. A table's column, bold type
or a role at the start of nearly every line names speakers only if the whole page is looked at.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from autocode.formats.transcripts.labels import (
    CLOCK,
    STAMP,
    TIME,
    WORDS,
    Label,
    Style,
    labels_of,
    legend,
    milliseconds,
    role_of_word,
    speaks_by_name,
)

_WITHIN = 4000  # characters: front matter stands at the top
_MOST_LINES = 60
_KEYED = re.compile(
    r"[ \t*_#•·>|-]*(?P<key>[^\W\d_][^\n:：\t=]{0,40}?)[*_]*[ \t\u00a0]*"
    r"(?P<sign>[:：=\t|]|[ \t][-–—][ \t])[*_ \t|]*(?P<value>[^\n]*)"
)
_CHAT = re.compile(r"@[A-Z][\w ]*(?::\t.*)?")  # the headers of CLAN's transcripts
_RULE = re.compile(r"[ \t]*[-–—=_*#~.]{3,}[ \t]*")
_ENDS = re.compile(r"[.?!…？。！؟;]\W*$")


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
    end, at, near, meanings = 0, 0, False, dict(legend(text))
    run: list[str] = []
    for line in text[: 4 * _WITHIN].split("\n")[:_MOST_LINES]:
        start, at = at, min(at + len(line) + 1, len(text))
        words = line.strip()
        if end == start and _CHAT.fullmatch(words):
            end, near, run = at, True, []
            continue
        if not words or _RULE.fullmatch(line):
            end, near = (start, False) if len(run) > 1 else (end, near and not words)
            run = []
            continue
        keyed = _KEYED.match(words)
        kind = _kind(keyed, text, near) if keyed else ""
        if kind == "talk" or start > _WITHIN:
            break
        run = [*run, keyed["key"]] if keyed and kind == "who" and keyed["key"] not in run else []
        if kind in ("about", "legend") or (kind == "who" and near):
            end, near = at, True
        if kind == "legend" and keyed and "=" not in words:
            meanings[keyed["key"].strip(" *_")] = keyed["value"].strip()
    return Front(end, meanings)


def _kind(keyed: re.Match[str], text: str, near: bool) -> str:
    """What a keyed line at the top is: about, who (a role and a name), legend, talk, or "" for anything else."""
    key, value = keyed["key"].strip(" *_"), keyed["value"].split("\t")[0].strip(" *_|")
    if is_about(key):
        return "about"
    bare = re.sub(r"\(.*\)|[.,;]$", "", value).strip()
    if len(key) <= 12 and len(bare) > 2 and role_of_word(bare):
        return "legend"
    talks = (
        bool(_ENDS.search(value))
        or value.casefold().split(" ")[0].strip(",.!") in WORDS["greeting"]
        or value[:1].islower()
        or len(value.split()) > 7
        or len(value) > 60
    )
    if role_of_word(key):
        return "talk" if value and talks else "who" if value else ""
    if keyed["sign"] not in ":：" or not value or len(key.split()) > 3:
        return ""
    again = f"\n{text}".count(f"\n{keyed['key']}{keyed['sign']}") > 1
    if not again and not near and value.istitle() and len(value.split()) <= 4 and not talks:
        return ""  # a name beside a word for a part that nobody foresaw: "Narrator: Ruth Ellingsen"
    return "talk" if again or not near else "" if talks else "about"


_CODE_LINE = re.compile(r"(?:[-•*–]|\d[\d.]*)?\s*[^\W\d_][^\n:.?!]{1,40}(?:[:\t]\s*\S|\s[-–—]\s\S|$)")


def seems_codes(text: str) -> bool:
    """Whether a text is a list of short names, alone or with what each means, rather than an interview."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) < 5 or len(text.split()) > 25 * len(lines):
        return False
    return sum(bool(_CODE_LINE.match(line)) for line in lines) >= 0.8 * len(lines)


_SAMPLE = 60_000  # characters by which a long text is judged


class Page:
    """A text with what is asked of it again and again."""

    def __init__(self, text: str, styles: Sequence[Style], front: Front) -> None:
        self.text, self.front = text, front
        self.found: dict[str, list[Label]] = {}
        self.short = len(text) <= _SAMPLE
        self.styles = sorted(s for s in styles if text[s[0] : s[1]].strip())
        self.lines = [m.start() for m in re.finditer(r"(?m)^[^\S\n]*\S", text)]
        self.lines = self.lines[bisect_left(self.lines, front.end) :]
        self.furniture = furniture(text)
        self.blank_lines = len(re.findall(r"\n[^\S\n]*\n[^\S\n]*(?=\S)", text)) > 0.25 * len(self.lines)

    def sample(self) -> Page:
        """The beginning of a long text, by which the whole is judged."""
        end = self.text.rfind("\n", 0, self.front.end + _SAMPLE) + 1 or _SAMPLE
        return Page(self.text[:end], [s for s in self.styles if s[1] <= end], self.front)

    def labels(self, family: str) -> list[Label]:
        """All places that look like a name of one family, found once."""
        if family not in self.found:
            whole = WHOLE.get(family)
            self.found[family] = whole(self) if whole else labels_of(family, self.text, self.front.end)
        return self.found[family]

    def is_apart(self, at: int) -> bool:
        """Whether a blank line, or nothing, stands before this place."""
        return not self.text[max(self.front.end, self.text.rfind("\n", 0, max(0, at - 1)) + 1) : at].strip()

    def paragraphs(self, start: int, end: int) -> list[tuple[int, int]]:
        """Spans between blank lines; every line where the text has no blank lines."""
        spans: list[tuple[int, int]] = []
        goes_on = False
        while start < end:
            stop = self.text.find("\n", start, end)
            stop = end if stop < 0 else stop
            filled = bool(self.text[start:stop].strip())
            if filled and goes_on:
                spans[-1] = (spans[-1][0], stop)
            elif filled:
                spans.append((start, stop))
            goes_on = filled and self.blank_lines
            start = stop + 1
        return spans


def _styled(page: Page) -> list[Label]:
    """Names that are only told from the words by bold type, italics or colour."""
    found, seen = [], set()
    for start, end, kind in page.styles:
        line, stop = page.text.rfind("\n", 0, start) + 1, page.text.find("\n", start)
        name = page.text[start:end].strip(" \t:：-–—.|")
        before = page.text[line:start].strip()
        rest = page.text[end : stop if stop >= 0 else len(page.text)]
        if (
            line in seen
            or line < page.front.end
            or not re.fullmatch(r"[\[(#\d:.,\])]*", before)
            or not rest.strip()
            or "\n" in page.text[start:end].strip()
        ):
            continue
        seen.add(line)
        if name and len(name) <= 40 and not re.fullmatch(r"[\W\d_]+", name):
            words = end + len(rest) - len(rest.lstrip(" \t:：-–—|"))
            found.append(Label(line, words, name, form=kind[:1]))
    return found


_TOKEN = re.compile(
    r"^[ \t\u200e\u200f]*(?:\d{1,5}[.):]?[ \t]+)?(?P<stamp>[\[(<]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])>]?[ \t]+)?"
    r"(?P<name>[^\W\d_]{1,16}(?:[ _]?\d{1,3}|[ ][A-Z])?)[ \t]+(?=[^\s\d])",
    re.MULTILINE,
)


def _tokens(page: Page) -> list[Label]:
    """First words of lines that are roles, with nothing between them and the talk: ``R1 we went``."""
    found = [m for m in _TOKEN.finditer(page.text, page.front.end) if speaks_by_name(m["name"]) and not m["name"].islower()]
    labels = [
        Label(
            m.start(),
            m.end(),
            m["name"],
            form="t" if m["stamp"] else "",
            start_ms=milliseconds(m["stamp"]) if m["stamp"] else None,
        )
        for m in found
    ]
    return labels


def _columns(page: Page) -> list[Label]:
    """Names in a column of a table whose cells are parted by tabs, wherever the column stands."""
    rows = [
        (at, page.text[at : page.text.find("\n", at) if page.text.find("\n", at) >= 0 else len(page.text)].split("\t"))
        for at in _line_starts(page)
    ]
    wide = [(at, cells) for at, cells in rows if len(cells) > 1]
    if len(wide) < 0.3 * max(1, len(rows)) or len(wide) < 2:
        return []
    width = Counter(len(cells) for _, cells in wide).most_common(1)[0][0]
    columns = [[c[i].strip() if len(c) > i else "" for _, c in wide] for i in range(width)]
    texts = max(range(width), key=lambda i: sum(map(len, columns[i])))
    roles = [i for i in range(width) if role_of_word(columns[i][0])]
    if len({role_of_word(columns[i][0]) for i in roles}) > 1:
        return [label for at, cells in wide[1:] for label in _answers(at, cells, roles, columns)]
    names = [
        i
        for i in range(width)
        if i != texts
        and 1 < len({v for v in columns[i] if v}) <= 0.6 * sum(map(bool, columns[i])) + 1
        and _named_column(columns[i])
    ]
    if not names:
        return []
    return [
        x
        for at, cells in wide
        if (
            x := _row(
                page,
                at,
                cells,
                min(names, key=lambda i: _spread(columns[i]) + (i > texts) - 2 * (columns[i][0].casefold() in WORDS["column"])),
                texts,
            )
        )
    ]


def _line_starts(page: Page) -> list[int]:
    """Where the lines with words begin."""
    return [page.text.rfind("\n", 0, at) + 1 for at in (m for m in page.lines)]


def _named_column(values: Sequence[str]) -> bool:
    filled = [v for v in values if v]
    return sum(len(v) <= 40 and bool(re.match(r"[^\W\d_]", v)) for v in filled) >= 0.8 * len(filled)


def _spread(values: Sequence[str]) -> float:
    """How little a column looks like names: many values, or long ones."""
    filled = [v for v in values if v]
    return (
        len(set(filled)) / len(filled)
        + sum(map(len, filled)) / len(filled) / 40
        - 0.5 * sum(map(speaks_by_name, filled)) / len(filled)
    )


def _row(page: Page, at: int, cells: Sequence[str], column: int, texts: int) -> Label | None:
    if len(cells) <= max(column, texts) or not cells[column].strip() or not cells[texts].strip():
        return None
    start = at + sum(len(c) + 1 for c in cells[:texts])
    stop = page.text.find("\t", start) if len(cells) > texts + 1 else 0
    stamps = [c for c in cells if re.fullmatch(rf"[\[(#<]?{CLOCK}(?:[ ]?[-–>]+[ ]?{CLOCK})?(?:-\d)?[\])#>]?", c.strip())]
    name = cells[column].strip().rstrip(" :：.-–")
    return Label(
        at,
        start,
        " ".join(name.split()),
        start_ms=milliseconds(re.split("[-–>]{1,3}", stamps[0])[0]) if stamps else None,
        form="t" if stamps else "",
        stop=max(0, stop),
    )


def _answers(at: int, cells: Sequence[str], roles: Sequence[int], columns: Sequence[Sequence[str]]) -> list[Label]:
    """One label for each side of a row, where a column is the question's and another the answer's."""
    starts = [at + sum(len(c) + 1 for c in cells[:i]) for i in range(len(cells))]
    return [
        Label(starts[i], starts[i], columns[i][0], stop=starts[i] + len(cells[i]))
        for i in roles
        if len(cells) > i and cells[i].strip()
    ]


WHOLE: dict[str, Callable[[Page], list[Label]]] = {"styled": _styled, "table": _columns, "token": _tokens}
"""Families that are found by looking at the whole document."""


_AT_END = re.compile(
    rf"(?:[ \t]*(?P<stamp>{STAMP})|(?:\n[ \t]*\d{{1,5}}[ \t]*)?\n[ \t]*{TIME}|[ \t]*[<\[]/[^<>\[\]\n]{{1,40}}[>\]])[ \t]*$"
)
_AT_START = re.compile(rf"\s*(?P<stamp>{TIME})(?:[ \t,|/–-]*{TIME})?[ \t]*(?=\n[ \t]*\S)")
_MOST_PAGES = 5_000
_PAGE = re.compile(
    r"^[ \t\f]*(?:[-–—|]{1,2}[ ]?\d{1,4}[ ]?[-–—|]{1,2}|\d{1,4}[ ]?/[ ]?\d{1,4}|第?\d{1,4}页"
    r"|(?:page|seite|side|sida|página|pagina|pág\.?|p\.|s\.|str\.|oldal|sivu|стр\.)[ ]?\d{1,4}"
    r"(?:[ ]?(?:of|von|de|di|/|van|av|z|из)[ ]?\d{1,4})?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FOOTER = re.compile(
    r"\n[^\n]*?(?:(?:stopped|started) transcription|Transcribed by https?://otter\.ai|Transcription ended after [\d:]+"
    r"|hat die Transkription (?:beendet|gestartet))[^\n]{0,80}$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\n\s*[-–—*=_#\[(<{ ]{0,8}(?:(?:end|ende|fin|fine|fim|einde|slut|loppu|koniec|конец|конец записи|结束|終わり|끝|tamat|son)"
    r"(?: (?:of|der|des|de|del|da|dell'|de l'|van|la|do|af|av)[^\n]{0,40}|[ -](?:interview|recording|transcript)[^\n]{0,20})?)"
    r"[-–—*=_#\])>}. ]{0,8}$",
    re.IGNORECASE,
)


def stamp_below(text: str, start: int, end: int) -> tuple[int, int | None]:
    """Where the words of a span begin, and the time on the line before them, where that line holds nothing else."""
    found = _AT_START.match(text, start, end)
    return (found.end(), milliseconds(found["stamp"])) if found else (start, None)


def furniture(text: str) -> frozenset[str]:
    """Lines that belong to the page and not to the talk: page numbers, and what stands beside them again and again."""
    numbers = list(islice(_PAGE.finditer(text), _MOST_PAGES))
    if len(numbers) < 2:
        return frozenset()
    beside: Counter[str] = Counter()
    for m in numbers:
        above, below = text[max(0, m.start() - 200) : m.start()].split("\n"), text[m.end() : m.end() + 200].split("\n")
        near = (next((line.strip() for line in lines[:3] if line.strip()), "") for lines in (above[::-1], below))
        beside.update(set(near) - {""})
    often = (line for line, n in beside.items() if n >= 0.4 * len(numbers) and len(line) > 5)
    heads = {line for line in often if len(re.findall(rf"(?m)^[ \t\f]*{re.escape(line)}[ \t]*$", text)) > 1}
    return frozenset({m[0].strip() for m in numbers} | heads)


def without_furniture(page: Page, start: int, end: int) -> int:
    """Where the words of a turn end before page numbers, running heads, or a heading for what follows.

    A heading is a last line set apart, in capitals without an end of a sentence, or in the style of one.
    """
    while True:
        end = start + len(page.text[start:end].rstrip())
        at = page.text.rfind("\n", start, end) + 1
        line = page.text[at:end].strip()
        if at <= start or not line:
            return end
        letters = sum(c.isalpha() for c in line)
        shouted = line.isupper() and letters > 3 and len(line.split()) <= 8 and not _ENDS.search(line)
        heading = any(k == "heading" and a <= at + 1 and b >= end - 1 for a, b, k in page.styles) if not shouted else True
        if line not in page.furniture and not (heading and page.is_apart(at)):
            return end
        end = at


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


def without_closing(text: str, start: int, end: int) -> int:
    """Where the last words end before a line such as ``[End of interview]``."""
    body = text[start:end].rstrip()
    found = _CLOSING.search(body, max(0, len(body) - 120))
    return start + (len(body[: found.start()].rstrip()) if found else len(body))
