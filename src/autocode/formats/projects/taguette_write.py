"""Taguette projects (.sqlite3) out: a changed copy that Taguette imports as a new project."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import legal
from autocode.formats.projects.positions import RawText
from autocode.formats.projects.taguette import LOGIN, UNDATED, VIEW, check_taguette, read_log, tag_nodes, text_of_html
from autocode.formats.receipt import MACHINE, MIRROR, WriteOptions, suggested
from autocode.formats.tables.gathered import Gathered, number, words
from autocode.formats.tables.headings import iso_dates
from autocode.store import Foreign, changed_copy
from autocode.study import Coding, Document, Study
from autocode.study.codebook import SEPARATOR
from autocode.study.revise import on_texts

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
    if options.original is None:
        raise InputError(
            path.name,
            "a Taguette project is written as a changed copy of the original",
            "Name the original project (Project info > Export project).",
        )
    with changed_copy(options.original, path) as base:
        check_taguette(base, options.original)
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
