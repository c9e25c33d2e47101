"""Are speakers read right? Layouts made up with their truth, in many families, languages and kinds of file.

Run: `python benchmarks/reading.py [--files 360] [--seed 1] [--wrong] [--unseen N] [--real SHARED] [--set FOLDER]`

By family: the share of turns with the right words and speaker, of files read whole, and of wrong files whose receipt
says that something is odd. A side that the layout does not name may be called anything, but by one name of its own.
`--unseen` takes a set of layouts written before any result on it was looked at (1 to 4). `--real` reads
the samples of transcripts in a folder of shared data and prints what was found. `--set` reads a folder of files with a
truth.json beside them: {file: {"turns": [[speaker or null, words]], "roles": {speaker: "interviewer" or "participant"}}}.
No word of a real text is printed.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import re
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reading_records import RECORDS, Made
from reading_talks import ABOUT, NAMES, ROLES, TALKS
from reading_unseen import UNSEEN

from autocode.config import SegmentConfig
from autocode.errors import AutocodeError
from autocode.formats import read_all
from autocode.formats.overview import Overview
from autocode.formats.receipt import Receipt
from autocode.study import Document, Study

BOLD, PLAIN = "\x01", "\x02"
"""Around words that stand out; a plain text loses them."""


@dataclass
class Layout:
    """A transcript as a typist might set it, and what is true of it.

    Attributes:
        lines: Its lines; "" parts paragraphs.
        truth: Speaker and words of every turn; a speaker "?" or "!" has no name in the text.
        rows: Cells, where the transcript is a table.
        kind: The end of the file's name, where the layout is a file of its own; `raw` is what it holds.
    """

    lines: list[str] = field(default_factory=list)
    truth: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    kind: str = ""
    raw: bytes = b""


@dataclass
class Talk:
    """What is said by whom: an interviewer's name, others' names, and turns of one or more paragraphs."""

    rng: random.Random
    language: str
    names: Sequence[str]
    turns: Sequence[tuple[str, Sequence[str]]]
    seconds: list[int]

    def clock(self, i: int, shape: str = "") -> str:
        """The time at which turn i begins, in one of the usual shapes."""
        h, m, s = self.seconds[i] // 3600, self.seconds[i] // 60 % 60, self.seconds[i] % 60
        return {"ms": f"{h * 60 + m}:{s:02d}", "f4": f"{h:02d}:{m:02d}:{s:02d}-{i % 10}"}.get(shape, f"{h:02d}:{m:02d}:{s:02d}")


def talk(rng: random.Random, people: int = 2, names: str = "") -> Talk:
    """A talk of 8 to 24 turns in a language, questions and answers, some answers of several paragraphs."""
    language = rng.choice(sorted(TALKS))
    pairs = list(TALKS[language])
    kind = names or rng.choice(("letters", "roles", "roles", "persons", "numbers", "coded"))
    called = _names(rng, language, kind, people)
    turns: list[tuple[str, Sequence[str]]] = []
    for n in range(rng.randint(4, 9)):
        question, answer = pairs[n % len(pairs)]
        more = [pairs[(n + 1) % len(pairs)][1]] if rng.random() < 0.2 else []
        turns.append((called[0], [question]))
        for other in rng.sample(called[1:], rng.randint(1, len(called) - 1)):
            turns.append((other, [answer, *more]))
    at, seconds = 3, []
    for _ in turns:
        seconds.append(at)
        at += rng.randint(4, 95)
    return Talk(rng, language, called, turns, seconds)


def _names(rng: random.Random, language: str, kind: str, people: int) -> list[str]:
    asker, answerer = rng.choice(ROLES.get(language, ROLES["en"]))
    if kind == "letters":
        return [rng.choice("IQMF"), *rng.sample(["P", "R", "B", "A", "K", "X"], people - 1)]
    if kind == "roles":
        return [asker, *([answerer] if people == 2 else [f"{answerer} {n}" for n in range(1, people)])]
    if kind == "numbers":
        word = rng.choice(("Speaker ", "SPEAKER_0", "S", "Person "))
        return [f"{word}{n + 1}" for n in range(people)]
    if kind == "coded":
        prefix = rng.choice(("P", "TN", "R", "INF", "B"))
        return [rng.choice(("I", "INT", "I1", "MOD")), *(f"{prefix}{n + rng.choice((1, 1, 10))}" for n in range(people - 1))]
    return rng.sample(NAMES.get(language, NAMES["en"]), people)


Family = Callable[[Talk], Layout]


def _inline(opening: Callable[[Talk, int, str], str], gap: bool | None = None) -> Family:
    """Turns whose first line opens with a name as `opening` writes it."""

    def render(t: Talk) -> Layout:
        out, apart = Layout(), t.rng.random() < 0.6 if gap is None else gap
        for i, (who, said) in enumerate(t.turns):
            said = said if apart or len(said) == 1 else said[:1]
            out.lines += [opening(t, i, who) + said[0]]
            for more in said[1:]:
                out.lines += ["", more]
            out.lines += [""] if apart else []
            out.truth.append((who, " ".join(said)))
        return out

    return render


def _stacked(heading: Callable[[Talk, int, str], list[str]]) -> Family:
    """Turns under lines of their own."""

    def render(t: Talk) -> Layout:
        out = Layout()
        for i, (who, said) in enumerate(t.turns):
            out.lines += [*heading(t, i, who), *said, ""]
            out.truth.append((who, " ".join(said)))
        return out

    return render


def _table(shape: Sequence[str], header: bool) -> Family:
    """A table with a row a turn; `shape` names its columns."""

    def render(t: Talk) -> Layout:
        out = Layout()
        if header:
            out.rows.append([{"who": "Speaker", "when": "Time", "what": "Text", "no": "No", "note": "Codes"}[c] for c in shape])
        for i, (who, said) in enumerate(t.turns):
            cells = {
                "who": who,
                "when": t.clock(i),
                "what": said[0],
                "no": str(i + 1),
                "note": t.rng.choice(("", "cost", "time")),
            }
            out.rows.append([cells[c] for c in shape])
            out.truth.append((who, said[0]))
        out.lines = ["\t".join(row) for row in out.rows]
        return out

    return render


def _one_side(named: str, mark: Callable[[str], str]) -> Family:
    """Only one side is marked; the other has no name."""

    def render(t: Talk) -> Layout:
        out, asker = Layout(), t.names[0]
        for who, said in t.turns:
            marked = (who == asker) == (named == "asker")
            lines = [mark(said[0]) if marked else said[0], *said[1:]] if named == "asker" or marked else [said[0]]
            lines = lines if named == "asker" else lines[:1]
            for line in lines:
                out.lines += [line, ""]
            speaker = "?" if who == asker else "!"
            out.truth.append((speaker, " ".join(said if named == "asker" else said[:1])))
        return out

    return render


def _front(family: Family) -> Family:
    """A layout below front matter."""

    def render(t: Talk) -> Layout:
        out = family(t)
        keys = ABOUT.get(t.language, ABOUT["en"])
        lines = [
            f"{keys[0]}: Project 7",
            f"{keys[1]}: 12.03.2024",
            f"{keys[2]}: {t.rng.choice(('Zoom', 'Office', 'Room 4'))}",
            f"{keys[3]}: 45:12",
        ]
        asker, answerer = ROLES.get(t.language, ROLES["en"])[0]
        who = [f"{asker}: Jo Carter", f"{answerer}: P07"]
        legend = [f"{t.names[0]} = {asker}"] if t.rng.random() < 0.3 else []
        t.rng.shuffle(lines)
        above = [*lines[:2], *(who if t.rng.random() < 0.6 else []), *lines[2:], *legend]
        out.lines = [
            *(["Interview 7"] if t.rng.random() < 0.5 else []),
            *above,
            *([""] if t.rng.random() < 0.8 else []),
            *out.lines,
        ]
        return out

    return render


def _stray(family: Family) -> Family:
    """A layout with words before colons that are no speakers."""

    def render(t: Talk) -> Layout:
        strays = [
            "I said: no way, not again.",
            "Note: nobody wrote back to me.",
            "10:30 Meeting: as always",
            "And then: nothing at all.",
        ]
        turns = []
        for who, said in t.turns:
            more = [t.rng.choice(strays)] if who != t.names[0] and t.rng.random() < 0.4 else []
            turns.append((who, [*said, *more]))
        t.turns = turns
        return family(t)

    return render


def _slips(family: Family) -> Family:
    """A layout in which a typist slips: another sign, a missing space, other capitals."""

    def render(t: Talk) -> Layout:
        out = family(t)
        for at, line in enumerate(out.lines):
            for name in t.names:
                if line.startswith(f"{name}: ") and t.rng.random() < 0.15:
                    new = t.rng.choice((f"{name}; ", f"{name} : ", f"{name}:", f"{name.upper()}: ", f"{name}.: "))
                    out.lines[at] = new + line[len(name) + 2 :]
        return out

    return render


def _behind(mark: str) -> Family:
    """Turns whose last paragraph closes with the name."""

    def render(t: Talk) -> Layout:
        out = Layout()
        for who, said in t.turns:
            *above, last = said
            out.lines += [line for words in above for line in (words, "")] + [last + mark.format(who), ""]
            out.truth.append((who, " ".join(said)))
        return out

    return render


def _set_in(t: Talk) -> Layout:
    """Questions at the margin, answers set in from it, and no names."""
    out = Layout()
    for who, said in t.turns:
        asks = who == t.names[0]
        out.lines += [("" if asks else "    ") + words for words in said]
        out.truth.append(("?" if asks else "!", " ".join(said)))
    return out


def _persons(family: Callable[[dict[str, str]], Family]) -> Family:
    """A layout in which age and sex stand in brackets behind the names of those who answer."""

    def render(t: Talk) -> Layout:
        told = {who: f"{who} ({t.rng.choice('fm')}, {t.rng.randint(19, 84)})" for who in t.names[1:]}
        return family({t.names[0]: t.names[0], **told})(t)

    return render


def _edges(family: Family) -> Family:
    """A layout below a line about the transcript that opens like a name, and above what closes it."""

    def render(t: Talk) -> Layout:
        out = family(t)
        above = t.rng.choice(("Begin: 00:00:00, 2 voices, no overlaps", "Conventions: after the usual book, simplified"))
        below = t.rng.choice(("Signature: ____________", "© Archive of talk", "[END OF SIDE B]", "-- \nMara Voss\nArchive"))
        out.lines = [above, "", *out.lines, "", *below.split("\n")]
        return out

    return render


def _around(within: Sequence[str] = (), above: str = "", below: str = "", gap: bool = True) -> Family:
    """Turns of a paragraph each, with lines that nobody says: within the talk (one of them, once or often), above, below."""

    def render(t: Talk) -> Layout:
        out, often = Layout(), t.rng.random() < 0.5
        signs = {who: f"S{n}" for n, who in enumerate(t.names)}  # a legend explains signs
        out.lines = [*above.format(*signs.values()).split("\n"), ""] if above else []
        for i, (who, said) in enumerate(t.turns):
            name = signs[who] if above else who
            out.lines += [f"{name}: {said[0]}", *([""] if gap else [])]
            out.truth.append((name, said[0]))
            if within and i < len(t.turns) - 1 and (i == 3 or (often and i % 5 == 3)):
                out.lines += [*([] if gap else [""]), t.rng.choice(within), ""]
        out.lines += [*([] if gap else [""]), *below.split("\n")] if below else []
        return out

    return render


def _counted(t: Talk) -> Layout:
    """Turns counted for each side: T1, C1, T2, C2."""
    out, sides = Layout(), {t.names[0]: "T", t.names[1]: "C"}
    counts: Counter[str] = Counter()
    for who, said in t.turns:
        counts[who] += 1
        out.lines += [f"{sides[who]}{counts[who]}: {' '.join(said)}"]
        out.truth.append((sides[who], " ".join(said)))
    return out


def _own_file(render: Callable[[Talk], Made]) -> Family:
    """A layout that is a file of its own kind."""

    def family(t: Talk) -> Layout:
        kind, raw, truth = render(t)
        return Layout(truth=truth, kind=kind, raw=raw)

    return family


def _b(words: str) -> str:
    return f"{BOLD}{words}{PLAIN}"


FAMILIES: dict[str, Family] = {
    "colon": _inline(lambda t, i, who: f"{who}: "),
    "colon, bold": _inline(lambda t, i, who: f"{_b(who + ':')} "),
    "colon, tab": _inline(lambda t, i, who: f"{who}:\t"),
    "colon, full width": _inline(lambda t, i, who: f"{who}："),
    "colon, French": _inline(lambda t, i, who: f"{who}\u00a0: "),
    "colon, no space": _inline(lambda t, i, who: f"{who}:"),
    "time before, brackets": _inline(lambda t, i, who: f"[{t.clock(i)}] {who}: "),
    "time before, bare": _inline(lambda t, i, who: f"{t.clock(i)} {who}: "),
    "time before, equals": _inline(lambda t, i, who: f"*{t.clock(i, 'ms')} = {who}: "),
    "time after, round": _inline(lambda t, i, who: f"{who} ({t.clock(i)}): "),
    "time after, square": _inline(lambda t, i, who: f"{who} [{t.clock(i, 'ms')}]: "),
    "time after colon": _inline(lambda t, i, who: f"{who}: [{t.clock(i)}] "),
    "time between": _inline(lambda t, i, who: f"{who} {t.clock(i)} "),
    "square": _inline(lambda t, i, who: f"[{who}] "),
    "round": _inline(lambda t, i, who: f"({who}) "),
    "angle": _inline(lambda t, i, who: f"<{who}> "),
    "dash": _inline(lambda t, i, who: f"{who} - "),
    "en dash": _inline(lambda t, i, who: f"{who} – "),
    "em dash": _inline(lambda t, i, who: f"{who}— "),
    "tab": _inline(lambda t, i, who: f"{who}\t"),
    "pipe": _inline(lambda t, i, who: f"{who} | "),
    "semicolon": _inline(lambda t, i, who: f"{who}; "),
    "numbered turns": _inline(lambda t, i, who: f"{i + 1}. {who}: "),
    "numbered, tab": _inline(lambda t, i, who: f"{i + 1}\t{who}\t"),
    "bold, no sign": _inline(lambda t, i, who: f"{_b(who)} "),
    "markdown": _inline(lambda t, i, who: f"**{who}:** "),
    "own line": _stacked(lambda t, i, who: [who]),
    "own line, colon": _stacked(lambda t, i, who: [f"{who}:"]),
    "own line, capitals": _stacked(lambda t, i, who: [who.upper()]),
    "own line, bold": _stacked(lambda t, i, who: [_b(who)]),
    "name, time": _stacked(lambda t, i, who: [f"{who} ({t.clock(i)})"]),
    "name  time": _stacked(lambda t, i, who: [f"{who}  {t.clock(i, 'ms')}"]),
    "time name": _stacked(lambda t, i, who: [f"{t.clock(i)} {who}"]),
    "[time] name": _stacked(lambda t, i, who: [f"[{t.clock(i)}] {who}"]),
    "time / name": _stacked(lambda t, i, who: [t.clock(i), who]),
    "name / time": _stacked(lambda t, i, who: [who, t.clock(i)]),
    "name / minutes": _stacked(lambda t, i, who: [who, f"{t.seconds[i] // 60} minutes {t.seconds[i] % 60} seconds"]),
    "name minutes": _stacked(lambda t, i, who: [f"{who} {t.seconds[i] // 60} minutes {t.seconds[i] % 60} seconds"]),
    "table 2": _table(("who", "what"), False),
    "table 2, heading": _table(("who", "what"), True),
    "table 3": _table(("when", "who", "what"), True),
    "table 3, time last": _table(("who", "what", "when"), False),
    "table 4": _table(("no", "when", "who", "what"), True),
    "table 4, notes": _table(("no", "who", "what", "note"), True),
    "only asker": _one_side("asker", lambda w: f"I: {w}"),
    "questions bold": _one_side("asker", _b),
    "questions numbered": _one_side("asker", lambda w: f"7. {w}"),
    "questions dashed": _one_side("asker", lambda w: f"- {w}"),
    "only answers": _one_side("answerer", lambda w: f"P3: {w}"),
    "front, colon": _front(_inline(lambda t, i, who: f"{who}: ")),
    "front, time": _front(_inline(lambda t, i, who: f"[{t.clock(i)}] {who}: ")),
    "front, own line": _front(_stacked(lambda t, i, who: [who])),
    "front, table": _front(_table(("who", "what"), True)),
    "stray words": _stray(_inline(lambda t, i, who: f"{who}: ", gap=True)),
    "name behind, brackets": _behind(" ({})"),
    "name behind, dash": _behind(" – {}"),
    "answers set in": _set_in,
    "person in brackets": _persons(lambda told: _inline(lambda t, i, who: f"{told[who]}: ")),
    "edges": _edges(_inline(lambda t, i, who: f"{who}: ")),
    "two counted": _counted,
    "two, remarks": _around(("[The telephone rings]", "(Exhibit 4 was shown.)", "[draws a map]", "***")),
    "two, page feet": _around(("                         Carter, 2", "Carter - 3", "## Task 2: the map", "Part 3: the map")),
    "two, legend of dashes": _around(above="{0} - researcher\n{1} - respondent no 3, 41 years\n(...) - left out"),
    "two, legend on one line": _around(above="{0}: therapist; {1}: patient", gap=False),
    "two, closing of the talk": _around(below="The recorder was off by four and we walked to the bus."),
    "two, closing set apart": _around(below="Then the rain came. Buy batteries.", gap=False),
    "two, closing below a rule": _around(below="---\nPhotographs: Mara Voss"),
    "arrows": _inline(lambda t, i, who: f"{'-> ' * (i % 4 == 2)}{who}: "),
    "slips": _slips(_inline(lambda t, i, who: f"{who}: ")),
}
FAMILIES |= {name: _own_file(render) for name, render in RECORDS.items()}
STYLED = {"bold, no sign", "questions bold"}
"""Only files with styles can hold them."""


def made(name: str, family: Family, seed: int) -> Layout:
    """The layout of a family for a seed."""
    rng = random.Random(f"{name}/{seed}")
    people = 2 if name.startswith(("only", "questions", "answers", "two", "mail")) else rng.choice((2, 2, 2, 3, 4))
    t = talk(rng, people)
    out = family(t)
    if name == "own line, capitals":
        out.truth = [(who.upper(), words) for who, words in out.truth]
    return out


# --- Files -----------------------------------------------------------------------------------------------------------

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_O = " ".join(
    f'xmlns:{short}="{_NS}{name}:1.0"'
    for short, name in {
        "office": "office",
        "text": "text",
        "style": "style",
        "fo": "xsl-fo-compatible",
        "table": "table",
    }.items()
)


def _runs(line: str, plain: str, bold: str, text: Callable[[str], str]) -> str:
    """A line with its bold runs, each put into a pattern."""
    parts = re.split(f"{BOLD}(.*?){PLAIN}", line)
    return "".join((bold if n % 2 else plain).format(text(part)) for n, part in enumerate(parts) if part)


def _plain(line: str) -> str:
    return line.replace(BOLD, "").replace(PLAIN, "")


def write_txt(path: Path, out: Layout) -> None:
    """A plain text."""
    path.write_text("\n".join(map(_plain, out.lines)) + "\n", encoding="utf-8")


def write_docx(path: Path, out: Layout) -> None:
    """A Word file, its rows as a table."""

    def paragraph(line: str) -> str:
        def words(w: str) -> str:
            return "<w:tab/>".join(f'<w:t xml:space="preserve">{escape(x)}</w:t>' for x in w.split("\t"))

        return "<w:p>" + _runs(line, "<w:r>{}</w:r>", "<w:r><w:rPr><w:b/></w:rPr>{}</w:r>", words) + "</w:p>"

    rows = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(c)}</w:tc>" for c in row) + "</w:tr>" for row in out.rows)
    above = out.lines[: len(out.lines) - len(out.rows)] if out.rows else out.lines
    body = "".join(map(paragraph, above)) + (f"<w:tbl>{rows}</w:tbl>" if rows else "")
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>")


def write_odt(path: Path, out: Layout) -> None:
    """An OpenDocument text, its rows as a table."""

    def paragraph(line: str) -> str:
        words = lambda w: escape(w).replace("\t", "<text:tab/>").replace("  ", ' <text:s text:c="1"/>')  # noqa: E731
        return "<text:p>" + _runs(line, "{}", '<text:span text:style-name="T1">{}</text:span>', words) + "</text:p>"

    cell = lambda c: f"<table:table-cell>{paragraph(c)}</table:table-cell>"  # noqa: E731
    rows = "".join("<table:table-row>" + "".join(map(cell, row)) + "</table:table-row>" for row in out.rows)
    above = out.lines[: len(out.lines) - len(out.rows)] if out.rows else out.lines
    body = "".join(map(paragraph, above)) + (f"<table:table>{rows}</table:table>" if rows else "")
    style = '<style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    with zipfile.ZipFile(path, "w") as zipped:
        content = f"<office:automatic-styles>{style}</office:automatic-styles>"
        content += f"<office:body><office:text>{body}</office:text></office:body>"
        zipped.writestr("content.xml", f"<office:document-content {_O}>{content}</office:document-content>")


def write_rtf(path: Path, out: Layout) -> None:
    """Rich text."""

    def words(w: str) -> str:
        signs = (
            c
            if " " <= c <= "~" and c not in "\\{}"
            else f"\\{c}"
            if c in "\\{}"
            else "\\tab "
            if c == "\t"
            else f"\\u{ord(c)}?"
            for c in w
        )
        return "".join(signs)

    lines = [_runs(line, "{}", "{{\\b {}}}", words) for line in out.lines]
    path.write_text("{\\rtf1\\ansi " + "\\par\n".join(lines) + "\\par}", encoding="ascii")


def write_html(path: Path, out: Layout) -> None:
    """A page, its rows as a table."""
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in out.rows)
    above = out.lines[: len(out.lines) - len(out.rows)] if out.rows else out.lines
    lines = "".join(f"<p>{_runs(line, '{}', '<b>{}</b>', html.escape)}</p>\n" for line in above if line)
    path.write_text(
        f"<!DOCTYPE html><html><body>{lines}{f'<table>{cells}</table>' if cells else ''}</body></html>", encoding="utf-8"
    )


def write_qdpx(path: Path, out: Layout) -> None:
    """A REFI-QDA project that holds the text."""
    guid = "11111111-1111-4111-8111-{:012d}".format
    xml = (
        f'<Project xmlns="urn:QDA-XML:project:1.0" name="p"><Users><User guid="{guid(1)}" name="ana"/></Users><CodeBook><Codes>'
        f'<Code guid="{guid(2)}" name="c" isCodable="true"/></Codes></CodeBook><Sources><TextSource guid="{guid(3)}" name="t" '
        f'plainTextPath="internal://{guid(3)}.txt"/></Sources></Project>'
    )
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("project.qde", xml)
        zipped.writestr(f"sources/{guid(3)}.txt", "\n".join(map(_plain, out.lines)) + "\n")


WRITERS: dict[str, Callable[[Path, Layout], None]] = {
    "txt": write_txt,
    "docx": write_docx,
    "odt": write_odt,
    "rtf": write_rtf,
    "html": write_html,
    "qdpx": write_qdpx,
}


# --- Measuring -------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What became of one file."""

    family: str
    kind: str
    turns: int
    right: int
    whole: bool
    told: bool
    why: str = ""


