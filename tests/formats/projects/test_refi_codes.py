"""The code tree of REFI-QDA: every shape becomes a tree of distinct paths."""

from __future__ import annotations

import zipfile
from pathlib import Path

from autocode.formats import read, read_all, write
from tests.conftest import shared
from tests.formats.projects_made import code, coding, guid, project, qdpx, selection, source


def _sets(**members: list[int]) -> str:
    inner = "".join(
        f'<Set guid="{guid(50 + n)}" name="{name}">'
        + "".join(f'<MemberCode targetGUID="{guid(m)}"/>' for m in listed)
        + "</Set>"
        for n, (name, listed) in enumerate(members.items())
    )
    return f"<Sets>{inner}</Sets>"


def test_siblings_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Names are not unique in REFI-QDA; codings follow the guid."""
    xml = project(code(1, "c") + code(2, "c"), source(5, "A", selection(0, 2, coding(7, 2))))
    study = read(qdpx(tmp_path, xml, {"5.txt": "text"}))
    assert [c.path for c in study.codebook] == ["c", "c (2)"]
    assert [c.code for c in study.codings] == ["c (2)"]


def test_a_guid_given_twice_stands_for_its_first_code(tmp_path: Path) -> None:
    """Both codes are kept; the codings go to the first, and the receipt says so."""
    xml = project(code(1, "c") + code(1, "d"), source(5, "A", selection(0, 2, coding(7, 1))))
    study, receipts = read_all([qdpx(tmp_path, xml, {"5.txt": "text"})])
    assert [c.code for c in study.codings] == ["c"]
    assert "'d' has no identifier of its own" in " ".join(map(str, receipts))


def test_guids_are_compared_without_case_and_braces(tmp_path: Path) -> None:
    """MAXQDA writes upper case, others braces."""
    codes = f'<Code guid="{{{guid(1).upper()}}}" name="c" isCodable="true"/>'
    xml = project(codes.replace("0000000001", "00000000AB"), source(5, "A", selection(0, 2, coding(7, 1))))
    xml = xml.replace(f'targetGUID="{guid(1)}"', 'targetGUID="00000000-0000-4000-8000-0000000000ab"')
    xml = xml.replace("8000-000000000000AB", "8000-0000000000AB")
    assert len(read(qdpx(tmp_path, xml, {"5.txt": "text"})).codings) == 1


def test_descriptions_and_notes_of_a_code_are_its_definition(tmp_path: Path) -> None:
    """What the codebook says of a code is kept, its memo too."""
    notes = f'<Notes><Note guid="{guid(33)}"><PlainTextContent>a memo</PlainTextContent></Note></Notes>'
    inner = f'<Description>what it means\n</Description><NoteRef targetGUID="{guid(33)}"/>'
    (found,) = read(qdpx(tmp_path, project(code(1, "c", inner), rest=notes), {})).codebook
    assert found.definition == "what it means\n\na memo"


def test_a_set_of_codes_is_the_theme_of_those_without_a_place(tmp_path: Path) -> None:
    """Code groups are how ATLAS.ti knows themes; a set named like a code uses that code."""
    codes = code(1, "a") + code(2, "b") + code(3, "Mood") + code(4, "tree", code(6, "leaf"))
    xml = project(codes, rest=_sets(Mood=[1, 2], Small=[1], Leaves=[6], Empty=[]))
    study, receipts = read_all([qdpx(tmp_path, xml, {})])
    assert [c.path for c in study.codebook] == ["Mood", "Mood > a", "Mood > b", "tree", "tree > leaf"]
    assert study.codebook.by_path["Mood > a"].guid == guid(1)
    assert "'Small' (1 codes) overlaps the tree" in " ".join(map(str, receipts))


def test_codings_follow_a_code_into_its_theme(tmp_path: Path) -> None:
    """The coding of a code that a set took up has the new path."""
    xml = project(code(1, "a"), source(5, "A", selection(0, 2, coding(7, 1))), _sets(T=[1]))
    assert [c.code for c in read(qdpx(tmp_path, xml, {"5.txt": "text"})).codings] == ["T > a"]


def test_the_groups_of_the_specification_s_own_sample_are_themes() -> None:
    """Feelings and Breakfast food hold the codes of ATLAS.ti's project."""
    book = read(shared("formats", "samples", "atlasti", "atlas84mac_spec_annexA2.qde")).codebook
    assert [c.name for c in book.children() if book.is_theme(c.path)] == ["Feelings", "Breakfast food"]
    assert "Feelings > serene" in book


def test_a_tree_deeper_than_any_honest_one_is_cut_with_a_count(tmp_path: Path) -> None:
    """Seventy levels are read to the 64th."""
    tree = ""
    for level in range(70, 0, -1):
        tree = code(level, f"c{level}", tree)
    study, receipts = read_all([qdpx(tmp_path, project(tree), {})])
    assert len(study.codebook) == 64
    assert "6 more than 64 levels deep" in " ".join(map(str, receipts))


def test_a_code_has_its_colour_there_and_back(tmp_path: Path) -> None:
    """As MAXQDA and QualCoder write it; a code without one gets none, and what is no colour is none."""
    codes = "".join(code(n, name).replace("<Code ", f"<Code {said} ") for n, name, said in _COLOURED)
    study = read(qdpx(tmp_path, project(codes, source(5, "A", selection(0, 2, coding(7, 2)))), {"5.txt": "text"}))
    assert [c.colour for c in study.codebook] == ["#ef8256", "#00ff00", "", ""]
    write(study, tmp_path / "b.qdpx")
    assert read(tmp_path / "b.qdpx").codebook == study.codebook
    assert _xml(tmp_path / "b.qdpx").count("color=") == 2


_COLOURED = ((1, "a", 'color="#ef8256"'), (2, "b", 'color="#0F0"'), (3, "c", 'color="red"'), (4, "d", ""))


def _xml(path: Path) -> str:
    with zipfile.ZipFile(path) as project:
        return project.read("project.qde").decode()
