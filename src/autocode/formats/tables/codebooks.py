"""Codebooks: YAML, and tables of every layout (lists and tables in Word: `codebook_texts`).

A table has one column for the code and may have others for the levels above it (``Theme | Code``),
a column that names the parent, or the whole path in one cell (``A\\B``, ``A > B``). Merged cells,
capitalised headings between the codes and parents without a row of their own are understood, and
what was inferred is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from autocode.errors import InputError, counted
from autocode.formats.files import Table, read_text
from autocode.formats.receipt import Receipt
from autocode.formats.tables.headings import DEFINITIONS, HEADINGS, code_path, columns_of, folded
from autocode.study.codebook import SEPARATOR, Code, Codebook, check_length, codebook_from_rows, hex_colour

_PARENT = ("parent", "parent code", "parent node", "parent name", "parent id", "obercode", "übergeordneter code", "code parent")
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("aggregate dimension", "overarching theme", "main theme", "hauptthema", "domain", "dimension", "code family", "family"),
    (
        "theme",
        "themes",
        "thema",
        "tema",
        "thème",
        "code group",
        "main category",
        "hauptkategorie",
        "oberkategorie",
        "hauptcode",
    ),
    ("category", "categories", "kategorie", "catégorie", "categoría", "categoria", "subtheme", "sub theme", "unterthema"),
    (
        "code",
        "codes",
        "code name",
        "codename",
        "kod",
        "kode",
        "código",
        "codigo",
        "codice",
        "代码",
        "コード",
        "код",
        "tag",
        "node",
    ),
    ("subcategory", "sub category", "unterkategorie", "subcode", "sub code", "untercode", "child code", "subnode"),
)
"""Headings of columns that are levels of the tree, from the root down."""

_CODE = 3  # the level that is the code itself
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "definition": (*DEFINITIONS, "meaning", "explanation", "définition", "definición", "definição", "definizione", "definitie"),
    "include": ("include", "includes", "inclusion", "inclusion criteria", "when to use", "use when", "einschluss"),
    "exclude": (
        "exclude",
        "excludes",
        "exclusion",
        "exclusion criteria",
        "when not to use",
        "do not use",
        "ausschluss",
        "abgrenzung",
    ),
    "example": (
        "example",
        "examples",
        "ankerbeispiel",
        "anchor example",
        "beispiel",
        "exemple",
        "ejemplo",
        "exemplo",
        "esempio",
    ),
    "guid": ("guid",),
}
_COLOUR = ("colour", "color", "code color", "code colour", "farbe", "couleur", "kleur", "colore", "cor")
_QUOTED = ("quote", "quotes", "example quote", "typical quote", "illustrative quote", "zitat", "verbatim", "excerpt")
_OF_PEOPLE = {*HEADINGS["document"], *HEADINGS["coder"], "participant", "respondent", "speaker"}
_NAMED = re.compile(
    r"code[ _-]?(?:book|list|system|frame|tree|manual)|cod(?:e|es|ing|ier\w*)?[ _-]?(?:scheme|frame|manual|guide|leitfaden)"
    r"|kodierleitfaden|kategoriensystem|[ck]odebu?ch|codeboek|(?:libro|livre|livro)[ _]d[ei][ _]c[oó]d(?:igo|ice|e)s?",
    re.IGNORECASE,
)
LONG = 80  # characters: a longer cell or line is no name of a code


def is_called_codebook(name: str) -> bool:
    """Whether the name of a file or a sheet says that it holds a codebook."""
    return bool(_NAMED.search(name) or re.fullmatch(r"codes?|tags|themes?|kategorien|códigos", name.strip(), re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a table are what.

    Attributes:
        levels: Columns from the root down, the code's last.
        parent: The column that names the parent, "" for none.
        texts: Our names of the others to the table's columns.
    """

    levels: tuple[str, ...]
    parent: str
    texts: Mapping[str, str]


