"""Delve's parsed tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read, read_all
from tests.conftest import shared


def _rows(*rows: tuple[str, list[str]]) -> list[dict[str, object]]:
    return [{"speaker": "I", "text": text, "codes": codes} for text, codes in rows]


def _file(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_paragraphs_are_units_and_copies_are_matched(tmp_path: Path) -> None:
    """The longest copy is the document; a paragraph that differs a little is matched by its place."""
    content = {
        "7": {
            "ana": _rows(("one", ["x"]), ("two", []), ("three", ["y"])),
            "ben": _rows(("one", []), ("two!", ["x"]), ("three", [])),
            "moderator:cem": _rows(("three", ["y"]), ("none of it", ["z"])),
        }
    }
    study, receipts = read_all([_file(tmp_path / "d.json", content)])
    document = study.documents[0]
    assert document.text == "one\n\ntwo\n\nthree"
    assert {(c.coder, c.code, document.text_of(c)) for c in study.codings} == {
        ("ana", "x", "one"),
        ("ana", "y", "three"),
        ("ben", "x", "two"),
        ("moderator:cem", "y", "three"),
    }
    assert [(c.id, c.kind) for c in study.coders] == [("ana", "human"), ("ben", "human"), ("moderator:cem", "agreed")]
    assert receipts[0].skipped == {"of a paragraph that is not there": 1}


def test_a_copy_without_codes_was_not_read(tmp_path: Path) -> None:
    """A coder who coded nothing in an interview is not taken to have judged it."""
    content = {"7": {"ana": _rows(("one", ["x"])), "ben": _rows(("one", []))}}
    assert [r.coder for r in read(_file(tmp_path / "d.json", content)).readings] == ["ana"]


def test_a_broken_part_is_one_line(tmp_path: Path) -> None:
    """A row without codes is not of this shape."""
    content = {"7": {"ana": _rows(("one", ["x"])), "ben": [{"text": "one"}]}}
    with pytest.raises(InputError, match="no table of paragraphs"):
        read(_file(tmp_path / "d.json", content))


def test_the_real_double_coding_is_read() -> None:
    """22 interviews, about 120 codes; nearly every coding has its paragraph."""
    study, receipts = read_all([shared("formats", "samples", "delve", "delve_two_coders_parsed.json")])
    assert len(study.documents) == 22
    assert set(study.humans) == {"PO", "Rached", "Amin", "Ilan"}
    assert receipts[0].kept == len(study.codings) == 1614
    assert sum(receipts[0].skipped.values()) == 2
