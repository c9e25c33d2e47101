"""QualCoder projects (NAME.qda, a folder with data.qda): in, and out as a changed copy. RQDA projects: in.

Positions are code points of the stored text, half-open, a byte order mark counting like any
character; the owner of a row is the coder. RQDA (.rqda) is an R package that is no longer kept: a
status of 1 means that a row is there, 0 that it was deleted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.footprint import moved, temporary, wrote
from autocode.formats.projects.positions import RawText, Selection, View
from autocode.formats.projects.refi_codes import described
from autocode.formats.receipt import MACHINE, ReadOptions, Receipt, WriteOptions, suggested
from autocode.formats.tables.gathered import Gathered, Node, number, words
from autocode.formats.tables.headings import iso_dates
from autocode.store import Foreign, changed_copy, foreign, original_of
from autocode.study import Coding, Document, Study
from autocode.study.codebook import SEPARATOR, Code
from autocode.study.revise import on_texts

DATABASE = "data.qda"
VIEW = View(bom=True)

_GREY = "#B8B8B8"  # of a code whose colour nobody chose


def read_qualcoder(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read a QualCoder project: the folder, or the data.qda in it.

    Raises:
        StoreError: The database is missing, damaged or of another program.
        InputError: It is no QualCoder project.
    """
    name = path.parent.name if path.name == DATABASE else path.name
    with foreign(_database(path)) as base:
        _check(base, name)
        gathered = _gathered(base, name)
        variables = _variables(base)
        for row in base.rows("source", "id", "name", "fulltext", "memo"):
            if row["fulltext"] is None:
                gathered.skipped["documents"]["that are not text"] += 1
                continue
            said = {**variables.get(words(row["id"]), {}), "Memo": words(row["memo"]).strip()}
            gathered.add_document(words(row["id"]), words(row["name"]), RawText(words(row["fulltext"])), said, options.kind)
        _codings(base, gathered, options.coder)
    study = gathered.study(name.removesuffix(".qda"), [MACHINE])
    return study, gathered.receipts(study)


def _database(path: Path) -> Path:
    return path / DATABASE if path.is_dir() else path


def _check(base: Foreign, name: str) -> None:
    if not all(base.columns(table) for table in ("source", "code_name", "code_text")):
        raise InputError(
            name,
            "it is no QualCoder project (its tables of sources, codes and codings are missing)",
            "Choose the folder that ends in .qda.",
        )


def _gathered(base: Foreign, name: str) -> Gathered:
    """The codebook: categories and codes; a code hangs under a category, since version 4 also under a code.

    A code beside a category of the same name is that category: a theme that is coded itself.
    """
    nodes: dict[str, Node] = {}
    for row in base.rows("code_cat", "catid", "name", "supercatid", "memo"):
        key = f"cat {row['catid']}"
        nodes[key] = Node(key, words(row["name"]), _under("cat", row["supercatid"]), words(row["memo"]))
    categories = {(n.name, n.parent): n.key for n in nodes.values()}
    same: dict[str, str] = {}
    for row in base.rows("code_name", "cid", "name", "catid", "supercid", "memo", "color", "owner"):
        parent = _under("cat", row["catid"]) or _under("code", row["supercid"])
        chosen = "" if (row["color"], row["owner"]) == (_GREY, MACHINE) else words(row["color"])
        node = Node(f"code {row['cid']}", words(row["name"]), parent, words(row["memo"]), chosen)
        if (node.name, node.parent) in categories:
            same[node.key] = categories[node.name, node.parent]
        else:
            nodes[node.key] = node
    gathered = Gathered(name, VIEW, list(nodes.values()))
    gathered.paths.update({key: gathered.paths[category] for key, category in same.items()})
    return gathered


def _under(kind: str, key: object) -> str:
    return f"{kind} {key}" if key not in (None, "") else ""


def _variables(base: Foreign) -> dict[str, dict[str, str]]:
    """Attributes of files and of the cases that files belong to, by the id of the file."""
    found: dict[str, dict[str, list[str]]] = {}
    cases = {words(r["caseid"]): words(r["name"]) for r in base.rows("cases", "caseid", "name")}
    owners: dict[str, dict[str, None]] = {}
    for row in base.rows("case_text", "caseid", "fid"):
        owners.setdefault(words(row["caseid"]), {})[words(row["fid"])] = None
    for case, files in owners.items():
        for file in files:
            found.setdefault(file, {}).setdefault("Case", []).append(cases.get(case, case))
    for row in base.rows("attribute", "name", "attr_type", "value", "id"):
        files = owners.get(words(row["id"]), {}) if row["attr_type"] == "case" else {words(row["id"]): None}
        for file in files:
            found.setdefault(file, {}).setdefault(words(row["name"]), []).append(words(row["value"]))
    return {file: {k: "; ".join(dict.fromkeys(filter(None, v))) for k, v in said.items()} for file, said in found.items()}


