"""RQDA projects (.rqda), the R package's SQLite file: in only, for the package is no longer kept.

Positions are code points, half-open; a status of 1 means that a row is there, 0 that it was
deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.projects.positions import RawText, Selection, View
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.tables.gathered import Gathered, Node, number, words
from autocode.store import Foreign, foreign
from autocode.study import Coding, Study

VIEW = View(bom=True)


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
        gathered = Gathered(path.name, VIEW, list(_nodes(base)))
        variables = _variables(base)
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
    for row in _there(base, "freecode", "id", "name", "memo"):
        yield Node(f"code {row['id']}", words(row["name"]), homes.get(words(row["id"]), ""), words(row["memo"]))


def _variables(base: Foreign) -> dict[str, dict[str, str]]:
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
