"""A participant is forgotten: no byte of their words is left where it could be erased."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.config import Config
from autocode.dossier import NAME, Findings, write_dossier
from autocode.errors import StoreError, StudyError
from autocode.ethics import Places, forget, holding
from autocode.formats.datasets.stream import Parts
from autocode.formats.datasets.suggestions import part, write_suggestions
from autocode.model import CodingModel
from autocode.store import STORE, ReceiptRow, load, receipts, update
from autocode.store.checking import check
from autocode.store.ledger import append, entries, last_written
from autocode.study import Coding, Study, Suggestion
from autocode.study.segment import segment
from autocode.trail import Decision, verify
from tests.fake_encoder import FakeEncoder

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
    assert "D3" not in {d.id for d in left.documents} | {c.document for c in left.codings} | {r.document for r in left.readings}
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


def test_examples_that_quote_them_leave_the_codebook_and_the_model(places: Places) -> None:
    """A code's example taken from their interview is erased in study and model; the others stay."""
    path = places.study / STORE
    quoting = replace(
        load(path).codebook,
        codes=tuple(
            replace(c, example={"Time": WORDS, "Recognition": "An example of our own, which nobody said."}.get(c.name, ""))
            for c in load(path).codebook
        ),
    )
    update(path, lambda old: replace(old, codebook=quoting))
    models = places.models
    assert models is not None
    CodingModel(Config(), FakeEncoder()).fit(load(path)).save(models / "m")
    done = forget(load(path), "D3", places)
    assert "codebook: the examples of Work > Time, which quoted them" in done.erased
    for book in (load(path).codebook, CodingModel.load(models / "m", FakeEncoder()).codebook):
        assert {c.example for c in book if c.example} == {"An example of our own, which nobody said."}
    root = places.study.parent
    assert [p.name for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()] == ["notes.txt"]


def test_the_ledger_keeps_its_chain_and_what_it_holds_is_listed(places: Places) -> None:
    """Decisions stay and the chain holds; a note that quotes them is listed with the number of its entry."""
    path = places.study / STORE
    quoted = "über " + WORDS  # written as numbers in the ledger's own text
    text = load(path).by_id["D3"].text.replace(WORDS, quoted)
    update(
        path,
        lambda old: replace(
            old, documents=tuple(replace(d, text=text, turns=(), segments=()) if d.id == "D3" else d for d in old.documents)
        ),
    )
    append(
        path,
        [
            Decision("note", "eve", "D4", note="Nothing of theirs."),
            Decision("note", "eve", "D3", note=quoted),
            Decision("skip", "eve", "D3"),
        ],
    )
    done = forget(load(path), "D3", places)
    assert verify(entries(path), last_written(path)) == []
    told = [why for where, why in done.left if where == str(path)]
    assert any("entries 2 of its ledger hold their words" in why for why in told)
    assert any("2 decisions were made on their documents" in why for why in told)


def test_a_record_that_points_to_them_is_listed(places: Places) -> None:
    """A pinned quote of theirs in dossier.toml is named, for no report can be made before it is gone."""
    pinned = '[[pinned]]\ncode = "Work > Time"\ndocument = "{}"\nstart = 0\nend = 5\n'
    (places.study / NAME).write_text(pinned.format("D4"))
    assert str(places.study / NAME) not in dict(forget(load(places.study / STORE), "D5", places).left)
    (places.study / NAME).write_text(pinned.format("D3"))
    done = forget(load(places.study / STORE), "D3", places)
    assert "points to D3" in dict(done.left)[str(places.study / NAME)]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_parts_of_a_stopped_run_are_erased(places: Places, suffix: str) -> None:
    """The hidden folder that a stopped suggest leaves goes, packed or not; one that holds others' words alone stays."""
    root = places.study.parent
    stored = load(places.study / STORE)
    ours, others = Parts(root / "out" / f"s{suffix}", "job"), Parts(root / "out" / f"o{suffix}", "job")
    for parts, document in ((ours, "D3"), (others, "D4")):
        unit = segment(stored.by_id[document], Config().segment)[1]
        said = Suggestion(unit, "Learner > Time", 0.9, "suggest")
        parts.begin()
        parts.keep(0, "0" * 24, part(suffix, ([said], ()), stored.by_id, False))
    done = forget(stored, "D3", places)
    assert not ours.folder.exists()
    assert others.folder.is_dir()
    assert [e for e in done.erased if e.startswith(str(ours.folder))]


def test_words_in_a_parquet_table_are_found(places: Places) -> None:
    """A finished table is the researchers' own: it is listed, though its columns are packed."""
    stored = load(places.study / STORE)
    unit = segment(stored.by_id["D3"], Config().segment)[1]
    out = places.study.parent / "out" / "s.parquet"
    write_suggestions(out, [Suggestion(unit, "Learner > Time", 0.9, "suggest")] * 9, stored.by_id, False)
    assert "erase it yourself" in dict(forget(stored, "D3", places).left)[str(out)]


def test_a_rule_with_words_in_common_is_read_and_no_file_is_blamed(places: Places) -> None:
    """A rule that shares words with the participant is named for a human; the study file is not said to be unclean."""

    def ruled(old: Study) -> Study:
        first, *rest = old.codebook
        return replace(old, codebook=replace(old.codebook, codes=(replace(first, definition=WORDS), *rest)))

    update(places.study / STORE, ruled)
    left = forget(load(places.study / STORE), "D3", places).left
    assert "read them" in dict(left)["codebook"]
    assert str(places.study / STORE) not in dict(left)


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
