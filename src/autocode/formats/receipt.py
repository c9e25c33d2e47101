"""Receipt: what became of everything that an import was given."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from autocode.errors import counted
from autocode.formats.transcripts import ends_sentence, speaks_by_name
from autocode.formats.transcripts.candidates import Candidate
from autocode.formats.transcripts.page import Page
from autocode.study import Coding, Document, Study, Suggestion, Turn
from autocode.study.codebook import SEPARATOR, Codebook


@dataclass(frozen=True, slots=True)
class Receipt:
    """In = kept + skipped, with reasons.

    Attributes:
        source: Name of the file or folder.
        what: What is counted (rows, documents, codings, codes).
        kept: How many were taken over.
        skipped: How many were not, by reason.
        notes: Things done that a careful reader wants to know; those that ask (`asks`) are doubts, to be looked at.
        quoted: Where a file gives both places and words: how many of its quotes were found at the
            places, and how many there are.
        waiting: Rows about participants whose transcripts are not there yet.
    """

    source: str
    what: str
    kept: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    quoted: tuple[int, int] | None = None
    waiting: tuple[Mapping[str, str], ...] = ()

    @property
    def given(self) -> int:
        """How many there were in all."""
        return self.kept + sum(self.skipped.values())

    @property
    def doubts(self) -> tuple[str, ...]:
        """The notes that ask a person to look."""
        return doubts(self.notes)

    def __str__(self) -> str:
        """One line: ``codings.csv: in 412 rows = kept 405 + skipped 7 (3 empty, 4 doubled)``."""
        lost = sum(self.skipped.values())
        reasons = ", ".join(f"{n} {why}" for why, n in self.skipped.items() if n)
        line = f"{self.source}: in {self.given:,} {self.what} = kept {self.kept:,} + skipped {lost:,}"
        return line + (f" ({reasons})" if reasons else "") + "".join(f"\n  note: {n}" for n in self.notes)


def gathered(receipts: Iterable[Receipt]) -> list[Receipt]:
    """Receipts with the single transcripts among them as one, like notes put together with the names of their files."""
    listed = list(receipts)
    alone = [r for r in listed if r.what == "transcripts" and r.given == 1]
    if len(alone) < 2:
        return listed
    names: dict[str, list[str]] = {}
    for r in alone:
        for note in r.notes:
            plain = note.removeprefix(f"{r.source} ").removeprefix(f"{r.source}: ")
            names.setdefault(plain, []).append(r.source)
    notes = tuple(f"{listed_names(found)}: {note}" for note, found in names.items())
    skipped: Counter[str] = Counter()
    for r in alone:
        skipped.update(r.skipped)
    whole = Receipt(f"{counted(len(alone), 'file')}", "transcripts", sum(r.kept for r in alone), skipped, notes)
    return [whole if r is alone[0] else r for r in listed if r is alone[0] or r not in alone]


_ASKS = re.compile(r"\?(?=[\s;)]|$)|\b(?:check|compare|look at|may be|may not)\b")
_CITED = re.compile(r"(?<!\w)'[^'\n]*'(?!\w)")
_MANY = re.compile(r"[\d,]+ files")


def asks(note: str) -> bool:
    """Whether a note is a doubt: it asks, or says what to check. Any other says what was done, and needs no look.

    Who words a note decides; what stands in quotation marks does not count.
    """
    return bool(_ASKS.search(_CITED.sub("", note)))


def doubts(notes: Iterable[str]) -> tuple[str, ...]:
    """Those of some notes that are doubts."""
    return tuple(filter(asks, notes))


def doubts_in(receipts: Iterable[Receipt]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is to be looked at: the names of the files, and the doubt."""
    for r in receipts:
        for note in r.doubts if r.what != "files" else ():
            if r.what == "transcripts" and _MANY.fullmatch(r.source):
                names, _, doubt = note.partition(": ")
                yield tuple(names.split(", ")), doubt
            else:
                yield (r.source,), note.removeprefix(f"{r.source} ").removeprefix(f"{r.source}: ")


