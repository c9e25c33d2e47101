"""What is read a second time: blind by the same coder, or by a second one, drawn with known chances."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import AutocodeError, InputError
from autocode.evaluate import HeldOut
from autocode.evaluate.double_coding import (
    blind_relook,
    draw,
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
