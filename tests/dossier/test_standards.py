"""Reporting standards and the use of AI: filled from the record, silent items said to be open, nothing claimed."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from autocode.dossier import dossier
from autocode.dossier.blocks import Dossier, Points, Table, Words
from autocode.dossier.findings import Findings, Trail
from autocode.dossier.record import QUESTIONS, Record, Statements
from autocode.dossier.standards import STANDARDS
from autocode.study import Study


def _table(made: Dossier, name: str) -> Table:
    return next(t for t in made.tables() if t.name == name)


def test_every_statement_is_asked_for_in_plain_words() -> None:
    """Each field of the record has its question, and no question is without a field."""
    assert list(QUESTIONS) == [f.name for f in fields(Statements)]


@pytest.mark.parametrize(("name", "items"), [("COREQ", 32), ("SRQR", 21), ("GAMER", 9), ("Language models", 8)])
def test_each_standard_has_all_its_items(study: Study, name: str, items: int) -> None:
    """Items are numbered from 1, each yes, in part or open; what is open says so."""
    rows = _table(dossier(study, Findings()), name).rows
    assert [row[0] for row in rows] == list(range(1, items + 1))
    assert {row[2] for row in rows} <= {"yes", "part", "open"}
    assert all(row[3] == "Not on record." for row in rows if row[2] == "open")


def test_an_answer_fills_every_item_that_asks_for_it(study: Study) -> None:
    """The ethics board stands in SRQR 9; without consent only in part, with it whole."""
    half = Record(record=Statements(ethics="Board 12."))
    assert _table(dossier(study, Findings(record=half)), "SRQR").rows[8][2:] == ("part", "Board 12.")
    whole = Record(record=Statements(ethics="Board 12.", consent="In writing."))
    assert _table(dossier(study, Findings(record=whole)), "SRQR").rows[8][2:] == ("yes", "Board 12. In writing.")


def test_an_item_can_be_answered_outright(study: Study) -> None:
    """A bare number is COREQ's; another standard is named before it."""
    record = Record(checklist={"22": "Judged by the team.", "SRQR 1": "In the title."})
    made = dossier(study, Findings(record=record))
    assert _table(made, "COREQ").rows[21][2:] == ("yes", "Judged by the team.")
    assert _table(made, "SRQR").rows[0][2:] == ("yes", "In the title.")


def test_saturation_is_yes_only_where_the_curve_is_flat(study: Study) -> None:
    """Eight interviews with the same codes are flat by the rule; with a new code in the last one they are not."""
    assert _table(dossier(study, Findings()), "COREQ").rows[21][2] == "yes"
    rare = next(c for c in study.codings if c.coder == "agreed" and c.document == "D7")
    book = study.codebook.with_paths(["New > Late"])
    late = replace(study, codebook=book, codings=(*study.codings, replace(rare, code="New > Late")))
    row = _table(dossier(late, Findings()), "COREQ").rows[21]
    assert row[2] == "part"
    assert "not flat" in str(row[3])


def test_use_of_ai_says_what_is_true_here(study: Study) -> None:
    """Not generative, no invented quote, learnt from this team's codings, the encoder by name and hash, the dates on record."""
    trail = Trail(entries=[("2026-01-02T10:00:00", "ana", "accepted"), ("2026-02-03T10:00:00", "ana", "rejected")])
    made = dossier(study, Findings(trail=trail, encoder=("small encoder", "abcdef1234567890"), suggestions=[]))
    section = next(s for s in made.sections if s.id == "ai")
    told = " ".join(text for b in section.blocks if isinstance(b, Points) for _, _, text in b.rows)
    for words in ("No generative AI", "0 invented quotes", "2026-01-02 to 2026-02-03"):
        assert words in told
    assert set(STANDARDS) == {"COREQ", "SRQR", "GAMER", "LLM"}


def test_a_date_that_is_not_on_record_leaves_its_item_in_part(study: Study) -> None:
    """What must be reported with a date is not done without one; the disclosure says that there is none."""
    made = dossier(study, Findings())
    assert _table(made, "Language models").rows[1][2] == "part"
    points = next(b for s in made.sections if s.id == "ai" for b in s.blocks if isinstance(b, Points))
    assert "No date is on record." in {text for _, head, text in points.rows if head == "When."}


def test_other_uses_of_ai_are_said_once(study: Study) -> None:
    """In the disclosure they have their own point, and are not said again with the tool."""
    made = dossier(study, Findings(record=Record(record=Statements(ai_use="Whisper for a first transcript."))))
    points = next(b for s in made.sections if s.id == "ai" for b in s.blocks if isinstance(b, Points))
    assert str(points).count("Whisper for a first transcript.") == 1


@pytest.mark.parametrize("size", ["journal", "full"])
def test_who_uses_the_desk_learns_where_to_say_what_is_missing(study: Study, size: str) -> None:
    """Wherever a gap names the file, it names the room of the desk first, or that it is a file of the study."""
    made = dossier(study, Findings(command="autocode report x"), size)
    texts = [b.text for s in made.sections for b in s.blocks if isinstance(b, Words)]
    texts += [" ".join(row) for s in made.sections for b in s.blocks if isinstance(b, Points) for row in b.rows]
    texts += [str(cell) for t in made.tables() for row in t.rows for cell in (*row, t.note)]
    named = [t for t in texts if "dossier.toml" in t]
    assert len(named) > 5
    assert all(
        re.search(r"in the desk, under Dossier|the\s+desk, under Dossier|The desk asks|the study's file dossier.toml", t)
        for t in named
    )
    assert not any("under [record]" in t or re.search(r"[{}]", t) for t in texts)


def test_what_no_record_can_show_is_not_claimed(study: Study) -> None:
    """Codings that came in from elsewhere may have begun anywhere: only the record is spoken for, and only this program."""
    made = dossier(study, Findings())
    texts = [" ".join(row) for s in made.sections for b in s.blocks if isinstance(b, Points) for row in b.rows]
    texts += [str(cell) for t in made.tables() for row in t.rows for cell in row]
    began = [t for t in texts if "no coding began as a suggestion" in t.lower()]
    assert began
    assert all("By the record, no coding" in t for t in began)
    assert not any("Everything ran" in t for t in texts)
