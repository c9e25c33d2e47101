"""Taguette projects (.sqlite3) in; taguette_write.py brings them out as a changed copy.

Offsets count UTF-8 bytes over the text of a document's HTML, tags left out (Taguette 1.5.2,
extract.py). A highlight names no user; the command log does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import BOM
from autocode.formats.projects.positions import UTF8, RawText, Selection, View
from autocode.formats.receipt import MACHINE, ReadOptions, Receipt
from autocode.formats.tables.gathered import Gathered, Node, number, words
from autocode.formats.tables.headings import iso_dates
from autocode.store import Foreign, foreign
from autocode.study import Coding, Study

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "table",
        "tr",
        "section",
        "article",
        "header",
        "footer",
        "br",
        "hr",
    ]
)


class _Text(HTMLParser):
    """The text nodes of a document as html5lib finds them, and newlines where blocks meet."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.added: list[int] = []
        self.length = 0
        self.block = self.pre = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.block |= tag in _BLOCKS
        self.pre = tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self.block |= tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        if self.pre:  # a newline right after <pre> is no part of the text
            data, self.pre = data.removeprefix("\n"), False
        if not self.length and not self.block:  # nor is white space before the body
            data = data.lstrip(" \t\n\f\r")
        if not data:
            return
        if self.block and self.length and not self.pieces[-1].endswith("\n") and not data.startswith("\n"):
            self.added.append(self.length)
            self._add("\n")
        self._add(data)
        self.block = False

    def _add(self, data: str) -> None:
        self.pieces.append(data)
        self.length += len(data)


