"""REFI-QDA both ways: what is written is read back, and stands the test of the schemas."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.errors import InputError
from autocode.formats import WriteOptions, read, write
from autocode.study import Document, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from tests.conftest import shared
from tests.formats.exchanged import exchanged
from tests.formats.projects_made import qde_of, without_private_part

OPTIONS = [WriteOptions(), WriteOptions(newlines="crlf"), WriteOptions(astral="utf16")]
SAMPLES = (
    "nvivo/nvivo12win_97codings.qdpx",
    "nvivo/nvivo12mac_297codings.qdpx",
    "qc/qc132_205codings_bare_paths.qdpx",
    "maxqda/maxqda24_codebook_10sources.qdpx",
    "other/qdapy_handmade_two_coders.qdpx",
    "constructed/constructed_two_coders.qdpx",
    "qualcoder/mannheimer_a.qda",
    "taguette/taguette_sample_project.sqlite3",
    "rqda/OPCW-CSP-DG.rqda",
)
ORDER = {
    "Project": [
        "Users",
        "CodeBook",
        "Variables",
        "Cases",
        "Sources",
        "Notes",
        "Links",
        "Sets",
        "Graphs",
        "Description",
    ],
    "CodeBook": ["Codes"],
    "Code": ["Description", "NoteRef", "Code"],
    "TextSource": ["Description", "PlainTextContent", "PlainTextSelection", "Coding", "NoteRef", "VariableValue"],
    "PlainTextSelection": ["Description", "Coding", "NoteRef"],
    "Coding": ["CodeRef", "NoteRef"],
    "VariableValue": ["VariableRef", "TextValue"],
    "Set": ["Description", "MemberCode", "MemberSource", "MemberNote"],
}
NEEDED = {
    "User": {"guid"},
    "Code": {"guid", "name", "isCodable"},
    "Variable": {"guid", "name", "typeOfVariable"},
    "TextSource": {"guid"},
    "PlainTextSelection": {"guid", "startPosition", "endPosition"},
    "Coding": {"guid"},
    "Set": {"guid", "name"},
    "Project": {"name"},
}


def _check_by_hand(raw: bytes) -> None:
    """The order of elements and the attributes that the schema demands, for machines without it."""
    guids = set()
    for element in ElementTree.fromstring(raw).iter():
        tag = element.tag.rpartition("}")[2]
        assert NEEDED.get(tag, set()) <= set(element.attrib), tag
        if tag in ORDER:
            places = [ORDER[tag].index(child.tag.rpartition("}")[2]) for child in element]
            assert places == sorted(places), tag
        elif tag in ("Users", "Codes", "Variables", "Sources", "Sets"):
            assert len(element), f"an empty {tag} is invalid"
        if guid := element.get("guid"):
            assert guid.lower() not in guids
            guids.add(guid.lower())


def _suggestions(study: Study) -> tuple[Suggestion, ...]:
    return tuple(
        Suggestion(Segment(d.id, 0, len(d.text), "1"), study.codebook.codes[0].path, 0.61, "suggest")
        for d in study.documents
        if d.text
    )


@settings(max_examples=60, deadline=None)
@given(exchanged(), st.sampled_from(OPTIONS))
def test_a_project_reads_back_as_the_study_it_was_written_from(study: Study, options: WriteOptions) -> None:
    """Texts in any script, overlapping spans, two coders, memos, variables, units: all come back equal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.qdpx"
        write(study, path, options)
        _check_by_hand(qde_of(path))
        assert read(path) == study


@settings(max_examples=40, deadline=None)
@given(exchanged(), st.sampled_from(OPTIONS[:2]))
def test_what_other_programs_see_is_the_same_coding(study: Study, options: WriteOptions) -> None:
    """Without the part that only this program reads, texts, spans, codes, coders and memos are the same."""
    with tempfile.TemporaryDirectory() as folder:
        write(study, Path(folder) / "p.qdpx", options)
        seen = read(without_private_part(Path(folder) / "p.qdpx", Path(folder) / "q.qdpx"))
    assert {d.text for d in seen.documents} == {d.text for d in study.documents if d.text.strip()}
    names = {c.id: " ".join((c.name or c.id).split()) for c in study.coders}

    def told(s: Study, named: dict[str, str]) -> list[tuple[str, ...]]:
        paths = {c.path: " > ".join(" ".join(n.split()) for n in c.path.split(" > ")) for c in s.codebook}
        rows = {
            (s.by_id[c.document].text, str(c.start), str(c.end), paths[c.code], named[c.coder], c.memo.strip())
            for c in s.codings
        }
        return sorted(rows)

    plain = len({c.name for c in study.codebook}) == len(study.codebook)  # else names are qualified
    if plain and len(set(names.values())) == len(names) and options == OPTIONS[0]:
        theirs = told(seen, {c.id: " ".join(c.id.split()) for c in seen.coders})
        mine = [row for row in told(study, names) if row[0].strip()]
        assert theirs == mine


