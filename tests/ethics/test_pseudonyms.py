"""Pseudonyms put into a study, and the key kept apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.ethics import Places, inventory, still_naming
from autocode.ethics.answers import ANSWERED, Kept, load_answers, save_answers
from autocode.ethics.pseudonyms import Proposal, apply_proposals, pseudonymise_study, write_key
from autocode.formats.files import write_atomic
from autocode.store import STORE, load, receipts, update
from autocode.store.backups import backup, check
from autocode.store.ledger import append, entries, last_written
from autocode.store.records import ReceiptRow, attach, record_outputs, recordings
from autocode.study import Coder, Coding, Document, Study, Turn
from autocode.study.codebook import Code, Codebook
from autocode.trail import Decision, Effects, verify

TEXT = "Lim: I know Annabel, and Anna knows Lim."
LISTED = [
    Proposal("person", "Anna", "[Person 1]", 1, 1, True),
    Proposal("person", "Lim", "Anna", 1, 1, True),
    Proposal("person", "knows", "XXX", 1, 1, False),
]


def _study() -> Study:
    start = TEXT.index("Anna knows Lim")
    document = Document("d", TEXT, "Talk with Lim", (Turn(5, len(TEXT), "Lim"),), variables={"name": "Lim"})
    coding = Coding("d", start, start + 14, "c", "x", memo="Lim again")
    return Study((document,), Codebook((Code("c", example="as Lim says"),)), (Coder("x"),), (coding,))


def test_names_go_everywhere_and_offsets_follow() -> None:
    """Texts, speakers, names, variables, memos and examples change; the coding stands on its words."""
    made = apply_proposals(_study(), LISTED)
    (document,) = made.study.documents
    assert document.text == "Anna: I know Annabel, and [Person 1] knows Anna."
    assert document.text_of(made.study.codings[0]) == "[Person 1] knows Anna"
    assert (document.turns[0].speaker, document.name, document.variables["name"]) == ("Anna", "Talk with Anna", "Anna")
    assert made.study.codings[0].memo == "Anna again"
    assert made.study.codebook.by_path["c"].example == "as Anna says"
    assert "Lim" not in repr(made.study)


def test_names_go_from_all_that_a_study_keeps(tmp_path: Path) -> None:
    """Receipts, notes and earlier codebooks in the ledger, answers and dated copies hold no name that was replaced."""
    store = tmp_path / STORE
    aside = (Coding("d", 0, 4, "c", "x", "Lim again"),)
    update(store, lambda _: _study(), lambda: [ReceiptRow("t", "Lim.txt", "rows", 1, {}, ("about Lim",), aside)])
    book = _study().codebook
    renamed = replace(book, codes=(replace(book.by_path["c"], definition="New"),))
    append(
        store,
        [Decision("note", "x", "d", note="Lim was ill"), Decision("codebook", "x", effects=Effects(book=(book, renamed)))],
    )
    save_answers(tmp_path / ANSWERED, [Kept("d", "approved", 0, {"1": "Lim speaking"})])
    kept = backup(store)
    done = pseudonymise_study(tmp_path, LISTED)
    (entry,) = receipts(store)
    assert (entry.source, entry.notes, entry.aside[0].memo) == ("Anna.txt", ("about Anna",), "Anna again")
    assert done.entries == 2
    assert entries(store)[0].decision.note == "Anna was ill"
    assert verify(entries(store), last_written(store)) == check(store) == check(kept) == []
    assert load_answers(tmp_path / ANSWERED)[0].comments == {"1": "Anna speaking"}
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"Lim" in p.read_bytes()]


def test_what_still_holds_a_replaced_name_is_listed(tmp_path: Path) -> None:
    """A report on the study's list is named where it holds the name; another is not."""
    update(tmp_path / "s" / STORE, lambda _: _study())
    for name, text in (("old.html", "<p>Lim said</p>"), ("new.html", "<p>Limits, and others</p>")):
        write_atomic(tmp_path / name, text)
    record_outputs(tmp_path / "s" / STORE, [tmp_path / "old.html", tmp_path / "new.html"], "report")
    assert still_naming(inventory(Places(tmp_path / "s")), [p.found for p in LISTED]) == [str(tmp_path / "old.html")]


def test_only_whole_words_and_only_what_was_chosen_change() -> None:
    """Annabel stays, and so does what was not marked; a replacement is not itself replaced."""
    made = apply_proposals(_study(), LISTED)
    assert "Annabel" in made.study.documents[0].text
    assert "XXX" not in made.study.documents[0].text
    assert made.counts["Anna"] == 1


def test_the_key_may_not_lie_beside_the_study(tmp_path: Path) -> None:
    """A key within the study's folder is refused; elsewhere it is written once, for its owner alone."""
    with pytest.raises(InputError, match="beside"):
        write_key(tmp_path / "s" / "key.csv", LISTED, tmp_path / "s")
    path = tmp_path / "safe" / "key.csv"
    write_key(path, LISTED, tmp_path / "s")
    assert path.stat().st_mode & 0o077 == 0
    assert "[Person 1]" in path.read_text(encoding="utf-8-sig")
    with pytest.raises(InputError, match="older key"):
        write_key(path, LISTED, tmp_path / "s")


def test_a_document_that_is_called_by_a_name_gets_another_id_everywhere(tmp_path: Path) -> None:
    """Spans, recordings, receipts, answers, copies and the ledger know it by the new id; two of one pseudonym stay two."""
    store, study = tmp_path / "s" / STORE, _study()
    documents = tuple(replace(d, id=i, name=i, source=f"{i}.docx") for i in ("Ana Lim", "Ana") for d in study.documents)
    codings = tuple(replace(c, document=d.id) for d in documents for c in study.codings)
    aside = (Coding("Ana Lim", 0, 4, "c", "x"),)
    update(
        store,
        lambda _: replace(study, documents=documents, codings=codings, readings=()),
        lambda: [ReceiptRow("t", "Ana Lim", "codings", 1, {}, (), aside)],
    )
    (tmp_path / "s" / "voice.mp3").write_bytes(b"x")
    attach(store, "Ana", tmp_path / "s" / "voice.mp3")
    gone = codings[0]
    append(store, [Decision("undo", gone.coder, gone.document, "1", effects=Effects(removed=(gone,)))])
    save_answers(tmp_path / "s" / ANSWERED, [Kept("Ana Lim", "approved", 0, {})])
    kept = backup(store)
    named = [Proposal("person", n, "[Person 1]", 1, 1, apply=True) for n in ("Ana Lim", "Ana")]
    pseudonymise_study(tmp_path / "s", named)
    after, ids = load(store), {"[Person 1]", "[Person 1] (2)"}
    assert set(after.by_id) == ids
    assert {c.document for c in after.codings} == {"[Person 1] (2)"}
    assert len(after.codings) == len(codings) - 1
    assert set(recordings(store)) == {"[Person 1] (2)"}
    assert [a.document for a in load_answers(tmp_path / "s" / ANSWERED)] == ["[Person 1]"]
    assert receipts(store)[0].aside[0].document == "[Person 1]"
    entry = entries(store)[0].decision
    assert (entry.document, entry.effects.removed[0].document) == ("[Person 1]", "[Person 1]")
    assert verify(entries(store), last_written(store)) == check(store) == check(kept) == []
    append(store, [Decision("undo", gone.coder, entry.document, effects=entry.effects.reverse)])
    assert len(load(store).codings) == len(codings)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"Ana" in p.read_bytes()]
