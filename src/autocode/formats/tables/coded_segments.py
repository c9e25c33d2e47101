"""MAXQDA's tables: coded segments out, codebooks in (coded segments in: see `coded_table`).

Headings as MAXQDA 24 in English writes them (some from its manual only); positions are numbers
of paragraphs, as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autocode.errors import counted
from autocode.formats.files import Table, csv_text, cut_to_cell, legal, write_atomic
from autocode.formats.receipt import ReadOptions, Receipt, WriteOptions
from autocode.formats.tables.gathered import Locator
from autocode.formats.tables.headings import code_path, codes_in, columns_by_place, columns_of, folded, iso_dates
from autocode.formats.tables.longtable import MACHINE, Row
from autocode.formats.tables.participants import RESPONDENT
from autocode.formats.tables.quotes import Quote, known_document, study_from_quotes
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study import Coding, Study
from autocode.study.codebook import SEPARATOR, Codebook

_LONG = 20  # characters: shorter quotes are equal by chance
_Groups = Mapping[str, list[Quote]]


def told_apart(quotes: Sequence[Quote], options: ReadOptions) -> tuple[list[Quote], list[str]]:
    """Quotes with documents of one name in several groups made one with several coders, or told apart.

    They are one where the transcript is known, or where two groups quote the same passage. Then
    the groups are the coders if some author coded in several of them, or none is named; else the
    authors stay. Documents that are not one get their group after their name.

    Returns:
        The quotes, and notes on what was decided.
    """
    named: dict[str, dict[str, list[Quote]]] = {}
    for q in quotes:
        if q.group.strip() and q.text.strip():
            named.setdefault(q.document.strip(), {}).setdefault(q.group.strip(), []).append(q)
    several = {name: groups for name, groups in named.items() if len(groups) > 1}
    one = {n for n, groups in several.items() if known_document(n, options.documents) or _share_a_passage(groups)}
    by_group = bool(one) and _groups_are_coders([several[name] for name in one])
    changed = [_changed(q, one if by_group else set(), several.keys() - one) for q in quotes]
    return changed, _notes_of_copies(one, by_group, len(several) - len(one))


def _changed(q: Quote, by_group: set[str], apart: set[str]) -> Quote:
    name, group = q.document.strip(), q.group.strip()
    if group and name in by_group:
        return replace(q, coder=group)
    return replace(q, document=f"{name} ({group})") if group and name in apart else q


def _share_a_passage(groups: _Groups) -> bool:
    """Whether the quotes of two groups overlap: one holds the words of another."""
    seen: list[str] = []
    for quotes in groups.values():
        words = {" ".join(q.text.split()) for q in quotes}
        words = {w for w in words if len(w) >= _LONG}
        if any(a in b or b in a for a in words for b in seen):
            return True
        seen += words
    return False


def _groups_are_coders(documents: Sequence[_Groups]) -> bool:
    """Whether some author coded in several groups, or somebody without a name did."""
    homes: dict[str, set[str]] = {}
    for groups in documents:
        for group, quotes in groups.items():
            for q in quotes:
                homes.setdefault(q.coder.strip(), set()).add(group)
    return "" in homes or any(len(groups) > 1 for groups in homes.values())


def _notes_of_copies(one: set[str], by_group: bool, apart: int) -> list[str]:
    who = "the groups are the coders" if by_group else "the authors are the coders"
    notes = (
        [
            (
                f"{counted(len(one), 'document stands', 'documents stand')} in several document groups and "
                f"{'is' if len(one) == 1 else 'are each'} read once; {who}"
            )
        ]
        if one
        else []
    )
    return notes + ([f"{apart} names stand for a document in each of several groups: the group is added"] if apart else [])


_CODER = re.compile(r"(?:coder|rater|annotator|codierer|kodierer|codeur|codificador|codificatore)[ _.-]{0,2}\w{1,12}", re.I)
_WEAK = {"theme", "thema", "tema", "thème", "label", "node", "quirk"}
"""Headings that may just as well be the name of one code in a table with a column for each."""
_WHOLE = re.compile(r"\s*\d{1,12}(?:\.0*)?\s*", re.ASCII)
_YES = {"1", "1.0", "x", "true", "yes", "y", "ja", "oui", "sí", "si", "sim", "wahr", "✓", "✔", "✗", "●"}
_NO = {"", "0", "0.0", "false", "no", "n", "nein", "non", "não", "falsch", "-"}


def coded_columns(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    """The columns of a table of coded segments by our names; empty where it is none.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    code = found.get("code", found.get("codes", ""))
    weak = "code" not in given and folded(code) in _WEAK
    if "text" in found and code and not (weak and _says_yes_or_no({r[code].strip().casefold() for r in table.rows})):
        return found
    if (
        code
        and {"document", "start", "end"} <= found.keys()
        and all(_place(r[found["start"]], r[found["end"]]) for r in table.rows)
    ):
        return {
            ours: theirs for ours, theirs in found.items() if ours != "text"
        }  # places alone: the words are the transcripts'
    return columns_by_place(table) if not given else {}


