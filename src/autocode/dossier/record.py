"""dossier.toml: what only the researchers know of their study, and how they want its dossier."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from autocode.errors import ConfigError, StudyError
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
class Statements:
    """What nobody can read off the data; "" or None where the researchers did not say.

    Attributes:
        transcripts_checked: Which transcripts were checked against the recording, and by whom.
        member_checking: Who was asked, and how, where it was done outside autocode.
        triangulation: Other sources, methods or analysts.
        prolonged_contact: How long and how often the researchers were in the field.
        sampling: all, random, or in words (purposive, snowball ...).
        setting: Where and when the data were collected.
        independent: The coders did not talk about these documents while coding.
        suggestions_hidden: The coders saw no suggestions before they coded.
        disagreements: How disagreements between coders were resolved.
        reflexivity: Who the researchers are to the participants and to the topic.
        ai_use: What else of AI was used (transcription, translation, writing), and for what.
    """

    transcripts_checked: str = ""
    member_checking: str = ""
    triangulation: str = ""
    prolonged_contact: str = ""
    sampling: str = ""
    setting: str = ""
    independent: bool | None = None
    suggestions_hidden: bool | None = None
    disagreements: str = ""
    reflexivity: str = ""
    ai_use: str = ""


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
    checklist: Mapping[str, str] = field(default_factory=dict)

    def humans(self, study: Study) -> tuple[str, ...]:
        """The human coders of a study, each person once: a second coding by the same one is left out."""
        again = {r.second for r in self.rounds}
        return tuple(coder for coder in study.humans if coder not in again)


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
        raise ConfigError(
            str(path), f"it cannot be read as TOML ({type(error).__name__})", "Mend the file, or move it away."
        ) from error
    _known(table, Record, str(path))
    lists = {"pinned": Pinned, "negative": Negative, "rounds": Round}
    made: dict[str, Any] = {
        name: tuple(_read_as(kind, row, f"{path}, [[{name}]]") for row in table.get(name, ())) for name, kind in lists.items()
    }
    sections = (("report", Settings), ("record", Statements))
    made |= {name: _read_as(kind, table.get(name, {}), f"{path}, [{name}]") for name, kind in sections}
    return Record(**made, checklist={str(k): str(v) for k, v in table.get("checklist", {}).items()})


def check_record(record: Record, study: Study) -> None:
    """Refuse a record that speaks of what the study has not.

    Raises:
        StudyError: A pinned quote or negative case names an unknown code or document, or a place
            outside it.
    """
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
        if type(value).__name__ not in types[key]:
            raise ConfigError(where, f"'{key}' must be {types[key]}", "Change its value.")
    try:
        return kind(**row)
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
