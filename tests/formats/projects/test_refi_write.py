"""What is written for MAXQDA, NVivo, ATLAS.ti and QualCoder to read."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autocode.formats import WriteOptions, read, write
from autocode.formats.receipt import MACHINE
from autocode.study import Coder, Coding, Document, Evidence, Reading, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from tests.formats.projects_made import ANA, code, coding, guid, project, qde_of, qdpx, selection, source

NS = {"q": "urn:QDA-XML:project:1.0"}
TEXT = "Hello 👩 there.\nIt was hard.\n"
STUDY = Study(
    (Document("d", TEXT, "Interview"),),
    Codebook((Code("T", definition="all", include="this"), Code("c", "T"))),
    (Coder("ana", "Ana"),),
    (Coding("d", 8, 13, "T > c", "ana", "a memo", "2026-01-02"),),
    (Reading("d", "ana", 0, len(TEXT)),),
    "s",
)
SUGGESTED = Suggestion(Segment("d", 15, 27, "2"), "T > c", 0.6149, "suggest", (Evidence("e", "ben", "precedent words", 0.91),))


def _root(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(qde_of(path))


def _written(folder: Path, study: Study = STUDY, **options: object) -> ElementTree.Element:
    write(study, folder / "p.qdpx", WriteOptions(**options))  # type: ignore[arg-type]
    return _root(folder / "p.qdpx")


def test_a_suggestion_has_its_own_user_and_says_why(tmp_path: Path) -> None:
    """Selection and coding name the machine; probability, band and precedent stand in the description."""
    root = _written(tmp_path, suggestions=(SUGGESTED,))
    users = {u.get("name"): u.get("guid") for u in root.iterfind(".//q:User", NS)}
    assert set(users) == {"Ana", MACHINE}
    mine = [s for s in root.iterfind(".//q:PlainTextSelection", NS) if s.get("creatingUser") == users[MACHINE]]
    assert len(mine) == 1
    assert mine[0].find("q:Coding", NS).get("creatingUser") == users[MACHINE]  # type: ignore[union-attr]
    said = mine[0].findtext("q:Description", "", NS)
    assert "probability 0.61; suggest" in said
    assert "precedent words" in said


def test_suggestions_leave_the_codings_of_people_as_they_are(tmp_path: Path) -> None:
    """Read back, the people's part is the study; the machine's coding stands beside it as a machine's."""
    write(STUDY, tmp_path / "p.qdpx", WriteOptions((SUGGESTED,)))
    study = read(tmp_path / "p.qdpx")
    assert [c for c in study.codings if c.coder == "ana"] == list(STUDY.codings)
    assert [(c.id, c.kind) for c in study.coders] == [("ana", "human"), (MACHINE, "machine")]
    assert study.humans == ("ana",)


def test_mirrored_suggestions_stand_under_a_root_code(tmp_path: Path) -> None:
    """Those who cannot filter by user can filter by the folder of codes."""
    root = _written(tmp_path, suggestions=(SUGGESTED,), mirror=True)
    assert [c.get("name") for c in root.iterfind(".//q:Codes/q:Code", NS)] == ["T", "autocode"]
    assert [c.code for c in read(tmp_path / "p.qdpx").codings] == ["T > c", "autocode > T (autocode) > c (autocode)"]


def test_positions_count_code_points_unless_asked_otherwise(tmp_path: Path) -> None:
    """The emoji before the selection counts one, or two as NVivo counts, or is replaced."""
    starts = {
        astral: _written(tmp_path, astral=astral).find(".//q:PlainTextSelection", NS).get("startPosition")  # type: ignore[union-attr]
        for astral in ("codepoints", "utf16", "replace")
    }
    assert starts == {"codepoints": "8", "utf16": "9", "replace": "8"}
    with zipfile.ZipFile(tmp_path / "p.qdpx") as zipped:
        assert zipped.read(zipped.namelist()[1]).decode() == TEXT.replace("👩", "□")


def test_a_text_with_windows_line_ends_still_counts_one(tmp_path: Path) -> None:
    """What MAXQDA may want: CRLF in the file, one in the count."""
    study = replace(STUDY, codings=(replace(STUDY.codings[0], start=15, end=17),))
    root = _written(tmp_path, study, newlines="crlf")
    assert root.find(".//q:PlainTextSelection", NS).get("startPosition") == "15"  # type: ignore[union-attr]
    with zipfile.ZipFile(tmp_path / "p.qdpx") as zipped:
        assert b"there.\r\nIt" in zipped.read(zipped.namelist()[1])


