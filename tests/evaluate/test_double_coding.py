"""What is read a second time: blind by the same coder, or by a second one, drawn with known chances."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocode.agreement.coefficients import cohen_kappa
from autocode.errors import AutocodeError, InputError
from autocode.evaluate import HeldOut
from autocode.evaluate.double_coding import (
    Drawn,
    blind_relook,
    draw,
    looked_again,
    read_blind,
    read_drawn,
    relook_round,
    relooked,
    write_blind,
    write_drawn,
)
from autocode.evaluate.second_look import SecondLook, second_look
from autocode.formats.files import csv_text, read_csv
from autocode.study import Study
from autocode.trail import seal
from tests.evaluate.made import simulated


def look_at(held: HeldOut, coders: list[str] | None = None) -> SecondLook:
    """The second look at made codings."""
    return second_look(held.matrix, held.held.P, coders)


def test_a_draw_goes_into_a_file_and_comes_back(tmp_path: Path) -> None:
    """Passages drawn have their words, the rest only a chance; what was not drawn counts for nothing."""
    held = simulated(1)
    made, path = draw(held.matrix, held.held.P, 200), tmp_path / "second.csv"
    write_drawn(path, Study(documents=tuple(held.documents.values())), made)
    again = read_drawn(path)
    assert again == made
    chances = again.chances(held.matrix)
    assert (chances > 0).sum() == len(made.rows)
    assert abs(len(made.rows) - 200) < 50
    with pytest.raises(AutocodeError, match="passages"):
        draw(held.matrix, held.held.P, 5000)


def test_what_was_drawn_is_found_after_words_were_corrected() -> None:
    """Passages that moved a little keep their chances; one that is gone is said, and none is dropped without a word."""
    m = simulated(1).matrix
    wide = replace(m, segments=tuple(replace(s, start=20 * s.start, end=20 * s.end) for s in m.segments))
    keys = [(s.document, s.start, s.end) for s in wide.segments[:6]]
    made = Drawn("ana", "", tuple(keys), dict.fromkeys(keys, 0.5))
    first = wide.segments[0].document
    moved = tuple(replace(s, start=s.start + 3, end=s.end + 3) if s.document == first else s for s in wide.segments)
    assert np.array_equal(made.chances(wide), made.chances(replace(wide, segments=moved)))
    rest = wide.select(np.arange(len(wide.segments)) > 0)
    with pytest.raises(AutocodeError, match="is no unit of this study"):
        made.chances(rest)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "document,start,end,chance,read,first,second,text\nD0,0,9,7,1,ana,,x\n"])
def test_another_table_is_refused(tmp_path: Path, text: str) -> None:
    """An empty file, another table and an impossible chance get one line."""
    path = tmp_path / "second.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AutocodeError):
        read_drawn(path)


def _answered(held: object, coder: str, path: Path, same: bool) -> None:
    """Fill in a sheet as the coder first decided, or the other way round."""
    table = read_csv(path)
    m = held.matrix  # type: ignore[attr-defined]
    place = {s.id: i for i, s in enumerate(m.segments)}
    rows = []
    for row in table.rows:
        first = bool(m.Y[m.coders.index(coder), place[row["segment"]], m.codes.index(row["code"])])
        rows.append(tuple({**row, "answer": str(int(first == same))}[c] for c in table.columns))
    path.write_text(csv_text(table.columns, rows), encoding="utf-8")


def test_the_ledger_alone_tells_what_a_relook_found() -> None:
    """Answers count against what stood before, also where the coder changed the coding afterwards, and once each."""
    held = simulated(8)
    items = blind_relook(held.matrix, look_at(held, ["ana"]).coders[0])
    place = {s.id: u for u, s in enumerate(held.matrix.segments)}
    first = [bool(held.matrix.Y[0, place[x.segment.id], held.matrix.codes.index(x.code)]) for x in items]
    listed = next(n for n, x in enumerate(items) if not x.drawn)
    answers = [(x, said != (n == listed)) for n, (x, said) in enumerate(zip(items, first, strict=True))]
    entries, Y = [], held.matrix.Y.copy()
    item = items[listed]
    changed = replace(
        relook_round("ana", answers[listed : listed + 1])[0], action="remove" if first[listed] else "add", note=""
    )
    for decision in (*relook_round("ana", answers), *relook_round("ana", answers[:1]), changed):
        entries.append(seal(decision, "2026-11-28T00:00:00", entries[-1] if entries else None))
    Y[0, place[item.segment.id], held.matrix.codes.index(item.code)] = not first[listed]
    found = looked_again(replace(held.matrix, Y=Y), entries)
    assert list(found) == ["ana"]
    assert found["ana"] == relooked(held.matrix, "ana", answers)
    assert found["ana"].changed == 1
    assert found["ana"].drawn == sum(x.drawn for x in items)
    assert found["ana"].listed == sum(x.listed for x in items)


@pytest.mark.parametrize("same", [True, False])
def test_a_blind_sheet_goes_out_and_comes_back(tmp_path: Path, same: bool) -> None:
    """The sheet hides the first coding; its answers give agreement with oneself from the random ones alone."""
    held = simulated(8)
    look = look_at(held, ["ana"]).coders[0]
    study, path = Study(documents=tuple(held.documents.values())), tmp_path / "again.csv"
    write_blind(path, study, blind_relook(held.matrix, look), "ana")
    assert "drawn" not in path.read_text(encoding="utf-8")
    _answered(held, "ana", path, same)
    coder, answers = read_blind(path, held.matrix)
    found = relooked(held.matrix, coder, answers)
    assert found.changed == (0 if same else len(look.looks))
    if found.kappa is not None:
        assert (found.kappa == pytest.approx(1.0)) is same
    entries = relook_round(coder, answers)
    assert len({e.request for e in entries}) == len(entries)
    assert not any(e.effects.added or e.effects.removed for e in entries)


@pytest.mark.parametrize("lost", [0.0, 0.1, 0.3])
def test_agreement_with_oneself_is_of_all_decisions(lost: float) -> None:
    """Listed decisions are changed far more often than others; its interval still holds the kappa of the whole."""
    held, m = simulated(8), simulated(8).matrix
    look = look_at(held, ["ana"]).coders[0]
    place = {s.id: u for u, s in enumerate(m.segments)}
    hits, of_both = [], 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        first, again = m.Y[0], m.Y[0] & (rng.random(m.Y[0].shape) >= lost)
        again |= ~first & (rng.random(first.shape) < lost * first.mean())
        for x in look.looks:
            again[place[x.segment.id], m.codes.index(x.code)] ^= bool(lost and rng.random() < 0.7)
        items = blind_relook(m, look, seed)
        of_both += sum(x.drawn and x.listed for x in items)
        found = relooked(m, "ana", [(x, bool(again[place[x.segment.id], m.codes.index(x.code)])) for x in items])
        if found.kappa is not None and found.low is not None and found.high is not None:
            assert found.low <= found.kappa <= found.high
            cells = (first & again, first & ~again, ~first & again, ~first & ~again)
            hits.append(found.low <= float(cohen_kappa(np.array([c.sum() for c in cells], float))) <= found.high)
    assert of_both > 0
    assert len(hits) > 30
    assert np.mean(hits) > 0.87


def test_who_codes_otherwise_now_is_told_no_kappa() -> None:
    """Where most codes left out are given now, no agreement is told; with hardly any answer neither."""
    held = simulated(8)
    items = blind_relook(held.matrix, look_at(held, ["ana"]).coders[0])
    found = relooked(held.matrix, "ana", [(x, True) for x in items])
    assert (found.kappa, found.given[0], found.left[0]) == (None, found.given[1], found.left[1])
    assert relooked(held.matrix, "ana", [(x, True) for x in items[:4]]).kappa is None


def test_a_changed_sheet_is_refused_in_one_line(tmp_path: Path) -> None:
    """A row whose key does not fit, or an answer that is no answer, names the row."""
    held = simulated(9)
    path = tmp_path / "again.csv"
    study = Study(documents=tuple(held.documents.values()))
    write_blind(path, study, blind_relook(held.matrix, look_at(held, ["ana"]).coders[0]), "ana")
    with pytest.raises(InputError, match="no row is answered"):
        read_blind(path, held.matrix)
    table = read_csv(path)
    for change, said in (({"key": "0"}, "was changed"), ({"answer": "maybe"}, "neither 1 nor 0"), ({"code": "x"}, "no unit")):
        rows = [tuple({**row, **change}[c] for c in table.columns) for row in table.rows]
        path.write_text(csv_text(table.columns, rows), encoding="utf-8")
        with pytest.raises(InputError, match=said):
            read_blind(path, held.matrix)
