"""The versions of a model folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from autocode.config import Config
from autocode.formats.tables.codebooks import codebook_yaml
from autocode.model import CodingModel
from autocode.model.history import listed, versions
from autocode.study import Study
from autocode.study.codebook import Code, Codebook
from tests.fake_encoder import FakeEncoder


def _made(model: CodingModel, **changed: object) -> dict[str, object]:
    return {**(model.provenance or {}), **changed}


def test_a_version_says_what_it_was_made_from(study: Study, encoder: FakeEncoder, tmp_path: Path) -> None:
    """Hashes of study, codebook and encoder, coders, counts, and out-of-document means; no time."""
    model = CodingModel.from_config(Config(), encoder).fit(study)
    assert model.classifier is not None
    known = model.classifier.reliability
    (row,) = versions(tmp_path, _made(model), known, model.codebook)
    assert (row["version"], row["study"], row["coders"]) == (1, study.sha256, ["ana", "ben"])
    assert row["mean_average_precision"] == round(float(np.mean(known.average_precision)), 4)
    assert not [key for key in row if "time" in key or "date" in key]


def test_changed_codes_are_named_and_equal_versions_are_one(study: Study, encoder: FakeEncoder, tmp_path: Path) -> None:
    """A later version names the codes that changed since the one before; the same version again is not counted."""
    model = CodingModel.from_config(Config(), encoder).fit(study)
    assert model.classifier is not None
    known, folder = model.classifier.reliability, tmp_path / "m"
    model.save(folder)
    assert len(versions(folder, _made(model), known, model.codebook)) == 1
    (folder / "codebook.yaml").write_text(codebook_yaml(Codebook((*model.codebook.codes, Code("Old")))))
    rows = versions(folder, _made(model, codings=99), known, model.codebook)
    assert [r["version"] for r in rows] == [1, 2]
    assert rows[1]["codes_changed"]["gone"] == ["Old"]
    assert "1 gone" in "\n".join(listed(rows))


def test_a_damaged_history_begins_anew(study: Study, encoder: FakeEncoder, tmp_path: Path) -> None:
    """Training again mends a damaged folder, so a history that cannot be read does not stand in the way."""
    model = CodingModel.from_config(Config(), encoder).fit(study)
    assert model.classifier is not None
    for text in ("{", "[]\n", json.dumps({"version": 1}) + "\n"):
        (tmp_path / "history.jsonl").write_text(text)
        assert len(versions(tmp_path, _made(model), model.classifier.reliability, model.codebook)) == 1


def test_one_version_needs_no_section() -> None:
    """The card lists versions from the second on."""
    assert not list(listed([{"version": 1}]))
