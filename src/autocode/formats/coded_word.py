"""Word comments as codes: Dedoose's coded documents, and the home-made practice of many teams.

Dedoose writes ``Codes (485-522)`` and one code a paragraph; by hand a comment is the code's name,
or several. The author of the comment is the coder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from autocode.formats.headings import code_path, codes_in
from autocode.formats.nvivo import is_node_report, study_from_node_report
from autocode.formats.options import ReadOptions
from autocode.formats.receipt import Receipt
from autocode.formats.transcript import document_of
from autocode.formats.word import Comment, read_word
from autocode.study import Coder, Coding, Document, Reading, Study

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
    document = document_of(word.text, path)
    receipt = Receipt(path.name, "transcripts", 1, {}, word.notes)
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
        coder = _coder(comment, options)
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
    note = (f"positions from {names[chosen]}: {scores[chosen]} of {2 * len(marked)} ends are ends of words, "
            f"against {scores[not chosen]} from {names[not chosen]}")  # fmt: skip
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


def _coder(comment: Comment, options: ReadOptions) -> str:
    """Who wrote a comment; `--coder` speaks for an author who is nobody in particular."""
    nobody = comment.author.casefold() in _NOBODY
    return (options.coder if nobody and options.coder else comment.author) or "unknown"


def _unsigned(comments: Iterable[Comment], options: ReadOptions) -> tuple[str, ...]:
    names = sorted({c.author for c in comments if c.author.casefold() in _NOBODY})
    if not names or options.coder:
        return ()
    return (f"comments are signed '{names[0]}', which is nobody in particular: give --coder NAME",)
