"""What scripts hand over and get back: texts, pandas' DataFrames, datasets' Datasets; suggestions as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from autocode.errors import InputError
from autocode.formats.datasets.suggestions import HEAD, full_row
from autocode.formats.files import Table
from autocode.formats.tables.headings import folded
from autocode.study import Document, Study, Suggestion
from autocode.study.merge import Unit, lay_out

if TYPE_CHECKING:
    from pandas import DataFrame

_DOCUMENT, _SEGMENT = ("document", "document_id", "document id", "id", "name"), ("segment", "segment_id", "segment id", "unit")


def study_of(source: Any) -> Study:
    """A study from what a script has at hand.

    Args:
        source: A study, a document, some documents, some texts (each a document of its own, numbered from 1), or a
            DataFrame or Dataset with a column `text`; rows of one name in a column `document` are the units of one
            document, with ids and speakers where `segment` and `speaker` give them.

    Raises:
        InputError: It is none of these.
    """
    if isinstance(source, Study):
        return source
    if isinstance(source, Document):
        return Study((source,))
    if (table := table_of(source)) is not None:
        return _of_texts(table)
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise InputError(f"a {type(source).__name__}", "it is no study, list of texts or table", "For a file: ac.read(path).")
    listed = list(source)
    if all(isinstance(item, Document) for item in listed):
        return Study(tuple(listed))
    if all(isinstance(item, str) for item in listed):
        return Study(tuple(Document(str(n), text) for n, text in enumerate(listed, 1)))
    raise InputError("the list", "it holds neither texts nor documents alone", "Give texts, or a DataFrame with a column text.")


def table_of(source: Any) -> Table | None:
    """The rows of a DataFrame or a Dataset as those of a file; None for anything else.

    What is missing is an empty cell, a whole number has no point.
    """
    frame = source.to_pandas() if hasattr(source, "column_names") and hasattr(source, "to_pandas") else source
    if not hasattr(frame, "itertuples"):
        return None
    columns = tuple(str(column) for column in frame.columns)
    rows = [dict(zip(columns, map(_cell, row), strict=True)) for row in frame.itertuples(index=False, name=None)]
    return Table("the table", columns, tuple(rows), tuple(range(1, len(rows) + 1)))


def _cell(value: Any) -> str:
    if value is None or value != value:  # NaN alone differs from itself
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _of_texts(table: Table) -> Study:
    known = {folded(column): column for column in table.columns}
    if "text" not in known:
        raise InputError(table.source, f"it has no column text; I saw: {', '.join(table.columns)}", "Name one of them text.")
    name, unit = (next((known[n] for n in names if n in known), "") for names in (_DOCUMENT, _SEGMENT))
    speaker = known.get("speaker", "")
    found: dict[str, list[Unit]] = {}
    for n, row in enumerate(table.rows, 1):
        own = found.setdefault(row[name] if name else str(n), [])
        own.append(Unit(row[unit] if unit else str(len(own) + 1), row[known["text"]], row[speaker] if speaker else ""))
    whole = not unit and all(len(units) == 1 for units in found.values())
    if whole:
        return Study(tuple(Document(d, units[0].text) for d, units in found.items()))
    return Study(tuple(lay_out(Document(d, ""), units) for d, units in found.items()))


class Suggestions(list[Suggestion]):
    """Suggestions in order, as a list; `to_frame` gives them as a table."""

    def __init__(self, found: Iterable[Suggestion] = (), documents: Mapping[str, Document] | None = None) -> None:
        """Args: the suggestions, and the documents they are about by id."""
        super().__init__(found)
        self._documents = documents or {}

    def __repr__(self) -> str:
        return f"{len(self):,} suggestions ({sum(s.suggested for s in self):,} in the band suggest)"

    def to_frame(self) -> DataFrame:
        """One row for each suggestion, in the columns that `autocode suggest` writes."""
        import pandas

        return pandas.DataFrame([full_row(s, self._documents) for s in self], columns=list(HEAD))