def coder_columns(table: Table, given: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that each hold one coder's codes (``Coder 1``, ``Coder 2``), where two or more do.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    named = tuple(c for c in table.columns if _CODER.fullmatch(c.strip()) and c not in found.values())
    return named if "text" in found and "code" not in found and len(named) > 1 else ()


def study_from_coder_columns(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table with one column for each coder; an empty cell was read and left uncoded.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns, coders = columns_of(table, options.columns), coder_columns(table, options.columns)
    known = [c.path for c in options.codebook]
    quotes = []
    for row, line in zip(table.rows, table.lines, strict=True):
        cells = {ours: row[theirs] for ours, theirs in columns.items()}
        quotes += [_quote({**cells, "coder": coder}, line, codes_in(row[coder], known), "") for coder in coders]
    return study_from_quotes(quotes, table.source, options, _notes(table, columns))


def study_from_segments(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table of coded segments; see `study_from_quotes`.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns = _with_respondent(coded_columns(table, options.columns), table, options)
    known = [c.path for c in options.codebook]
    names = {c.name for c in options.codebook}
    dates = iso_dates([row[columns["created"]] for row in table.rows] if "created" in columns else [])
    quotes = []
    said: dict[tuple[str, ...], tuple[str, ...]] = {}  # a study has few codes and many rows
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        cells = {ours: row[theirs] for ours, theirs in columns.items()}
        cell = tuple(cells.get(column, "") for column in ("code", "codes", "theme"))
        if cell not in said:
            one = code_path(cell[0])
            above = code_path(cell[2]) if one and SEPARATOR not in one and one not in names else ""
            said[cell] = (f"{above}{SEPARATOR}{one}" if above else one,) if one else codes_in(cell[1], known)
        quotes.append(_quote(cells, line, said[cell], dates[number] if dates else ""))
    quotes, notes = told_apart(quotes, options)
    return study_from_quotes(quotes, table.source, options, [*_notes(table, columns), *notes])


def _with_respondent(columns: dict[str, str], table: Table, options: ReadOptions) -> dict[str, str]:
    """The columns with the respondent's for the document's, where no other column says the document.

    Not where transcripts are known and none is called like a respondent: then many may speak in one.
    """
    spoken = next((c for c in table.columns if folded(c) in RESPONDENT and c not in columns.values()), "")
    if not spoken or "document" in columns:
        return columns
    known = not options.documents or any(known_document(row[spoken], options.documents) for row in table.rows[:50])
    return {**columns, "document": spoken} if known else columns


def wide_codes(table: Table, given: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that are codes: those without a known heading whose cells say yes or no.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    if "text" not in found:
        return ()
    rest = [c for c in table.columns if c not in found.values()]
    return tuple(c for c in rest if _says_yes_or_no({row[c].strip().casefold() for row in table.rows}))


def study_from_wide(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table with one column for each code.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns, codes = columns_of(table, options.columns), wide_codes(table, options.columns)
    quotes = []
    for row, line in zip(table.rows, table.lines, strict=True):
        given = tuple(code_path(c) for c in codes if row[c].strip().casefold() in _YES)
        quotes.append(_quote({ours: row[theirs] for ours, theirs in columns.items()}, line, given, ""))
    return study_from_quotes(quotes, table.source, options, _notes(table, columns))


def _says_yes_or_no(cells: set[str]) -> bool:
    return cells <= _YES | _NO and bool(cells & _YES)


def _quote(cells: Mapping[str, str], line: int, codes: tuple[str, ...], when: str) -> Quote:
    weight = whole(cells.get("weight", ""))
    start, end = _place(cells.get("start", ""), cells.get("end", "")) or (None, None)
    return Quote(
        line,
        cells.get("document", ""),
        cells.get("text", ""),
        codes,
        cells.get("coder", ""),
        unit=cells.get("segment", "").strip(),
        start=start,
        end=end,
        paragraph=whole(cells.get("paragraph", "")),
        speaker=cells.get("speaker", "").strip(),
        group=cells.get("group", "").strip(),
        memo=cells.get("memo", ""),
        when=when,
        weights=dict.fromkeys(codes, weight) if weight is not None and 0 <= weight <= 100 else {},
    )


def whole(cell: str) -> int | None:
    """A cell as a whole number, None where it is none."""
    return int(cell.strip().split(".")[0]) if cell and _WHOLE.fullmatch(cell) else None


def _place(start: str, end: str) -> tuple[int, int] | None:
    """Two cells as the places where a segment begins and ends, None where they are none."""
    first, last = whole(start), whole(end)
    return (first, last) if first is not None and last is not None and 0 <= first < last else None


def _notes(table: Table, columns: Mapping[str, str]) -> list[str]:
    read = ", ".join(f"{ours} from '{theirs}'" for ours, theirs in columns.items())
    return [*([table.note] if table.note else []), f"columns read: {read}"]


_RANGE = re.compile(r"\D*(\d{1,9})\s*[-–]\s*(\d{1,9})\s*$")


def is_dedoose_table(table: Table) -> bool:
    """Whether the columns are those of Dedoose's excerpts."""
    return {"Media Title", "Excerpt Copy"} <= set(table.columns)


def study_from_dedoose(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in an export of excerpts.

    Codes come from their own columns, for a name may hold the comma that parts the combined
    ones; ranges are offsets into Dedoose's text and only order excerpts, or choose among equals.

    Raises:
        InputError: As `study_from_quotes`.
    """
    names = {c: code_path(m[1]) for c in table.columns if (m := re.fullmatch(r"Code: (.+) Applied", c))}
    dates = iso_dates([row.get("Excerpt Date", "") for row in table.rows], month_first=True)
    quotes = [_excerpt(row, line, when, names) for row, line, when in zip(table.rows, table.lines, dates, strict=True)]
    study, receipts = study_from_quotes(quotes, table.source, options, [table.note] if table.note else [])
    book = Codebook().with_paths(names.values())
    return Study(study.documents, book, study.coders, study.codings, study.readings), receipts


def _excerpt(row: dict[str, str], line: int, when: str, names: dict[str, str]) -> Quote:
    given = {path: column for column, path in names.items() if row[column].strip().casefold() in ("true", "1")}
    codes = tuple(given) if names else codes_in(row.get("Codes Applied Combined", ""))
    weights = {path: whole(row.get(column.removesuffix("Applied") + "Weight", "")) for path, column in given.items()}
    place = _RANGE.match(row.get("Excerpt Range", ""))
    start, end = (int(place[1]), int(place[2])) if place else (0, 0)
    return Quote(
        line,
        row["Media Title"],
        row["Excerpt Copy"],
        codes,
        row.get("Excerpt Creator", ""),
        start=start if start < end else None,
        end=end if start < end else None,
        when=when,
        weights={path: w for path, w in weights.items() if w is not None and w <= 100},
    )


COLUMNS = (
    "Color",
    "Comment",
    "Document group",
    "Document name",
    "Code",
    "Beginning",
    "End",
    "Weight score",
    "Segment",
    "Area",
    "Coverage %",
    "Author",
    "Creation date",
)


def write_maxqda_table(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write codings, and suggestions under their own author, as MAXQDA's table of coded segments.

    Args:
        study: Its codings are written, one row each.
        path: Ends in .xlsx or .csv.
        options: Suggestions to add; their probability stands in the comment.

    Raises:
        InputError: A cell or the sheet is too long for Excel, or the file cannot be written.
    """
    rows = list(_rows(study, options))
    if path.suffix.lower() == ".xlsx":
        write_workbook(path, {"Coded segments": (COLUMNS, rows)})
    else:
        write_atomic(path, csv_text(COLUMNS, [[legal(c) if isinstance(c, str) else c for c in row] for row in rows]))


def _rows(study: Study, options: WriteOptions) -> Iterator[Row]:
    locators = {d.id: Locator(d.text) for d in study.documents}
    names = {c.id: c.name or c.id for c in study.coders}
    for c in study.codings:
        yield _row(study, c, locators[c.document], (names.get(c.coder, c.coder), c.memo))
    for s in options.suggestions:
        c = Coding(s.segment.document, *s.passage, s.code, MACHINE)
        yield _row(study, c, locators[c.document], (MACHINE, f"probability {s.probability:.2f}, {s.band}"))


def _row(study: Study, c: Coding, locator: Locator, said: tuple[str, str]) -> Row:
    """One coded segment; area is its length in characters, coverage its share of the document."""
    document = study.by_id[c.document]
    author, comment = said
    first, last = (locator.paragraphs_of(at)[0] for at in (c.start, max(c.start, c.end - 1)))
    share = 100 * (c.end - c.start) / max(1, len(document.text))
    return (
        "●",
        comment,
        "; ".join(document.groups),
        document.name or document.id,
        c.code,
        first,
        last,
        c.weight,
        cut_to_cell(document.text_of(c)),
        c.end - c.start,
        share,
        author,
        c.when,
    )
