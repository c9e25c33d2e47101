"""dossier.toml: what only the researchers know of their study, and how they want its dossier."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from autocode.errors import ConfigError, StudyError
from autocode.formats.files import write_atomic
from autocode.study import Study

NAME = "dossier.toml"
"""Name of the file, beside the study."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A quote that the researchers chose for a code; it stands first, whatever else is chosen."""

    code: str
    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Negative:
    """A passage that speaks against a theme, as the researchers found it."""

    theme: str
    document: str
    start: int
    end: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """A coder's second coding of the same documents: two coders of the study who are one person."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of coding, such as before or after discussion, and the coders of the study that hold it."""

    name: str
    coders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the researchers recommend on the ground of a theme."""

    theme: str
    text: str


@dataclass(frozen=True, slots=True)
class Statements:
    """What nobody can read off the data; "" or None where the researchers did not say.

    `QUESTIONS` asks for each of them in plain words.
    """

    question: str = ""
    approach: str = ""
    interviewers: str = ""
    relationship: str = ""
    sampling: str = ""
    recruitment: str = ""
    refusals: str = ""
    setting: str = ""
    collected: str = ""
    interview_guide: str = ""
    recording: str = ""
    ethics: str = ""
    consent: str = ""
    transcripts_checked: str = ""
    prolonged_contact: str = ""
    who_coded: str = ""
    coder_training: str = ""
    calibration: str = ""
    themes_derived: str = ""
    disagreements: str = ""
    independent: bool | None = None
    suggestions_hidden: bool | None = None
    machine_shown: str = ""
    ai_use: str = ""
    member_checking: str = ""
    triangulation: str = ""
    reflexivity: str = ""
    limitations: str = ""
    data_availability: str = ""
    funding: str = ""
    interests: str = ""


QUESTIONS = {
    "question": "What did the study want to find out?",
    "approach": "Which approach guided the analysis (content analysis, grounded theory ...), and whose?",
    "interviewers": "Who interviewed: initials, credentials, occupation, gender, training?",
    "relationship": "Did participants know the interviewers before, and what were they told of them and their reasons?",
    "sampling": 'How were participants chosen: "all", "random", or in words (purposive, snowball ...)?',
    "recruitment": "How were participants approached?",
    "refusals": "How many refused or dropped out, and why? Say so if nobody did.",
    "setting": "Where did the interviews take place, and who else was present?",
    "collected": "From when to when were the data collected, and were interviews repeated?",
    "interview_guide": "What did the interview guide ask, was it piloted, and where can it be read?",
    "recording": "How was it recorded and transcribed, and were field notes made?",
    "ethics": "Which board approved the study, under which number? Or why was none needed?",
    "consent": "How did participants consent, and how are they protected (pseudonyms, storage)?",
    "transcripts_checked": "Which transcripts were checked against the recording, and by whom?",
    "prolonged_contact": "How long and how often were the researchers in the field?",
    "who_coded": "Who coded which share of the material, and how much was coded by two?",
    "coder_training": "How were the coders trained?",
    "calibration": "Which rounds of calibration were there, and what changed after each?",
    "themes_derived": "Did codes and themes come from the data, from theory, or from both?",
    "disagreements": "How were disagreements between coders resolved?",
    "independent": "Did the coders code these documents without talking about them? true or false",
    "suggestions_hidden": "Did coders code before they saw suggestions of a machine? true or false",
    "machine_shown": "What was shown of the machine to whom, and when (suggestions, evidence, figures)?",
    "ai_use": "What else of AI was used (transcription, translation, writing), and for what? Say so if nothing was.",
    "member_checking": "Who of the participants was asked whether the findings hold, and how?",
    "triangulation": "Which other sources, methods or analysts were there?",
    "reflexivity": "Who are the researchers to the participants and to the topic?",
    "limitations": "Which limits of the study do the figures not show?",
    "data_availability": "Who can get which of the data, and where?",
    "funding": "Who paid, and did they have a say?",
    "interests": "Who of the team has interests in the outcome?",
}
"""What is asked for each statement, in the order of a paper."""


def where_said(key: str) -> str:
    """Where the researchers say what is not on record: in the desk, or in the file."""
    return f"asked in the desk, under Dossier; in the file dossier.toml: {key}"


def unanswered(record: Record) -> list[tuple[str, str]]:
    """The statements that are still open, each with its question."""
    return [(key, text) for key, text in QUESTIONS.items() if getattr(record.record, key) in ("", None)]


def open_questions(record: Record) -> str:
    """A dossier.toml that asks what is still open, each question a comment above its empty answer."""
    lines = [
        "# What only the researchers know. Write your answers between the quotation marks and keep this as",
        f"# {NAME} in the folder of the study (or add the lines to the one there); then make the dossier again.",
        "",
        "[record]",
    ]
    for key, text in unanswered(record):
        lines += [f"# {text}", f"# {key} = " if key in ("independent", "suggestions_hidden") else f'{key} = ""']
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the dossier is made.

    Attributes:
        group: The variable by which participants are compared; "" lets the program choose.
        words: Words of a quote at most; a longer one is cut there, which is marked.
        small: Cells of a comparison of groups that rest on fewer coded segments are flagged.
        quotes: Words of transcripts are shown; where False, only counts and positions are.
    """

    group: str = ""
    words: int = 60
    small: int = 5
    quotes: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """All of dossier.toml."""

    report: Settings = field(default_factory=Settings)
    record: Statements = field(default_factory=Statements)
    pinned: tuple[Pinned, ...] = ()
    negative: tuple[Negative, ...] = ()
    rounds: tuple[Round, ...] = ()
    stages: tuple[Stage, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    checklist: Mapping[str, str] = field(default_factory=dict)

    @property
    def later(self) -> frozenset[str]:
        """Ids under which people of the study coded once more: a second coding, or a later stage."""
        again = {r.second for r in self.rounds} | {coder for stage in self.stages[1:] for coder in stage.coders}
        return frozenset(again - {coder for stage in self.stages[:1] for coder in stage.coders})

    def humans(self, study: Study) -> tuple[str, ...]:
        """The human coders of a study, each person once: a second coding, or a later stage, is left out."""
        return tuple(coder for coder in study.humans if coder not in self.later)

    def once(self, study: Study) -> Study:
        """The study without what its people coded in a later round."""
        again = self.later & set(study.humans)
        if not again:
            return study
        codings = tuple(c for c in study.codings if c.coder not in again)
        readings = tuple(r for r in study.readings if r.coder not in again)
        return replace(study, coders=tuple(c for c in study.coders if c.id not in again), codings=codings, readings=readings)


def load_record(path: Path) -> Record:
    """Read dossier.toml; a missing file is an empty record.

    Raises:
        ConfigError: It is no TOML, or a key or value is not known.
    """
    if not path.is_file():
        return Record()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        at = re.search(r"at line [0-9]+, column [0-9]+|at end of document", str(error))
        why = f"it cannot be read as TOML ({at[0] if at else type(error).__name__})"
        raise ConfigError(str(path), why, "Mend the file, or move it away.") from error
    _known(table, Record, str(path))
    lists = {
        "pinned": Pinned,
        "negative": Negative,
        "rounds": Round,
        "stages": Stage,
        "recommendations": Recommendation,
    }
    for name, kind in (*((name, list) for name in lists), ("checklist", dict)):
        if not isinstance(table.get(name, kind()), kind):
            raise ConfigError(f"{path}, {name}", "it is no table of keys and values", "Write KEY = VALUE below it.")
    made: dict[str, Any] = {
        name: tuple(_read_as(kind, row, f"{path}, [[{name}]]") for row in table.get(name, ())) for name, kind in lists.items()
    }
    sections = (("report", Settings), ("record", Statements))
    made |= {name: _read_as(kind, table.get(name, {}), f"{path}, [{name}]") for name, kind in sections}
    return Record(**made, checklist={str(k): str(v) for k, v in table.get("checklist", {}).items()})


def record_of(folder: Path) -> tuple[Record, str]:
    """What dossier.toml says of the study of a folder, and why it cannot be read: the record is empty then; "" where it can."""
    try:
        return load_record(folder / NAME), ""
    except ConfigError as error:
        return Record(), str(error).replace(str(folder / NAME), NAME)


def later_rounds(folder: Path) -> frozenset[str]:
    """Ids of a study's later rounds; none where dossier.toml cannot be read, which is said where its people are compared."""
    return record_of(folder)[0].later


def bring_record(sources: Sequence[Path], study: Path) -> Path | None:
    """Take the dossier.toml of an imported folder along where the study has none yet; where it was taken from."""
    found = next((source / NAME for source in sources if (source / NAME).is_file()), None)
    if found is None or (study / NAME).exists():
        return None
    write_atomic(study / NAME, found.read_bytes())
    return found


def check_record(record: Record, study: Study) -> None:
    """Refuse a record that speaks of what the study has not.

    Raises:
        StudyError: A pinned quote or negative case names an unknown code or document, or a place
            outside it.
    """
    known = {coder.id for coder in study.coders}
    for stage in record.stages:
        if missing := [coder for coder in stage.coders if coder not in known]:
            raise StudyError(f"{NAME}, [[stages]]", f"the study has no coder '{missing[0]}'", "Write a coder's id.")
    for theme in (r.theme for r in record.recommendations if r.theme not in study.codebook):
        raise StudyError(f"{NAME}, [[recommendations]]", f"the codebook has no code '{theme}'", "Write its path, THEME > CODE.")
    spans: list[tuple[str, str, Pinned | Negative]] = [("[[pinned]]", p.code, p) for p in record.pinned]
    for where, code, span in [*spans, *(("[[negative]]", n.theme, n) for n in record.negative)]:
        if code not in study.codebook:
            raise StudyError(f"{NAME}, {where}", f"the codebook has no code '{code}'", "Write its path, THEME > CODE.")
        document = study.by_id.get(span.document)
        if document is None:
            raise StudyError(f"{NAME}, {where}", f"the study has no document '{span.document}'", "Take it out.")
        if not 0 <= span.start < span.end <= len(document.text):
            raise StudyError(
                f"{NAME}, {where}",
                f"{span.start} to {span.end} lies outside document '{span.document}'",
                "Look its place up again; a correction may have moved it.",
            )


def _read_as(kind: Any, row: Any, where: str) -> Any:
    if not isinstance(row, dict):
        raise ConfigError(where, "it is no table of keys and values", "Write KEY = VALUE below it.")
    _known(row, kind, where)
    types = {f.name: str(f.type) for f in fields(kind)}
    for key, value in row.items():
        if types[key].startswith("tuple"):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(where, f"'{key}' must be a list of texts", 'Write it as ["ONE", "TWO"].')
        elif type(value).__name__ not in types[key]:
            raise ConfigError(where, f"'{key}' must be {types[key]}", "Change its value.")
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
    except TypeError as error:
        missing = [f.name for f in fields(kind) if f.name not in row]
        raise ConfigError(where, f"it lacks one of {', '.join(missing)}", "Add what is missing.") from error


def _known(row: Mapping[str, Any], kind: Any, where: str) -> None:
    names = [f.name for f in fields(kind)]
    for key in row:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(names)}."
            raise ConfigError(where, f"there is no key '{key}'", hint)


def state(path: Path, said: Mapping[str, str | bool | None]) -> None:
    """Put statements into dossier.toml; whatever else stands in it, comments included, stays letter for letter.

    Args:
        path: The file; made where it is missing.
        said: Values by the names of `Statements`; "" and None take a statement away.

    Raises:
        ConfigError: The file is no TOML, or a statement in it takes several lines.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    known = load_record(path)
    at = next((n for n, line in enumerate(lines) if line.strip() == "[record]"), None)
    if at is None:
        lines += ["", "[record]"] if lines else ["[record]"]
        at = len(lines) - 1
    end = next((n for n in range(at + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    kept = [line for line in lines[at + 1 : end] if line.partition("=")[0].strip() not in said]
    new = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in said.items() if value not in ("", None)]
    text = "\n".join([*lines[: at + 1], *new, *kept, *lines[end:]]) + "\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path.name, "a statement in it takes several lines", "Change it in a text editor.") from error
    write_atomic(path, text)
    if replace(load_record(path), record=known.record) != known:
        raise ConfigError(path.name, "it is written in a way that the form cannot follow", "Change it in a text editor.")
