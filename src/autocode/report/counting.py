"""Which codings a dossier counts, whose they are, and how participants are grouped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from autocode.errors import StudyError
from autocode.formats.participants import participant_of, plain
from autocode.report.record import Record
from autocode.report.tables import Frequency, frequencies
from autocode.study import Coding, Study

_GROUPS = ("stakeholder", "stakeholder group", "group", "role", "type", "category")


@dataclass(frozen=True)
class View:
    """A study as its dossier counts it.

    Attributes:
        study: All of it.
        record: What the researchers said.
        accepted: Codings that began as a suggestion and that a human accepted.
    """

    study: Study
    record: Record = field(default_factory=Record)
    accepted: frozenset[Coding] = frozenset()

    @property
    def humans(self) -> tuple[str, ...]:
        """Ids of the human coders, each person once."""
        return self.record.humans(self.study)

    @cached_property
    def codings(self) -> tuple[Coding, ...]:
        """The codings counted: the agreed coding, else those of all human coders."""
        kept = {self.study.agreed} if self.study.agreed else set(self.humans)
        return tuple(sorted((c for c in self.study.codings if c.coder in kept), key=_place))

    @property
    def basis(self) -> str:
        """Whose codings are counted, in words."""
        if self.study.agreed:
            return "the agreed coding"
        humans = self.humans
        return f"the coding by {humans[0]}" if len(humans) == 1 else f"{len(humans)} human coders together"

    @cached_property
    def frequencies(self) -> list[Frequency]:
        """Every code with its counted segments, in the order of the codebook."""
        return frequencies(replace(self.study, codings=self.codings))

    @cached_property
    def used(self) -> list[str]:
        """Paths of the codes that were given, in the order of the codebook."""
        return [f.code for f in self.frequencies if f.count("")]

    @cached_property
    def themes(self) -> list[str]:
        """Paths of the themes below which a code was given, in the order of the codebook."""
        return list(dict.fromkeys(self.theme(code) for code in self.used))

    def theme(self, code: str) -> str:
        """The theme of a code."""
        return self.study.codebook.theme(code)

    def name(self, code: str) -> str:
        """The name of a code, with its parents below the theme."""
        return code.removeprefix(self.theme(code) + " > ").replace(" > ", " › ")

    @cached_property
    def participant(self) -> Mapping[str, str]:
        """The participant of each document: what a variable says, else the document itself."""
        return {d.id: participant_of(d) or d.id for d in self.study.documents}

    @cached_property
    def grouping(self) -> str:
        """Name of the variable that groups participants, "" where there is none.

        Raises:
            StudyError: The record names a variable that no document has.
        """
        documents = [d for d in self.study.documents if d.kind == "interview"]
        names = list(dict.fromkeys(name for d in documents for name in d.variables))
        wanted = self.record.report.group
        if wanted and wanted not in names:
            raise StudyError(f"group '{wanted}'", f"the participants' variables are {', '.join(names) or 'none'}",
                             "Name one of these in dossier.toml.")  # fmt: skip
        if wanted:
            return wanted
        for known in _GROUPS:
            for name in names:
                if plain(name) == known:
                    return name
        return ""

    @cached_property
    def group(self) -> Mapping[str, str]:
        """The group of each interview by its document; without the documents that have none."""
        found = {d.id: d.variables.get(self.grouping, "") for d in self.study.documents if d.kind == "interview"}
        return {document: group for document, group in found.items() if group}

    @cached_property
    def groups(self) -> list[str]:
        """All groups, in alphabetical order."""
        return sorted(set(self.group.values()))

    def under(self, path: str) -> list[Coding]:
        """The counted codings of a code; of all codes below it where it is a theme."""
        return self._by_code.get(path, []) + [
            c for code, listed in self._by_code.items() if code.startswith(path + " > ") for c in listed
        ]

    @cached_property
    def _by_code(self) -> dict[str, list[Coding]]:
        found: dict[str, list[Coding]] = {}
        for c in self.codings:
            found.setdefault(c.code, []).append(c)
        return found

    def people(self, codings: Iterable[Coding]) -> int:
        """Participants in whose interviews codings stand."""
        by_id = self.study.by_id
        return len({self.participant[c.document] for c in codings if by_id[c.document].kind == "interview"})


def _place(coding: Coding) -> tuple[str, int, int, str, str]:
    return coding.document, coding.start, coding.end, coding.code, coding.coder
