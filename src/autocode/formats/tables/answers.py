"""Tables of what people said: one row a turn of a talk, or one row a person with answers to open questions."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import Table
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.tables.headings import HEADINGS, folded
from autocode.formats.tables.participants import RESPONDENT
from autocode.formats.transcripts.cues import Cue, document_of_cues
from autocode.study import Document, Study
from autocode.study.merge import Unit, lay_out

_SAID = (
    *("dialog", "dialogue", "utterance", "transcript", "transcription", "speech", "words", "message", "sentence", "said"),
    *("what was said", "turn", "äußerung", "gesagtes", "transkript", "texto", "texte", "testo"),
    *HEADINGS["text"],
)
_WHO = (*HEADINGS["speaker"], "who", "name", "speaker name", "speaker label", "from", "role", "participant", "sprecher in")
_FROM = ("start time", "start", "time", "timestamp", "begin", "in", "from time", "anfang", "zeit", "timecode")
_TO = ("end time", "end", "out", "to time", "ende")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,:](\d{1,3}))?")
_WORDS = 4  # of a typical cell: a column of answers, not of names or numbers
_PERSON = (*RESPONDENT, "id", "case", "case id", "response id", "respondent no", "code", "nr", "no", "number", "fall")


def spoken_columns(table: Table) -> dict[str, str]:
    """The columns of a transcript kept as a table: who, said, and the times; empty where it is none."""
    by_heading = {folded(c): c for c in table.columns}
    taken = by_heading.keys() & {*HEADINGS["code"], *HEADINGS["codes"], *HEADINGS["document"], *HEADINGS["coder"], "segment id"}
    found = {
        ours: next((by_heading[h] for h in heads if h in by_heading), "")
        for ours, heads in (("who", _WHO), ("said", _SAID), ("start", _FROM), ("end", _TO))
    }
    whole = found["who"] and found["said"] and found["who"] != found["said"] and not taken - {"transcript"}
    return {ours: column for ours, column in found.items() if column} if whole else {}


def study_from_spoken(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The transcript in a table with a row for each turn.

    Raises:
        InputError: No row has words.
    """
    columns = spoken_columns(table)

    def time(row: Mapping[str, str], which: str) -> int | None:
        return _milliseconds(row.get(columns.get(which, ""), ""))

    said, who = columns["said"], columns["who"]
    cues = [Cue(row[said], row[who], time(row, "start"), time(row, "end")) for row in table.rows]
    silent = sum(not c.text.strip() for c in cues)
    document = document_of_cues(cues, Path(table.source.partition(", sheet")[0]))
    read = ", ".join(f"{ours} from '{theirs}'" for ours, theirs in columns.items())
    notes = (*([table.note] if table.note else []), f"read as a transcript, a turn a row: {read}")
    return Study((document,)), [Receipt(table.source, "rows", len(cues) - silent, {"without words": silent}, notes)]


def _milliseconds(cell: str) -> int | None:
    """A time as milliseconds: a clock, or seconds."""
    if m := _CLOCK.search(cell):
        seconds = (int(m[1] or 0) * 60 + int(m[2])) * 60 + int(m[3]) if m[1] else int(m[2]) * 60 + int(m[3])
        return 1000 * seconds + int((m[4] or "0").ljust(3, "0"))
    number = re.fullmatch(r"\s*(\d{1,9}(?:[.,]\d{1,6})?)\s*s?\s*", cell)
    return round(1000 * float(number[1].replace(",", "."))) if number else None


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
    """Whether the user names a column of answers, and none of codes."""
    return bool(given.get("text")) and not {"code", "codes"} & set(given)


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
