"""The Word file opened by LibreOffice: pages, captions, tables with styles, text that is all there."""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import dossier, write_dossier
from autocode.dossier.blocks import Dossier, Figure, Table
from autocode.dossier.findings import Findings
from autocode.dossier.record import load_record
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from tests.conftest import BUNDLED
from tests.dossier.soffice import convert

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
_NS = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
}


@pytest.fixture(scope="module")
def findings(bundled: Study) -> Findings:
    """The humans of the bundled study compared."""
    matrix = coding_matrix(bundled, Config(), bundled.humans)
    return Findings(agreement=agree(matrix), matrix=matrix, command="autocode report x --out y")


@pytest.fixture(scope="module")
def made(bundled: Study, findings: Findings) -> Dossier:
    """The dossier of the bundled study."""
    return dossier(bundled, findings)


@pytest.fixture(scope="module")
def file(bundled: Study, findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its Word file."""
    return write_dossier(bundled, findings, tmp_path_factory.mktemp("word"), ("docx",))[0]


@pytest.fixture(scope="module")
def opened(file: Path) -> ElementTree.Element:
    """The Word file as LibreOffice reads it: the content of its OpenDocument copy."""
    with zipfile.ZipFile(convert(file, "odt", file.parent)) as archive:
        return ElementTree.fromstring(archive.read("content.xml"))


def _printed(made: Dossier) -> list[Table]:
    return [b for s in made.sections for b in s.blocks if isinstance(b, Table) and not b.sheet_only]


def test_it_becomes_a_pdf_of_some_dozens_of_pages(file: Path) -> None:
    """LibreOffice prints the file: 20 to 60 pages of A4, none of them lost."""
    from pypdf import PdfReader

    pages = PdfReader(convert(file, "pdf", file.parent)).pages
    assert 20 <= len(pages) <= 60
    sizes = {tuple(sorted((round(float(p.mediabox.width)), round(float(p.mediabox.height))))) for p in pages}
    assert sizes == {(595, 842)}
    assert all(re.search(r"· \d+", p.extract_text()) for p in pages), "every page has its number"


def test_the_journal_is_at_most_twelve_pages(bundled: Study, findings: Findings, tmp_path: Path) -> None:
    """What a journal has room for: 12 A4 pages for the bundled study with its record, contents with page numbers among them."""
    from pypdf import PdfReader

    record = load_record(BUNDLED / "dossier.toml")
    (path,) = write_dossier(bundled, replace(findings, record=record), tmp_path, ("docx",), "journal")
    pages = PdfReader(convert(path, "pdf", tmp_path)).pages
    assert 6 <= len(pages) <= 12
    contents = re.findall(r"(Quotes|Limitations)[ .]*(\d+)", pages[0].extract_text())
    assert [name for name, _ in contents] == ["Quotes", "Limitations"]
    for name, number in contents:
        assert name in pages[int(number) - 1].extract_text()


def test_its_tables_are_tables_with_a_repeated_header(opened: ElementTree.Element, made: Dossier) -> None:
    """Every printed table is a table of as many rows and columns, its first row repeated on each page."""
    tables = opened.findall(".//table:table", _NS)
    assert len(tables) == len(_printed(made))
    for found, wanted in zip(tables, _printed(made), strict=True):
        rows = found.findall(".//table:table-row", _NS)
        assert len(rows) == len(wanted.rows) + 1
        assert {len(row.findall("table:table-cell", _NS)) for row in rows} == {len(wanted.header)}
        assert found.find("table:table-header-rows", _NS) is not None


def test_every_table_and_figure_has_its_numbered_caption(opened: ElementTree.Element, made: Dossier) -> None:
    """Captions stand in their own style, in order, with the numbers of the dossier as fields."""
    captions = [b.caption for s in made.sections for b in s.blocks if isinstance(b, Figure) or b in _printed(made)]  # type: ignore[union-attr]
    texts = [" ".join("".join(p.itertext()).split()) for p in opened.iter(f"{{{_NS['text']}}}p")]
    at = -1
    for caption in captions:
        at = next(i for i, text in enumerate(texts) if i > at and text.startswith(" ".join(caption.split())))
    fields = [s.text for s in opened.iter(f"{{{_NS['text']}}}sequence")]
    assert fields == [caption.split(".")[0].split()[1] for caption in captions]


def test_every_picture_says_itself(opened: ElementTree.Element, made: Dossier) -> None:
    """Each picture is there with its description for screen readers."""
    figures = [d for s in made.sections for b in s.blocks if isinstance(b, Figure) for d in b.drawings]
    said = [d.text or "" for d in opened.findall(".//draw:frame/svg:desc", _NS)]
    assert len(said) == len(figures)
    assert all(figure.said[:60] in text for figure, text in zip(figures, said, strict=True))


def test_headings_are_headings(opened: ElementTree.Element, made: Dossier) -> None:
    """Each section begins with a heading of the first level, so that Word can make a table of contents."""
    level = f"{{{_NS['text']}}}outline-level"
    found = ["".join(h.itertext()) for h in opened.iter(f"{{{_NS['text']}}}h") if h.get(level) == "1"]
    assert [t for t in found if t in {s.title for s in made.sections}] == [s.title for s in made.sections]
