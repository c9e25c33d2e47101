"""Word comments as codes: Dedoose's coded documents, and the home-made practice of many teams.

Dedoose writes ``Codes (485-522)`` and one code a paragraph; by hand a comment is the code's name,
or several. The author of the comment is the coder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.names import with_coders
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.tables.headings import code_path, codes_in
from autocode.formats.tables.quotes import Quote, study_from_quotes
from autocode.formats.transcripts.speakers import read_speakers
from autocode.formats.transcripts.word import Comment, read_word
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.merge import Unit, lay_out

_SOURCE = re.compile(
    r"^[ \t]*<(?P<path>[^<>\n]{1,300})>[ \t]*[-–—][^\n\[]{0,200}\[[\d.,]+[ \t]?%[^\n\]]{0,80}\][ \t]*$", re.MULTILINE
)
_REFERENCE = re.compile(r"^[ \t]*[^\W\d_]+[ \t]+[\d-]+[ \t]*[-–—][ \t]*[\d.,]+[ \t]?%[^\n]{0,40}$", re.MULTILINE)
_NODE = re.compile(
    r"^[ \t]*(?:(?:Name|Node|Code|Knoten)[ \t]*:[ \t]*(?:(?:Nodes|Codes|Knoten)\\+)?|(?:Nodes|Codes|Knoten)\\+)"
    r"(?P<path>[^\n]{1,300})$",
    re.MULTILINE,
)


def is_node_report(text: str) -> bool:
    """Whether a text is a report of coded references."""
    return bool(_SOURCE.search(text) and _REFERENCE.search(text))


def study_from_node_report(text: str, source: str, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a node report.

    Args:
        text: The report.
        source: Name of the file; without its suffix it is the code, where the report names none.
        options: `coder` must say who coded.

    Raises:
        InputError: As `study_from_quotes`.
    """
    quotes: list[Quote] = []
    at, line = 0, 1  # counted along the way: a report has thousands of references
    code = source.rsplit(".", 1)[0]
    marks = sorted([*_SOURCE.finditer(text), *_NODE.finditer(text)], key=lambda m: m.start())
    ends = [m.start() for m in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        if mark.re is not _SOURCE:
            code = code_path(mark["path"])
            continue
        document = re.split(r"[\\/]+", mark["path"])[-1]
        for q in _references(text, mark.end(), end, document, code):
            line += text.count("\n", at, q.line)
            at = q.line
            quotes.append(replace(q, line=line))
    return study_from_quotes(quotes, source, options, ("read as an NVivo node report",))


def _references(text: str, start: int, end: int, document: str, code: str) -> list[Quote]:
    """The references between two offsets of the report, each with its offset as its line."""
    heads = list(_REFERENCE.finditer(text, start, end))
    ends = [m.start() for m in heads[1:]] + [end]
    return [
        Quote(head.start(), document, text[head.end() : stop].strip(), (code,)) for head, stop in zip(heads, ends, strict=True)
    ]


_DEDOOSE = re.compile(r"Codes \((\d{1,9})-(\d{1,9})\)$")
_NOBODY = {"", "coder", "author", "user", "unknown", "microsoft office user", "windows user", "office user"}
_LONGEST = 80  # characters: a longer comment is a remark, not the name of a code


def read_coded_word(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """A Word transcript, and the codings that its comments are.

    Raises:
        InputError: As `read_word`; for a node report as `study_from_quotes`.
    """
    word = read_word(path)
    if is_node_report(word.text):
        return study_from_node_report(word.text, path.name, options)
    document, doubts = read_speakers(
        word.text, path, word.styles, options.shapes, bool(word.comments)
    )  # they keep their places
    receipt = Receipt(path.name, "transcripts", 1, {}, (*word.notes, *doubts))
    if not word.comments:
        return Study((document,)), [receipt]
    study, codes = _coded(document, word.comments, options)
    return study, [receipt, codes]


def _coded(document: Document, comments: Sequence[Comment], options: ReadOptions) -> tuple[Study, Receipt]:
    """The study and the receipt of the comments."""
    skipped: Counter[str] = Counter()
    by_offsets, note = _view(document.text, comments)
    codings: dict[Coding, None] = {}
    kept = 0
    for comment in comments:
        codes = _codes(comment, options)
        start, end = _span(document.text, comment, by_offsets)
        if not codes or start >= end:
            skipped["that name no code" if not codes else "about no words"] += 1
            continue
        kept += 1
        nobody = comment.author.casefold() in _NOBODY
        coder = (options.coder if nobody and options.coder else comment.author) or "unknown"
        for code in codes:
            codings[Coding(document.id, start, end, code, coder, when=comment.when.removesuffix("T00:00:00Z"))] = None
    names = dict.fromkeys(c.coder for c in codings)
    readings = tuple(Reading(document.id, name, 0, len(document.text)) for name in names)
    study = Study((document,), coders=tuple(Coder(n, n) for n in names), codings=tuple(codings), readings=readings)
    return study, Receipt(document.source, "comments", kept, skipped, (*note, *_unsigned(comments, options)))


def _codes(comment: Comment, options: ReadOptions) -> tuple[str, ...]:
    """The codes that a comment names; of a free one only known codes, where a codebook is known."""
    if comment.lines and _DEDOOSE.match(comment.lines[0]):
        return tuple(dict.fromkeys(path for line in comment.lines[1:] if (path := code_path(line))))
    known = [*options.codebook.by_path, *(c.name for c in options.codebook)]
    lines = [re.sub(r"^(?:codes?\s*:|#)\s*", "", line, flags=re.IGNORECASE) for line in comment.lines]
    found = [code for line in lines for code in (codes_in(line, known) if known else _apart(line))]
    if known and not options.add_codes:
        return tuple(dict.fromkeys(code for code in found if code in known))
    return tuple(dict.fromkeys(code for code in found if len(code) <= _LONGEST))


def _apart(line: str) -> Iterable[str]:
    return [path for part in line.split(";") if (path := code_path(part))]


def _view(text: str, comments: Sequence[Comment]) -> tuple[bool, tuple[str, ...]]:
    """Whether Dedoose's offsets or Word's ranges fit the words better, and a note that says so.

    Offsets count in Dedoose's own text, which need not be ours; a span that begins and ends
    where words do speaks for its view.
    """
    marked = [c for c in comments if c.lines and _DEDOOSE.match(c.lines[0])]
    if not marked:
        return False, ()
    scores = [sum(_fits(text, *_span(text, c, view)) for c in marked) for view in (False, True)]
    names = ("the ranges of the comments", "the offsets in the comments")
    chosen = scores[1] >= scores[0]
    note = (
        f"positions from {names[chosen]}: {scores[chosen]} of {2 * len(marked)} ends are ends of words, "
        f"against {scores[not chosen]} from {names[not chosen]}"
    )
    return chosen, (note,)


def _span(text: str, comment: Comment, by_offsets: bool) -> tuple[int, int]:
    """Where a comment belongs, without spaces at the ends."""
    start, end = comment.start, comment.end
    if by_offsets and comment.lines and (m := _DEDOOSE.match(comment.lines[0])):
        start, end = int(m[1]), min(int(m[2]), len(text))
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), start + len(words.rstrip())


def _fits(text: str, start: int, end: int) -> int:
    """How many ends of a span are ends of words: 0, 1 or 2."""
    if not 0 <= start < end <= len(text):
        return 0
    starts = start == 0 or not text[start - 1].isalnum() or not text[start].isalnum()
    ends = end == len(text) or not text[end - 1].isalnum() or not text[end].isalnum()
    return starts + ends


def _unsigned(comments: Iterable[Comment], options: ReadOptions) -> tuple[str, ...]:
    names = sorted({c.author for c in comments if c.author.casefold() in _NOBODY})
    if not names or options.coder:
        return ()
    return (f"comments are signed '{names[0]}', which is nobody in particular: give --coder NAME",)


def unsigned_apart(study: Study, before: Iterable[Study], name: str) -> tuple[Study, tuple[str, ...]]:
    """Comments on one text that two files sign "Coder" or "Author" as those of two people, the second called after its file.

    Args:
        study: What was read of the second file.
        before: What was read of the files before it.
        name: The file's.

    Returns:
        The study, and what was taken for what.
    """
    nobody = {c.id for c in study.coders if c.id.casefold() in _NOBODY}
    coded = {(c.document, c.coder) for other in before for c in other.codings} if nobody else set()
    twice = {c.coder for c in study.codings if c.coder in nobody and (c.document, c.coder) in coded}
    told = (
        f"two files sign their comments on one text '{who}': those of {name} are taken for another person's, '{who} ({name})'; "
        "to name both, import again with --coder NAME=FILE for each"
        for who in sorted(twice)
    )
    return with_coders(study, {who: f"{who} ({name})" for who in twice}), tuple(told)


_MODERATOR = "moderator:"


def is_delve(content: Any) -> bool:
    """Whether a JSON content has this shape."""
    if not isinstance(content, dict) or not content:
        return False
    coders = next(iter(content.values()))
    rows = next(iter(coders.values()), None) if isinstance(coders, dict) else None
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and {"text", "codes"} <= set(rows[0])


def study_from_delve(content: Mapping[str, Any], path: Path) -> tuple[Study, list[Receipt]]:
    """The study in Delve's parsed tables; paragraphs are the given units.

    Coders' copies of one interview may differ in a few paragraphs; the longest copy is the
    document and paragraphs of the others are matched to it in order. A coder without any code
    in a document is taken not to have read it.

    Raises:
        InputError: A part is not of this shape.
    """
    documents: list[Document] = []
    coders: dict[str, Coder] = {}
    codings: list[Coding] = []
    readings: list[Reading] = []
    lost = 0
    try:
        for name, copies in content.items():
            document = _document(str(name), max(copies.values(), key=len), path)
            documents.append(document)
            for who, rows in copies.items():
                kind = "agreed" if str(who).startswith(_MODERATOR) else "human"
                coder = Coder(str(who), str(who).removeprefix(_MODERATOR), kind)
                coders.setdefault(coder.id, coder)
                found, missing = _codings(document, coder.id, rows)
                codings += found
                lost += missing
                readings += [Reading(document.id, coder.id, 0, len(document.text))] if found else []
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise InputError(path.name, "a part of it is no table of paragraphs with codes", "Parse it again.") from error
    study = Study(
        tuple(documents), coders=tuple(coders.values()), codings=tuple(dict.fromkeys(codings)), readings=tuple(readings)
    )
    return study, [Receipt(path.name, "codings", len(codings), {"of a paragraph that is not there": lost})]


def _document(name: str, rows: Sequence[Mapping[str, Any]], path: Path) -> Document:
    units = (Unit(str(n), str(row["text"]), str(row.get("speaker") or "")) for n, row in enumerate(rows, 1))
    return lay_out(Document(name, "", name, source=path.name), units)


def _codings(document: Document, coder: str, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Coding], int]:
    """One coder's codings, and how many are of paragraphs that the document lacks."""
    places = _matched([document.text_of(s) for s in document.segments], [str(row["text"]) for row in rows])
    codings, lost = [], 0
    for number, row in enumerate(rows):
        codes = [code_path(str(c)) for c in row["codes"] if code_path(str(c))]
        if number not in places:
            lost += len(codes)
            continue
        s = document.segments[places[number]]
        codings += [Coding(document.id, s.start, s.end, code, coder) for code in dict.fromkeys(codes)]
    return codings, lost


def _matched(mine: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    """From the places of their paragraphs to the places of mine."""
    places: dict[int, int] = {}
    flat = [[" ".join(text.split()) for text in texts] for texts in (mine, theirs)]
    for kind, a, b, c, d in SequenceMatcher(None, flat[0], flat[1], autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and b - a == d - c):
            places.update(zip(range(c, d), range(a, b), strict=True))
    return places
