"""Tables of what people said, whose rows are units: long tables, survey answers, and transcripts of a turn a row.

Columns of a long table: `document_id, segment_id, order, speaker, text, coder, codes`; codes are
parted by ``|``, an empty cell means that the coder saw the segment and gave no code, and no row
means that the coder did not see it. The segments are given: they are the units of analysis, and
a document is the ordered run of its segments.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from autocode.errors import InputError, counted, is_heading
from autocode.formats.files import Table
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.tables.headings import HEADINGS, folded, speech_columns, text_columns
from autocode.formats.tables.participants import RESPONDENT
from autocode.formats.transcripts import CLOCK, milliseconds
from autocode.formats.transcripts.cues import Cue, document_of_cues
from autocode.formats.transcripts.speakers import with_turns
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.merge import Unit, lay_out, unit_readings


def is_long_table(table: Table) -> bool:
    """Whether the columns are those of a long table, or mean to be."""
    return "segment_id" in table.columns or {"document_id", "text"} <= set(table.columns)


@dataclass
class _Given:
    """One segment of the table: where it stands, its words, and who said what of it."""

    order: tuple[float, int]
    speaker: str
    text: str
    line: int
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # coder -> codes


def study_from_table(table: Table, coder: str = "") -> tuple[Study, Receipt]:
    """Read a long table; codes keep the words of the table until a codebook resolves them.

    Args:
        table: The rows.
        coder: Who coded, where the table has codes but no column `coder`.

    Returns:
        The study, with an empty codebook, and the receipt.

    Raises:
        InputError: A column is missing, a segment has two texts, a coder coded a segment
            twice, an order is no number, or a row has codes but nobody who gave them.
    """
    table.need("document_id", "segment_id", "text")
    if ("codes" in table.columns) != ("coder" in table.columns) and not (coder and "codes" in table.columns):
        table.need("coder", "codes")
    skipped: Counter[str] = Counter()
    documents = _collect(table, coder, skipped)
    studies = [_document(name, given, table.source) for name, given in documents.items()]
    coders = dict.fromkeys(c for given in documents.values() for g in given.values() for c in g.codes)
    study = Study(
        documents=tuple(document for document, _, _ in studies),
        coders=tuple(Coder(c, c) for c in coders),
        codings=tuple(coding for _, codings, _ in studies for coding in codings),
        readings=tuple(reading for _, _, readings in studies for reading in readings),
    )
    alone = sum(not row["document_id"].strip() for row in table.rows)
    note = (
        ((f"{counted(alone, 'row names', 'rows name')} no document: each segment stands as a document of its own"),)
        if alone
        else ()
    )
    kept = len(table.rows) - sum(skipped.values())
    return study, Receipt(table.source, "rows", kept, skipped, (*_notes(table), *note))


def _collect(table: Table, coder: str, skipped: Counter[str]) -> dict[str, dict[str, _Given]]:
    """The segments of every document, with the checks a row must pass."""
    documents: dict[str, dict[str, _Given]] = {}
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        where = f"{table.source}, line {line}"
        segment = row["segment_id"].strip()
        if not row["text"].strip() or not segment:
            skipped["without text" if segment else "without a segment_id"] += 1
            continue
        order = (_order(row.get("order", ""), where), number)
        new = _Given(order, row.get("speaker", "").strip(), row["text"], line)
        given = documents.setdefault(row["document_id"].strip() or segment, {}).setdefault(segment, new)
        if given.text != row["text"]:
            raise InputError(
                where,
                f"segment '{segment}' has another text than in line {given.line}",
                "Give the two segments different ids, or make their texts equal.",
            )
        skipped["doubled"] += not _add_codes(given, row, coder, where, segment)
    return documents


def _add_codes(given: _Given, row: dict[str, str], coder: str, where: str, segment: str) -> bool:
    """Note what a coder said of a segment; False for a row that only repeats another."""
    who = row.get("coder", "").strip() or coder
    codes = _codes_of(row.get("codes", ""))
    if not who:
        if codes:
            raise InputError(where, "it has codes but no coder", "Fill the column coder, or give --coder NAME.")
        return True
    if who not in given.codes:
        given.codes[who] = codes
        return True
    if set(given.codes[who]) != set(codes):
        raise InputError(
            where,
            f"segment '{segment}' is there twice for coder '{who}' with different codes (a duplicate id)",
            "Keep one row for each segment and coder.",
        )
    return False


@lru_cache(maxsize=4096)
def _codes_of(cell: str) -> tuple[str, ...]:
    """The codes of a cell, each once; most cells are met again and again."""
    return tuple(dict.fromkeys(c.strip() for c in cell.split("|") if c.strip()))


def _order(cell: str, where: str) -> float:
    try:
        return float(cell) if cell.strip() else 0.0
    except ValueError as error:
        raise InputError(where, "its order is not a number", "Number the segments, or leave order empty.") from error


def _document(name: str, given: dict[str, _Given], source: str) -> tuple[Document, list[Coding], tuple[Reading, ...]]:
    """Lay the segments of a document end to end, and the codings over them."""
    ordered = sorted(given.items(), key=lambda item: item[1].order)
    units = (Unit(identifier, g.text, g.speaker) for identifier, g in ordered)
    document = lay_out(Document(name, "", name, source=source), units)
    codings = [
        Coding(name, s.start, s.end, code, coder)
        for s, (_, g) in zip(document.segments, ordered, strict=True)
        for coder, codes in g.codes.items()
        for code in codes
    ]
    seen = ((identifier, coder) for identifier, g in ordered for coder in g.codes)
    return document, codings, unit_readings(document.segments, seen)


def _notes(table: Table) -> tuple[str, ...]:
    return (table.note,) if table.note else ()


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
    found = [c for c in answer_columns(table) if is_heading(c, table.columns)]
    named = " ".join(f"--column 'text={c}'" for c in found[:3])
    return f"If {_quoted(found[:3])} holds what people said, import again with {named}" if found else ""


def texts_of_table(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """A document for each name in a table of texts: its cells one below the other, read as any transcript is.

    Other columns are variables of documents that have one row.
    """
    columns = text_columns(table)
    rows: dict[str, list[Mapping[str, str]]] = {}
    empty = 0
    for n, row in enumerate(table.rows, 1):
        empty += not row[columns["text"]].strip()
        if row[columns["text"]].strip():
            rows.setdefault(row[columns["document"]].strip() or f"{Path(table.source).stem} {n}", []).append(row)
    documents = []
    for name, own in rows.items():
        text = "\n".join(row[columns["text"]].strip("\n") for row in own) + "\n"
        rest = {c: v for c, v in own[0].items() if v.strip() and c not in columns.values()} if len(own) == 1 else {}
        documents.append(
            Document(name, text, name, variables=rest, kind=options.kind, source=table.source.partition(", sheet")[0])
        )
    if not documents:
        raise InputError(table.source, "no row has a text", "Choose the table that holds the transcripts.")
    found, doubts = with_turns(documents, options.shapes)
    notes = (*_notes(table), f"texts from '{columns['text']}', a document for each '{columns['document']}'", *doubts)
    return Study(found), [Receipt(table.source, "rows of texts", len(table.rows) - empty, {"without a text": empty}, notes)]


def with_heading(table: Table) -> Table:
    """A transcript of a turn a row that has no row of headings, with headings; any other table as it is.

    Its first row is a turn too: the name in it comes back below, or a time stands where all others do.
    """
    if not 2 <= len(table.columns) <= 6 or len(table.rows) < 3:
        return table
    cells = {c: [c, *(row[c].strip() for row in table.rows)] for c in table.columns}
    said = max(cells, key=lambda c: sum(map(len, cells[c])))
    names: dict[str, str] = {said: "text"} if len(said.split()) > 2 else {}
    for column, values in cells.items():
        filled = [v for v in values if v]
        stamps = sum(bool(re.fullmatch(rf"[\[(<#]?{CLOCK}[\])>#]?", v)) for v in filled)
        back = (
            values.count(column) > 1 and len(set(filled)) <= 0.5 * len(filled) + 1 and max(map(len, filled), default=99) <= 40
        )
        what = "" if column == said else "start" if filled and stamps == len(filled) else "speaker" if back else ""
        if what == "start" and "start" in names.values():
            what = "end"
        if what and what not in names.values() and (what != "speaker" or re.match(r"[^\W\d_]", column)):
            names[column] = what
    if said not in names or not {"speaker", "start"} & set(names.values()):
        return table
    columns = {c: names.get(c, f"column {n}") for n, c in enumerate(table.columns, 1)}
    rows = tuple({columns[c]: cells[c][n] for c in table.columns} for n in range(len(table.rows) + 1))
    note = "; ".join(filter(None, (table.note, "its first row has no headings and is read as a turn")))
    first = max(1, table.lines[0] - 1)
    return Table(table.source, tuple(columns.values()), rows, (first, *table.lines), note)


def speech_of_table(
    table: Table, kind: str = "interview", columns: Mapping[str, str] | None = None
) -> tuple[Study, list[Receipt]]:
    """The transcripts in a table with a row for each turn or piece (Whisper's .tsv too), one for each name of a document.

    Raises:
        InputError: A time is none, or no row has words.
    """
    columns = columns or speech_columns(table, coded=True)
    rows: dict[str, list[Cue]] = {}
    empty = 0
    for row in table.rows:
        cell = {what: row[column].strip() for what, column in columns.items()}
        empty += not cell["text"]
        name = cell.get("document") or Path(table.source.partition(", sheet")[0]).stem
        start, end = (_time_in_cell(cell.get(what, ""), table.source) for what in ("start", "end"))
        rows.setdefault(name, []).append(Cue(cell["text"], cell.get("speaker", ""), start, end))
    documents = tuple(
        replace(document_of_cues(cues, Path(table.source.partition(", sheet")[0]), {}), id=name, name=name, kind=kind)
        for name, cues in rows.items()
    )
    codes = {*HEADINGS["code"], *HEADINGS["codes"]} & {folded(c) for c in table.columns}
    told = f"codes beside the words are left out, since nobody is said to have given them ({', '.join(sorted(codes))}): "
    notes = (*_notes(table), *([f"{told}import again with --coder NAME to take them over"] if codes else []))
    receipt = Receipt(table.source, "rows of transcripts", len(table.rows) - empty, {"without words": empty}, notes)
    return Study(documents), [receipt]


def _time_in_cell(cell: str, source: str) -> int | None:
    """Milliseconds: a whole number is milliseconds already (Whisper), one with a fraction seconds."""
    if not cell:
        return None
    if ":" in cell:
        return milliseconds(cell)
    try:
        return int(cell) if re.fullmatch(r"\d+", cell) else round(1000 * float(cell.replace(",", ".")))
    except (ValueError, OverflowError) as error:
        told = f"'{cell}' is" if re.fullmatch(r"[\d.,;+-]{1,20}", cell) else "what stands in a cell for a time is"
        raise InputError(source, f"{told} not a time", "Correct that row.") from error


_KEYS = {
    "speaker": "speaker_name speaker speaker_label speaker_id speaker_tag author participant sender from",
    "text": "sentence text transcript display content phrase utterance value message",
    "start": "start start_time begin offset",
    "end": "end end_time",
}
"""What the fields of records of speech are called by programs, the best first; camelCase is read as snake_case."""
_DEEP = 6


def talk_in_records(content: object, source: str) -> Table | None:
    """The list of records in JSON that tells who says what, as a table of turns; None where no list does.

    Each record has words and somebody who says them, under one of the names that programs give; of several lists the one
    with most words. Times are taken where they are seconds with a fraction.
    """
    best: list[dict[str, str]] = []
    waiting: list[tuple[object, int]] = [(content, 0)]
    while waiting:
        item, depth = waiting.pop()
        inner = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        waiting += [(i, depth + 1) for i in inner if depth < _DEEP and isinstance(i, dict | list)]
        records = [_record(i) for i in item if isinstance(i, dict)] if isinstance(item, list) else []
        told = [r for r in records if r["text"] and r["speaker"]]
        voices = {r["speaker"] for r in told}
        if len(told) >= 0.9 * len(records) and 1 < len(voices) <= 0.7 * len(told) and _words(told) > _words(best):
            best = records
    columns = tuple(c for c in _KEYS if any(r[c] for r in best))
    note = f"the program that wrote this file is not known; {len(best)} turns were found in it: compare some with the original"
    return Table(source, columns, tuple(best), tuple(range(1, len(best) + 1)), note) if best else None


def _words(records: Sequence[Mapping[str, str]]) -> int:
    return sum(len(r["text"]) for r in records)


def _record(given: Mapping[object, object]) -> dict[str, str]:
    """Who says what and when in one record; its first alternative stands in where the record itself has no words."""
    fields = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(k)).lower(): v for k, v in given.items()}
    for key in ("n_best", "alternatives"):
        if isinstance(more := fields.get(key), list) and more and isinstance(more[0], dict):
            fields = {**{str(k).lower(): v for k, v in more[0].items()}, **fields}
    made = dict.fromkeys(_KEYS, "")
    for what, names in _KEYS.items():
        value = next((fields[n] for n in names.split() if fields.get(n) not in (None, "", [], {})), "")
        if isinstance(value, dict):
            value = value.get("name") or value.get("displayName") or value.get("id") or ""
        if what in ("start", "end"):
            made[what] = repr(value) if isinstance(value, float) and 0 <= value < 1e6 else ""
        elif isinstance(value, str | int) and not isinstance(value, bool):
            made[what] = f"Speaker {value}" if what == "speaker" and str(value).isdigit() else str(value).strip()
    return made