def listed_names(names: Sequence[str], most: int = 8) -> str:
    """Names as a sentence lists them, the first few of many."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


SHAPED = "turns named in this way"
"""What a receipt of an example of how speakers are named counts; its source is the example in quotation marks."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How sources are read.

    Attributes:
        coder: Who coded, where a table does not say.
        encoding: Of text files; "" lets it be found.
        add_codes: Put codes that the codebook lacks at its end instead of refusing them.
        codebook: What is known already; codes of the sources are looked up in it too.
        open_files: Read a folder's open files even where a study file stands beside them.
        documents: Transcripts known already; a table that only quotes is located in them.
        columns: For a table in nobody's format: our names of columns to the table's own.
        kind: Of the texts read: interview, literature or field note.
        same: Names of documents, coders and codes that the user says mean another: new to known.
        coders: Ids of the coders known.
        go_on: Read the rest where a file cannot be read; it is named in a receipt of files.
        shapes: How speakers are named, by examples (`transcripts.speakers.shape_of`).
        users: Whose a coding is where an exchange file names one user for the coding and another
            for the selection: `coding` or `selection`.
    """

    coder: str = ""
    encoding: str = ""
    add_codes: bool = False
    codebook: Codebook = field(default_factory=Codebook)
    open_files: bool = False
    documents: tuple[Document, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "interview"
    users: str = "coding"
    same: Mapping[str, str] = field(default_factory=dict)
    coders: tuple[str, ...] = ()
    go_on: bool = False
    shapes: tuple[str, ...] = ()


Reader = Callable[[Path, ReadOptions], tuple[Study, list[Receipt]]]
"""From a file and the options to a study and the receipts of its parts."""


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a study is written.

    Attributes:
        suggestions: Written beside the codings, under a machine's name of their own.
        original: For formats that are a changed copy of the tool's own file: that file.
        newlines: In the text files of a REFI-QDA project: `lf`, or `crlf` (a line end still
            counts one), which MAXQDA may want.
        astral: Characters above U+FFFF in a REFI-QDA project: `codepoints` (they count one, as
            the specification says), `utf16` (they count two, as NVivo counts) or `replace`
            (each becomes one white square).
        mirror: Put the suggestions' codes under a root code of their own.
        flatten: Write codes without a tree, their paths joined by this (ATLAS.ti), "" for a tree.
        table: What a .csv or .xlsx holds: `whole` (reads back as the study), `codings` (only the
            long table of codings and suggestions) or `maxqda` (its columns of coded segments).
    """

    suggestions: tuple[Suggestion, ...] = ()
    original: Path | None = None
    newlines: str = "lf"
    astral: str = "codepoints"
    mirror: bool = False
    flatten: str = ""
    table: str = "whole"


Writer = Callable[[Study, Path, WriteOptions], None]
"""From a study, a path and the options to a file."""


MACHINE = "autocode (suggested)"
"""Under whose name suggestions are written beside the codings of people."""

MIRROR = "autocode"
"""The root code under which suggestions' codes are mirrored, where that is asked for."""

_NEAR = 3  # precedents named in a memo


def suggested(options: WriteOptions) -> Iterator[Coding]:
    """The suggestions to write as codings by the machine, their evidence as memo."""
    for s in options.suggestions:
        code = MIRROR + SEPARATOR + s.code if options.mirror else s.code
        yield Coding(s.segment.document, *s.passage, code, MACHINE, reason(s))


def reason(s: Suggestion) -> str:
    """Why the model suggests a code: its probability, its band and the coded segments nearest."""
    near = "; ".join(f"{e.document} ({e.coder}, similarity {e.similarity:.2f}): {e.text}" for e in s.evidence[:_NEAR])
    return f"autocode suggestion; probability {s.probability:.2f}; {s.band}" + (f"; near: {near}" if near else "")