def text_of_html(markup: str) -> RawText:
    """The text that Taguette counts in, with newlines (not counted) where blocks touch."""
    parser = _Text()
    parser.feed(markup.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    parser.close()
    text = "".join(parser.pieces).replace("\r", "\n")
    mark = text.startswith(BOM)  # dropped from the canonical text
    return RawText(text, tuple(at - mark for at in parser.added))


VIEW = View(UTF8, bom=True)
UNDATED = "2000-01-01 00:00:00.000000"
"""Stands in the log of a changed copy where a date is not known: Taguette wants one."""

LOGIN = "autocode"
"""The login under which the command log of a changed copy holds the suggestions."""


def read_taguette(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read a Taguette project; of a server's database, all projects, each a document group.

    Raises:
        StoreError: The database is damaged or of no SQLite kind.
        InputError: It is no Taguette project.
    """
    with foreign(path) as base:
        check_taguette(base, path)
        gathered = Gathered(path.name, VIEW, list(tag_nodes(base)))
        gathered.paths.update(_doubles(base, gathered.paths))
        projects = {words(r["id"]): words(r["name"]) for r in base.rows("projects", "id", "name")}
        homes = {}
        for row in base.rows("documents", "id", "name", "description", "contents", "project_id"):
            homes[words(row["id"])] = projects.get(words(row["project_id"]), "")
            said = {"Memo": words(row["description"]).strip()}
            raw = text_of_html(words(row["contents"]))
            gathered.add_document(words(row["id"]), words(row["name"]), raw, said, options.kind)
        _codings(base, gathered, options.coder)
    if len(projects) > 1:
        gathered.group(homes)
        gathered.notes.append(f"{len(projects)} projects are in this file; each is a document group")
    study = gathered.study(next(iter(projects.values()), path.stem), [MACHINE])
    return study, gathered.receipts(study)


def check_taguette(base: Foreign, path: Path) -> None:
    """See that a database is Taguette's.

    Raises:
        InputError: It is not.
    """
    if not all(base.columns(table) for table in ("documents", "tags", "highlights", "highlight_tags")):
        raise InputError(
            path.name,
            "it is no Taguette project (its documents, tags and highlights are missing)",
            "In Taguette choose Project info > Export project.",
        )


def tag_nodes(base: Foreign) -> Iterator[Node]:
    """The tags; ``a.b`` hangs under ``a`` where that is a tag too. A tag of two projects is one code."""
    first: dict[str, str] = {}
    rows = base.rows("tags", "id", "path", "description")
    for row in rows:
        first.setdefault(words(row["path"]), words(row["id"]))
    for row in rows:
        path = words(row["path"])
        if first[path] == words(row["id"]):
            above = _above(path, first)
            name = path.removeprefix(above + ".") if above else path
            yield Node(first[path], name, first[above] if above else "", words(row["description"]))


def _doubles(base: Foreign, paths: dict[str, str]) -> dict[str, str]:
    """The paths for tags that another project has under the same name."""
    first: dict[str, str] = {}
    found = {}
    for row in base.rows("tags", "id", "path"):
        one = first.setdefault(words(row["path"]), words(row["id"]))
        found[words(row["id"])] = paths[one]
    return found


def _above(path: str, tags: dict[str, str]) -> str:
    """The longest other tag that `path` continues after a dot, "" for none."""
    at = path.rfind(".")
    while at > 0:
        if path[:at] in tags:
            return path[:at]
        at = path.rfind(".", 0, at)
    return ""


@dataclass
class Log:
    """Who gave a highlight its tags, as the command log tells."""

    owners: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)  # highlight, tag -> user, date
    last: dict[int, tuple[str, str]] = field(default_factory=dict)

    def take(self, who: tuple[str, str], command: dict[str, Any]) -> None:
        """Follow one command; of a tag set anew, the one who first gave it stays its coder."""
        highlight, kind = number(command.get("highlight_id")), command.get("type")
        if kind == "highlight_add":
            tags = {number(t) for t in command.get("tags") or ()}
            for pair in [p for p in self.owners if p[0] == highlight and p[1] not in tags]:
                del self.owners[pair]
            for tag in tags:
                self.owners.setdefault((highlight, tag), who)
            self.last[highlight] = who
        elif kind == "tag_merge":
            old, new = number(command.get("src_tag_id")), number(command.get("dest_tag_id"))
            for pair in [p for p in self.owners if p[1] == old]:
                self.owners.setdefault((pair[0], new), self.owners.pop(pair))

    def coder(self, highlight: int, tag: int) -> tuple[str, str]:
        """User and date of a tag on a highlight, "" where the log does not tell."""
        return self.owners.get((highlight, tag)) or self.last.get(highlight, ("", ""))


def read_log(base: Foreign) -> Log:
    """Who gave which tag to which highlight, as the command log of a project tells."""
    log = Log()
    for row in sorted(base.rows("commands", "id", "date", "user_login", "payload"), key=lambda r: number(r["id"])):
        try:
            command = json.loads(words(row["payload"]))
        except (ValueError, RecursionError):
            continue
        if isinstance(command, dict):
            log.take((words(row["user_login"]), words(row["date"])), command)
    return log


def _codings(base: Foreign, gathered: Gathered, coder: str) -> None:
    log = read_log(base)
    highlights = {
        number(r["id"]): r for r in base.rows("highlights", "id", "document_id", "start_offset", "end_offset", "snippet")
    }
    members = {words(r["user_login"]) for r in base.rows("project_members", "user_login")}
    alone = coder or (next(iter(members)) if len(members) == 1 else "coder")
    tagged = set()
    for row in base.rows("highlight_tags", "highlight_id", "tag_id"):
        key, tag = number(row["highlight_id"]), number(row["tag_id"])
        tagged.add(key)
        h = highlights.get(key)
        if h is None:
            gathered.skipped["codings"]["of a highlight that is not there"] += 1
            continue
        user, date = log.coder(key, tag)
        quote = text_of_html(words(h["snippet"])).text
        selection = Selection(number(h["start_offset"]), number(h["end_offset"]), quote)
        who = MACHINE if user == LOGIN else user or alone
        coding = Coding("", 0, 0, "", who, "", "" if date == UNDATED else iso_dates([date])[0])
        gathered.add_coding(words(h["document_id"]), str(tag), selection, coding)
    bare = len(highlights.keys() - tagged)
    if bare:
        gathered.notes.append(f"{bare:,} highlights have no tag and are not kept")