def _squashed(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def compared(name: str, kind: str, out: Layout, path: Path) -> Result:
    """One file read and held against its truth."""
    try:
        study, receipts = read_all([path])
    except AutocodeError as error:
        return Result(name, kind, len(out.truth), 0, False, True, str(error))
    document = study.documents[0]
    found = [(t.speaker, _squashed(document.text[t.start : t.end])) for t in document.turns]
    by_words: dict[str, list[str]] = defaultdict(list)
    for who, words in found:
        by_words[words].append(who)
    names: dict[str, Counter[str]] = defaultdict(Counter)
    right = 0
    for who, words in out.truth:
        seen = by_words.get(_squashed(words))
        if seen:
            speaker = seen.pop(0)
            names[who][speaker] += 1
            right += who in "?!" or _same(speaker, who)
    for side in "?!":
        if len(names[side]) > 1 or (names["?"] and set(names["?"]) & set(names["!"])):
            right -= sum(names[side].values()) - max(names[side].values(), default=0)
            right -= 1
    whole = right == len(out.truth) == len(found)
    notes = _doubts(study, receipts)
    why = f"{right} of {len(out.truth)} right, {len(found)} found: {dict(Counter(w for w, _ in found).most_common(5))}"
    return Result(name, kind, len(out.truth), max(0, right), whole, bool(notes), why)


def _doubts(study: Study, receipts: Sequence[Receipt]) -> list[str]:
    """What a person is asked to look at; notes that only say what was done are none."""
    return [n for r in receipts for n in r.doubts] + [r.odd for r in Overview.of(study, receipts).documents if r.odd]


def _same(found: str, true: str) -> bool:
    """Whether two names are one; who a person is ("Joe (farmer)") need not be part of it."""
    plain, *rest = (re.sub(r"[\s.:]+", "", name).casefold() for name in (found, true, re.sub(r"\(.*\)", "", true)))
    return plain in rest


def measured(families: dict[str, Callable[[int], Layout]], files: int, seed: int) -> list[Result]:
    """Every family in turn, each file of another kind and seed."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for n in range(files):
            name = sorted(families)[n % len(families)]
            out = families[name](seed * 1000 + n // len(families))
            spaced = not out.rows and any("\t" in line or "  " in line for line in out.lines)
            kinds = [k for k in WRITERS if k in ("docx", "odt", "html") or name not in STYLED]
            spaced = spaced or name.endswith("set apart")
            kinds = [k for k in kinds if k != "html" or not spaced]  # a page has neither tabs nor wide spaces nor blank lines
            kind = out.kind or kinds[(n // len(families) + len(name)) % len(kinds)]
            path = Path(folder) / f"f{n}.{kind}"
            if out.raw:
                path.write_bytes(out.raw)
            else:
                WRITERS[kind](path, out)
            results.append(compared(name, kind, out, path))
    return results


def table(results: Sequence[Result]) -> str:
    """The figures by family, and in all."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for r in results:
        groups[r.family].append(r)
    lines = [f"{'family':28} {'files':>5} {'turns right':>12} {'files whole':>12} {'wrong, told':>12}"]
    for name, rows in [*groups.items(), ("all", list(results))]:
        turns, wrong = sum(r.turns for r in rows), [r for r in rows if not r.whole]
        told = f"{sum(r.told for r in wrong)} of {len(wrong)}" if wrong else "-"
        right, whole = sum(r.right for r in rows) / max(1, turns), sum(r.whole for r in rows) / len(rows)
        lines.append(f"{name:28} {len(rows):5} {right:12.1%} {whole:12.1%} {told:>12}")
    return "\n".join(lines)


def real(folder: Path) -> None:
    """The samples of transcripts: turns and speakers found in each, without their words."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".txt", ".docx", ".rtf", ".vtt", ".srt", ".json", ".qdpx", ".qda", ".rqda", ".sqlite3"):
            try:
                study, _ = read_all([path])
            except AutocodeError:
                continue
            for d in study.documents[:40]:
                speakers, words = len({t.speaker for t in d.turns}), len(d.text.split())
                print(f"{path.name:45} {len(d.turns):6} turns, {speakers:3} speakers, {words:7} words")


def of_set(folder: Path, wrong: bool) -> str:
    """Files of other people against their truth: turns, who speaks, and no false role."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    told: dict[bool, list[bool]] = {True: [], False: []}
    lines = []
    for name, true in truth.items():
        why, notes = "", ["refused"]
        try:
            study, receipts = read_all([folder / name])
            document = study.documents[0]
            notes = _doubts(study, receipts)
            why = _differs(document, true)
        except AutocodeError as error:
            why = str(error)
        told[not why].append(bool(notes))
        lines += [f"{name}{'' if notes else ' SILENT'}: {why}"] if why and wrong else []
    right, false = told[True], told[False]
    share = f"{len(right)} of {len(truth)} files whole ({len(right) / len(truth):.1%}), {sum(right)} of them doubted"
    return "\n".join([f"{share}; {sum(false)} of {len(false)} wrong ones told", *lines])


def _differs(document: Document, true: Mapping[str, Any]) -> str:
    """In what a document differs from its truth, "" for nothing; a text without speakers is right where it has its units."""
    spoken = document.turns or document.units
    found = [(t.speaker, _squashed(document.text[t.start : t.end]).strip(_QUOTES)) for t in spoken]
    wanted = [(who, _squashed(words).strip(_QUOTES)) for who, words in true["turns"]]
    if [words for _, words in found] != [words for _, words in wanted]:
        return f"{len(found)} turns found, {len(wanted)} there"
    pairs = {(_bare(a), _bare(b)) for (a, _), (b, _) in zip(found, wanted, strict=True) if b is not None}
    if any(SequenceMatcher(None, a, b).ratio() < 0.6 for a, b in pairs) or len({a for a, _ in pairs}) > len(
        {b for _, b in pairs}
    ):
        return "other speakers"
    known = SegmentConfig().interviewers
    asking = {_bare(name) for name in document.interviewers} | {
        _bare(t.speaker) for t in spoken if t.speaker.casefold() in known
    }
    false = [name for name, role in true["roles"].items() if (role == "interviewer") != (_bare(name) in asking)]
    there = {a for a, _ in pairs}
    return f"roles of {len(false)}" if any(_bare(name) in there for name in false) else ""


_QUOTES = '"“”„«»「」 '


def _bare(name: str) -> str:
    """A name without what writers add to it: stage directions, a word before the number, spaces."""
    plain = re.sub(r"\(.*?\)|[\s.:]|^speaker(?=.)", "", name.casefold())
    return re.sub(r"^(q|a|frage|antwort)\d+$", r"\1", plain)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=360)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", action="store_true", help="list the files read wrong")
    parser.add_argument("--unseen", type=int, choices=sorted(UNSEEN), help="a set of layouts written apart")
    parser.add_argument("--real", type=Path, help="a folder of real transcripts")
    parser.add_argument("--set", type=Path, help="a folder of files with their truth.json")
    args = parser.parse_args()
    if args.set:
        print(of_set(args.set, args.wrong))
        return 0
    if args.real:
        real(args.real)
        return 0
    families: dict[str, Callable[[int], Layout]] = {n: (lambda s, n=n, f=f: made(n, f, s)) for n, f in FAMILIES.items()}
    if args.unseen:
        families = {
            n: (lambda s, text=text, truth=truth: Layout(text.split("\n"), list(truth)))
            for n, (text, truth) in UNSEEN[args.unseen].items()
        }
    results = measured(families, len(families) if args.unseen else args.files, args.seed)
    print(table(results))
    for r in results if args.wrong else ():
        if not r.whole:
            print(f"{r.family} ({r.kind}){'' if r.told else ' SILENT'}: {r.why}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
