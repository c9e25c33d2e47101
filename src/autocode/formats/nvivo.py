"""NVivo's node report: the references coded at a node, document by document.

From the shape that NVivo's manuals and forums show (no real file was at hand): a line
``<Files\\\\Interview 1> - § 3 references coded [4.21% Coverage]``, then for each reference a line
``Reference 1 - 1.20% Coverage`` and its words. The report names no coder.
"""

from __future__ import annotations

import re
from dataclasses import replace

from autocode.formats.headings import code_path
from autocode.formats.options import ReadOptions
from autocode.formats.quotes import Quote, study_from_quotes
from autocode.formats.receipt import Receipt
from autocode.study import Study

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
        Quote(head.start(), document, text[head.end() : stop].strip(), (code,))
        for head, stop in zip(heads, ends, strict=True)
    ]
