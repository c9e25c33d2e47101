"""A participant is forgotten: no byte of their words is left where it could be erased."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.config import Config
from autocode.encode import FakeEncoder
from autocode.errors import StoreError, StudyError
from autocode.model import CodingModel
from autocode.privacy import Places, forget, holding
from autocode.report import Findings, write_dossier
from autocode.store import STORE, ReceiptRow, check, load, receipts, update
from autocode.study import Coding, Study

WORDS = "hello number 3, the rain in the town was heavy"


@pytest.fixture
def places(study: Study, tmp_path: Path) -> Places:
    """A stored study, a model, a dossier and a file of the researchers' own, all with D3's words."""
    people = tuple(replace(d, variables={"respondent": f"Person {d.id}"}) for d in study.documents)
    named = replace(study, documents=people)
    update(tmp_path / "s" / STORE, lambda old: named)
    CodingModel(Config(), FakeEncoder()).fit(named).save(tmp_path / "models" / "m")
    write_dossier(named, Findings(), tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("My notes. " + WORDS)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a.npz").write_bytes(b"vectors")
    return Places(tmp_path / "s", tmp_path / "models", tmp_path / "cache", (tmp_path / "out",))


def test_no_byte_is_left_where_it_could_be_erased(places: Places) -> None:
    """After forgetting, the words stand in no file but the researchers' own, which is listed."""
    root = places.study.parent
    before = [p for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()]
    assert places.study / STORE in before
    done = forget(load(places.study / STORE), "Person D3", places)
    after = [p for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()]
    assert after == [root / "out" / "notes.txt"]
    assert str(root / "out" / "notes.txt") in dict(done.left)
    assert not list(root.rglob("dossier.*"))
    assert not list(root.rglob("*.npz"))


def test_their_codings_leave_every_table(places: Places, study: Study) -> None:
    """Document, codings and readings are gone; all others stay; the study file is sound."""
    stored = load(places.study / STORE)
    done = forget(stored, "D3", places)
    left = load(places.study / STORE)
    assert "D3" not in {d.id for d in left.documents} | {c.document for c in left.codings} | {
        r.document for r in left.readings
    }
    assert len(left.codings) == len(study.codings) - done.codings == sum(c.document != "D3" for c in study.codings)
    assert check(places.study / STORE) == []


def test_a_model_loses_its_evidence_and_is_listed(places: Places) -> None:
    """The model still loads, without segments of the participant, and its weights are said to remain."""
    done = forget(load(places.study / STORE), "D3", places)
    models = places.models
    assert models is not None
    model = CodingModel.load(models / "m", FakeEncoder())
    assert model.precedents is not None
    assert {p.document for p in model.precedents.items} == {f"D{i}" for i in range(8)} - {"D3"}
    assert len(model.precedents.vectors) == len(model.precedents.items)
    assert "weights" in dict(done.left)[str(models / "m")]


def test_a_stranger_is_an_error_and_nothing_is_made(places: Places, tmp_path: Path) -> None:
    """An unknown participant is named; a folder without a study file stays without one."""
    with pytest.raises(StudyError, match="Nobody"):
        holding(load(places.study / STORE), "Nobody")
    with pytest.raises(StoreError, match="no study"):
        forget(load(places.study / STORE), "D3", replace(places, study=tmp_path / "none"))
    assert not (tmp_path / "none" / STORE).exists()


def test_receipts_forget_them_too(places: Places) -> None:
    """What receipts say of the documents, and codings set aside there, are gone; the rest stays."""
    aside = tuple(Coding(d, 0, 4, "Work > Time", "ana", "a memo on them") for d in ("D3", "D4"))
    kept = ReceiptRow("then", "study", "codings", 9, {}, ("ana in D4 2",), aside[1:])
    told = [ReceiptRow("then", "D3.txt", "transcripts", 1), replace(kept, notes=("ana in D3 1", *kept.notes), aside=aside)]
    path = places.study / STORE
    update(path, lambda old: old, lambda: told)
    forget(load(path), "D3", places)
    assert receipts(path) == (kept,)
    assert check(path) == []
