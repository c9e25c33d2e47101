"""What a verdict rests on: conditions checked from the study's record, or said to be not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from autocode.agreement.rows import Findings


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record about the comparison; None where nobody said.

    Attributes:
        unseen: The machine was not trained, tuned or prompted with the documents compared.
        independent: The coders coded without talking about these documents.
        suggestions_hidden: The coders saw no suggestions before they coded.
        sampling: How the documents were chosen (all, random, chosen by hand), "" where not known.
        participants: Participant of each document by its id, where known.
    """

    unseen: bool | None = None
    independent: bool | None = None
    suggestions_hidden: bool | None = None
    sampling: str = ""
    participants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: met, not met, or not known; and what that was judged by."""

    text: str
    met: bool | None
    evidence: str

    def __str__(self) -> str:
        """The condition as a line for a report."""
        word = {True: "met", False: "NOT MET", None: "not known"}[self.met]
        return f"{self.text}: {word}" + (f" ({self.evidence})" if self.evidence else "")


def conditions(report: Findings, record: Record | None = None) -> list[Condition]:
    """The conditions under which a verdict may be quoted, to be printed with it."""
    known = record or Record()
    pooled = report.verdict()
    size = f"{report.documents} documents, {report.units} units"
    if pooled is not None:
        size += f", {pooled.uses} uses of a code by a human in {pooled.coded_documents} documents"
    return [
        Condition("the documents were not used to train or tune the machine", known.unseen, ""),
        Condition("the coders coded independently of each other", known.independent, ""),
        Condition("no suggestions were shown before coding", known.suggestions_hidden, ""),
        _sampling(known),
        _clusters(report, known),
        Condition("the evidence is counted", True, size),
    ]


def _sampling(known: Record) -> Condition:
    text = "the documents are all, or a random sample, of those the claim is about"
    met = {"": None, "all": True, "random": True}.get(known.sampling, False)
    return Condition(text, met, known.sampling)


def _clusters(report: Findings, known: Record) -> Condition:
    text = "intervals leave out whole participants"
    if report.options.clusters:
        return Condition(text, True, "participants given")
    if not known.participants:
        return Condition(text, None, "the participant of a document is not on record")
    several = sum(n > 1 for n in Counter(known.participants.values()).values())
    return Condition(text, not several, f"{several} participants have several documents" if several else "one each")