def _codings(base: Foreign, gathered: Gathered, coder: str) -> None:
    for row in base.rows("code_text", "cid", "fid", "seltext", "pos0", "pos1", "owner", "date", "memo"):
        selection = Selection(number(row["pos0"]), number(row["pos1"]), words(row["seltext"]))
        owner = words(row["owner"]).strip() or coder or "coder"
        when = iso_dates([words(row["date"])])[0]
        coding = Coding("", 0, 0, "", owner, words(row["memo"]).strip(), when)
        gathered.add_coding(words(row["fid"]), f"code {row['cid']}", selection, coding)
    for table in ("code_image", "code_av"):
        gathered.skipped["codings"]["on pictures or recordings"] += len(base.rows(table, "cid"))
    memos = len(base.rows("annotation", "anid")) + len(base.rows("journal", "jid"))
    if memos:
        gathered.notes.append(f"{memos:,} annotations and journal entries are not kept: they belong to no coding")


def write_qualcoder(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a copy of a QualCoder project with what the study has more: documents, codes, codings.

    The original stays as it is; nothing in the copy is changed or removed, rows are only added,
    suggestions under an owner of their own.

    Raises:
        InputError: No original is named, it is no QualCoder project, or `path` exists.
        StoreError: The database cannot be read.
    """
    project = original_of("QualCoder", path, options.original)
    if path.exists():
        raise InputError(str(path), "it is there already", "Choose another name; projects are never overwritten.")
    original = _database(project)
    with tempfile.TemporaryDirectory(prefix=temporary(path.name), dir=path.parent) as place:
        copy = Path(place) / path.name
        if project.is_dir():
            shutil.copytree(project, copy, symlinks=True, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
        else:
            copy.mkdir()
        with changed_copy(original, copy / DATABASE) as base:
            _check(base, project.name)
            _Additions(base, study, options).add()
        os.replace(copy, path)
        moved(copy, path, whole=True)
        wrote(path)


@dataclass
class _Additions:
    """What the study has more than the project."""

    base: Foreign
    study: Study
    options: WriteOptions
    cids: dict[str, int] = field(default_factory=dict)
    cats: dict[str, int] = field(default_factory=dict)

    def add(self) -> None:
        """Add documents, codes and codings that the project lacks."""
        gathered = _gathered(self.base, "")
        for key, path in gathered.paths.items():
            kind, _, row = key.partition(" ")
            (self.cids if kind == "code" else self.cats)[path] = int(row)
        present = {tuple(map(words, r.values())) for r in self.base.rows("code_text", "cid", "fid", "pos0", "pos1", "owner")}
        files = self._files()
        coders = {c.id: c.name or c.id for c in self.study.coders}
        listed = [(c, coders[c.coder] if c.coder != MACHINE else MACHINE) for c in self.study.codings]
        for coding, owner in listed:
            fid, text, starts = files[coding.document]
            begin, end = starts[coding.start], starts[coding.end]
            place = {"cid": self._cid(coding.code), "fid": fid, "pos0": begin, "pos1": end, "owner": owner}
            if tuple(map(words, place.values())) in present:
                continue
            present.add(tuple(map(words, place.values())))
            said = {"seltext": text[begin:end], "date": _date(coding.when), "memo": coding.memo, "important": None}
            self.base.insert("code_text", {**place, **said})
        self._names({owner for _, owner in listed})

    def _files(self) -> dict[str, tuple[int, str, list[int]]]:
        """For each document its row, its stored text and where each of its characters begins there."""
        rows = [r for r in self.base.rows("source", "id", "name", "fulltext") if r["fulltext"] is not None]
        by_name = {words(r["name"]): r for r in rows}
        by_text = {RawText(words(r["fulltext"])).text: r for r in rows}
        whole = replace(self.study, codings=(*self.study.codings, *suggested(self.options)))
        self.study, found = on_texts(whole, by_text), {}
        for d in self.study.documents:
            row = by_name.get(d.name)
            row = row if row and RawText(words(row["fulltext"])).text == d.text else by_text.get(d.text)
            fid, text = (int(row["id"]), words(row["fulltext"])) if row else (self._new_file(d, by_name), d.text)
            found[d.id] = (fid, text, RawText(text).starts(VIEW).tolist())
        return found

    def _new_file(self, document: Document, taken: Container[str]) -> int:
        name = document.name or document.id
        name = name if name not in taken else f"{document.id} (autocode)"
        return self.base.insert(
            "source", {"name": name, "fulltext": document.text, "memo": "", "owner": MACHINE, "date": _date("")}
        )

    def _cid(self, path: str) -> int:
        """The number of the code, made where the project lacks it."""
        if path not in self.cids:
            code = self.study.codebook.by_path.get(
                path, Code(path.split(SEPARATOR)[-1], SEPARATOR.join(path.split(SEPARATOR)[:-1]))
            )
            taken = {words(r["name"]) for r in self.base.rows("code_name", "name")}
            values = {"name": code.name if code.name not in taken else path, "memo": described(code), "owner": MACHINE}
            place = self._place(code.parent)
            self.cids[path] = self.base.insert(
                "code_name", {**values, **place, "date": _date(""), "color": code.colour or _GREY}
            )
        return self.cids[path]

    def _place(self, parent: str) -> dict[str, int | None]:
        """Where a code of that parent hangs: a category, or a code where the project can hold that."""
        if not parent:
            return {"catid": None}
        if parent in self.cids and "supercid" in self.base.columns("code_name"):
            return {"catid": None, "supercid": self.cids[parent]}
        return {"catid": self._category(parent)}

    def _category(self, path: str) -> int:
        """The number of the category of that path, made with those above it where it is missing."""
        above: int | None = None
        names = path.split(SEPARATOR)
        for depth in range(1, len(names) + 1):
            at = SEPARATOR.join(names[:depth])
            if at not in self.cats:
                taken = {words(r["name"]) for r in self.base.rows("code_cat", "name")}
                name = names[depth - 1] if names[depth - 1] not in taken else at
                values = {"name": name, "memo": "", "owner": MACHINE, "date": _date(""), "supercatid": above}
                self.cats[at] = self.base.insert("code_cat", values)
            above = self.cats[at]
        return self.cats[path]

    def _names(self, owners: set[str]) -> None:
        known = {words(r["name"]) for r in self.base.rows("coder_names", "name")}
        for owner in sorted(owners - known) if self.base.columns("coder_names") else ():
            self.base.insert("coder_names", {"name": owner, "visibility": 1})


def _date(when: str) -> str:
    """A date as QualCoder writes it, "" where it is not known."""
    date = iso_dates([when])[0].replace("T", " ")
    return date if len(date) != 10 else f"{date} 00:00:00"


_RQDA = View(bom=True)


def read_rqda(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read an RQDA project.

    Raises:
        StoreError: It is damaged or no SQLite file.
        InputError: It is no RQDA project.
    """
    with foreign(path) as base:
        if not all(base.columns(table) for table in ("source", "freecode", "coding")):
            raise InputError(
                path.name,
                "it is no RQDA project (its tables of files, codes and codings are missing)",
                "Choose the file that RQDA saved.",
            )
        gathered = Gathered(path.name, _RQDA, list(_nodes(base)))
        variables = _rqda_variables(base)
        for row in _there(base, "source", "id", "name", "file", "memo"):
            said = {**variables.get(words(row["id"]), {}), "Memo": words(row["memo"]).strip()}
            gathered.add_document(words(row["id"]), words(row["name"]), RawText(words(row["file"])), said, options.kind)
        deleted = len(base.rows("coding", "cid")) - len(_there(base, "coding", "cid"))
        gathered.skipped["codings"]["deleted in RQDA"] += deleted
        for row in _there(base, "coding", "cid", "fid", "seltext", "selfirst", "selend", "owner", "memo"):
            selection = Selection(number(row["selfirst"]), number(row["selend"]), words(row["seltext"]))
            owner = words(row["owner"]).strip() or options.coder or "coder"
            coding = Coding("", 0, 0, "", owner, words(row["memo"]).strip())
            gathered.add_coding(words(row["fid"]), f"code {row['cid']}", selection, coding)
    study = gathered.study(path.stem)
    return study, gathered.receipts(study)


def _there(base: Foreign, table: str, *columns: str) -> list[dict[str, Any]]:
    """The rows that are not deleted."""
    return [row for row in base.rows(table, *columns, "status") if number(row["status"]) == 1]


def _nodes(base: Foreign) -> Iterator[Node]:
    """Categories and codes; a code in two categories hangs under the first."""
    homes: dict[str, str] = {}
    for row in _there(base, "treecode", "cid", "catid"):
        homes.setdefault(words(row["cid"]), f"cat {row['catid']}")
    for row in _there(base, "codecat", "catid", "name", "memo"):
        yield Node(f"cat {row['catid']}", words(row["name"]), "", words(row["memo"]))
    for row in _there(base, "freecode", "id", "name", "memo", "color"):
        home = homes.get(words(row["id"]), "")
        yield Node(f"code {row['id']}", words(row["name"]), home, words(row["memo"]), words(row["color"]))


def _rqda_variables(base: Foreign) -> dict[str, dict[str, str]]:
    """Attributes of files and of the cases they belong to, by the id of the file."""
    found: dict[str, dict[str, str]] = {}
    cases = {words(r["id"]): words(r["name"]) for r in _there(base, "cases", "id", "name")}
    owners: dict[str, list[str]] = {}
    for row in _there(base, "caselinkage", "caseid", "fid"):
        owners.setdefault(words(row["caseid"]), []).append(words(row["fid"]))
        found.setdefault(words(row["fid"]), {})["Case"] = cases.get(words(row["caseid"]), "")
    for row in _there(base, "fileAttr", "variable", "value", "fileID"):
        found.setdefault(words(row["fileID"]), {})[words(row["variable"])] = words(row["value"])
    for row in _there(base, "caseAttr", "variable", "value", "caseID"):
        for file in owners.get(words(row["caseID"]), []):
            found.setdefault(file, {})[words(row["variable"])] = words(row["value"])
    return found
