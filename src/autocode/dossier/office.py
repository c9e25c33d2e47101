"""A dossier as a Word file, with real tables, captions and styles, and as a workbook, a sheet for each table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from autocode.dossier.blocks import REFERENCE, Block, Cell, Dossier, Figure, Points, Quoted, Section, Table, Title, Words
from autocode.dossier.wordtables import LANDSCAPE, PORTRAIT, add_part, layout, png
from autocode.formats.files import cut_to_cell, legal

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


def _new_document(title: str) -> Any:
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
    from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
    from docx.shared import Inches, Pt, RGBColor

    made = {}
    sizes = {"Note": 9, "Notice": 10.5, "Quote source": 9, "Point": 10.5, "Contents heading": 12.5, "Contents entry": 10.5}
    for name, size in sizes.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size = document.styles["Normal"], Pt(size)
        style.font.color.rgb = RGBColor(*(_SOFT if name in ("Note", "Quote source") else _INK))
        made[name] = style.paragraph_format
    made["Note"].space_before = Pt(3)
    made["Notice"].left_indent = made["Quote source"].left_indent = Pt(12)
    made["Quote source"].space_after = Pt(9)
    made["Point"].left_indent, made["Point"].first_line_indent, made["Point"].space_after = Pt(16), Pt(-16), Pt(4)
    made["Point"].tab_stops.add_tab_stop(Pt(16))
    made["Contents heading"].space_before = Pt(12)
    made["Contents entry"].space_after, made["Contents entry"].line_spacing = Pt(1), 1.0  # the answer stays on its page
    made["Contents entry"].tab_stops.add_tab_stop(Inches(PORTRAIT), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


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


def _stamped(document: Any) -> bytes:
    """The file with all its parts dated alike and in order, so that equal content is equal bytes."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, old.read(name))
    return out.getvalue()


def _turn(document: Any, sideways: bool) -> None:
    """Begin a page on its side, or upright again, where the last one was not so."""
    from docx.enum.section import WD_ORIENT, WD_SECTION

    last = document.sections[-1]
    if (last.page_width > last.page_height) == sideways:
        return
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = last.page_height, last.page_width


_MARKS = {"yes": "✓", "part": "?", "no": "✗", "": "•"}
_TALLEST = (8.2, 5.2)  # inches of height for a picture, upright and on its side
_WIDE = 900  # units: a wider picture gets a page on its side


def word(made: Dossier) -> bytes:
    """The Word file's bytes; the same dossier gives the same bytes."""
    return _stamped(_document(made))


def _document(made: Dossier) -> Any:
    document = _new_document(made.title)
    document.add_heading(legal(made.title), 0)
    if made.notice:
        document.add_paragraph(legal(made.notice), "Notice")
    document.add_paragraph(legal(made.summary))
    printed = [(s, [b for b in s.blocks if not (isinstance(b, Table) and b.sheet_only)]) for s in made.sections]
    printed = [(section, blocks) for section, blocks in printed if blocks]
    _contents(document, [section for section, _ in printed])
    for number, (section, blocks) in enumerate(printed):
        _turn(document, _is_wide(blocks[0]))
        _bookmark(document.add_heading(legal(section.title), 1), f"_Toc{number}", number)
        before: Block = Title(section.title)
        for block, after in zip(blocks, [*blocks[1:], Title("")], strict=True):
            _turn(document, _is_wide(block))
            _add(document, block)
            if isinstance(before, Title) and isinstance(block, Words) and not isinstance(after, Title):
                document.paragraphs[-1].paragraph_format.keep_with_next = True  # no heading with its note alone on a page
            before = block
    return document


