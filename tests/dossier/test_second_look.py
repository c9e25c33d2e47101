"""The second look in the dossier: short for a journal, whole in the full one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import dossier
from autocode.dossier.blocks import Dossier, Points, Table, Words
from autocode.dossier.findings import Findings, Trail
from autocode.dossier.second_look import clinic_answer, look_summary
from autocode.evaluate import hold_out, stands
from autocode.evaluate.clinic import Clinic, Pair, Weakness
from autocode.evaluate.double_coding import Relooked
from autocode.evaluate.second_look import CoderLook, Look, second_look
from autocode.model import CodingModel
from autocode.study import Segment, Study
from autocode.study.matrix import coding_matrix
from autocode.trail import Decision, seal
from tests.fake_encoder import FakeEncoder


@pytest.fixture(scope="module")
def findings(bundled: Study) -> Findings:
    """The bundled study with its humans compared, looked at again, and its findings weighed."""
    matrix = coding_matrix(bundled, Config(), bundled.humans)
    held = hold_out(CodingModel.from_config(Config(), FakeEncoder()), bundled)
    looks = second_look(held.matrix, held.held.P)
    return Findings(agreement=agree(matrix), matrix=matrix, looks=looks, stability=stands(bundled, Config()))


def words_of(made: Dossier, section: str) -> str:
    """All sentences of a section."""
    blocks = next(s for s in made.sections if s.id == section).blocks
    told = [b.text for b in blocks if isinstance(b, Words)]
    told += [" ".join(row) for b in blocks if isinstance(b, Points) for row in b.rows]
    return " ".join(told)


def test_the_full_dossier_has_list_meeting_clinic_and_plan(bundled: Study, findings: Findings) -> None:
    """Each part has its table; the list names every decision, the agenda what a minute brings first."""
    made = dossier(bundled, findings)
    names = {t.name: t for t in made.tables()}
    assert {"Agenda", "Weak codes", "Double coding", "Stability", "Causes"} <= set(names)
    listed = sum(len(c.looks) for c in findings.looks.coders) if findings.looks else 0
    shown = names.get("Second look, all") or names.get("Second look")
    assert len(shown.rows if shown else ()) == listed
    agenda: Table = names["Agenda"]
    best = [row[4] / (1 + 0.75 * min(6, row[3])) for row in agenda.rows]  # type: ignore[operator]
    assert best == sorted(best, reverse=True)
    assert "agreed coding" in words_of(made, "stability")
    assert sum(row[1] for row in names["Causes"].rows) == 103  # type: ignore[misc]


def test_the_journal_has_it_in_sentences(bundled: Study, findings: Findings) -> None:
    """Whether findings stand, what to talk about and how much to code twice: no table more."""
    made = dossier(bundled, findings, "journal")
    told = words_of(made, "second")
    for words in ("Of ", "differ 103 times", "How much to code twice", "double coding"):
        assert words in told
    assert not any(isinstance(b, Table) for s in made.sections if s.id == "second" for b in s.blocks)


def test_one_coder_has_a_list_and_no_meeting(bundled: Study) -> None:
    """What needs two coders is left out without a word of them."""
    held = hold_out(CodingModel.from_config(Config(), FakeEncoder()), bundled, ["coder_a"])
    made = dossier(bundled, Findings(matrix=held.matrix, looks=second_look(held.matrix, held.held.P)))
    names = {t.name for t in made.tables()}
    assert not {"Agenda", "Double coding", "Causes"} & names
    assert "coder_a" in words_of(made, "second")


@pytest.mark.parametrize("length", ["journal", "full"])
def test_what_was_voted_in_a_meeting_is_told(bundled: Study, findings: Findings, length: str) -> None:
    """Both dossiers say on how much two people voted, who changed how much, and that this is no reliability."""
    matrix = coding_matrix(bundled, Config(), bundled.humans)
    u, k = map(int, np.argwhere(matrix.Y[0] & ~matrix.Y[1])[0])
    s, entries = matrix.segments[u], []
    for coder in matrix.coders[:2]:
        vote = Decision("vote", coder, s.document, s.id, s.start, s.end, matrix.codes[k], note="given at the meeting")
        entries.append(seal(vote, "2026-11-28T00:00:00", entries[-1] if entries else None))
    made = dossier(bundled, replace(findings, trail=Trail(written=tuple(entries))), length)
    told = words_of(made, "second")
    assert "coder_a and coder_b voted again on 1 decision on which they had differed. On 1 of them they now agree." in told
    assert "coder_a changed 0; coder_b changed 1." in told
    assert "no reliability" in told
    assert "voted again" not in words_of(dossier(bundled, findings, length), "second")
    table = next(t for t in made.tables() if t.name == "Agreement by stage")
    assert table.header[1::2] == ("Kappa before discussion", "Kappa after discussion")
    assert table.rows[0][1] < table.rows[0][3]
    assert any(row[1] is row[3] is None for row in table.rows) == (length == "full"), (
        "a journal has no room for codes without a value"
    )
    assert table.note.startswith("By the record of decisions: coders voted again on 1 decision on which they had differed. The")
    assert not any(t.name == "Agreement by stage" for t in dossier(bundled, findings, length).tables())


@pytest.mark.parametrize(
    ("listed", "out", "chance", "said"),
    [
        (30, 74, 72.2, "bring as many"),
        (30, 74, 4.0, "bring up to 4 of them"),
        (1, 1, 0.2, "bring hardly any"),
        (0, 0, 2.6, "no"),
    ],
)
def test_what_is_listed_never_reads_as_a_rate_of_errors(listed: int, out: int, chance: float, said: str) -> None:
    """The first line says how much of the list chance alone could bring, and never counts it against the codings."""
    look = Look(Segment("D", 0, 1, "1"), "A", "ana", True, 0.01, 0.5, (0, 1))
    first, *_ = look_summary(CoderLook("ana", (look,) * listed, 855, (12, 13), out, chance), False)
    assert said in first
    assert (f"the first of {out}" in first) == (out > listed)
    assert "of 855 codings" not in first


def _clinic(sure: tuple[bool, ...], pairs: tuple[bool, ...] = ()) -> Clinic:
    """A clinic of weak codes and pairs, each sure or not."""
    weak = tuple(Weakness(f"T > w{n}", 0.3, 12, "a boundary", "why", (), 0.1, 0.5 if s else 0.7) for n, s in enumerate(sure))
    made = tuple(Pair(f"T > p{n}", "T > q", 3.0, 0.2, 0.5, 0.1 if s else -0.4, 0.8) for n, s in enumerate(pairs))
    return Clinic(("ana", "ben"), 8, weak, made, len(pairs))


@pytest.mark.parametrize(
    ("sure", "said"),
    [
        ((), "None of 8 codes is weak between ana and ben (kappa below .60)."),
        ((False,), "1 of 8 codes is weak between ana and ben (kappa below .60, which chance could have brought)."),
        ((True, True), "2 of 8 codes are weak between ana and ben (kappa below .60, beyond what chance could bring)."),
        ((True, False), "2 of 8 codes are weak between ana and ben (kappa below .60, for 1 of them beyond what chance could"),
    ],
)
def test_the_clinic_says_how_surely_in_words(sure: tuple[bool, ...], said: str) -> None:
    """None, one, some or all beyond chance: a sentence each, and no "0 of them"."""
    assert next(clinic_answer(_clinic(sure), False)).startswith(said)


def test_pairs_that_surely_gain_stand_first() -> None:
    """The pair that merging surely helps is the first, whatever the gains; of the others chance may have brought theirs."""
    lines = list(clinic_answer(_clinic((), (False, False, False, False, True)), False))
    assert lines[1] == "5 pairs of codes taken for one another; merging is sure to help in 1."
    assert lines[2].startswith("  p4 / q: ")
    assert not lines[2].endswith("chance")
    assert all(line.endswith("perhaps by chance") for line in lines[3:])
    assert "sure to help in none." in list(clinic_answer(_clinic((), (False,)), False))[1]


def test_many_coders_are_summed_up_in_a_journal(bundled: Study, findings: Findings) -> None:
    """Ten coders are one number and not ten; of many codes that are not divided three pairs are named."""
    assert findings.looks
    one = findings.looks.coders[0]
    looks = replace(findings.looks, coders=tuple(replace(one, coder=f"coder {n}") for n in range(10)))
    told = words_of(dossier(bundled, replace(findings, looks=looks), "journal"), "second")
    assert f"the 10 coders together {10 * len(one.looks)}, of which" in told
    assert "coder 3" not in told


def test_a_blind_relook_counts_for_stability(bundled: Study, findings: Findings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a coder coded again blind stands under dependability; nothing then says that no second coding is on record."""
    found = Relooked(0.9, 0.7, 0.97, 22, 4, 1, (10, 9), (12, 0))
    monkeypatch.setattr("autocode.dossier.second_look.looked_again", lambda *_: {"coder_a": found})
    criteria = next(t for t in dossier(bundled, findings, "journal").tables() if t.name == "Trustworthiness")
    row = next(row for row in criteria.rows if str(row[0]).startswith("Stability of coding"))
    assert row[1] == "on record"
    assert "coder_a: 1 of 4 listed decisions" in str(row[2])
