"""Tables with a row a person: what they say of each document or its respondent, and answers of surveys."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from autocode.agreement.estimate import AgreementOptions
from autocode.config import AgreementConfig, SegmentConfig
from autocode.errors import InputError, did_you_mean, is_heading
from autocode.formats.files import Table
from autocode.formats.receipt import ReadOptions, Receipt, listed_names
from autocode.formats.tables.headings import HEADINGS, folded, text_columns
from autocode.formats.transcripts import INTERVIEWER, role_of_word, speaks_by_name
from autocode.formats.transcripts.speakers import with_turns
from autocode.study import Document, Study
from autocode.study.merge import Unit, lay_out

RESPONDENT = (
    "respondent",
    "participant",
    "interviewee",
    "befragte",
    "befragter",
    "person",
    "pseudonym",
    "speaker",
    "participante",
    "entrevistado",
    "répondant",
    "teilnehmer",
    "participant id",
    "respondent id",
)
KINDS: Mapping[str, str] = {
    "interview": "interview",
    "transcript": "interview",
    "focus group": "interview",
    "literature": "literature",
    "document": "literature",
    "article": "literature",
    "paper": "literature",
    "literatur": "literature",
    "report": "literature",
    "policy": "literature",
    "field note": "field note",
    "fieldnote": "field note",
    "field notes": "field note",
    "observation": "field note",
    "feldnotiz": "field note",
    "memo": "field note",
}
"""What a table may call a document's kind, and ours."""


def variable(document: Document, names: Iterable[str]) -> str:
    """The first of some variables that a document has, under any spelling of its name."""
    spelt = {plain(name): value for name, value in document.variables.items()}
    return next((spelt[name] for name in names if spelt.get(name)), "")


def plain(name: str) -> str:
    """A variable's name in small letters, with spaces for underscores."""
    return " ".join(name.casefold().replace("_", " ").split())


def participant_of(document: Document) -> str:
    """Who speaks in a document, as its variables say; "" where they do not."""
    return variable(document, RESPONDENT)


def several_documents(documents: Iterable[Document]) -> dict[str, str]:
    """The participant of each document of those who have several, by the document's id."""
    named = {d.id: participant_of(d) for d in documents}
    counts = Counter(named.values())
    return {document: name for document, name in named.items() if name and counts[name] > 1}


def is_participants_table(table: Table) -> bool:
    """Whether a table describes documents or respondents: it names them and quotes no text."""
    headings = {folded(c) for c in table.columns}
    names = headings & {*HEADINGS["document"], *RESPONDENT}
    return bool(names) and len(headings) > 1 and not headings & {*HEADINGS["text"], *HEADINGS["codes"], "code"}


def kind_of(word: str) -> str:
    """Our kind of document for a word: interview, literature or field note.

    Raises:
        InputError: The word is none of `KINDS`.
    """
    kind = KINDS.get(" ".join(word.casefold().replace("_", " ").replace("-", " ").split()))
    if kind is None:
        near = did_you_mean(word, KINDS, "Choose interview, literature or field note.")
        raise InputError(f"kind '{word}'", "a document has no such kind: it is interview, literature or field note", near)
    return kind


def with_participants(documents: Sequence[Document], table: Table) -> tuple[tuple[Document, ...], Receipt]:
    """Documents with the variables that the table gives them.

    A row is about the document whose id, name or file it names; else about the one in which its
    respondent speaks, or whose id the respondent is. A column `kind` sets the document's kind.

    Returns:
        All documents, in their order, and a receipt of the rows.

    Raises:
        InputError: The table names neither documents nor respondents, or a kind is unknown.
    """
    document, respondent = _column(table, HEADINGS["document"]), _column(table, RESPONDENT)
    if not document and not respondent:
        table.need("document")
    said: dict[str, dict[str, str]] = {}
    skipped, waiting = {"about a document already described": 0}, []
    for row in table.rows:
        found = _named(row.get(document, ""), documents) or _spoken(row.get(respondent, ""), documents)
        if found is None:
            waiting.append(row)
        elif found.id in said:
            skipped["about a document already described"] += 1
        else:
            said[found.id] = {c: v for c, v in row.items() if c != document}
    described = tuple(_described(d, said[d.id]) if d.id in said else d for d in documents)
    notes = [table.note] if table.note else []
    if waiting:
        skipped["kept until their transcripts come"] = len(waiting)
        names = listed_names([row.get(document, "") or row.get(respondent, "") or "?" for row in waiting])
        notes.append(f"no transcript is there yet of {names}")
    return described, Receipt(table.source, "participants", len(said), skipped, tuple(notes), waiting=tuple(waiting))


