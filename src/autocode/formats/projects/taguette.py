"""Taguette projects (.sqlite3) in, and out as a changed copy that Taguette imports as a new project.

Offsets count UTF-8 bytes over the text of a document's HTML, tags left out (Taguette 1.5.2,
extract.py). A highlight names no user; the command log does.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from autocode.errors import InputError, counted
from autocode.formats.files import BOM, legal
from autocode.formats.projects.positions import UTF8, RawText, Selection, View
from autocode.formats.receipt import MACHINE, MIRROR, ReadOptions, Receipt, WriteOptions, suggested
from autocode.formats.tables.gathered import Gathered, Node, number, words
from autocode.formats.tables.headings import iso_dates
from autocode.store import Foreign, changed_copy, foreign, original_of
from autocode.study import Coding, Document, Study
from autocode.study.codebook import SEPARATOR
from autocode.study.revise import on_texts

_BLOCK = re.compile("p|div|h[1-6r]|li|[uod]l|d[td]|blockquote|pre|table|tr|section|article|header|footer|br")
"""Tags of HTML that begin a new line."""


class _Text(HTMLParser):
    """The text nodes of a document as html5lib finds them, and newlines where blocks meet."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.added: list[int] = []
        self.length = 0
        self.block = self.pre = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note whether a block begins."""
        self.block |= bool(_BLOCK.fullmatch(tag))
        self.pre = tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        """Note whether a block ends."""
        self.block |= bool(_BLOCK.fullmatch(tag))

    def handle_data(self, data: str) -> None:
        """Take a piece of text as Taguette counts it."""
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
        gathered.notes.append(f"{counted(bare, 'highlight has', 'highlights have')} no tag: not kept")


_NAME, _FILE, _SAID, _NO_FILE = 50, 100, 102_400, "autocode.txt"
"""The longest name of a document and of its file, and the longest description, that Taguette's import takes; a file must
be named (``validate.py`` of Taguette 1.5.2)."""


def write_taguette(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a copy of a Taguette project with what the study has more.

    Documents, tags and highlights are only added; the tags of suggestions begin with
    ``autocode:``. Passwords and e-mail addresses are taken out of the copy.

    Raises:
        InputError: No original is named, or it is no Taguette project.
        StoreError: The database cannot be read.
    """
    original = original_of("Taguette", path, options.original)
    with changed_copy(original, path) as base:
        check_taguette(base, original)
        base.connection.execute(
            "UPDATE users SET hashed_password=NULL, email=NULL"
            if "email" in base.columns("users")
            else "UPDATE users SET hashed_password=NULL"
        )
        _Additions(base, study, options).add()


