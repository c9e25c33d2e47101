"""The paper a Word file is printed on: size, margins, styles, footer, pages on their side."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from autocode.formats.markup import legal

_CREATED = datetime(2000, 1, 1)  # fixed: the same study gives the same bytes
_SIZES = {"Normal": 10.5, "Title": 22, "Heading 1": 15, "Heading 2": 12.5, "Heading 3": 11, "Caption": 9.5, "Quote": 10.5,
          "Footer": 8.5}  # fmt: skip
_INK, _SOFT = (0x1D, 0x1D, 0x1F), (0x5C, 0x5C, 0x63)


def new_document(title: str) -> Any:
    """An empty A4 document with calm styles and numbered pages, its dates fixed."""
    import docx
    from docx.shared import Cm

    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = legal(title)[:255], "autocode", ""
    properties.created = properties.modified = _CREATED
    properties.last_modified_by, properties.revision = "autocode", 1
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.5)
    _styles(document)
    _footer(document, title)
    return document


def _styles(document: Any) -> None:
    from docx.shared import Pt, RGBColor

    for name, size in _SIZES.items():
        style = document.styles[name]
        style.font.size, style.font.name = Pt(size), "Calibri"
        style.font.color.rgb = RGBColor(*_INK)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in fonts.attrib if "Theme" in key]:
            del fonts.attrib[theme]
    for rule in document.styles["Title"].element.xpath(".//w:pBdr"):
        rule.getparent().remove(rule)
    caption = document.styles["Caption"]
    caption.font.bold, caption.paragraph_format.space_before = False, Pt(10)
    quote = document.styles["Quote"].paragraph_format
    quote.left_indent, quote.space_after, quote.keep_with_next = Pt(12), Pt(1), True
    _own_styles(document)


def _own_styles(document: Any) -> None:
    """Styles that Word has not: small print, a notice, the source of a quote, a point with its mark."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    made = {}
    for name, size, soft in (("Note", 9, True), ("Notice", 10.5, False), ("Quote source", 9, True), ("Point", 10.5, False)):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size = document.styles["Normal"], Pt(size)
        style.font.color.rgb = RGBColor(*(_SOFT if soft else _INK))
        made[name] = style.paragraph_format
    made["Note"].space_before = Pt(3)
    made["Notice"].left_indent = made["Quote source"].left_indent = Pt(12)
    made["Quote source"].space_after = Pt(9)
    made["Point"].left_indent, made["Point"].first_line_indent, made["Point"].space_after = Pt(16), Pt(-16), Pt(4)
    made["Point"].tab_stops.add_tab_stop(Pt(16))


def _footer(document: Any, title: str) -> None:
    """The title and the number of the page at the foot of every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = document.sections[0].footer.paragraphs[0]
    for tab in paragraph.style.element.xpath(".//w:tabs"):
        tab.getparent().remove(tab)
    paragraph.add_run(f"{legal(title)[:100]} · ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), " PAGE ")
    field.append(paragraph.add_run("1")._r)
    paragraph._p.append(field)


def stamped(document: Any) -> bytes:
    """The file with all its parts dated alike and in order, so that equal content is equal bytes."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, old.read(name))
    return out.getvalue()


def turn(document: Any, sideways: bool) -> None:
    """Begin a page on its side, or upright again, where the last one was not so."""
    from docx.enum.section import WD_ORIENT, WD_SECTION

    last = document.sections[-1]
    if (last.page_width > last.page_height) == sideways:
        return
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = last.page_height, last.page_width
