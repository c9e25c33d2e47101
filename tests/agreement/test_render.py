"""The plain-text table."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from autocode.agreement import agree_on
from autocode.agreement.counts import Decisions
from autocode.agreement.estimate import AgreementOptions, apa
from autocode.agreement.render import aligned, methods_paragraph
from autocode.agreement.rows import Verdict
from tests.agreement.made import decided, noisy


def named() -> Decisions:
    """Two humans and a machine on codes of a theme with long names."""
    data = noisy(codes=3, documents=12)
    theme = "Institutional Factors of a remarkably long name"
    return replace(data, codes=(f"{theme} > Readiness", f"{theme} > Awareness of what is on offer", "Other"))


def test_no_line_is_wider_than_eighty_and_nothing_is_cut() -> None:
    """Tables and notes fit on 80 columns; every code stands there whole, numbers have no zero before the point."""
    text = str(agree_on(named(), AgreementOptions(machines=("c",))))
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for words in ("Readiness", "what is on offer", "Institutional Factors of a remarkably long name"):
        assert words in " ".join(text.split())
    assert not re.search(r"(?<![\d.])[-+−]?0\.\d", text)


def test_pooled_comes_first_and_codes_stand_under_their_theme() -> None:
    """All codes pooled, then each theme once with its codes indented."""
    lines = str(agree_on(named())).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Institutional"))
    assert lines[start + 1].startswith("  Readiness")
    assert any(line.startswith("All codes pooled") for line in lines[:start])
    assert sum(line.startswith("Institutional Factors of a remarkably long name") for line in lines) == 1


def test_undefined_is_a_dash_with_its_reason_at_the_foot() -> None:
    """A code nobody used shows - for kappa, and the foot says why."""
    data = noisy(coders=2, codes=2, documents=12)
    data.Y[:, :, 1] = False
    text = str(agree_on(data))
    line = next(x for x in text.splitlines() if x.startswith("c1 "))
    assert " - " in line
    assert "c1: neither coder ever, or both always, gave the code." in text


def test_the_verdict_stands_beside_its_numbers() -> None:
    """With a machine there is a table with both kappas, their difference and a word."""
    text = str(agree_on(noisy(documents=20), AgreementOptions(machines=("c",))))
    assert "May c stand in as a coder alongside humans? (Cohen's kappa, margin .10, fixed beforehand)" in " ".join(text.split())
    assert "supported" in text


def test_a_long_name_is_broken_not_cut() -> None:
    """Its numbers stand beside the last of its lines; the table keeps its width."""
    text = aligned(("Code", "kappa"), [("a name of more words than there is room for", ".50"), ("short", "-.05")], width=24)
    assert text.splitlines() == [
        "Code               kappa",
        "a name of more",
        "  words than there",
        "  is room for        .50",
        "short               -.05",
    ]


def test_numbers_are_in_apa_style() -> None:
    """No zero before the point, no negative zero, a dash for what is undefined."""
    told = [apa(v) for v in (-0.001, 0.5, -0.999, 1.0, None, float("nan"))]
    assert told == [".00", ".50", "-1.00", "1.00", "-", "-"]
    assert apa(0.25, plus=True) == "+.25"


def test_a_code_given_three_times_shows_counts_only() -> None:
    """Counts stay, the coefficient gives way to a dash."""
    Y = np.zeros((2, 120, 1), dtype=bool)
    Y[0, :3], Y[1, :2] = True, True
    text = str(agree_on(decided(Y, 12)))
    line = next(x for x in text.splitlines() if x.startswith("c0 "))
    assert line.split()[1:6] == ["2", "1", "0", "-", "-"]


def test_an_inconclusive_verdict_says_how_many_documents_are_missing() -> None:
    """The number stands beside the word, and the foot explains it."""
    reports = [agree_on(noisy(s, documents=8, each=12, noise=0.12), AgreementOptions(machines=("c",))) for s in range(12)]
    text = next(str(r) for r in reports if any(v.more for v in r.verdicts))
    assert "inconclusive, +" in text
    told = "about N more documents would settle it, for or against the machine, if the difference stays the same"
    assert told in " ".join(text.split())


def test_what_no_study_could_code_is_not_asked_for() -> None:
    """Beyond three times the documents there are, no number is given: more coding would not settle it."""
    verdict = Verdict("", "m", "inconclusive", documents=20, needed=1907)
    assert (verdict.more, replace(verdict, needed=50).more, replace(verdict, needed=None).more) == (None, 30, None)


def test_high_agreement_with_low_kappa_is_explained() -> None:
    """Where coders agree on nearly all units but not on which few to code, AC1 and PABAK stand beside kappa."""
    Y = np.zeros((2, 400, 2), bool)
    Y[0, 3::80] = Y[1, 9::80] = True
    Y[:, ::4, 1] = True
    text = " ".join(str(agree_on(decided(Y, 10))).split())
    assert "c0 (97.5% of units alike, kappa -.01, AC1 .97, PABAK .95)" in text
    assert "c1 (" not in text


def test_rare_codes_have_a_marked_second_opinion() -> None:
    """A code too rare for an interval is drawn towards the others, and the text says what that is."""
    data = noisy(coders=2, documents=20, codes=4)
    data.Y[:, :, 3] = False
    data.Y[:, 5, 3] = True
    report = agree_on(data)
    text = " ".join(str(report).split())
    row = report.overall("human-human", "c3")
    assert row is not None
    assert row.drawn is not None
    assert row.drawn.value is not None
    assert row.drawn.low is not None
    assert row.drawn.low < 0.75 < row.drawn.value < 1.0 == row.kappa.value
    assert "Second opinion on rare codes, kappa drawn towards all codes" in text
    assert row.to_json()["partial_pooling"]["value"] == row.drawn.value


def test_characters_are_called_characters_throughout() -> None:
    """Where running text is compared, no sentence of the report speaks of units or segments."""
    data = replace(named(), weight=np.tile([3.0, 20.0], 1000)[: len(named().groups)])
    report = agree_on(data)
    assert f"{report.units:,} characters" in str(report).replace("\n", " ")
    assert not re.search(r"\b(unit|segment)s?\b", str(report))


def test_what_one_coder_alone_saw_is_said_with_and_without_a_machine() -> None:
    """The humans are compared on what two of them saw; a machine also where one of them was alone. Both reports say so."""
    data = noisy(coders=3, documents=8, each=5)
    seen = data.seen.copy()
    seen[1, :2], seen[0, 7] = False, False
    humans = agree_on(replace(data, coders=("ana", "ben"), Y=data.Y[:2], seen=seen[:2]))
    with_machine = agree_on(replace(data, seen=seen, coders=("ana", "ben", "m")), AgreementOptions(machines=("m",)))
    assert (humans.units, humans.alone, with_machine.units, with_machine.alone) == (37, 3, 40, 3)
    assert "37 units in 8 documents seen by two coders or more. 3 more units were seen by one coder alone: not" in flat(humans)
    assert "40 units in 8 documents" in flat(with_machine)
    assert "Of these, 3 units were seen by one human alone: compared with the machine only." in flat(with_machine)


def flat(report: object) -> str:
    """The report on one line."""
    return " ".join(str(report).split())


def test_what_one_human_alone_saw_counts_beside_a_machine_only_where_it_saw_that_too() -> None:
    """Units that the machine did not see are not compared, and the methods say how many two humans saw."""
    data = noisy(coders=3, documents=8, each=5)
    seen = np.ones((3, 40), dtype=bool)
    seen[1, 20:], seen[2, 30:] = False, False
    report = agree_on(replace(data, seen=seen, coders=("ana", "ben", "m")), AgreementOptions(machines=("m",)))
    assert (report.units, report.alone, report.between_humans) == (30, 10, (20, 4))
    assert "compared on 20 units in 4 documents that" in methods_paragraph(report)


def test_what_only_machines_saw_is_not_told_of_the_humans() -> None:
    """Two machines compare more units than two humans do; the methods speak of the humans' alone."""
    data = noisy(coders=4, documents=8, each=5)
    seen = np.ones((4, 40), dtype=bool)
    seen[0, 20:] = seen[1, 20:] = False
    report = agree_on(replace(data, seen=seen, coders=("ana", "ben", "m", "n")), AgreementOptions(machines=("m", "n")))
    assert (report.units, report.between_humans) == (40, (20, 4))