def layout_of(table: Table) -> Layout | None:
    """The layout of a codebook; None where the table is none."""
    by_heading: dict[str, str] = {}
    for column in table.columns:
        by_heading.setdefault(folded(column).replace("-", " "), column)
    ranked = {
        column: next((n for n, names in enumerate(_LEVELS) if heading in names), None) for heading, column in by_heading.items()
    }
    numbered = {
        c: m for h, c in by_heading.items() if (m := re.fullmatch(r"(?:code )?(?:level|ebene|nivel|niveau|code) ?(\d)", h))
    }
    levels = [c for c, rank in ranked.items() if rank is not None]
    levels = sorted(levels, key=lambda c: ranked[c] or 0) or sorted(numbered, key=lambda c: int(numbered[c][1]))
    texts = {ours: next((by_heading[h] for h in heads if h in by_heading), "") for ours, heads in _TEXTS.items()}
    texts = {ours: column for ours, column in texts.items() if column}
    parent = next((by_heading[h] for h in _PARENT if h in by_heading), "")
    if not levels and "name" in by_heading and (texts or parent):
        levels = [by_heading["name"]]
    defined = any(by_heading.get(h) == texts.get("definition") for h in _TEXTS["definition"] if h not in HEADINGS["memo"])
    quoted = next((by_heading[h] for h in _QUOTED if h in by_heading), "")
    if quoted and "definition" in texts and defined and "example" not in texts:
        texts["example"] = quoted
    known = {*levels, *texts.values(), parent}
    quoting = {h for h in by_heading if h in HEADINGS["text"] and by_heading[h] not in known} | (by_heading.keys() & _OF_PEOPLE)
    quoting -= {h for h, c in by_heading.items() if c in texts.values()}
    enough = parent or texts or len(levels) > 1 or (levels and set(table.columns) <= known)
    if coloured := next((by_heading[h] for h in _COLOUR if h in by_heading and by_heading[h] not in known), ""):
        shown = [row[coloured] for row in table.rows if row[coloured].strip()]
        texts |= {"colour": coloured} if shown and all(map(hex_colour, shown)) else {}
    return Layout(tuple(levels), parent, texts) if levels and enough and not quoting else None


def is_codebook(table: Table) -> bool:
    """Whether a table lists codes, without quoting any text or naming who coded."""
    return layout_of(table) is not None or _is_columns_of_codes(table)


def _is_columns_of_codes(table: Table) -> bool:
    """Whether a table called a codebook has a theme as each heading, and the theme's codes below it."""
    name = table.source.replace("'", " ").rsplit(".", 1)[0] if "sheet" not in table.source else table.source
    of_codings = columns_of(table).keys() & {"code", "codes", "document", "text", "coder", "start", "end"}
    if not is_called_codebook(name) or len(table.columns) < 2 or len(of_codings) > 1:
        return False
    cells = [cell for row in table.rows for cell in row.values() if cell.strip()]
    return bool(cells) and all(len(c) <= LONG for c in cells)


@dataclass
class Grown:
    """A codebook as it grows from rows; the first word of a code's texts stays."""

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    length: int = 0

    def add(self, path: str, texts: Mapping[str, str]) -> None:
        """Take over a row."""
        said = {k: hex_colour(v) if k == "colour" else v.strip() for k, v in texts.items() if v.strip()}
        if not path:
            self.skipped["without a name"] += 1
            return
        known = self.texts.get(path)
        if known is not None and not said.keys() - known.keys():
            self.skipped["doubled"] += 1
            return
        self.kept += 1
        self.texts[path] = said | (known or {})
        self.length += len(path)
        check_length(self.length)

    def book(self) -> Codebook:
        """The tree; parents that have no row of their own stand before their first child."""
        tree = Codebook().with_paths(self.texts)
        return Codebook(tuple(replace(c, **dict[str, Any](self.texts.get(c.path, {}))) for c in tree))


