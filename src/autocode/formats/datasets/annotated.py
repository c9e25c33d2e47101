"""Exports of tools that mark spans of texts: Label Studio, doccano (JSON), WebAnno and INCEpTION (TSV).

Offsets are code points (doccano) or UTF-16 units (Label Studio, which counts as browsers do; WebAnno and INCEpTION,
which count as Java does); the words that a file quotes decide. Where a file holds one person's codes and does not say
whose, its place does: doccano calls each file after a user, INCEpTION each file after a user and its folder after the document.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import read_text
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.tables.headings import code_path
from autocode.study import Coder, Coding, Document, Reading, Study

_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass
class _Marked:
    """What has been read so far."""

    path: Path
    options: ReadOptions
    documents: dict[str, Document] = field(default_factory=dict)
    codings: dict[Coding, None] = field(default_factory=dict)
    coders: dict[str, None] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The name of the file."""
        return self.path.name

    def owner(self, name: str) -> str:
        """Whose codes are in the file, where no row says so: whom the user names, else whom the file is called after."""
        if self.options.coder or not name:
            return self.options.coder
        self.said.append(f"nobody is named in it: its codings are given to '{name}', after whom it is called")
        return name

    def document(self, name: str, text: str) -> Document:
        """A text under a name that no other has."""
        free, number = name, 2
        while free in self.documents:
            free, number = f"{name} ({number})", number + 1
        text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        self.documents[free] = Document(free, text, name, source=self.source, kind=self.options.kind)
        return self.documents[free]

    def read_by(self, document: Document, coder: object) -> str:
        """Who coded a document, and so has read it."""
        name = str(coder or "").strip() or self.options.coder or "coder"
        self.coders[name] = None
        self.readings.append(Reading(document.id, name, 0, len(document.text)))
        return name

    def add(self, document: Document, span: tuple[int, int], codes: Iterable[str], coder: str) -> None:
        """Take over a span with its codes."""
        start, end = span
        for code in codes:
            path = code_path(str(code))
            if not path:
                self.skipped["without a code"] += 1
            elif not 0 <= start < end <= len(document.text):
                self.skipped["with an impossible range"] += 1
            else:
                new = Coding(document.id, start, end, path, coder)
                self.skipped["doubled"] += new in self.codings
                self.codings[new] = None

    def result(self, tool: str) -> tuple[Study, list[Receipt]]:
        """The study and its receipts."""
        readings = tuple(dict.fromkeys(self.readings))
        study = Study(
            tuple(self.documents.values()),
            coders=tuple(Coder(c, c) for c in self.coders),
            codings=tuple(self.codings),
            readings=readings,
        )
        said = (f"read as an export of {tool}", *self.said)
        return study, [
            Receipt(self.source, "documents", len(self.documents)),
            Receipt(self.source, "codings", len(self.codings), self.skipped, said),
        ]


def read_marked(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]] | None:
    """The study in a .json, .jsonl or .tsv of one of these tools; None where it is of another kind.

    Raises:
        InputError: It is of one of them, but damaged or without the texts.
    """
    if path.suffix.lower() == ".tsv":
        text = read_text(path, options.encoding)[0]
        return _webanno(text, _Marked(path, options)) if text.startswith("#FORMAT=WebAnno") else None
    rows = _json_rows(read_text(path, options.encoding)[0])
    if not rows:
        return None
    try:
        if all("data" in r and ("annotations" in r or "completions" in r) for r in rows):
            return _label_studio(rows, _Marked(path, options))
        if all(isinstance(r.get("text", r.get("data")), str) and {"label", "labels", "entities"} & r.keys() for r in rows):
            return _doccano(rows, _Marked(path, options))
    except _SHAPE as error:
        raise InputError(path.name, f"it is damaged ({type(error).__name__})", "Export it again from its program.") from error
    return None


