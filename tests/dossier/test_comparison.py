"""A comparison as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl

from autocode.agreement import agree_on
from autocode.agreement.counts import by_theme, decisions
from autocode.agreement.estimate import AgreementOptions, Estimate
from autocode.agreement.summary import summary
from autocode.config import Config
from autocode.dossier.comparison import Comparison, write_comparison
from autocode.study import Study
from autocode.study.matrix import coding_matrix


def _sheet(path: Path, name: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in openpyxl.load_workbook(path)[name].iter_rows(min_row=2, values_only=True)]


def _written(study: Study, path: Path, machines: Sequence[str] = ()) -> Comparison:
    matrix = coding_matrix(study, Config(), study.humans)
    data, options = decisions(matrix), AgreementOptions(machines=tuple(machines))
    made = Comparison(agree_on(data, options), study, data, matrix, summary(data, options), {"D0": Estimate(0.5)})
    write_comparison(path, made)
    return made


def test_every_coefficient_of_every_pair_is_in_the_workbook(study: Study, tmp_path: Path) -> None:
    """Twelve coefficients for the pooled table and each code, the same kappa as in the first sheet."""
    made = _written(study, tmp_path / "a.xlsx")
    rows = _sheet(tmp_path / "a.xlsx", "Every coefficient")
    assert len(rows) == 12 * (1 + len(made.report.codes))
    kappa = next(row[4] for row in rows if row[2:4] == ("(all codes pooled)", "cohen kappa"))
    row = made.report.row()
    assert row is not None
    assert kappa == row.kappa.value


def test_gamma_and_the_unitizing_family_share_a_sheet(study: Study, tmp_path: Path) -> None:
    """Gamma stands beside the coefficients of whole passages where it was asked for."""
    _written(study, tmp_path / "a.xlsx")
    names = {row[1] for row in _sheet(tmp_path / "a.xlsx", "Passages")}
    assert {"binary u alpha", "cu alpha", "alpha u 1995", "boundary similarity", "u alpha", "gamma, D0"} <= names


def test_a_machine_gets_second_opinions(study: Study, tmp_path: Path) -> None:
    """With a machine among the coders there are verdicts and second opinions."""
    _written(study, tmp_path / "a.xlsx", study.humans[:1])
    assert {row[0] for row in _sheet(tmp_path / "a.xlsx", "Second opinions")} == {"alpha without the coder"}


def test_other_tools_are_told_per_code_and_document(study: Study, tmp_path: Path) -> None:
    """NVivo's rows name the document; MAXQDA has its three levels; what is undefined has its reason."""
    _written(study, tmp_path / "a.xlsx")
    rows = _sheet(tmp_path / "a.xlsx", "As other tools print")
    assert {row[5] for row in rows if row[2:4] == ("NVivo", "kappa")} <= {d.id for d in study.documents}
    assert {str(row[3]).partition(",")[0] for row in rows if row[2] == "MAXQDA"} == {"level 1", "level 2", "level 3"}
    assert "Cu-alpha over domains (themes)" in {row[3] for row in rows}
    assert all(row[7] for row in rows if row[6] is None)


def test_themes_have_no_list_of_segments(study: Study, tmp_path: Path) -> None:
    """Compared by theme, the sheets about codes of segments are left out."""
    data = by_theme(decisions(coding_matrix(study, Config(), study.humans)))
    write_comparison(tmp_path / "a.xlsx", Comparison(agree_on(data), study, data))
    assert "Confusion" not in openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