def codebook_of_table(table: Table) -> tuple[Codebook, Receipt]:
    """The codebook in a table, and a receipt that counts its rows and says what was inferred.

    Raises:
        CodebookError: Codes form a circle, or a parent names more than one code.
    """
    layout = layout_of(table)
    grown, notes, tree = Grown(), [table.note] if table.note else [], None
    if layout is None:
        for column in table.columns:
            for row in table.rows:
                if row[column].strip():
                    grown.add(f"{name_in(column)}{SEPARATOR}{name_in(row[column])}", {})
        notes.append("each column is a theme, what stands below it are its codes")
    elif layout.parent:
        tree = _by_parent(table, layout, grown)
    else:
        _by_levels(table, layout, grown, notes)
    if layout and (left := [c for c in table.columns if c not in {*layout.levels, layout.parent, *layout.texts.values()}]):
        notes.append(f"columns not read: {', '.join(left)}")
    tree = tree or grown.book()
    book = Codebook(tree.codes, Path(table.source.partition(", sheet")[0]).stem)
    return book, Receipt(table.source, "codes", grown.kept, grown.skipped, (*notes, *size_of(book, grown.kept)))


def size_of(book: Codebook, rows: int) -> list[str]:
    """How many codes and themes there are, where there are themes, and how many of them have no row of their own."""
    codes, themes = book.sizes()
    extra = len(book) - rows
    bare = f"; {counted(extra, 'theme has', 'themes have')} no row of {'its' if extra == 1 else 'their'} own"
    return [f"{counted(codes, 'code')} in {counted(themes, 'theme')}{bare if extra > 0 else ''}"] if themes else []


def name_in(cell: str) -> str:
    """A cell as a code's name: one line, without a bullet or a number before it."""
    return re.sub(r"^(?:[•·▪◦‣*–—-]+|\d{1,3}(?:\.\d{1,3})*[.)])\s+", "", " ".join(cell.split())).strip()


def _by_levels(table: Table, layout: Layout, grown: Grown, notes: list[str]) -> None:
    """Rows whose columns are levels of the tree."""
    code, above = layout.levels[-1], layout.levels[:-1]
    rows = [{c: name_in(row[c]) for c in layout.levels} for row in table.rows]
    merged = [c for c in above if _is_merged([row[c] for row in rows])]
    capitals = _capitals([row[code] for row in rows], table, layout) if not above else set()
    slashed = _slashed([row[code] for row in rows])
    held: dict[str, str] = {}
    heading = ""
    for row, cells in zip(rows, table.rows, strict=True):
        texts = {ours: cells[theirs] for ours, theirs in layout.texts.items()}
        for place, column in enumerate(above):
            if row[column] and row[column] != held.get(column):
                held = {c: held.get(c, "") for c in above[:place]}
            if row[column] or column not in merged:
                held[column] = row[column]
        if row[code] in capitals:
            heading = row[code]
            grown.add(heading, texts)
            continue
        own = row[code].replace("/", SEPARATOR) if slashed else row[code]
        parts = [*(held.get(c, "") for c in above), heading, own]
        grown.add(code_path(SEPARATOR.join(p for p in parts if p)) if row[code] or any(row[c] for c in above) else "", texts)
    notes += [f"'{c}' is empty below its first row, as merged cells are: taken from the row above" for c in merged]
    notes += [f"{len(capitals):,} capitalised rows are taken for the themes of the codes below them"] if capitals else []
    notes += ["'/' parts a theme from its code"] if slashed else []


def _is_merged(cells: Sequence[str]) -> bool:
    """Whether a column says each value once and leaves the rows below it empty."""
    filled = [c for c in cells if c]
    return len(filled) < len(cells) and len(set(filled)) == len(filled) and bool(filled)