def doubts_of(page: Page, turns: Sequence[Turn], found: Candidate) -> tuple[str, ...]:
    """What makes a careful reader look again."""
    told = []
    lengths = [len(page.text[t.start : t.end].split()) for t in turns]
    if len(turns) > 5 and max(lengths) > max(600, 15 * median(lengths)):
        longest = max(range(len(turns)), key=lengths.__getitem__)
        told.append(f"turn {longest + 1} ({turns[longest].speaker}) has {lengths[longest]:,} words: are names missing in it?")
    counts = Counter(t.speaker for t in turns)
    own = {s: n for s, n in counts.items() if not (re.search(r"\d", s) and speaks_by_name(s))}  # not one of a row: P1, P2
    rare = [s for s, n in own.items() if n == 1 and len(turns) > 5 and (len(counts) > 2 or not speaks_by_name(s))]
    if rare and len(rare) <= 5:
        told.append(f"{', '.join(repr(s) for s in rare)}: one turn only; a speaker?")
    edges = {t.speaker for t in (*turns[:1], *turns[-1:])}
    twice = [s for s, n in own.items() if n == 2 and s in edges and len(counts) > 2 and len(turns) > 9 and not rare]
    told += [f"{', '.join(map(repr, twice))}: two turns only, at the beginning and the end; a speaker?"] if twice else []
    said = [ends_sentence(re.sub(r"\s*[(\[（][^()\[\]（）]*[)\]）]$", "", page.text[t.start : t.end])) for t in turns]
    odd = "" if len(turns) < 8 or not all(said[1:-1]) or (said[0] and said[-1]) else "last" if said[0] else "first"
    told += [f"the {odd} turn alone is no sentence: is it said?"] if odd else []
    parts = [len(page.paragraphs(t.start, t.end)) for t in turns]
    if len(turns) > 9 and parts[-1] > max(parts[:-1]) == 1 and page.blank_lines:
        told.append(f"the last turn alone has {parts[-1]} paragraphs: is what closes the transcript said in it?")
    named = all(speaks_by_name(s) for s, n in counts.most_common(2))
    words = [s for s, n in counts.items() if named and n > 1 and not speaks_by_name(s)]
    if words and len(words) <= 3 and len(counts) > 2:
        told.append(f"{', '.join(repr(s) for s in words)}: a speaker, or a word before a colon?")
    often = max(2, len(turns) / 50)
    left = [(x, n) for x, n in found.left.items() if n > often and re.fullmatch(r"\w+(?: \w+)?", x) and x[:1].isupper()]
    signs = [s for s in counts if re.search(r"[/|~—=]|\s[–-](?:\s|$)", s)]
    told += [f"{', '.join(repr(s) for s in signs[:3])}: a name with a sign in it?"] if signs else []
    told += [f"'{name}' opens {counted(n, 'line')} and is not taken for a speaker: is it one?" for name, n in left[:3]]
    told += _remains(page, turns, found)
    unnamed = sum(max(0, len(page.paragraphs(t.start, t.end)) - 1) for t in turns)
    if len(turns) > 5 and unnamed > 2 * len(turns) and any(page.is_apart(a) for a in page.lines[1:]):
        told.append(f"{counted(unnamed, 'paragraph')} without a name went to the speaker before: right?")
    return tuple(told)


_BRACKET = r"[<\[{|][^\n]{1,30}[>\]}|]"
_REMAINS = re.compile(
    rf"^[:;,/|_=>~*#]|^[^\w\s]*\d[\d:.,'h -]*\d[^\w\s]*(?=\s)|^{_BRACKET}|{_BRACKET}$|\s[#\[(]?[\d:.,-]*\d[:.]\d+\S?$"
)


def _remains(page: Page, turns: Sequence[Turn], found: Candidate) -> list[str]:
    """What was left in the turns, or out of them, and may be no words of theirs."""
    told = []
    marked = sum(bool(_REMAINS.search(page.text[t.start : t.end])) for t in turns)
    if marked > max(2, 0.3 * len(turns)):
        told.append(f"{counted(marked, 'turn')} begin or end with a number or a bracket: times or marks among the words?")
    said = [re.sub(r"(?<![ \t])[ \t]*\d+", "0", page.text[t.start : t.end]) for t in turns]
    if (named := sum(bool(re.match(r"[A-ZÀ-Þ][\w.' -]{1,30}:[ \t]+\S", x)) for x in said)) > max(2, 0.2 * len(turns)):
        told.append(f"{counted(named, 'turn')} open with a word before a colon: who speaks?")
    whole = Counter(re.sub(r"(?<![ \t])[ \t]*\d+", "0", line).strip() for line in page.text.split("\n"))
    lines = [line.strip() for x in said for line in x.split("\n")[1:]]
    again = sum(whole[x] > 1 and (len(x) > 12 or x[-1:] == "0") and not ends_sentence(x) for x in lines)
    printed = sum(line.strip() in page.furniture for t in turns for line in page.text[t.start : t.end].split("\n")[1:])
    if again := max(again, printed):
        told.append(f"{counted(again, 'line')} within turns stand there more than once: running heads of pages?")
    starts = sorted({label.start for label in found.labels} | {t.start for t in turns})
    gaps = [page.text[t.end : starts[n]] for t in turns if (n := bisect_left(starts, t.end)) < len(starts)]
    if between := sum(any(map(str.isalpha, line)) for gap in gaps for line in gap.split("\n")[1:]):
        told.append(f"{counted(between, 'line')} between turns (headings, what pages print) belong to nobody")
    before = len(page.text[page.front.end : turns[0].start].split()) if turns else 0
    if before > max(40, 0.1 * len(page.text.split())):
        told.append(f"{counted(before, 'word')} before the first speaker belong to nobody")
    left = sum(found.left.values())
    if left > max(3, 0.25 * len(turns)) and found.family in ("colon", "square", "round", "angle", "curly", "dash"):
        told.append(f"{counted(left, 'line')} open like a speaker's name that was not taken for one: right?")
    same = sum(a.speaker == b.speaker for a, b in pairwise(turns))
    if len(turns) > 5 and same > 0.5 * len(turns) and len({t.speaker for t in turns}) > 1:
        told.append(f"{counted(same, 'turn')} follow one of the same speaker: is a name missing?")
    return told
