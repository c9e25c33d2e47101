"""A text as a page: its lines and paragraphs, its furniture, and the labels that only show on the whole page.

A table's column, bold type, a role at the start of nearly every line or records with keys of their own name
speakers only if the whole page is looked at.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from autocode.formats.transcripts import (
    CLOCK,
    STAMP,
    TIME,
    WORDS,
    Front,
    Label,
    Style,
    ends_sentence,
    is_about,
    is_titled,
    labels_of,
    milliseconds,
    pattern,
    role_of_word,
    span_of,
    speaks_by_name,
)

_INDENT = re.compile(r"[^\S\n]{0,200}")
_SAMPLE = 60_000  # characters by which a long text is judged

DASHED = re.compile(r"[ \t]*[–—―─]{1,2}[ \t]?(?=\S)")  # opens the words of somebody without a name


class Page:
    """A text with what is asked of it again and again."""

    def __init__(self, text: str, styles: Sequence[Style], front: Front) -> None:
        self.text, self.front = text, front
        self.found: dict[str, list[Label]] = {}
        self.short = len(text) <= _SAMPLE
        self.styles = sorted(s for s in styles if text[s[0] : s[1]].strip())
        self.lines = [m.start() for m in re.finditer(r"(?m)^[^\S\n]*\S", text)]
        self.lines = self.lines[bisect_left(self.lines, front.end) :]
        self.depths = [set_in(text, at) for at in self.lines]  # what hangs below a name is indented, or the name is
        self.furniture = front.printed
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


def set_in(text: str, at: int) -> int:
    """How far from the margin the line of a place begins."""
    line = _INDENT.match(text, text.rfind("\n", 0, at) + 1)
    return len(line[0].expandtabs()) if line else 0


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


_TOKEN = re.compile(pattern("⟨token⟩"), re.MULTILINE)


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
    """Names in a column of a table whose cells are parted by tabs or bars, wherever the column stands."""
    starts = [page.text.rfind("\n", 0, at) + 1 for at in (m for m in page.lines)]
    ends = [page.text.find("\n", at) for at in starts]
    lines = [(at, page.text[at : end if end >= 0 else len(page.text)]) for at, end in zip(starts, ends, strict=True)]
    sign = "|" if sum(line.count("|") > 1 for _, line in lines) > 0.6 * len(lines) else "\t"
    rows = [(at, line.split(sign)) for at, line in lines]
    wide = [(at, cells) for at, cells in rows if len(cells) > 1]
    if len(wide) < 0.3 * max(1, len(rows)) or len(wide) < 2:
        return []
    width = Counter(len(cells) for _, cells in wide).most_common(1)[0][0]
    whole = [c for _, c in wide if len(c) == width]  # another table, of who was there, may stand above
    columns = [[c[i].strip() for c in whole] for i in range(width)]
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
    known = [2 * (c[0].casefold() in WORDS["column"]) for c in columns]
    column = min(names, key=lambda i: _spread(columns[i]) + (i > texts) - known[i])
    head = whole[0]  # of columns, in whatever language: a name that comes once, beside words that end no sentence
    back = Counter(Counter(columns[column]).values())
    heading = columns[column].count(columns[column][0]) == 1 < max(back) and len(head[texts].split()) < 4
    heading = heading and not ends_sentence(head[texts]) and any(map(ends_sentence, columns[texts][1:]))
    return [x for at, cells in wide if not (heading and cells is head) and (x := _row(at, cells, column, texts))]


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


def _row(at: int, cells: Sequence[str], column: int, texts: int) -> Label | None:
    if len(cells) <= max(column, texts) or not cells[column].strip(" :：.-–") or not cells[texts].strip():
        return None
    start = at + sum(len(c) + 1 for c in cells[:texts])
    stop = start + len(cells[texts]) if len(cells) > texts + 1 else 0
    clock = rf"[\[(#<]?{CLOCK}(?:[ ]?[-–>]+[ ]?{CLOCK})?(?:-\d)?[\])#>]?|\d\d\.\d\d(?:\.\d\d)?"
    stamps = [c for c in cells if re.fullmatch(clock, c.strip())]
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


_DIGIT = re.compile(r"(?m)^[ \t]*[(\[]?(?P<name>\d)[)\].:]?[)\]]?[ \t]*[-–—:]?[ \t]+(?=[^\s\d])")


def _digits(page: Page) -> list[Label]:
    """Digits that stand for people: few, each back again and again, and not counting on."""
    found = list(islice(_DIGIT.finditer(page.text, page.front.end), _MOST_NUMBERS))
    numbers = [int(m["name"]) for m in found]
    counting = sum(b - a == 1 for a, b in pairwise(numbers))
    few = 1 < len(set(numbers)) <= len(found) / 2
    if not few or len(found) < max(4, 0.5 * len(page.lines)) or (len(set(numbers)) > 2 and counting > 0.7 * len(found)):
        return []
    return [Label(m.start(), m.end(), m["name"]) for m in found]


_FIELD = re.compile(r"(?m)^[ \t]*(?:-[ \t]+)?[*_-]{0,3}(?P<key>[^\W\d_][^\n:=\t]{0,20}?)[*_]{0,2}[ \t]*[:=][ \t]*[*_]{0,2}")


def _records(page: Page) -> list[Label]:
    """Names in records of a few lines that have the same keys each time: ``Speaker: Ann``, ``Time: 0:03``, ``Text: Well``."""
    fields = [(m["key"].casefold(), m) for m in islice(_FIELD.finditer(page.text, page.front.end), _MOST_NUMBERS)]
    if not any(key in WORDS["column"] for key, _ in fields[:5]):
        return []
    first = next(key for key, _ in fields if key in WORDS["column"])
    labels, said = [], ""
    starts = [n for n, (key, _) in enumerate(fields) if key == first]
    for n, until in zip(starts, [*starts[1:], len(fields)], strict=True):
        record = [m for key, m in fields[n:until] if key in WORDS["column"] or key in WORDS["said"] or is_about(key)]
        value, last = page.text[record[0].end() :].split("\n", 1)[0].strip(), record[-1]
        said = said or last["key"].casefold()
        if last is record[0] or last["key"].casefold() != said or not 0 < len(value) <= 60:
            continue
        stamps = [x for m in record[1:-1] if (x := re.match(rf"{TIME}[ \t]*$", page.text[m.end() :].split("\n", 1)[0]))]
        at = span_of(stamps[0][0].strip())[0] if stamps else None
        labels.append(Label(record[0].start(), last.end(), value, start_ms=at, form="t" if stamps else ""))
    return labels if len(labels) > 1 else []


_CLOSED = re.compile(
    r"(?:[ \t]*\n)?[ \t]*(?:[(\[](?P<name>[^\W\d_][\w.'’ -]{0,40}?)"
    rf"(?:,?[ ]{TIME})?[)\]]|[–—-]{{1,2}}[ ]?(?P<signed>[^\W\d_][\w.'’ -]{{0,40}}?))\.?$"
)


def _closing(page: Page) -> list[Label]:
    """Names that stand behind the words they said: ``We went home. (Anna)``."""
    labels, first = [], -1
    for start, end in page.paragraphs(page.front.end, len(page.text)):
        first = first if first >= 0 else start
        if (m := _CLOSED.search(page.text, max(first, end - 80), end)) and m.start() > start:
            labels.append(Label(first, first, m["name"] or m["signed"], stop=m.start()))
            first = -1
    return labels


_BRIEF = "|".join(sorted(re.escape(w) for w in WORDS["title"] if len(w) < 5))  # titles that end in a full stop
_SENTENCED = re.compile(
    rf"(?m)^[ \t]*(?:\d{{1,4}}[ \t]+)?(?P<name>(?:(?i:{_BRIEF})\.[ ])?[^\W\d_][^\n\t:;?!…\"]{{1,70}}?(?<![ .][^\W\d_a-zß-ÿ]))\."
    r"[ \t]+(?=[^\s\da-zß-ÿ])"
)


_INITIALLED = re.compile(
    r"(?m)^[ \t]*(?P<name>[A-ZÀ-ÞЀ-ЯΑ-Ω][\w-]{1,30}[ ][A-ZÀ-ÞЀ-ЯΑ-Ω]\.(?:[ ]?[A-ZÀ-ÞЀ-ЯΑ-Ω]\.)?)[ \t]+(?=[^\s\da-zß-ÿа-я])"
)


def _sentences(page: Page) -> list[Label]:
    """Names that end as a sentence does, told by a title or by capitals: ``Mr. Oakes. Thank you``, ``PRESIDENTE. Passiamo``."""
    found = [m for shape in (_INITIALLED, _SENTENCED) for m in islice(shape.finditer(page.text, page.front.end), _MOST_NUMBERS)]
    shouted = {m for m in found if len(m["name"]) > 3 and m["name"].split(",")[0].isupper()}
    named = {m.start(): m for m in reversed(found) if m.re is _INITIALLED or m in shouted or is_titled(m["name"])}
    return [Label(at, named[at].end(), " ".join(named[at]["name"].split())) for at in sorted(named)]


_INLINE = re.compile(pattern("⟨inline⟩"), re.MULTILINE)


def _inline(page: Page) -> list[Label]:
    """Names within lines that run on, where line breaks were lost: ``I: Since when? R: Nine years. I: Why?``"""
    found = list(islice(_INLINE.finditer(page.text), _MOST_NUMBERS)) if ": " in page.text else []
    often = {name for name, n in Counter(m["name"] for m in found).items() if n > 2}
    found = [m for m in found if m["name"] in often]
    changes = sum(a["name"] != b["name"] for a, b in pairwise(found))
    if len(found) < 6 or len(found) < 2 * len(page.lines) or changes < 0.9 * (len(found) - 1):
        return []
    return [Label(m.start(), m.end(), m["name"]) for m in found]


WHOLE: dict[str, Callable[[Page], list[Label]]] = {
    "styled": _styled,
    "table": _columns,
    "token": _tokens,
    "records": _records,
    "digit": _digits,
    "closing": _closing,
    "sentence": _sentences,
    "inline": _inline,
}
"""Families that are found by looking at the whole document."""


_MOST_NUMBERS = 200_000

_AT_END = re.compile(
    rf"(?:[ \t]*(?P<stamp>{STAMP})|[ \t]*[\x15•]?\d{{1,9}}_(?P<bullet>\d{{1,9}})[\x15•]?"
    rf"|(?:\n[ \t]*\d{{1,5}}[ \t]*)?\n[ \t]*{TIME}|[ \t]*[<\[]/[^<>\[\]\n]{{1,40}}[>\]])[ \t]*$"
)
MARKED_TIME = rf"(?:{STAMP}|[\[(<]{pattern('⟨range⟩')}[\])>])[ \t]*(?=\S)"
_AT_START = re.compile(
    rf"\s*(?:(?P<stamp>{TIME})(?:[ \t,|/–-]*{TIME})?[ ]*(?:\t[ \t]*(?=\S)|[ \t]*(?=\n[ \t]*\S))|(?P<marked>{MARKED_TIME}))"
)
_FOOTER = re.compile(pattern("⟨recorder⟩"), re.IGNORECASE)


def stamp_below(text: str, start: int, end: int) -> tuple[int, int | None]:
    """Where the words of a span begin, and the time before them, marked as one or on a line that holds nothing else."""
    found = _AT_START.match(text, start, end)
    return (found.end(), span_of((found["stamp"] or found["marked"]).strip())[0]) if found else (start, None)


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
        shouted = line.isupper() and letters > 3 and len(line.split()) <= 8 and not ends_sentence(line)
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
        said = found.groupdict()
        stamp, bullet = said.get("stamp"), said.get("bullet")
        at = at if at is not None else milliseconds(stamp) if stamp else int(bullet) if bullet else None
        end = start + found.start()


_REMARK = re.compile(pattern("⟨remark⟩"))


def before_remark(text: str, start: int, end: int) -> int:
    """Where the words of a turn end before lines in brackets, each on its own: ``[The telephone rings]`` is not said."""
    body = text[start:end].rstrip()
    while (found := _REMARK.search(body)) and not re.fullmatch(r"\n[ \t]*\W?[a-zß-ÿ]+\W*", found[0]):  # "(laughs)" right below
        if not found["rule"] and not ends_sentence(body[: found.start()], or_stops=True):
            break
        body = body[: found.start()].rstrip()
    return start + len(body)


_COUNTED = re.compile(r"(?P<word>[^\W\d_]+)[ .#№_-]*(?P<number>\d{1,3})[a-z]?")


def unnumbered(labels: Sequence[Label]) -> list[Label]:
    """Labels with one name for questions that are counted through a text (``Question 1``), or for all turns (``T1 C1 T2``)."""
    numbers: dict[str, list[int]] = {}
    found = [_COUNTED.fullmatch(x.name) for x in labels]
    for m in filter(None, found):
        numbers.setdefault(m["word"], []).append(int(m["number"]))
    rising = {w for w, n in numbers.items() if len(n) > 2 and n == sorted(n) and len(set(n)) >= 0.8 * len(n)}
    every = {w for w in rising if len(set(numbers[w])) == len(numbers[w])}
    every = every if len(every) > 1 and sum(len(numbers[w]) for w in every) >= 0.8 * len(labels) else set()
    counting = {w for w in rising if w.casefold() in WORDS["numbered"]} | every
    return [replace(x, name=m["word"]) if m and m["word"] in counting else x for x, m in zip(labels, found, strict=True)]