def _capitals(names: Sequence[str], table: Table, layout: Layout) -> set[str]:
    """Names in capitals that head the codes below them: without a definition, among codes that are not in capitals."""
    definition = layout.texts.get("definition", "")
    bare = [n for n, row in zip(names, table.rows, strict=True) if not row.get(definition, "").strip()]
    return heads_in_capitals(names) & set(bare)


def heads_in_capitals(names: Sequence[str]) -> set[str]:
    """The names in capitals in a list whose other names are not; none where the last name is one of them."""
    found = {n for n in names if n.isupper() and sum(c.isalpha() for c in n) >= 4}
    followed = all(not (a in found and b in found) for a, b in pairwise(names)) and bool(names) and names[-1] not in found
    return found if followed and len(found) <= len(names) / 2 else set()


def _slashed(names: Sequence[str]) -> bool:
    """Whether a slash parts themes from codes: what stands before it heads several codes, or is a code itself."""
    heads = Counter(n.split("/")[0].strip() for n in names if "/" in n.strip("/"))
    return bool(heads) and all(n > 1 or head in names for head, n in heads.items())


def _by_parent(table: Table, layout: Layout, grown: Grown) -> Codebook:
    """The tree of rows that name their parent by its name or its path; a parent without a row gets one.

    Raises:
        CodebookError: Parents lead in a circle, or a parent's name is that of several codes.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for row in table.rows:
        code, parent = code_path(name_in(row[layout.levels[-1]])), code_path(name_in(row[layout.parent]))
        parent = parent or code.rpartition(SEPARATOR)[0]
        texts = {ours: row[theirs] for ours, theirs in layout.texts.items()}
        grown.add(f"{parent}\n{code}" if code else "", texts)
        if code:
            rows[code, parent] = {"code": code, "parent": parent, **grown.texts[f"{parent}\n{code}"]}
    known = {code for code, _ in rows}
    for _, parent in list(rows):
        while parent and parent not in known:
            known.add(parent)
            above = parent.rpartition(SEPARATOR)[0]
            rows[parent, above] = {"code": parent, "parent": above}
            parent = above
    return codebook_from_rows(rows.values())


def read_codebook(path: Path) -> Codebook:
    """Read a codebook written as YAML: `codes`, a list of nodes with `name` and nested `codes`.

    Raises:
        InputError: It is no YAML of this shape.
        CodebookError: The nodes make no tree of distinct paths.
    """
    try:
        tree = yaml.safe_load(read_text(path)[0])
        codes: list[Code] = []
        stack, length = [(node, "") for node in reversed(tree["codes"])], 0
        while stack:
            node, parent = stack.pop()
            texts = [str(node.get(k) or "") for k in ("definition", "include", "exclude", "example", "guid")]
            codable, colour = node.get("codable") is not False, hex_colour(node.get("colour"))
            codes.append(Code(str(node["name"]), parent, *texts, codable=codable, colour=colour))
            length += len(codes[-1].path)
            check_length(length)
            stack += [(child, codes[-1].path) for child in reversed(node.get("codes") or [])]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            path.name, f"it is no codebook ({type(error).__name__})", "Write a list 'codes' of mappings, each with a 'name'."
        ) from error
    version = tree.get("version")
    return Codebook(tuple(codes), str(tree.get("name") or ""), "1" if version is None else str(version))


def codebook_yaml(book: Codebook) -> str:
    """The codebook as the YAML text that `read_codebook` reads back to an equal one."""

    def node(code: Code) -> dict[str, Any]:
        """A code with what stands below it."""
        texts = {k: getattr(code, k) for k in ("definition", "include", "exclude", "example", "guid")}
        below = [node(child) for child in book.children(code.path)]
        filled = {k: v for k, v in texts.items() if v}
        closed = ({} if code.codable else {"codable": False}) | ({"colour": code.colour} if code.colour else {})
        return {"name": code.name, **filled, **closed, **({"codes": below} if below else {})}

    tree = {"name": book.name, "version": book.version, "codes": [node(c) for c in book.children()]}
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=100)
