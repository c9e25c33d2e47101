"""Zip containers: refused when unsafe, read in memory, never extracted."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats.projects import attribute, local, open_archive, parse_xml


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return path


def test_members_are_read_by_slashed_names(tmp_path: Path) -> None:
    """A backslash in a name is a slash; the bytes come back as they were."""
    archive = open_archive(_zip(tmp_path / "a.zip", {"word\\document.xml": b"<a/>"}))
    assert archive.read("word/document.xml") == b"<a/>"


@pytest.mark.row(7)
@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"../evil": b""}, "outside"),
        ({"/etc/passwd": b""}, "outside"),
        ({"C:/x": b""}, "outside"),
        ({"a/b": b"", "a\\b": b""}, "same name"),
        ({"bomb": bytes(60 * 2**20)}, "200 times"),
    ],
)
def test_an_unsafe_container_is_refused(members: dict[str, bytes], said: str, tmp_path: Path) -> None:
    """Each fault is one line that says why."""
    with pytest.raises(InputError, match=said) as caught:
        open_archive(_zip(tmp_path / "a.zip", members))
    assert "\n" not in str(caught.value)


@pytest.mark.row(7)
def test_a_link_is_refused(tmp_path: Path) -> None:
    """A symbolic link inside a container is no text."""
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match="link"):
        open_archive(tmp_path / "a.zip")


def test_a_damaged_part_is_one_line(tmp_path: Path) -> None:
    """A part whose bytes were changed fails its checksum."""
    path = _zip(tmp_path / "a.zip", {"x": b"words " * 100})
    raw = bytearray(path.read_bytes())
    raw[40] ^= 255
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match="damaged"):
        open_archive(path).read("x")


def test_what_is_no_zip_is_said(tmp_path: Path) -> None:
    """A text file is no container."""
    (tmp_path / "a.zip").write_text("hello")
    with pytest.raises(InputError, match="copied in part only"):
        open_archive(tmp_path / "a.zip")


@pytest.mark.row(6)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(encoding: str) -> None:
    """No entity is ever looked at, whatever the encoding."""
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(InputError, match="DTD"):
        parse_xml(bomb.encode(encoding), "x")


@pytest.mark.parametrize(("raw", "said"), [(b"<a>", "damaged"), (b"", "damaged"), (b"<a>" * 300 + b"</a>" * 300, "levels")])
def test_bad_xml_is_one_line(raw: bytes, said: str) -> None:
    """Broken and bottomless XML is refused."""
    with pytest.raises(InputError, match=said):
        parse_xml(raw, "x")


def test_names_are_found_without_their_namespace() -> None:
    """Namespaces differ between versions of a program; local names do not."""
    element = parse_xml(b'<w:p xmlns:w="urn:w" w:id="7"/>', "x")
    assert (local(element), attribute(element, "id"), attribute(element, "other")) == ("p", "7", "")
