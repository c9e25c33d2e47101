"""A second coding by the same person is measured as stability, and counted as nobody else's coding."""

from __future__ import annotations

from dataclasses import replace

from autocode.dossier import dossier
from autocode.dossier.blocks import Points, View
from autocode.dossier.findings import Findings
from autocode.dossier.record import Record, Round
from autocode.study import Coder, Reading, Study


def _twice(study: Study) -> Study:
    """Ana coded D0 to D2 once more, all alike."""
    again = [replace(c, coder="ana again") for c in study.codings if c.coder == "ana" and c.document in ("D0", "D1", "D2")]
    readings = [Reading(d, "ana again", 0, len(study.by_id[d].text)) for d in ("D0", "D1", "D2")]
    return replace(
        study,
        coders=(*study.coders, Coder("ana again")),
        codings=(*study.codings, *again),
        readings=(*study.readings, *readings),
    )


def test_one_person_is_one_coder() -> None:
    """The second of a round is no further human coder; without the round it is one."""
    study = Study(coders=(Coder("ana"), Coder("ana again"), Coder("ben"), Coder("all", kind="agreed")))
    assert Record(rounds=(Round("ana", "ana again"),)).humans(study) == ("ana", "ben")
    assert Record().humans(study) == ("ana", "ana again", "ben")


def test_a_second_coding_is_stability_and_no_frequency(study: Study) -> None:
    """It is not counted where all humans are, and its kappa with the first coding is on the page of dependability."""
    alone = replace(
        _twice(study),
        coders=tuple(c for c in _twice(study).coders if c.kind != "agreed"),
        codings=tuple(c for c in _twice(study).codings if c.coder != "agreed"),
        readings=tuple(r for r in _twice(study).readings if r.coder != "agreed"),
    )
    record = Record(rounds=(Round("ana", "ana again"),))
    assert "ana again" not in {c.coder for c in View(alone, record).codings}
    made = dossier(alone, Findings(record=record))
    section = next(s for s in made.sections if s.id == "dependability")
    told = next(str(row) for b in section.blocks if isinstance(b, Points) for row in b.rows if "Stability" in row[1])
    assert "ana and ana again: pooled kappa 1.00" in told