def _element(kind: str, **attributes: str) -> Any:
    """An element of Word's own XML, its attributes in Word's namespace."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{kind}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def _bookmark(paragraph: Any, name: str, number: int) -> None:
    """Give what a paragraph holds so far a name that fields may point to."""
    ends = {"id": str(number)}
    first = next(i for i, child in enumerate(paragraph._p) if not child.tag.endswith("}pPr"))
    paragraph._p.insert(first, _element("bookmarkStart", name=name, **ends))
    paragraph._p.append(_element("bookmarkEnd", **ends))


def _contents(document: Any, sections: Sequence[Section]) -> None:
    """The sections with their pages, links to their headings; Word renews the pages with the fields."""
    document.add_paragraph("Contents", "Contents heading")
    for number, section in enumerate(sections):
        paragraph = document.add_paragraph(style="Contents entry")
        link = _element("hyperlink", anchor=f"_Toc{number}", history="1")
        link.append(paragraph.add_run(legal(section.title))._r)
        paragraph._p.append(link)
        paragraph.add_run("\t")
        _field(paragraph, f" PAGEREF _Toc{number} \\h ", "…")


def _field(paragraph: Any, instruction: str, now: str) -> None:
    """A field that Word works out when it opens the file, with what stands there until then."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("", now), ("end", "")):
        run = paragraph.add_run(text if text == now else "")
        if kind == "begin":
            run._r.append(_element("fldChar", fldCharType=kind, dirty="true"))
        elif kind:
            run._r.append(_element("fldChar", fldCharType=kind))
        elif text == instruction:
            run._r.append(_element("instrText"))
            run._r[-1].text = text


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
                _linked(paragraph, f" {text}")
        case Quoted(text, kind, source):
            document.add_paragraph(legal(" ".join(text.split())), "Quote")
            document.add_paragraph(legal(f"{kind}. {source}" if kind else source), "Quote source")
        case Title(text, level):
            document.add_heading(legal(text), level - 1)


def _linked(paragraph: Any, text: str, bold: bool = False) -> None:
    """A text whose "Table 3" and "Figure 1" are fields that follow the captions' numbers."""
    at = 0
    for found in REFERENCE.finditer(text):
        paragraph.add_run(legal(text[at : found.start()])).bold = bold
        field = _element("fldSimple", instr=rf" REF {found[1]}_{found[2]} \h ")
        run = paragraph.add_run(found[0])
        run.bold = bold
        field.append(run._r)
        paragraph._p.append(field)
        at = found.end()
    paragraph.add_run(legal(text[at:])).bold = bold


def _words(document: Any, text: str, style: str) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph(style="Note" if style == "soft" else None)
    if style == "code":
        run = paragraph.add_run(legal(text))
        run.font.name, run.font.size = "Consolas", Pt(9)
    else:
        _linked(paragraph, text, style == "lead")


def _caption(document: Any, text: str, above: bool) -> None:
    """A caption whose number Word can renew: "Table 1" and "Figure 1" are sequence fields that the text points to."""
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = above
    head, _, rest = text.partition(". ")
    kind, _, number = head.partition(" ")
    paragraph.add_run(f"{kind} ").bold = True
    field = _element("fldSimple", instr=rf" SEQ {kind} \* ARABIC ")
    run = paragraph.add_run(number)
    run.bold = True
    field.append(run._r)
    paragraph._p.append(field)
    _bookmark(paragraph, f"{kind}_{number}", (1000 if kind == "Table" else 2000) + int(number))
    paragraph.add_run(".").bold = True
    _linked(paragraph, f" {rest}")


def _table(document: Any, table: Table) -> None:
    for number, part in enumerate(layout(table).parts):
        if number:
            name = table.caption.partition(". ")[0]
            document.add_paragraph(f"{name}, continued", "Caption").paragraph_format.keep_with_next = True
        else:
            _caption(document, table.caption, above=True)
        add_part(document, table, part)
    if table.note:
        _words(document, table.note, "soft")


