"""Findings that depend on one coder, or on one interview, are named; those that do not stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.errors import AutocodeError
from autocode.evaluate.stability import CLOSE, CODER, FEW, LITTLE, STANDS, stability
from tests.evaluate.made import matrix_of

CODES = ("Work > Pay", "Work > Time", "Work > Boss", "Work > Rare", "Home > Peace", "Home > Noise")


def planted() -> np.ndarray:
    """20 documents of 20 units: Pay beats Time everywhere; Time beats Boss under ana alone; Noise lives in one interview."""
    Y = np.zeros((2, 400, 6), dtype=bool)
    for d in range(20):
        at = 20 * d
        Y[:, at : at + 8, 0] = True
        Y[0, at : at + 5, 1] = True
        Y[1, at : at + 1, 1] = True
        Y[0, at + 5 : at + 6, 2] = True
        Y[1, at + 5 : at + 8, 2] = True
        if d % 2:
            Y[:, at + 9, 4] = True
    Y[:, 100:119, 5] = True
    Y[:, 3, 3] = True
    return Y


def verdict_on(text: str, **more: object) -> str:
    """The verdict on the one finding whose words hold `text`."""
    found = [f for f in stability(matrix_of(planted(), 20, CODES), **more).findings if text in f.text]  # type: ignore[arg-type]
    assert len(found) == 1
    return found[0].verdict


def test_a_finding_that_holds_everywhere_stands() -> None:
    """Pay is coded more often than Time by either coder in every interview."""
    assert verdict_on("Pay is coded more often than Time") == STANDS


def test_a_finding_of_one_coder_is_named() -> None:
    """Time before Boss is true under ana and turned under ben."""
    finding = next(f for f in stability(matrix_of(planted(), 20, CODES)).findings if "Time is coded more often" in f.text)
    assert finding.verdict == CODER
    assert finding.why == "not under ben"


def test_a_finding_of_one_interview_is_named() -> None:
    """Noise before Peace rests on one interview, which is named."""
    finding = next(f for f in stability(matrix_of(planted(), 20, CODES)).findings if "Noise is coded more often" in f.text)
    assert finding.verdict == FEW
    assert finding.turned_by == ("D5",)


def test_too_little_data_is_said() -> None:
    """One use of a code decides nothing in a contrast between groups."""
    groups = {f"D{d}": "old" if d % 2 else "young" for d in range(20)}
    assert verdict_on("speak of Rare", groups=groups) == LITTLE
    assert verdict_on("speak of Peace", groups=groups) == STANDS


def test_the_sentence_counts_each_verdict_with_its_noun() -> None:
    """The sentence for the paper is whole, and plural where it must be."""
    said = stability(matrix_of(planted(), 20, CODES)).sentence()
    assert said.startswith("Of ")
    assert "each of the 2 coders" in said
    assert "2 depend on who coded" in said


@pytest.mark.parametrize("documents", [3, 5, 8, 20])
@pytest.mark.parametrize("by", ["", "group"])
def test_chance_findings_seldom_stand(documents: int, by: str) -> None:
    """Where two codes, or two groups, are alike but for chance, a difference stands in one study of twenty at most.

    Interviews differ from one another, as they do; with three of them nothing can be told from chance.
    """
    stands, groups = 0, np.sort(np.arange(40 * documents) % documents)
    of_group = {f"D{d}": "old" if d % 2 else "young" for d in range(documents)} if by else None
    for seed in range(120):
        rng = np.random.default_rng(seed)
        Y = rng.random((1, 40 * documents, 2)) < rng.beta(0.9, 8.1, (documents, 2))[groups]
        if Y.any():
            made = stability(matrix_of(np.repeat(Y, 2, 0), documents, ("A", "B")), of_group)
            told = [f for f in made.findings if f.kind == (by or "order")]
            stands += sum(f.verdict == STANDS for f in told) / max(1, len(told))
    assert stands <= 11 if documents > 3 else stands == 0


def test_what_chance_would_bring_is_said() -> None:
    """All four interviews agree, however often they are drawn again: one deal of eight would bring as much, and that is why."""
    Y = np.zeros((2, 80, 2), dtype=bool)
    for d in range(4):
        Y[:, 20 * d : 20 * d + 3, 0] = True
    (finding,) = stability(matrix_of(Y, 4, ("A", "B"))).findings
    assert (finding.verdict, finding.support) == (CLOSE, 1.0)
    assert 0.10 < finding.chance < 0.15
    assert finding.why == f"chance alone would bring as much in {100 * finding.chance:.0f} of 100 such studies"


def test_a_coder_of_other_documents_is_not_called_contrary() -> None:
    """Where the documents that one coder read say otherwise under everybody, the finding depends on no coder."""
    Y = np.zeros((3, 400, 2), dtype=bool)
    for d in range(20):
        at = 20 * d
        Y[:, at : at + (7 if d < 12 else 1), 0] = True
        Y[:, at : at + (2 if d < 12 else 3), 1] = True
    matrix = matrix_of(Y, 20, ("A", "B"), ("ana", "ben", "eva"))
    seen = np.stack([matrix.groups < 14, matrix.groups >= 12, matrix.groups < 20])
    (finding,) = stability(replace(matrix, Y=Y & seen[:, :, None], seen=seen)).findings
    assert finding.by_coder["ben"] < 0
    assert (finding.verdict, finding.against) == (STANDS, ())


def test_findings_are_those_of_the_agreed_coding() -> None:
    """Where an agreed coding stands, a finding is its own, and each coder is one who may differ from it."""
    Y = np.concatenate([planted(), planted()[:1]])
    made = stability(matrix_of(Y, 20, CODES, ("ana", "ben", "agreed")), agreed="agreed")
    assert (made.agreed, made.coders) == (True, ("ana", "ben"))
    time = next(f for f in made.findings if "Time is coded more often than Boss" in f.text)
    assert (time.value, time.by_coder) == (80.0, {"ana": 80.0, "ben": -40.0})
    alone = stability(matrix_of(Y[1:], 20, CODES, ("ben", "agreed")), agreed="agreed")
    assert next(f for f in alone.findings if f.text == time.text).verdict == CODER


def test_documents_that_nobody_coded_are_the_machine_s_corrected() -> None:
    """Its excess, known where humans coded, is taken off in proportion; a finding that turns there does not stand."""
    Y = np.zeros((1, 400, 2), dtype=bool)
    machine = np.zeros((400, 2), dtype=bool)
    for d in range(20):
        at = 20 * d
        Y[:, at : at + 4, 0] = Y[:, at : at + 2, 1] = d < 10
        machine[at : at + (4 if d < 10 else 2), 0] = True  # right everywhere
        machine[at : at + (3 if d < 10 else 9), 1] = True  # one too many in each document
    matrix = matrix_of(Y, 20, ("A", "B"))
    matrix = replace(matrix, seen=np.repeat(matrix.groups < 10, 1)[None])
    made = stability(matrix, machine=machine)
    assert (made.documents, made.uncoded) == (10, 10)
    (finding,) = made.findings
    assert finding.value == 20.0
    assert finding.corrected == pytest.approx((40 + 20) - (30 + 90 - 2 * 10))
    assert (finding.verdict, "uncoded" in finding.why) == (CLOSE, True)
    assert "over all 20 interviews and whichever of the 10 coded" in made.sentence()
    whole = stability(replace(matrix, seen=np.ones((1, 400), bool)), machine=machine)
    assert (whole.uncoded, whole.findings[0].corrected) == (0, None)


def test_one_document_is_refused() -> None:
    """Stability over interviews needs interviews."""
    with pytest.raises(AutocodeError, match="fewer than two"):
        stability(matrix_of(np.ones((1, 4, 1), bool), 1, ("A",)))
