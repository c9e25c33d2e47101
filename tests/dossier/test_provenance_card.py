"""The model card in the dossier."""

from __future__ import annotations

from dataclasses import replace

from autocode.config import Config
from autocode.dossier.blocks import Points, Table, View
from autocode.dossier.findings import Findings
from autocode.dossier.provenance import model_card
from autocode.model import CodingModel
from autocode.study import Study
from tests.fake_encoder import FakeEncoder


def _findings(study: Study) -> Findings:
    model = CodingModel(Config(), FakeEncoder()).fit(study)
    assert model.classifier is not None
    return Findings(model=model.provenance, silent=model.silent, reliability=model.classifier.reliability)


def test_the_card_has_a_row_for_each_code_with_the_models_own_evidence(study: Study) -> None:
    """Segments, documents and rates of every code are those the model keeps; silent codes say why."""
    findings = _findings(study)
    known = findings.reliability
    assert known is not None
    assert findings.model is not None
    table = next(b for b in model_card(View(study), findings) if isinstance(b, Table))
    rows = [row for i, row in enumerate(table.rows) if i not in table.heads]
    assert [row[1:3] for row in rows] == list(zip(known.segments.tolist(), known.documents.tolist(), strict=True))
    for row, code in zip(rows, findings.model["codes"], strict=True):
        why = (findings.silent or {}).get(code, "")
        assert row[6] == ("no better than chance" if "no better" in why else why.removeprefix("coded in "))


def test_a_model_of_another_state_of_the_study_is_told_apart(study: Study) -> None:
    """The card says whether the model was made from the study, and with the codebook, as they stand."""
    findings = _findings(study)
    points = next(b for b in model_card(View(study), findings) if isinstance(b, Points))
    assert "the study as it stands" in str(points)
    other = replace(study, codings=study.codings[1:], codebook=study.codebook.with_paths(["New"]))
    told = str(next(b for b in model_card(View(other), findings) if isinstance(b, Points)))
    assert "not the study as it stands" in told
    assert "trained again" in told


def test_without_a_model_there_is_no_card(study: Study) -> None:
    """Nothing is shown where no model stands beside the coders."""
    assert model_card(View(study), Findings()) == []
