"""What participants sent back: answers, comments, and corrected passages that move codings along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from autocode.config import Config
from autocode.errors import InputError, StudyError
from autocode.ethics.letters import ANSWERS
from autocode.formats.files import legal, write_atomic
from autocode.formats.files import read_text as file_text
from autocode.formats.projects import Archive, local, open_archive
from autocode.study import Coding, Study
from autocode.study.matrix import segment
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits

ANSWERED = "members.json"
"""Name of the file, beside the study, that keeps who answered what."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a letter that came back says of one interview.

    Attributes:
        document: Id of the transcript it answers.
        sha256: Hash of the wording it was made from.
        answer: One of `ANSWERS`, or "no answer".
        passages: The words of each passage by its number, as the participant left them.
        comments: Comments on passages by number; the general one under "".
    """

    document: str
    sha256: str
    answer: str
    passages: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an answer did to a study.

    Attributes:
        study: The study with the corrected words.
        corrected: Numbers of the passages that were changed.
        moved: Codings over words that changed.
        lost: Codings whose words the participant took out.
    """

    study: Study
    corrected: tuple[str, ...]
    moved: tuple[Coding, ...]
    lost: tuple[Coding, ...]


def read_answers(path: Path) -> list[Answer]:
    """Read a letter that came back, one answer for each interview in it; changes that Word tracked count as made.

    A comment on the whole stands with the first interview.

    Raises:
        InputError: It is no letter of ours, damaged, or two boxes are marked.
    """
    archive = open_archive(path)
    tables = [_rows(e) for e in archive.xml("word/document.xml").iter() if local(e) == "tbl"]
    about = _about(archive)
    named = {tuple(rows[0])[:1]: rows for rows in tables if rows}
    if not about or ("X",) not in named or ("No.",) not in named:
        raise InputError(path.name, "it is no letter of a member check", "Choose the files that participants sent back.")
    marked = [i for i, row in enumerate(named["X",][1:]) if row[0].strip()]
    if len(marked) > 1:
        raise InputError(path.name, "more than one answer is marked", "Ask the participant which one is meant.")
    answer = ANSWERS[marked[0]] if marked and marked[0] < len(ANSWERS) else "no answer"
    rows = [row for table in tables if table and table[0][:1] == ["No."] for row in table[1:] if len(row) >= 4]
    comments = {row[0].strip(): row[3].strip() for row in rows if row[3].strip()}
    general = "\n".join(row[0].strip() for row in named.get(("Your comment",), [[""]])[1:]).strip()
    comments |= {"": general} if general else {}
    whole = Answer("", "", answer, {row[0].strip(): row[2] for row in rows}, comments)
    if len(about) == 1:
        return [replace(whole, document=about[0][0], sha256=about[0][1])]
    return [_of_interview(whole, i, *mark) for i, mark in enumerate(about, 1)]


def _of_interview(whole: Answer, place: int, document: str, sha256: str) -> Answer:
    """What a letter on several interviews says of one of them; its passages are numbered PLACE.NUMBER."""
    front = f"{place}."
    own, said = (
        {n.removeprefix(front): text for n, text in found.items() if n.startswith(front)}
        for found in (whole.passages, whole.comments)
    )
    if place == 1 and whole.comments.get(""):
        said[""] = whole.comments[""]
    return Answer(document, sha256, whole.answer, own, said)


def _about(archive: Archive) -> list[tuple[str, str]]:
    """The documents and their hashes that our own letter carries; none where it is no letter of ours."""
    if "docProps/core.xml" not in archive.members:
        return []
    found = {local(e): e.text or "" for e in archive.xml("docProps/core.xml")}
    if "=" not in found.get("keywords", "="):  # a letter of the first version, on one interview
        return [(found.get("identifier", ""), found["keywords"])] if found.get("identifier") else []
    marks = [mark.partition("=") for mark in found.get("keywords", "").split("&")]
    if not all(sha256 for _, _, sha256 in marks):
        return []
    return [(unquote(document), sha256.strip()) for document, _, sha256 in marks]


def _rows(table: Element) -> list[list[str]]:
    """The cells of a table as texts: a line for each paragraph, without what was struck out."""
    return [
        ["\n".join(_text(p) for p in cell if local(p) == "p") for cell in row if local(cell) == "tc"]
        for row in table
        if local(row) == "tr"
    ]


def _text(paragraph: Element) -> str:
    """The words of a paragraph; deleted words are not `t` but `delText`, so they stay out."""
    parts = {"tab": "\t", "br": "\n", "cr": "\n"}
    return "".join(e.text or "" if local(e) == "t" else parts.get(local(e), "") for e in paragraph.iter())


def take(study: Study, answer: Answer) -> Taken:
    """Bring a participant's corrections into the study, codings moved along.

    Raises:
        StudyError: The study has no such document, or its words changed since the letter was made.
    """
    document = study.by_id.get(answer.document)
    if document is None:
        raise StudyError(
            f"document '{answer.document}'", "the study has no such document", "Choose the study of these letters."
        )
    units = segment(document, Config().segment)
    changed = {
        number: unit
        for number, unit in ((str(i), u) for i, u in enumerate(units, 1))
        if number in answer.passages and _plain(answer.passages[number]) != _plain(document.text_of(unit))
    }
    if changed and document.sha256 != answer.sha256:
        raise StudyError(
            f"document '{answer.document}'",
            "its words changed since the letter was made, so corrections have no place",
            "Send a new letter: autocode members export STUDY --out FOLDER.",
        )
    edits = [e for n, u in changed.items() for e in edits_between(document.text_of(u), answer.passages[n].strip(), u.start)]
    made = apply_edits(study, document.id, edits)
    return Taken(made.study, tuple(changed), made.moved, made.lost)


def _plain(text: str) -> str:
    """The words without regard to how lines are broken, as Word may break them anew."""
    return " ".join(legal(text).split())


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an answer beside the study; no words of the transcript."""

    document: str
    answer: str
    corrections: int
    comments: dict[str, str]


def load_answers(path: Path) -> list[Kept]:
    """The answers kept beside a study; none where there is no such file.

    Raises:
        InputError: The file is damaged.
    """
    if not path.exists():
        return []
    try:
        return [Kept(**row) for row in json.loads(file_text(path)[0])]
    except (ValueError, TypeError) as error:
        raise InputError(str(path), "it is damaged", "Move it away and import the answers again.") from error


def save_answers(path: Path, answers: Sequence[Kept], anew: bool = False) -> None:
    """Keep answers beside a study, one for each document, the last one standing; `anew` in the place of all before.

    Raises:
        InputError: The file cannot be written.
    """
    last = {a.document: a for a in (*([] if anew else load_answers(path)), *answers)}
    rows = [asdict(last[document]) for document in sorted(last)]
    write_atomic(path, json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
