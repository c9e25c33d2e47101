"""dossier.toml: read with care, a wrong key named."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.dossier import dossier
from autocode.dossier.blocks import Points, Quoted, Table
from autocode.dossier.findings import Findings
from autocode.dossier.record import Record, load_record
from autocode.errors import ConfigError, StudyError
from autocode.study import Study

WHOLE = """
[report]
group = "stakeholder"
words = 40
[record]
sampling = "purposive"
independent = true
[[pinned]]
code = "Work > Time"
document = "D1"
start = 0
end = 9
[[negative]]
theme = "Work"
document = "D2"
start = 13
end = 40
note = "has time"
[[rounds]]
first = "ana"
second = "ben"
[checklist]
1 = "A. B. asked the questions."
"""


def _record(tmp_path: Path, text: str) -> Record:
    (tmp_path / "dossier.toml").write_text(text, encoding="utf-8")
    return load_record(tmp_path / "dossier.toml")


def test_everything_said_is_read(tmp_path: Path) -> None:
    """Settings, statements, pins, negative cases, rounds and checklist items are there."""
    record = _record(tmp_path, WHOLE)
    assert (record.report.words, record.record.sampling, record.record.independent) == (40, "purposive", True)
    assert (record.pinned[0].document, record.negative[0].note, record.rounds[0].second) == ("D1", "has time", "ben")
    assert record.checklist == {"1": "A. B. asked the questions."}
    assert load_record(tmp_path / "none.toml") == Record()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[recrod]\n", "Did you mean 'record'"),
        ("[report]\nword = 3\n", "Did you mean 'words'"),
        ("[report]\nwords = 'many'\n", "must be int"),
        ("[[pinned]]\ncode = 'x'\n", "lacks one of document, start, end"),
        ("[report\n", "cannot be read as TOML"),
        ("report = 3\n", "no table"),
    ],
)
def test_a_wrong_key_or_value_is_named(text: str, said: str, tmp_path: Path) -> None:
    """Each fault is one line with the way on."""
    with pytest.raises(ConfigError, match=said):
        _record(tmp_path, text)


def test_what_is_said_fills_the_pages_of_rigour(study: Study, tmp_path: Path) -> None:
    """Sampling, negative cases, stability and the checklist show the researchers' words."""
    record = _record(tmp_path, WHOLE.replace('group = "stakeholder"\n', ""))
    made = dossier(study, Findings(record=record))
    points = {
        head: (mark, text) for s in made.sections for b in s.blocks if isinstance(b, Points) for mark, head, text in b.rows
    }
    assert points["Sampling."] == ("yes", "purposive")
    mark, text = points["Stability of coding over time."]
    assert mark == "yes"
    assert text.startswith("ana and ben: pooled kappa .9")
    assert points["Negative cases."] == ("part", "1 on record; none for Learning.")
    against = [b for s in made.sections for b in s.blocks if isinstance(b, Quoted) and b.kind.startswith("Against")]
    assert study.by_id["D2"].text[13:40] == against[0].text
    checklist = next(t for t in made.tables() if t.name == "COREQ")
    assert checklist.rows[0] == (1, "Interviewer", "yes", "A. B. asked the questions.")
    assert len(checklist.rows) == 32


def test_a_group_that_no_document_has_is_named(study: Study, tmp_path: Path) -> None:
    """The error says which variables there are."""
    with pytest.raises(StudyError, match="described by a variable"):
        dossier(study, Findings(record=_record(tmp_path, WHOLE)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Work > Time", "Time off", "no code 'Time off'"),
        ('document = "D1"', 'document = "D99"', "no document 'D99'"),
        ("end = 40", "end = 99999", "13 to 99999 lies outside"),
    ],
)
def test_a_place_that_the_study_has_not_is_refused(old: str, new: str, said: str, study: Study, tmp_path: Path) -> None:
    """A pin or negative case that points nowhere is named, never left out in silence."""
    text = WHOLE.replace('group = "stakeholder"\n', "").replace(old, new)
    with pytest.raises(StudyError, match=said):
        dossier(study, Findings(record=_record(tmp_path, text)))


def test_quotes_can_be_kept_back(study: Study, tmp_path: Path) -> None:
    """With quotes off, no words of a transcript are in any block or sheet."""
    made = dossier(study, Findings(record=_record(tmp_path, "[report]\nquotes = false\n")))
    assert "my shift at work" not in repr(made)
    assert any(isinstance(b, Table) for s in made.sections for b in s.blocks)
