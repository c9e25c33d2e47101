"""A dossier as a Word file: real tables with captions and styles, pictures at 300 dots an inch."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from autocode.dossier.blocks import Block, Dossier, Figure, Points, Quoted, Table, Title, Words
from autocode.dossier.drawing import Drawing
from autocode.dossier.png import png
from autocode.formats.files import legal

_CREATED = datetime(2000, 1, 1)  # fixed: the same study gives the same bytes
_SIZES = {
    "Normal": 10.5,
    "Title": 22,
    "Heading 1": 15,
    "Heading 2": 12.5,
    "Heading 3": 11,
    "Caption": 9.5,
    "Quote": 10.5,
    "Footer": 8.5,
}
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


_MARKS = {"yes": "✓", "part": "?", "no": "✗", "": "•"}
_PORTRAIT, _LANDSCAPE, _TALLEST = 6.3, 9.7, (8.2, 4.9)  # inches of text width and height
_WIDE = 900  # units: a wider picture, or a table of many columns, gets a page on its side
_MANY_COLUMNS, _MANY_LONG, _LONG_CELL = 9, 4, 120
_BREAK = re.compile("[ \u200b]")
_INTERVAL = 15  # characters: "−0.14 to −0.02" is one thing and stays on one line


def word(made: Dossier) -> bytes:
    """The Word file's bytes; the same dossier gives the same bytes."""
    return stamped(_document(made))


def _document(made: Dossier) -> Any:
    document = new_document(made.title)
    document.add_heading(legal(made.title), 0)
    if made.notice:
        document.add_paragraph(legal(made.notice), "Notice")
    document.add_paragraph(legal(made.summary))
    for section in made.sections:
        blocks = [b for b in section.blocks if not (isinstance(b, Table) and b.sheet_only)]
        if blocks:
            turn(document, _is_wide(blocks[0]))
            heading = document.add_heading(legal(section.title), 1)
            heading.paragraph_format.page_break_before = section.own_page
        for block in blocks:
            turn(document, _is_wide(block))
            _add(document, block)
    return document


def _add(document: Any, block: Block) -> None:
    match block:
        case Table():
            _table(document, block)
        case Figure():
            _figure(document, block)
        case Words(text, style):
            _words(document, text, style)
        case Points(rows):
            for mark, head, text in rows:
                paragraph = document.add_paragraph(style="Point")
                paragraph.add_run(legal(f"{_MARKS[mark]}\t{head}")).bold = True
                paragraph.add_run(legal(f" {text}"))
        case Quoted(text, kind, source):
            document.add_paragraph(legal(" ".join(text.split())), "Quote")
            document.add_paragraph(legal(f"{kind}. {source}"), "Quote source")
        case Title(text, level):
            document.add_heading(legal(text), level - 1)


def _words(document: Any, text: str, style: str) -> None:
    from docx.shared import Pt

    run = document.add_paragraph(style="Note" if style == "soft" else None).add_run(legal(text))
    run.bold = style == "lead"
    if style == "code":
        run.font.name, run.font.size = "Consolas", Pt(9)


def _caption(document: Any, text: str, above: bool) -> None:
    """A caption whose number Word can renew: "Table 1." and "Figure 1." are sequence fields."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = above
    head, _, rest = text.partition(". ")
    kind, _, number = head.partition(" ")
    paragraph.add_run(f"{kind} ").bold = True
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f" SEQ {kind} \\* ARABIC ")
    run = paragraph.add_run(number)
    run.bold = True
    field.append(run._r)
    paragraph._p.append(field)
    paragraph.add_run(".").bold = True
    paragraph.add_run(legal(f" {rest}"))


def _table(document: Any, table: Table) -> None:
    _caption(document, table.caption, above=True)
    add_table(document, table, _LANDSCAPE if _is_wide(table) else _PORTRAIT)
    if table.note:
        _words(document, table.note, "soft")


def add_table(document: Any, table: Table, inches: float, widths: Sequence[float] = ()) -> Any:
    """A Word table in the style of a paper: rules above and below, its header repeated on each page.

    Args:
        document: Where to, at its end.
        table: What it holds.
        inches: The width of the text.
        widths: Of the columns, in inches; by their contents where empty.
    """
    from docx.enum.table import WD_TABLE_ALIGNMENT

    grid = document.add_table(rows=0, cols=len(table.header), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    widths = widths or _widths(table, inches)
    _row(
        grid,
        [Written(name, table.kind(j) != "t", True) for j, name in enumerate(table.header)],
        widths,
    )
    for i in range(len(table.rows)):
        below = bool(table.heads) and i not in table.heads
        cells = [
            Written(table.shown(i, j), table.kind(j) != "t", i in table.heads, below and not j)
            for j in range(len(table.header))
        ]
        _row(grid, cells, widths)
    _rules(grid, widths)
    return grid


def _widths(table: Table, inches: float) -> list[float]:
    """Widths of columns: room for the longest word of each, the rest by how long its cells are."""
    columns = range(len(table.header))
    cells = [
        [Written(table.header[j]).printed, *(Written(table.shown(i, j)).printed for i in range(len(table.rows)))]
        for j in columns
    ]
    least = [_wide(max((len(word) for text in column for word in _BREAK.split(text)), default=1)) for column in cells]
    wished = [max(a, _wide(min(60, max(map(len, column[1:]), default=1)))) for a, column in zip(least, cells, strict=True)]
    spare, wanted = inches - sum(least), sum(wished) - sum(least)
    if spare <= 0:
        return [width * inches / sum(least) for width in least]
    part = min(1.0, spare / wanted) if wanted else 0.0
    return [a + part * (b - a) for a, b in zip(least, wished, strict=True)]


def _wide(characters: int) -> float:
    """Inches that so many characters of a table's print take, with the margins of a cell."""
    return 0.061 * characters + 0.145


