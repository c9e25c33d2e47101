"""Rates, anchoring and time, from a trail made by hand."""

from __future__ import annotations

from autocode.trail import Decision, Entry, Shown
from autocode.trail.review import Wanted, figures


def _trail(*decisions: Decision) -> list[Entry]:
    return [Entry(n, "", d, "", "") for n, d in enumerate(decisions, 1)]


def _answer(action: str, n: int, coder: str = "eve", **more: object) -> Decision:
    said = {"suggested": "A", "probability": 0.8, "shown": (Shown("A", 0.8, "suggest"),), "seconds": 4.0} | more
    return Decision(action, coder, "D", str(n), **said)  # type: ignore[arg-type]


def _hidden(n: int, given: bool) -> Decision:
    return Decision("done", "eve", "D", str(n), hidden=True, shown=(Shown("A", 0.8, "suggest", given),), seconds=10.0)


def test_rates_count_the_last_answer_only() -> None:
    """A reject after an accept is a reject; undone answers do not count."""
    trail = _trail(
        _answer("accept", 1),
        _answer("reject", 1),
        _answer("accept", 2),
        _answer("other", 3),
        Decision("undo", "eve", undoes=(3,)),
        _answer("accept", 4, "max"),
    )
    (rates,) = figures(trail).by_code
    assert (rates.accepted, rates.rejected, rates.replaced) == (1, 1, 1)
    assert [r.name for r in figures(trail).by_coder] == ["eve", "max"]


def test_anchoring_sets_shown_beside_hidden() -> None:
    """Of ten shown nine are taken, of ten hidden five are given: 90 % beside 50 %."""
    trail = _trail(
        *(_answer("accept" if n else "reject", n) for n in range(10)), *(_hidden(100 + n, n % 2 == 0) for n in range(10))
    )
    summary = figures(trail)
    assert (summary.anchoring.taken, summary.anchoring.given) == (9, 5)
    assert "90% of 10" in str(summary)
    assert "50% of 10" in str(summary)
    assert summary.seconds == (4.0, 10.0)
    assert "+6.0 s saved" in str(summary)


def test_too_little_is_said_to_be_too_little() -> None:
    """With a handful of decisions no comparison is printed, and none at all is no fault."""
    assert "too little to compare" in str(figures(_trail(_answer("accept", 1))))
    assert figures([]).by_code == ()


def test_answers_after_the_opening_of_a_hidden_segment_stay_out() -> None:
    """What was decided after a hidden segment was opened counts on neither side."""
    assert figures(_trail(_answer("accept", 1, hidden=True))).by_code == ()


def test_bulk_answers_do_not_count_as_looked_at() -> None:
    """Bulk accepts are in the rates, but neither in anchoring nor in time."""
    summary = figures(_trail(*(_answer("accept", n, batch="b") for n in range(20))))
    assert (summary.by_code[0].accepted, summary.anchoring.shown, summary.seconds[0]) == (20, 0, None)


def test_the_trail_can_be_narrowed() -> None:
    """Coder, code, document and action each narrow it; together they do so together."""
    trail = _trail(_answer("accept", 1), _answer("reject", 2, "max"))
    assert [e.seq for e in trail if Wanted(coder="max", code="A", document="D", action="reject").takes(e)] == [2]
    assert [e.seq for e in trail if Wanted(code="B").takes(e)] == []
