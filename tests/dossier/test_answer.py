"""The first page, the limits drawn from findings, the four criteria, recommendations, and the size of a journal."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import dossier
from autocode.dossier.blocks import Dossier, Figure, Points, Table, Title, Words
from autocode.dossier.findings import Findings
from autocode.dossier.record import Recommendation, Record, Stage, load_record
from autocode.errors import ConfigError, InputError, StudyError
from autocode.study import Coder, Reading, Study
from autocode.study.codebook import Code, Codebook
from autocode.study.matrix import coding_matrix
from tests.conftest import BUNDLED


def _findings(study: Study, record: Record | None = None) -> Findings:
    matrix = coding_matrix(study, Config(), study.humans)
    return Findings(agreement=agree(matrix), matrix=matrix, record=record or Record())


def _section(made: Dossier, name: str) -> str:
    return str(next(s for s in made.sections if s.id == name))


def test_the_answer_comes_first(bundled: Study) -> None:
    """The first section says how many segments, the largest theme, and how far the coders agree, before any table."""
    made = dossier(bundled, _findings(bundled), "journal")
    assert made.sections[0].id == "answer"
    assert not any(isinstance(b, Table) for b in made.sections[0].blocks)
    told = _section(made, "answer")
    assert "155 coded segments in 20 documents, under 33 codes in 5 themes." in told
    assert "The largest theme is Institutional Factors: 62 segments (40%)" in told
    assert "Pooled kappa between the human coders" in told


def test_the_journal_has_what_an_editor_takes(bundled: Study) -> None:
    """The answer, code map, Tables 1 and 2, quotes, agreement, second look, criteria, limits, disclosure, in this order."""
    made = dossier(bundled, _findings(bundled), "journal")
    wanted = ["answer", "codemap", "participants", "frequencies", "quotes", "agreement", "second"]
    assert [s.id for s in made.sections][:-1] == [*wanted, "trustworthiness", "limitations", "ai"]
    criteria = next(t for t in made.tables() if t.name == "Trustworthiness")
    assert [criteria.rows[i][0] for i in sorted(criteria.heads)] == [
        "Credibility",
        "Transferability",
        "Dependability",
        "Confirmability",
    ]


def test_an_unknown_size_is_refused(study: Study) -> None:
    """The two sizes are named."""
    with pytest.raises(InputError, match="full or journal"):
        dossier(study, Findings(), "poster")


def test_limits_are_those_of_the_findings(bundled: Study) -> None:
    """Codes of weak agreement are named with their kappa, groups too small too; a member check on record is no limit."""
    told = _section(dossier(bundled, _findings(bundled)), "limitations")
    assert "Student/MC Developer" in told
    assert "Kappa below .60" in told
    assert "No member check" in told
    record = load_record(BUNDLED / "dossier.toml")
    assert "Sampling not on record" not in _section(dossier(bundled, _findings(bundled, record)), "limitations")


def test_the_bundled_record_fits_its_study(bundled: Study) -> None:
    """Its dossier.toml is read, speaks of themes that are there, and says where it is invented."""
    record = load_record(BUNDLED / "dossier.toml")
    made = dossier(bundled, _findings(bundled, record))
    assert "invented" in record.record.ethics
    assert {r.theme for r in record.recommendations} == {c.path for c in bundled.codebook if not c.parent}
    assert "says so" in (BUNDLED / "dossier.toml").read_text(encoding="utf-8")
    assert "Loosen the template" in _section(made, "recommendations")


def test_recommendations_are_never_written_for_the_researchers(study: Study) -> None:
    """Without any on record the section says where to write them; with one it stands under its theme."""
    empty = next(s for s in dossier(study, Findings()).sections if s.id == "recommendations")
    assert "nothing is written for them" in str(empty.blocks[0])
    assert all(isinstance(b, Title) or (isinstance(b, Words) and b.style == "soft") for b in empty.blocks)
    record = Record(recommendations=(Recommendation("Work", "Give people time."),))
    made = next(s for s in dossier(study, Findings(record=record)).sections if s.id == "recommendations")
    place = next(i for i, b in enumerate(made.blocks) if b == Words("Give people time."))
    assert next(b for b in reversed(made.blocks[:place]) if isinstance(b, Title)) == Title("Work")


def test_agreement_by_stage_is_measured_at_each(study: Study) -> None:
    """After a discussion the two codings are alike: kappa 1 there; the first stage keeps its own, and counts alone."""
    after = ("ana after", "ben after")
    codings = [replace(c, coder=who) for c in study.codings if c.coder == "ana" for who in after]
    readings = [Reading(d.id, who, 0, len(d.text)) for d in study.documents for who in after]
    whole = replace(
        study,
        coders=(*study.coders, *map(Coder, after)),
        codings=(*study.codings, *codings),
        readings=(*study.readings, *readings),
    )
    record = Record(stages=(Stage("before discussion", ("ana", "ben")), Stage("after discussion", after)))
    assert record.humans(whole) == ("ana", "ben")
    matrix = coding_matrix(whole, Config(), record.humans(whole))
    made = dossier(whole, Findings(agreement=agree(matrix), matrix=matrix, record=record))
    table = next(t for t in made.tables() if t.name == "Agreement by stage")
    before, _, later, _ = table.rows[0][1:]
    row = agree(coding_matrix(study, Config(), study.humans)).overall("human-human")
    assert row is not None
    assert before == row.kappa.value
    assert later == 1.0


def test_stages_are_checked(study: Study, tmp_path: Path) -> None:
    """A coder that the study has not is named; coders must be a list."""
    with pytest.raises(StudyError, match="no coder 'eve'"):
        dossier(study, Findings(record=Record(stages=(Stage("before", ("eve",)),))))
    (tmp_path / "dossier.toml").write_text('[[stages]]\nname = "x"\ncoders = "ana"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="list of texts"):
        load_record(tmp_path / "dossier.toml")


def test_a_flat_codebook_is_not_said_twice(study: Study) -> None:
    """Codes without a theme have no head of their own name and no "(itself)" anywhere."""
    flat = replace(
        study,
        codebook=Codebook(tuple(Code(name) for name in dict.fromkeys(c.code.replace(" > ", ": ") for c in study.codings))),
        codings=tuple(replace(c, code=c.code.replace(" > ", ": ")) for c in study.codings),
    )
    for size in ("full", "journal"):
        made = dossier(flat, _findings(flat), size)
        assert "(itself)" not in str(made.sections)
        assert not any(t.heads - {0} for t in made.tables() if t.name in ("Codes", "Agreement"))


def _with_extra(study: Study, *extra: Code) -> Study:
    """The study with further codes, each given once where the first coding of Time stands."""
    one = next(c for c in study.codings if c.code == "Work > Time")
    added = [replace(one, code=code.path, coder=who) for code in extra if code.codable for who in ("ana", "ben", "agreed")]
    book = Codebook((*study.codebook.codes, *extra), study.codebook.name)
    return replace(study, codebook=book, codings=(*study.codings, *added))


def test_a_code_in_no_theme_is_no_theme(study: Study) -> None:
    """Codes that stand alone are counted as codes, stand last under a head that says so, and are asked for no negative case."""
    made = dossier(grown := _with_extra(study, Code("Weather"), Code("Pets")), _findings(grown))
    assert "under 5 codes, 3 of them in 2 themes." in _section(made, "answer")
    rows = next(t for t in made.tables() if t.name == "Codes")
    names = [row[0] for row in rows.rows]
    assert names[-3:] == ["In no theme", "Weather", "Pets"]
    assert rows.rows[-3][1] == 2
    assert {names[i] for i in rows.heads} == {"Work", "Learning", "In no theme"}
    assert [row[0] for row in next(t for t in made.tables() if t.name == "Negative cases").rows] == ["Work", "Learning"]
    assert "none for Work, Learning." in str(made.sections)
    assert "the theme Weather" not in str(made.sections)
    agreed = next(t for t in made.tables() if t.name == "Agreement")
    assert [row[0] for row in agreed.rows][-3:] == ["In no theme", "Weather", "Pets"]


def test_a_theme_that_was_given_as_it_is_stands_on_its_own(study: Study) -> None:
    """A theme of which no code below was given is a theme, in one row, before those with codes."""
    made = dossier(grown := _with_extra(study, Code("Money"), Code("Fees", "Money", codable=False)), _findings(grown))
    assert "under 4 codes in 3 themes." in _section(made, "answer")
    rows = next(t for t in made.tables() if t.name == "Codes")
    assert rows.rows[0][0] == "Money"
    assert 0 not in rows.heads
    assert "Money (itself)" not in str(made.sections)


def test_a_journal_refers_to_every_table_and_figure(bundled: Study, study: Study) -> None:
    """Each numbered caption is named by its number somewhere in the text, and nothing is named that is not there."""
    for given in (bundled, study):
        made = dossier(given, _findings(given), "journal")
        captions = {b.caption.partition(". ")[0] for s in made.sections for b in s.blocks if isinstance(b, Table | Figure)}
        told = str([b for s in made.sections for b in s.blocks if isinstance(b, Words | Points)])
        named = set(re.findall(r"(?:Table|Figure)\\xa0\d+", told))
        assert {n.replace("\\xa0", " ") for n in named} >= {c for c in captions if c}
        assert "the workbook" not in str(made.sections[0])


def test_many_coders_stand_in_the_workbook(study: Study) -> None:
    """Above six coders Table 2 has no column for each; what each gave is a sheet of its own, whole."""
    more = tuple(Coder(f"c{n}") for n in range(6))
    first = [c for c in study.codings if c.coder == "ana"]
    crowd = replace(
        study,
        coders=(*study.coders, *more),
        codings=(*study.codings, *(replace(c, coder=m.id) for m in more for c in first)),
        readings=(*study.readings, *(Reading(d.id, m.id, 0, len(d.text)) for d in study.documents for m in more)),
    )
    made = dossier(crowd, _findings(crowd))
    codes, sheet = (next(t for t in made.tables() if t.name == name) for name in ("Codes", "Codes by coder"))
    assert codes.header == ("Theme and code", "Coded segments", "Documents", "Participants")
    assert "sheet “Codes by coder”" in codes.note
    assert sheet.sheet_only
    assert sheet.header[2:] == ("Ana", "Ben", *(f"c{n}" for n in range(6)))
    assert [row[1:4] for row in sheet.rows] == [("Recognition", 7, 8), ("Time", 8, 7), ("Recognition", 8, 8)]
    assert not any(t.name == "Codes by coder" for t in dossier(study, _findings(study)).tables())