def test_the_container_is_laid_out_as_the_tools_want_it(tmp_path: Path) -> None:
    """Project first, texts in a lower-case folder without a mark, no folders, no rich text."""
    root = _written(tmp_path)
    with zipfile.ZipFile(tmp_path / "p.qdpx") as zipped:
        names = zipped.namelist()
        assert zipped.read(names[1]) == TEXT.encode()
        assert qde_of(tmp_path / "p.qdpx").startswith(b"<?xml")
    assert names[0] == "project.qde"
    assert all(n.startswith("sources/") and n.endswith(".txt") for n in names[1:])
    assert "richTextPath" not in root.find(".//q:TextSource", NS).attrib  # type: ignore[union-attr]


def test_each_coder_span_and_code_has_one_selection(tmp_path: Path) -> None:
    """Two codes on one span are two selections, each with the same user on both of its parts."""
    study = replace(STUDY, codings=(*STUDY.codings, replace(STUDY.codings[0], code="T")))
    for s in _written(tmp_path, study).iterfind(".//q:PlainTextSelection", NS):
        (only,) = s.findall("q:Coding", NS)
        assert only.get("creatingUser") == s.get("creatingUser")


def test_the_guids_of_the_input_are_kept(tmp_path: Path) -> None:
    """Codes, sources and users keep theirs, so that other programs recognise them."""
    xml = project(code(1, "c"), source(5, "A", selection(0, 2, coding(7, 1))))
    path = qdpx(tmp_path, xml, {"5.txt": "text"}, "in.qdpx")
    write(read(path), tmp_path / "out.qdpx")
    root = _root(tmp_path / "out.qdpx")
    assert root.find(".//q:Code", NS).get("guid") == guid(1)  # type: ignore[union-attr]
    assert root.find(".//q:TextSource", NS).get("guid") == guid(5)  # type: ignore[union-attr]
    assert root.find(".//q:User", NS).get("guid") == ANA  # type: ignore[union-attr]


def test_guids_that_are_none_are_replaced(tmp_path: Path) -> None:
    """A guid that the schema would refuse never gets into a file, nor one that occurs twice."""
    study = Study((Document("a", "x", guid="7"), Document("b", "y", guid="7")), Codebook((Code("c", guid="no"),)))
    root = _written(tmp_path, study)
    guids = [e.get("guid", "") for e in root.iter() if e.get("guid")]
    assert len(set(guids)) == len(guids)
    assert all(len(g) == 36 for g in guids)


@pytest.mark.row(17)
def test_characters_that_xml_cannot_hold_are_replaced_one_for_one(tmp_path: Path) -> None:
    """Offsets stay right in a text with control characters and half surrogate pairs."""
    text = "a\x00b\x0bc\ud800d\uffffe"
    study = replace(
        STUDY, documents=(Document("d", text, "\x01"),), codings=(Coding("d", 2, 9, "T", "ana", "\x02m"),), readings=()
    )
    write(study, tmp_path / "p.qdpx")
    back = read(tmp_path / "p.qdpx")
    assert back.documents[0].text == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert [(c.start, c.end, c.memo) for c in back.codings] == [(2, 9, "\ufffdm")]


def test_codes_can_be_written_without_a_tree(tmp_path: Path) -> None:
    """ATLAS.ti knows little nesting; the path becomes the name."""
    root = _written(tmp_path, flatten=" / ")
    assert [c.get("name") for c in root.iterfind(".//q:Codes/q:Code", NS)] == ["T", "T / c"]
    assert not root.findall(".//q:Code/q:Code", NS)


def test_a_name_that_two_codes_have_is_qualified_and_comes_back(tmp_path: Path) -> None:
    """QualCoder would make one code of two; the second is named with its parent, and ours again on reading."""
    book = Codebook((Code("A"), Code("other", "A"), Code("B"), Code("other", "B")))
    study = replace(STUDY, codebook=book, codings=(replace(STUDY.codings[0], code="B > other"),))
    root = _written(tmp_path, study)
    assert [c.get("name") for c in root.iterfind(".//q:Code", NS)] == ["A", "other", "B", "other (B)"]
    assert read(tmp_path / "p.qdpx") == study


def test_rules_of_a_code_are_told_with_its_definition(tmp_path: Path) -> None:
    """Other programs show one text for a code; ours puts them apart again."""
    assert _written(tmp_path).findtext(".//q:Code/q:Description", "", NS) == "all\n\nInclude: this"
    assert read(tmp_path / "p.qdpx").codebook == STUDY.codebook


@pytest.mark.parametrize("when", ["", "2026-01-02", "2026-01-02T03:04:05Z", "yesterday"])
def test_dates_are_valid_or_left_to_the_newest_known(tmp_path: Path, when: str) -> None:
    """Every coding has a date that the schema takes, and its own comes back as it was."""
    study = replace(STUDY, codings=(replace(STUDY.codings[0], when=when),))
    assert _written(tmp_path, study).find(".//q:Coding", NS).get("creationDateTime", "").endswith("Z")  # type: ignore[union-attr]
    assert read(tmp_path / "p.qdpx").codings[0].when == when