def arrived(
    new: Sequence[Document], waiting: Iterable[tuple[str, Sequence[Mapping[str, str]]]]
) -> tuple[tuple[Document, ...], list[Receipt]]:
    """New documents with what earlier tables said of participants whose transcripts were not there then.

    Args:
        new: Documents that a study did not have so far.
        waiting: Names of the tables, each with its rows that wait.

    Returns:
        The documents, and a receipt for each table that describes one of them.
    """
    documents, receipts = tuple(new), []
    for source, rows in waiting:
        columns = tuple(dict.fromkeys(column for row in rows for column in row))
        documents, receipt = with_participants(
            documents, Table(source, columns, tuple(map(dict, rows)), tuple(range(len(rows))))
        )
        if receipt.kept:
            receipts.append(Receipt(f"{source} (imported earlier)", "participants", receipt.kept))
    return documents, receipts


def _described(document: Document, said: Mapping[str, str]) -> Document:
    kind = next((c for c in said if folded(c) == "kind"), "")
    variables = {**document.variables, **{c: v for c, v in said.items() if c != kind}}
    named = said.get(kind, "").strip()
    return replace(document, variables=variables, kind=kind_of(named) if named else document.kind)


def _named(name: str, documents: Sequence[Document]) -> Document | None:
    """The document called `name`, exactly or but for case and suffix."""
    exactly = [d for d in documents if d.id == name]
    if exactly:
        return exactly[0]
    name = name.strip()
    for same in (str, lambda text: PurePath(text).stem.casefold()):
        found = [d for d in documents if name and same(name) in {same(d.id), same(d.name), same(d.source)} - {""}]
        if len(found) == 1:
            return found[0]
    return None


def _spoken(respondent: str, documents: Sequence[Document]) -> Document | None:
    """The one document that bears the respondent's name or in which the respondent speaks."""
    name = respondent.strip().casefold()
    if not name or (found := _named(respondent, documents)):
        return found if name else None
    speaks = [d for d in documents if name in {t.speaker.casefold() for t in d.turns}]
    return speaks[0] if len(speaks) == 1 else None


def _column(table: Table, headings: Sequence[str]) -> str:
    by_heading = {folded(c): c for c in table.columns}
    return next((by_heading[h] for h in headings if h in by_heading), "")


STUDIES = 400  # simulated for the verdict's own error rates, in well under a second


def agreement_options(
    config: AgreementConfig, documents: Iterable[Document], machines: tuple[str, ...] = ()
) -> AgreementOptions:
    """What a comparison is told: who is a machine, and which documents are of one participant."""
    return AgreementOptions(
        machines,
        config.margin,
        coefficient=config.coefficient,
        interval=config.interval,
        clusters=several_documents(documents),
        studies=STUDIES,
    )


def pooled(documents: Sequence[Document], known: Sequence[Document] = ()) -> tuple[Document, ...]:
    """Documents in which whoever asks in another one of the study is the interviewer too.

    A name that a program gave ("Speaker 1", "SPEAKER_00", "A") says nothing from one document to the next.
    """
    asking = remembered((*known, *documents))
    done = []
    for d in documents:
        names = [s for s in dict.fromkeys(t.speaker for t in d.turns) if s.casefold() in asking and s not in d.interviewers]
        done.append(replace(d, interviewers=(*d.interviewers, *names)) if names and not d.segments else d)
    return tuple(done)


def remembered(documents: Iterable[Document]) -> tuple[str, ...]:
    """Names of interviewers, in lower case, that hold from one document to the next, in order."""
    answering = Counter(s.casefold() for d in documents for s in {t.speaker for t in d.turns} - set(d.interviewers))
    asking = Counter(s.casefold() for d in documents for s in set(d.interviewers))
    return tuple(sorted(s for s, n in asking.items() if n >= answering[s] and (role_of_word(s) or not speaks_by_name(s))))


def with_speakers(document: Document, names: Mapping[str, str]) -> Document:
    """The document with speakers renamed, say ``{"SPEAKER_00": "Interviewer"}``; its text stays.

    Whom the user calls an interviewer is remembered under the old name too, whoever is called something else is none.
    """
    if not names:
        return document
    here = {t.speaker for t in document.turns}
    asking = [n for n in names if n in here and role_of_word(names[n]) == INTERVIEWER]
    kept = [n for n in document.interviewers if n not in names]
    new = [names[n] for n in asking if names[n].casefold() not in SegmentConfig().interviewers]
    document = replace(document, interviewers=tuple(dict.fromkeys((*kept, *asking, *new))))
    turns = tuple(replace(t, speaker=names.get(t.speaker, t.speaker)) for t in document.turns)
    units = tuple(replace(s, speaker=names.get(s.speaker, s.speaker)) for s in document.segments)
    return replace(document, turns=turns, segments=units)


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
    return bool(given.get("text")) and not coded and not {"code", "codes", "speaker"} & set(given)


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
    told = f"texts from '{columns['text']}', a document for each '{columns['document']}'"
    notes = (*([table.note] if table.note else []), told, *doubts)
    return Study(found), [Receipt(table.source, "rows of texts", len(table.rows) - empty, {"without a text": empty}, notes)]
