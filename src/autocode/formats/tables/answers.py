"""Survey tables: one row a person, with answers to one or more open questions."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import Table
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.tables.headings import HEADINGS, folded
from autocode.formats.tables.participants import RESPONDENT
from autocode.study import Document, Study
from autocode.study.merge import Unit, lay_out

_WORDS = 4  # of a typical cell: a column of answers, not of names or numbers
_PERSON = (*RESPONDENT, "id", "case", "case id", "response id", "respondent no", "code", "nr", "no", "number", "fall")


def answer_columns(table: Table) -> list[str]:
    """The columns that look like answers to open questions: cells of several words, hardly any twice."""
    found = []
    for column in table.columns:
        cells = [row[column].strip() for row in table.rows if row[column].strip()]
        long = cells and statistics.median(len(c.split()) for c in cells) >= _WORDS
        if long and len(set(cells)) > len(cells) / 2:
            found.append(column)
    return found


def is_survey(table: Table, given: Mapping[str, str]) -> bool:
    """Whether the user names a column of answers, and the table has none of codes."""
    coded = {folded(c) for c in table.columns} & {*HEADINGS["code"], *HEADINGS["codes"]}
    return bool(given.get("text")) and not coded and not {"code", "codes"} & set(given)


def study_from_answers(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """A document for each person, a unit for each answer; all other columns are variables.

    `--column text=` may be given for several questions; `--column document=` names the column of the
    person, else a column like `id` or `respondent` does, else the number of the row.

    Raises:
        InputError: A column named is not there, or no row has an answer.
    """
    by_fold = {folded(c): c for c in table.columns}
    asked = [q for q in options.columns["text"].split("\n") if q]
    table.need(*(q for q in asked if folded(q) not in by_fold))
    questions = [by_fold[folded(q)] for q in asked]
    named = options.columns.get("document", "")
    person = by_fold.get(folded(named)) if named else next((by_fold[h] for h in _PERSON if h in by_fold), None)
    documents: dict[str, Document] = {}
    silent = 0
    for number, row in enumerate(table.rows, 1):
        answers = [(q, row[q].strip()) for q in questions if row[q].strip()]
        if not answers:
            silent += 1
            continue
        name = _apart((row[person].strip() if person else "") or f"{Path(table.source).stem} {number}", documents)
        rest = {c: v for c, v in row.items() if v.strip() and c not in questions}
        blank = Document(name, "", name, variables=rest, kind=options.kind, source=table.source.partition(", sheet")[0])
        units = (Unit(str(n), text) for n, (_, text) in enumerate(answers, 1))
        documents[name] = lay_out(blank, units)
    if not documents:
        raise InputError(table.source, "no row has an answer in the column named", "Name another: --column text=YOURS.")
    notes = [table.note] if table.note else []
    notes.append(f"each row is a document, each answer a unit; answers from {_quoted(questions)}")
    skipped = {"without an answer": silent}
    return Study(tuple(documents.values())), [Receipt(table.source, "rows", len(documents), skipped, tuple(notes))]


def _apart(name: str, taken: Mapping[str, Document]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def hint_of_answers(table: Table) -> str:
    """What to type where a table has columns that look like answers, "" where it has none."""
    found = answer_columns(table)
    named = " ".join(f"--column 'text={c}'" for c in found[:3])
    return f"If {_quoted(found[:3])} holds what people said, import again with {named}" if found else ""