@dataclass(frozen=True, slots=True)
class Written:
    """A cell as it is printed: its text, on the right or not, bold or not, set in below a theme or not."""

    text: str
    right: bool = False
    bold: bool = False
    inset: bool = False

    @property
    def printed(self) -> str:
        """The text with places to break after a slash, and none within an interval or a count."""
        text = self.text.replace("/", "/\u200b").replace("n = ", "n\u00a0=\u00a0")
        return text.replace(" to ", "\u00a0to\u00a0") if len(text) < _INTERVAL else text


def _row(grid: Any, cells: Sequence[Written], widths: Sequence[float]) -> None:
    """One row written as XML at once: cell by cell through python-docx takes a minute for long tables."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    parts = []
    for cell, width in zip(cells, widths, strict=True):
        align = ('<w:ind w:left="140"/>' if cell.inset else "") + ('<w:jc w:val="right"/>' if cell.right else "")
        weight = "<w:b/>" if cell.bold else ""
        parts.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width * 1440:.0f}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
            f'<w:spacing w:before="20" w:after="20"/>{align}</w:pPr><w:r><w:rPr>{weight}<w:sz w:val="17"/></w:rPr>'
            f'<w:t xml:space="preserve">'
            f"{escape(legal(cell.printed))}</w:t></w:r></w:p></w:tc>"
        )
    row = f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/></w:trPr>{''.join(parts)}</w:tr>"
    grid._tbl.append(parse_xml(row))


def _rules(grid: Any, widths: Sequence[float]) -> None:
    """Thin rules between rows, none between columns; the header repeats; a description for screen readers."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    properties, columns = grid._tbl.tblPr, grid._tbl.tblGrid.gridCol_lst
    for column, width in zip(columns, widths, strict=True):
        column.set(qn("w:w"), f"{width * 1440:.0f}")
    edges = "".join(
        f'<w:{edge} w:val="{kind}" w:sz="{size}" w:space="0" w:color="{colour}"/>'
        for edge, kind, size, colour in (
            ("top", "single", 8, "1D1D1F"),
            ("left", "nil", 0, "auto"),
            ("bottom", "single", 8, "1D1D1F"),
            ("right", "nil", 0, "auto"),
            ("insideH", "single", 4, "D9D9DE"),
            ("insideV", "nil", 0, "auto"),
        )
    )
    margins = "".join(f'<w:{side} w:w="60" w:type="dxa"/>' for side in ("left", "right"))
    properties.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{edges}</w:tblBorders>"))
    properties.append(parse_xml(f"<w:tblCellMar {nsdecls('w')}>{margins}</w:tblCellMar>"))
    header = grid._tbl.findall(qn("w:tr"))[0]
    header.find(qn("w:trPr")).append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))


def _figure(document: Any, figure: Figure) -> None:
    from docx.shared import Inches

    inches = _fitting(figure.drawing, _is_wide(figure))
    document.add_picture(io.BytesIO(png(figure.drawing, inches)), width=Inches(inches))
    picture = document.paragraphs[-1]
    picture.paragraph_format.keep_with_next = True
    properties = picture._p.xpath(".//wp:docPr")[0]
    properties.set("descr", legal(f"{figure.drawing.title}. {figure.drawing.said}")[:2000])
    properties.set("name", figure.name)
    _caption(document, f"{figure.caption} Its numbers: sheet “{figure.data.name}” of the workbook.", above=False)


def _fitting(drawing: Drawing, wide: bool) -> float:
    """The printed width at which a picture fits on its page."""
    width, tallest = (_LANDSCAPE, _TALLEST[1]) if wide else (_PORTRAIT, _TALLEST[0])
    return min(width, tallest * drawing.width / drawing.height)


def _is_wide(block: Block) -> bool:
    """Whether a block needs a page on its side."""
    if isinstance(block, Table):
        long = any(isinstance(cell, str) and len(cell) > _LONG_CELL for row in block.rows for cell in row)
        return len(block.header) > (_MANY_LONG if long else _MANY_COLUMNS)
    return isinstance(block, Figure) and block.drawing.width > _WIDE