@settings(max_examples=40, deadline=None)
@given(
    exchanged(),
    st.sampled_from([*OPTIONS, WriteOptions(astral="replace"), WriteOptions(flatten=" / "), WriteOptions(mirror=True)]),
)
def test_every_project_is_valid_against_the_schema(study: Study, options: WriteOptions) -> None:
    """Whatever the study and the options, the project stands the published schema."""
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(shared("formats", "schemas", "Project.xsd")))
    codes = etree.XMLSchema(etree.parse(shared("formats", "schemas", "Codebook.xsd")))
    options = WriteOptions(_suggestions(study), None, options.newlines, options.astral, options.mirror, options.flatten)
    with tempfile.TemporaryDirectory() as folder:
        write(study, Path(folder) / "p.qdpx", options)
        schema.assertValid(etree.fromstring(qde_of(Path(folder) / "p.qdpx")))
        write(study, Path(folder) / "p.qdc", options)
        codes.assertValid(etree.parse(Path(folder) / "p.qdc"))


@settings(max_examples=40, deadline=None)
@given(exchanged())
def test_a_codebook_reads_back_equal(study: Study) -> None:
    """A .qdc keeps the tree, the order of the codes and each of their texts."""
    with tempfile.TemporaryDirectory() as folder:
        write(study, Path(folder) / "p.qdc")
        assert read(Path(folder) / "p.qdc").codebook == study.codebook


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_real_project_survives_being_written_and_read(sample: str, tmp_path: Path) -> None:
    """A project of another tool, read, written as REFI-QDA and read again, is the same study."""
    etree = pytest.importorskip("lxml.etree")
    study = read(shared("formats", "samples", *sample.split("/")))
    write(study, tmp_path / "p.qdpx")
    assert read(tmp_path / "p.qdpx") == study
    etree.XMLSchema(etree.parse(shared("formats", "schemas", "Project.xsd"))).assertValid(
        etree.fromstring(qde_of(tmp_path / "p.qdpx"))
    )


def test_a_bare_project_has_its_texts_beside_it(tmp_path: Path) -> None:
    """A .qde is read with the folder of sources next to it, as a container unpacked by hand."""
    study = Study((Document("d", "text 👩\nmore", "d"),), Codebook((Code("c"),)), name="s")
    write(study, tmp_path / "p.qde")
    assert read(tmp_path / "p.qde") == study


@pytest.mark.row(20)
def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two writings are equal byte for byte, guids and dates included."""
    study = Study((Document("d", "text", "d"),), Codebook((Code("c"),)))
    for name in ("a.qdpx", "b.qdpx"):
        write(study, tmp_path / name)
    assert (tmp_path / "a.qdpx").read_bytes() == (tmp_path / "b.qdpx").read_bytes()


def test_a_text_changed_in_our_own_file_is_read_afresh(tmp_path: Path) -> None:
    """Once somebody edits a text, the private part no longer speaks for it."""
    study = Study((Document("d", "some text", "d", kind="literature"),), Codebook((Code("c"),)))
    write(study, tmp_path / "a.qdpx")
    with zipfile.ZipFile(tmp_path / "a.qdpx") as old, zipfile.ZipFile(tmp_path / "b.qdpx", "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, b"other text" if info.filename.endswith(".txt") else old.read(info))
    changed = read(tmp_path / "b.qdpx").documents[0]
    assert (changed.text, changed.kind) == ("other text", "interview")


def test_a_codebook_without_codes_is_not_written(tmp_path: Path) -> None:
    """The schema wants at least one code, and the error says what to do."""
    with pytest.raises(InputError, match="no codes"):
        write(Study(), tmp_path / "p.qdc")


def test_a_codebook_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """QualCoder writes one before its codebook."""
    path = tmp_path / "b.qdc"
    path.write_text(
        '\ufeff<?xml version="1.0" encoding="utf-8"?><CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>'
        '<Code guid="00000000-0000-4000-8000-000000000001" name="a" isCodable="false"/>'
        "</Codes><Sets/></CodeBook>",
        encoding="utf-8",
    )
    assert [c.path for c in read(path).codebook] == ["a"]


@pytest.mark.parametrize(
    "name", ["qualcoder/qualcoder_master_codebook_bom.qdc", "taguette/codebook.qdc", "taguette/taguette-1.4.1-codebook.qdc"]
)
def test_real_codebooks_are_read_whole(name: str) -> None:
    """Codebooks of QualCoder and Taguette, invalid ones too, keep all their codes."""
    path = shared("formats", "samples", *name.split("/"))
    assert len(read(path).codebook) == path.read_bytes().count(b"<Code ")
