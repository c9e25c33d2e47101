"""The open study folder out: files that a person can read, diff and edit, and that read back equal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from autocode.formats.files import BOM, INSTEAD, csv_text, write_atomic
from autocode.formats.folder.kept import (
    CODEBOOK,
    COLUMNS,
    DETAILS,
    PARTICIPANTS,
    STUDY,
    file_names,
    kept_text,
    variable_columns,
)
from autocode.formats.projects.refi_codes import depth_first
from autocode.formats.staged import together
from autocode.formats.tables.codebooks import codebook_yaml
from autocode.study import Coding, Reading, Study

MORE = ("weight", "created")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def write_folder(study: Study, path: Path) -> None:
    """Write a study as an open folder; files already there under these names are replaced.

    Characters that no text file holds (NUL, half surrogate pairs) become U+FFFD, one for one.

    Raises:
        InputError: A file cannot be written.
    """
    with together(path, without=(DETAILS,)) as stage:
        _write(study, stage)


def _write(study: Study, path: Path) -> None:
    names, coders = file_names(d.id for d in study.documents), file_names(c.id for c in study.coders)
    for d in study.documents:
        if d.text.strip():
            mark = BOM if d.text.startswith(BOM) else ""  # else it would be taken for one
            _save(path / "transcripts" / f"{names[d.id]}.txt", mark + d.text)
    _save(path / CODEBOOK, codebook_yaml(study.codebook))
    _save(path / STUDY, _about(study, coders))
    _save_participants(study, path)
    written = [c for coder in study.coders for c in sorted((c for c in study.codings if c.coder == coder.id), key=_order)]
    full = any(c.when or c.weight is not None for c in written)
    columns = (*COLUMNS, *(MORE if full else ()), *(("order",) if tuple(written) != study.codings else ()))
    rows = dict(zip(study.codings, _coding_rows(study, columns), strict=True))
    for coder in study.coders:
        own = [rows[c] for c in written if c.coder == coder.id]
        _save(path / "codings" / f"{coders[coder.id]}.csv", csv_text(columns, own, plain=True))
    _save_details(study, path, names)


def _save(path: Path, text: str) -> None:
    write_atomic(path, _NO_TEXT.sub(INSTEAD, text))


def _save_details(study: Study, path: Path, names: Mapping[str, str]) -> None:
    """Write what the other files do not say; remove an older file that is no longer needed."""
    codes = [c.path for c in depth_first(study.codebook)]
    pairs = [(d, c.id) for c in study.coders for d in study.documents]
    read = {(r.document, r.coder) for r in study.readings}
    whole = [Reading(d.id, coder, 0, len(d.text)) for d, coder in pairs if (d.id, coder) in read]
    text = kept_text(study, names, codes, whole)
    if text:
        _save(path / DETAILS, text)
    else:
        (path / DETAILS).unlink(missing_ok=True)


def _save_participants(study: Study, path: Path) -> None:
    """Write the table of participants, where there is anything to say of them."""
    columns = variable_columns(study.documents)
    if columns or any(d.kind != "interview" for d in study.documents):
        described = [[d.id, d.kind, *(d.variables.get(n, "") for n in columns)] for d in study.documents]
        _save(path / PARTICIPANTS, csv_text(["document", "kind", *columns], described, plain=True))


def _order(c: Coding) -> tuple[object, ...]:
    return c.document, c.start, c.end, c.code, c.memo, c.when, -1 if c.weight is None else c.weight


def _coding_rows(study: Study, columns: Sequence[str]) -> Iterator[list[object]]:
    """The codings of a study as rows, in its order."""
    for at, c in enumerate(study.codings, 1):
        words = study.by_id[c.document].text_of(c)
        cells = {
            "document": c.document,
            "start": c.start,
            "end": c.end,
            "code": c.code,
            "text": words,
            "memo": c.memo,
            "weight": c.weight,
            "created": c.when,
            "order": at,
        }
        yield [cells[column] for column in columns]


def _about(study: Study, files: Mapping[str, str]) -> str:
    """The study's name, notice and coders as TOML."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # what JSON escapes TOML reads

    lines = [f"name = {quoted(study.name)}", f"notice = {quoted(study.notice)}"]
    for coder in study.coders:
        seen = [quoted(r.document) for r in study.readings if r.coder == coder.id]
        lines += ["", f"[coders.{quoted(files[coder.id])}]", f"name = {quoted(coder.name)}"]
        lines += [f"id = {quoted(coder.id)}"] if coder.id != files[coder.id] else []
        lines += [f"guid = {quoted(coder.guid)}"] if coder.guid else []
        lines += [f"kind = {quoted(coder.kind)}", f"documents = [{', '.join(dict.fromkeys(seen))}]"]
    return "\n".join(lines) + "\n"
