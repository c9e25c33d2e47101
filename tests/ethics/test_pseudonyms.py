"""Pseudonyms put into a study, and the key kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.ethics import Proposal, apply_proposals, in_receipts, write_key
from autocode.store import STORE, ReceiptRow, receipts, update
from autocode.study import Coder, Coding, Document, Study, Turn
from autocode.study.codebook import Code, Codebook

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


def test_names_in_receipts_are_replaced(tmp_path: Path) -> None:
    """Names of files, notes and memos of codings set aside hold no name that was replaced."""
    aside = (Coding("d", 0, 4, "c", "x", "Lim again"),)
    update(tmp_path / STORE, lambda _: _study(), lambda: [ReceiptRow("t", "Lim.txt", "rows", 1, {}, ("about Lim",), aside)])
    in_receipts(tmp_path / STORE, LISTED)
    (entry,) = receipts(tmp_path / STORE)
    assert (entry.source, entry.notes, entry.aside[0].memo) == ("Anna.txt", ("about Anna",), "Anna again")


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
