"""The notebook of the documentation runs as it stands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import BUNDLED, ROOT

NOTEBOOK = json.loads((ROOT / "docs" / "autocode.ipynb").read_text(encoding="utf-8"))


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every code cell works on the bundled study, draws its plots and leaves a model and a project file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shutil.copytree(BUNDLED, tmp_path / "corpora" / "microcredentials", ignore=shutil.ignore_patterns("study.sqlite*"))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    assert len(pyplot.get_fignums()) == 3
    pyplot.close("all")
    assert len(names["table"]) == len(names["suggestions"]) > 0
    assert (tmp_path / "models/notebook/manifest.json").is_file()
    assert (tmp_path / "microcredentials.qdpx").stat().st_size > 10_000


def test_the_notebook_keeps_no_output() -> None:
    """What it shows is not saved, so that no transcript is passed on with it."""
    assert all(cell.get("outputs", []) == [] for cell in NOTEBOOK["cells"])