def _figure(document: Any, figure: Figure) -> None:
    """The parts of a picture, the caption below the first of them."""
    from docx.shared import Inches, Pt

    wide = _is_wide(figure)
    width, tallest = (LANDSCAPE, _TALLEST[1]) if wide else (PORTRAIT, _TALLEST[0])
    for number, drawing in enumerate(figure.drawings, 1):
        inches = min(width, tallest * drawing.width / drawing.height)
        document.add_picture(io.BytesIO(png(drawing, inches)), width=Inches(inches))
        picture = document.paragraphs[-1]
        picture.paragraph_format.keep_with_next, picture.paragraph_format.space_before = True, Pt(8)
        properties = picture._p.xpath(".//wp:docPr")[0]
        properties.set("descr", legal(f"{drawing.title}. {drawing.said}")[:2000])
        properties.set("name", figure.name)
        if number == 1:
            _caption(document, f"{figure.caption} Its numbers: sheet “{figure.data.name}” of the workbook.", above=False)
        else:
            name = figure.caption.partition(". ")[0]
            document.add_paragraph(f"{name}, continued ({number} of {len(figure.drawings)})", "Caption")


def _is_wide(block: Block) -> bool:
    """Whether a block needs a page on its side."""
    if isinstance(block, Table):
        return layout(block).sideways
    return isinstance(block, Figure) and block.drawings[0].width > _WIDE


_FORMATS = {"k": "0.00", "p": "0%", "n": "#,##0"}


_WIDEST = 60


def workbook(made: Dossier) -> bytes:
    """The workbook's bytes; the same dossier gives the same bytes.

    Every text is stored as a text, whatever it begins with, and cut where Excel could not hold it.
    """
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": legal(made.title), "author": "autocode", "comments": legal(made.notice), "created": _CREATED})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    numbers = {kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()}
    tables = [_tidy(table) for table in made.tables() if table.rows]
    for table in [_list_of_sheets(made, tables), *tables]:
        _sheet(book.add_worksheet(table.name[:31]), table, bold, numbers)
    book.close()
    return content.getvalue()


def _list_of_sheets(made: Dossier, tables: Sequence[Table]) -> Table:
    """The first sheet: what each sheet holds, and what a reader must know of it."""
    rows: list[tuple[Cell, ...]] = [(t.name, t.caption, len(t.rows), t.note) for t in tables]
    return Table(
        "Contents", made.title, ("Sheet", "What it holds", "Rows", "Note"), (("", made.title, None, made.notice), *rows), "ttnt"
    )


def _tidy(table: Table) -> Table:
    """Rows that stand for a theme become a column, so that every row is one observation."""
    if not table.heads:
        return table
    header = ("Theme", "Code" if table.header[0] in ("Theme and code", "Code") else table.header[0], *table.header[1:])
    return Table(table.name, table.caption, header, tuple(_rows_below(table)), "t" + table.kinds, table.note)


def _rows_below(table: Table) -> Iterator[tuple[Cell, ...]]:
    theme: Cell = ""
    for i, row in enumerate(table.rows):
        if i in table.heads:
            theme = row[0]
            if any(cell not in ("", None) for cell in row[1:]):
                yield theme, "(all)", *row[1:]
        else:
            yield theme, *row


def _sheet(sheet: Any, table: Table, bold: Any, numbers: dict[str, Any]) -> None:
    for column, name in enumerate(table.header):
        sheet.write_string(0, column, cut_to_cell(legal(name)), bold)
    for i, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            _write(sheet, (i, column), cell, numbers.get(table.kind(column)))
    for column, name in enumerate(table.header):
        longest = max([len(name), *(len(str(row[column])) for row in table.rows[:500] if row[column] is not None)])
        sheet.set_column(column, column, min(_WIDEST, 2 + (longest if table.kind(column) == "t" else min(longest, 12))))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.header) - 1)


def _write(sheet: Any, place: tuple[int, int], cell: Cell, shape: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, int | float):
        sheet.write_number(*place, cell, shape)
    else:
        sheet.write_string(*place, cut_to_cell(legal(cell)))