@dataclass
class _Additions:
    """What the study has more than the project."""

    base: Foreign
    study: Study
    options: WriteOptions
    tags: dict[str, int] = field(default_factory=dict)

    def add(self) -> None:
        """Add documents, tags, highlights and the commands that tell of them."""
        self.project = number(next(iter(self.base.rows("projects", "id")), {"id": 1})["id"])
        self.tags = {words(r["path"]): number(r["id"]) for r in self.base.rows("tags", "path", "id")}
        gathered = Gathered("", VIEW, list(tag_nodes(self.base)))
        by_number = {str(number): tag for tag, number in self.tags.items()}
        self.paths = {path: by_number[key] for key, path in gathered.paths.items()}
        self.logins = {words(r["login"]) for r in self.base.rows("users", "login")}
        documents = self._documents()
        present = self._present()
        groups: dict[tuple[int, int, int, str], dict[int, Coding]] = {}
        for coding in self.study.codings:
            login = self._login(coding.coder)
            key, starts = documents[coding.document]
            place = key, starts[coding.start], starts[coding.end]
            tag = self._tag(coding)
            if not {login, ""} & present.get((*place, tag), set()):
                groups.setdefault((*place, login), {})[tag] = coding
        for (key, start, end, login), tags in groups.items():
            coding = next(iter(tags.values()))
            said = self.study.by_id[coding.document].text_of(coding)
            self._highlight((key, start, end), (login, _date(coding.when)), list(tags), said)

    def _login(self, coder: str) -> str:
        """The login of a coder, made where the file lacks it; it has no password and cannot log in."""
        login = LOGIN if coder == MACHINE else coder[:30]
        if login not in self.logins:
            self.base.insert("users", {"login": login, "created": UNDATED})
            self.logins.add(login)
        return login

    def _present(self) -> dict[tuple[int, int, int, int], set[str]]:
        """Who has given a tag to a place so far, "" for somebody of whom the log does not tell."""
        log, found = read_log(self.base), dict[tuple[int, int, int, int], set[str]]()
        spans = {
            number(r["id"]): (number(r["document_id"]), number(r["start_offset"]), number(r["end_offset"]))
            for r in self.base.rows("highlights", "id", "document_id", "start_offset", "end_offset")
        }
        for row in self.base.rows("highlight_tags", "highlight_id", "tag_id"):
            highlight, tag = number(row["highlight_id"]), number(row["tag_id"])
            if highlight in spans:
                found.setdefault((*spans[highlight], tag), set()).add(log.coder(highlight, tag)[0])
        return found

    def _documents(self) -> dict[str, tuple[int, list[int]]]:
        """For each document its row and where each of its characters begins in Taguette's count."""
        rows = [
            (number(r["id"]), words(r["name"]), text_of_html(words(r["contents"])))
            for r in self.base.rows("documents", "id", "name", "contents")
        ]
        whole = replace(self.study, codings=(*self.study.codings, *suggested(self.options)))
        self.study, found = on_texts(whole, [raw.text for *_, raw in rows]), {}
        for d in self.study.documents:
            fits = [(name != d.name, key, raw) for key, name, raw in rows if raw.text == d.text]
            key, raw = min(fits, key=lambda item: item[:2])[1:] if fits else self._new_document(d)
            found[d.id] = (key, raw.starts(VIEW).tolist())
        return found

    def _new_document(self, d: Document) -> tuple[int, RawText]:
        contents = _paragraphs(d.text)
        file = d.source[-_FILE:] or _NO_FILE
        row = {
            "name": (d.name or d.id)[:_NAME],
            "description": "",
            "filename": file,
            "created": UNDATED,
            "project_id": self.project,
            "text_direction": "LEFT_TO_RIGHT",
            "contents": contents,
        }
        key = self.base.insert("documents", row)
        self._command(
            self._login(MACHINE),
            key,
            {"type": "document_add", "document_name": row["name"], "description": "", "text_direction": "LEFT_TO_RIGHT"},
        )
        return key, RawText(legal(d.text))

    def _tag(self, coding: Coding) -> int:
        """The number of the tag of a coding, made where the project lacks it."""
        machine = coding.coder == MACHINE
        path = coding.code.removeprefix(MIRROR + SEPARATOR) if machine and self.options.mirror else coding.code
        names = path.split(SEPARATOR)
        login = self._login(coding.coder)
        for depth in range(1, len(names)):  # the tags above it make it a branch of the tree on reading
            self._made(self._name(SEPARATOR.join(names[:depth]), machine), "", login)
        said = self.study.codebook.by_path[path].definition if path in self.study.codebook else ""
        return self._made(self._name(path, machine), said, login)

    def _name(self, path: str, machine: bool) -> str:
        """What the tag of a code is called: as in the project, else with dots; a suggestion's apart."""
        name = self.paths.get(path)
        if name is None:
            above, _, own = path.rpartition(SEPARATOR)
            name = f"{self._name(above, False)}.{own}" if above else own
        return f"{LOGIN}: {name}" if machine and not name.startswith(f"{LOGIN}: ") else name

    def _made(self, path: str, said: str, login: str) -> int:
        path = path[:200]
        if path not in self.tags:
            said = said[:_SAID]
            row = {"project_id": self.project, "path": path, "description": said}
            self.tags[path] = self.base.insert("tags", row)
            told = {"type": "tag_add", "tag_id": self.tags[path], "tag_path": path, "description": said}
            self._command(login, None, told)
        return self.tags[path]

    def _highlight(self, place: tuple[int, int, int], who: tuple[str, str], tags: list[int], said: str) -> None:
        """Add a highlight and the command that tells who added it, and when."""
        document, start, end = place
        snippet = _paragraphs(said)
        row = {"document_id": document, "start_offset": start, "end_offset": end, "snippet": snippet}
        key = self.base.insert("highlights", row)
        for tag in tags:
            self.base.insert("highlight_tags", {"highlight_id": key, "tag_id": tag})
        told = {"type": "highlight_add", "highlight_id": key, "start_offset": start, "end_offset": end, "tags": tags}
        self._command(who[0], document, told, who[1])

    def _command(self, login: str, document: int | None, told: dict[str, object], date: str = UNDATED) -> None:
        row = {"date": date, "user_login": login, "project_id": self.project, "document_id": document}
        self.base.insert("commands", {**row, "payload": json.dumps(told, sort_keys=True)})


def _paragraphs(text: str) -> str:
    """A text as Taguette keeps it: each line a paragraph, which is how it cuts its own snippets."""
    return "\n".join(f"<p>{html.escape(legal(line), quote=False)}</p>" for line in text.split("\n"))


def _date(when: str) -> str:
    """A date as SQLAlchemy keeps it; a fixed one where it is not known, for the log wants one."""
    date = iso_dates([when])[0].replace("T", " ")
    return f"{date if len(date) > 10 else f'{date} 00:00:00'}.000000" if date else UNDATED