def _json_rows(text: str) -> list[dict[str, Any]]:
    """A list of objects, whole or one a line; nothing where the text is something else."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        try:
            whole = [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            return []
    rows = whole if isinstance(whole, list) else [whole]
    return rows if rows and all(isinstance(r, dict) for r in rows) else []


def _label_studio(tasks: list[dict[str, Any]], made: _Marked) -> tuple[Study, list[Receipt]]:
    """Tasks with the results of each person; only spans of texts are codings."""
    for number, task in enumerate(tasks, 1):
        data: Mapping[str, Any] = task["data"]
        texts = [v for v in data.values() if isinstance(v, str)]
        if not texts:
            raise InputError(made.source, "its texts are not in it", "In Label Studio choose Export > JSON.")
        name = (
            data.get("title")
            or data.get("name")
            or data.get("document")
            or f"{Path(made.source).stem} {task.get('id', number)}"
        )
        document = made.document(str(name), data["text"] if isinstance(data.get("text"), str) else max(texts, key=len))
        for given in task.get("annotations") or task.get("completions") or []:
            who = given.get("completed_by")
            coder = made.read_by(document, who.get("email") or who.get("id") if isinstance(who, dict) else who)
            for found in given.get("result") or []:
                value = found.get("value", {})
                codes = value.get("labels") or value.get("hypertextlabels") or []
                if "start" not in value or not codes:
                    made.skipped["that are not spans of a text"] += 1
                    continue
                made.add(document, _span(document.text, value), codes, coder)
    return made.result("Label Studio")


def _span(text: str, value: Mapping[str, Any]) -> tuple[int, int]:
    """The span of a result: in code points where its words are there, else in UTF-16 units."""
    start, end, words = int(value["start"]), int(value["end"]), str(value.get("text", ""))
    if not words or text[start:end] == words:
        return start, end
    wide = text.encode("utf-16-le", "surrogatepass")
    points = [len(wide[: 2 * at].decode("utf-16-le", "replace")) for at in (start, end)]
    return points[0], points[1]


def _doccano(rows: list[dict[str, Any]], made: _Marked) -> tuple[Study, list[Receipt]]:
    """Texts with spans as triples or as objects."""
    stem = Path(made.source).stem
    nobody = not any(row.get(key) for row in rows for key in _USERS)
    owner = made.owner("" if stem in ("all", "unknown") else stem) if nobody else ""
    for number, row in enumerate(rows, 1):
        name = next((str(row[key]) for key in _NAMES if isinstance(row.get(key), str) and row[key].strip()), "")
        document = made.document(
            name or f"{stem} {row.get('id', number)}", row["text"] if isinstance(row.get("text"), str) else row["data"]
        )
        coder = made.read_by(document, next((row[key] for key in _USERS if row.get(key)), owner))
        for span in row.get("entities") or row.get("labels") or row.get("label") or []:
            if isinstance(span, dict):
                made.add(document, (int(span["start_offset"]), int(span["end_offset"])), [span["label"]], coder)
            elif isinstance(span, list):
                made.add(document, (int(span[0]), int(span[1])), [span[2]], coder)
            else:
                made.add(document, (0, len(document.text)), [span], coder)
    return made.result("doccano")


_USERS, _NAMES = ("user", "annotator", "username"), ("title", "name", "document", "filename")
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")
_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "f": " ", "b": " "}


def _webanno(text: str, made: _Marked) -> tuple[Study, list[Receipt]]:
    """Sentences with a token a line; values of one number, over tokens that follow one another, are one span."""
    sentences = [line.removeprefix("#Text=") for line in text.split("\n") if line.startswith("#Text=")]
    tokens = [line.split("\t") for line in text.split("\n") if re.match(r"\d+-\d+\t\d+-\d+\t", line)]
    if not tokens:
        raise InputError(made.source, "no token stands in it", "In INCEpTION choose Export > WebAnno TSV v3.3.")
    wide = bytearray(" ".encode("utf-16-le") * max(int(t[1].split("-")[1]) for t in tokens))
    begins = [2 * int(t[1].split("-")[0]) for t in tokens if t[0].endswith("-1")]
    for begin, sentence in zip(begins, sentences, strict=False):
        plain = _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SIGNS.get(m[2], m[2]), sentence)
        words = plain.replace("\r\n", " \n").encode("utf-16-le", "surrogatepass")[: len(wide) - begin]
        wide[begin : begin + len(words)] = words
        if begin and wide[begin - 2 : begin] == b" \0":
            wide[begin - 2 : begin] = b"\n\0"
    path = made.path
    owned = path.parent.parent.name in ("annotation", "curation") or Path(path.parent.name).suffix in _DOCUMENTS
    document = made.document(Path(path.parent.name if owned else path.name).stem, wide.decode("utf-16-le", "replace"))
    coder = made.read_by(document, made.owner(path.stem if owned else ""))
    for (start, end), code in _webanno_spans(tokens):
        span = tuple(len(wide[: 2 * at].decode("utf-16-le", "replace")) for at in (start, end))
        made.add(document, (span[0], span[1]), [code], coder)
    return made.result("WebAnno or INCEpTION")


_DOCUMENTS = (".txt", ".pdf", ".html", ".htm", ".xml", ".xmi", ".tsv", ".docx")
"""Endings of the folders that INCEpTION calls after its documents."""


def _webanno_spans(tokens: list[list[str]]) -> Iterator[tuple[tuple[int, int], str]]:
    spans: dict[tuple[int, str], list[int]] = {}
    for number, token in enumerate(tokens):
        start, end = map(int, token[1].split("-"))
        for column, cell in enumerate(token[3:]):
            for value in cell.split("|"):
                plain = value.replace("\\_", "_").strip()
                if plain in ("", "_", "*"):
                    continue
                key = (column, plain if re.search(r"\[\d+\]$", plain) else f"{plain} @{number}")
                spans.setdefault(key, [start, end])[1] = end
    for (_, value), (start, end) in spans.items():
        code = re.sub(r"\[\d+\]$| @\d+$", "", value)
        if code and code != "*":
            yield (start, end), code
