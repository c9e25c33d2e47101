"""One study in the files of many programs: the same words, coders and codings, as each program would keep them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from autocode.formats.tables.spreadsheet import write_workbook
from tests.formats import office, projects_made
from tests.formats.projects.test_qualcoder import TABLES as QUALCODER
from tests.formats.projects.test_qualcoder_rqda import TABLES as RQDA
from tests.formats.projects.test_taguette import TABLES as TAGUETTE

CODES = ("Time", "Money", "Pride")
_ASKED = ("How did you begin 😀?", "What was hard about that?", "Who helped you then?", "Would you do it again?")
_SAID = (
    "I began in spring, after the café had closed for good",
    "There was no time in the evenings, and the fees were high",
    "My sister helped, and my manager gave me two mornings off",
    "Yes, and I was proud when the badge came in the post",
    "It costs a lot, more than my rent in some months",
    "The hours were never mine; the shifts changed every week",
)


@dataclass(frozen=True)
class Said:
    """An interview: its name, its paragraphs, and what Ana and Ben coded in it, as words with their code."""

    name: str
    lines: tuple[str, ...]
    codings: tuple[tuple[str, str, str], ...]

    @property
    def text(self) -> str:
        """The paragraphs, one a line, as Word hands them over."""
        return "\n".join(self.lines) + "\n"


def interviews() -> tuple[Said, ...]:
    """Four interviews; two coders who differ in places, on whole turns and on parts of turns."""
    return tuple(_interview(n) for n in range(1, 5))


def _interview(number: int) -> Said:
    lines, codings = [], []
    for turn in range(9):
        lines.append(f"Interviewer: {_ASKED[turn % 4]}")
        words = f"{_SAID[(turn + number) % 6]}, in year {number} and week {turn}."
        lines.append(f"R{number}: {words}")
        code = CODES[(turn + number) % 6 % 3]
        part = words if turn % 2 else words[words.index(",") + 2 :]
        if turn % 4 != 3:
            codings.append(("Ana", part, code))
        if (turn + number) % 5 != 1:
            codings.append(("Ben", words, code if (turn * number) % 4 else CODES[turn % 3]))
    return Said(f"Interview {number}", tuple(lines), tuple(codings))


def spans(study: Sequence[Said], count: Callable[[str], int] = len) -> Iterator[tuple[int, int, int, str, str, str]]:
    """Each coding: the number of its document, its place in the program's own count, coder, code, words."""
    for at, said in enumerate(study, 1):
        for coder, words, code in said.codings:
            start = count(said.text[: said.text.index(words)])
            yield at, start, start + count(words), coder, code, words


Door = Callable[[Sequence[Said], Path], list[Path]]
"""Writes a study as one program keeps it, and says which files to import."""


def _rows(study: Sequence[Said]) -> Iterator[list[object]]:
    yield from ([s.name, code, coder, words] for s in study for coder, words, code in s.codings)


def _segments(study: Sequence[Said], folder: Path) -> Path:
    write_workbook(folder / "codings.xlsx", {"Sheet1": (["Document", "Code", "Coder", "Segment"], _rows(study))})
    return folder / "codings.xlsx"


def word_and_table(study: Sequence[Said], folder: Path) -> list[Path]:
    """Word files, and a workbook of coded segments."""
    for s in study:
        office.docx(folder / f"{s.name}.docx", office.paragraphs(*map(escape, s.lines)))
    return [*(folder / f"{s.name}.docx" for s in study), _segments(study, folder)]


def texts_and_table(study: Sequence[Said], folder: Path) -> list[Path]:
    """Text files with Windows' line ends, a byte order mark and a blank line at the end, and coded segments."""
    for s in study:
        (folder / f"{s.name}.txt").write_bytes(("\ufeff" + s.text + "\n").replace("\n", "\r\n").encode())
    return [*(folder / f"{s.name}.txt" for s in study), _segments(study, folder)]


def texts_in_a_table(study: Sequence[Said], folder: Path) -> list[Path]:
    """A table with the whole text of each interview in a cell, and coded segments."""
    write_workbook(folder / "texts.xlsx", {"Sheet1": (["document", "text"], ([s.name, s.text] for s in study))})
    return [folder / "texts.xlsx", _segments(study, folder)]


def word_comments(study: Sequence[Said], folder: Path) -> list[Path]:
    """Word files whose margin holds the codes, the author of a comment being the coder."""
    paths = []
    for s in study:
        body, notes, number = "", "", 0
        for line in s.lines:
            cuts: dict[int, str] = {}
            for coder, words, code in s.codings:
                if words in line:
                    start = line.index(words)
                    cuts[start] = cuts.get(start, "") + f'<w:commentRangeStart w:id="{number}"/>'
                    cuts[start + len(words)] = cuts.get(start + len(words), "") + f'<w:commentRangeEnd w:id="{number}"/>'
                    notes += office.comment(number, coder, code)
                    number += 1
            marks = sorted({0, len(line), *cuts})
            runs = [
                cuts.get(a, "") + f'<w:r><w:t xml:space="preserve">{escape(line[a:b])}</w:t></w:r>'
                for a, b in zip(marks, [*marks[1:], len(line)], strict=True)
            ]
            body += f"<w:p>{''.join(runs)}</w:p>"
        paths.append(office.docx(folder / f"{s.name}.docx", body, notes))
    return paths


def _qdpx(study: Sequence[Said], folder: Path, name: str, newline: str, count: Callable[[str], int]) -> Path:
    users = {"Ana": projects_made.ANA, "Ben": projects_made.BEN}
    marks: dict[int, str] = {}
    for n, (at, start, end, coder, code, _) in enumerate(spans(study, count)):
        inner = projects_made.coding(1000 + n, CODES.index(code) + 1, users[coder])
        marks[at] = marks.get(at, "") + projects_made.selection(start, end, inner, user=users[coder])
    codes = "".join(projects_made.code(n, c) for n, c in enumerate(CODES, 1))
    sources = "".join(projects_made.source(100 + at, s.name, marks[at]) for at, s in enumerate(study, 1))
    texts = {f"{100 + at}.txt": s.text.replace("\n", newline).encode() for at, s in enumerate(study, 1)}
    return projects_made.qdpx(folder, projects_made.project(codes, sources), texts, name)


def qdpx(study: Sequence[Said], folder: Path) -> list[Path]:
    """A REFI-QDA project that counts code points."""
    return [_qdpx(study, folder, "p.qdpx", "\n", len)]


def qdpx_of_windows(study: Sequence[Said], folder: Path) -> list[Path]:
    """A REFI-QDA project that counts as NVivo does: UTF-16 units, two for a line end."""
    return [_qdpx(study, folder, "p.qdpx", "\r\n", lambda t: len(t.replace("\n", "\r\n").encode("utf-16-le")) // 2)]


def qualcoder(study: Sequence[Said], folder: Path) -> list[Path]:
    """A QualCoder project of two owners."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "source": [(at, s.name, s.text, None, "", "Ana", "") for at, s in enumerate(study, 1)],
        "code_name": [(n, c, "", None, "Ana", "", "#FFFFFF") for n, c in enumerate(CODES, 1)],
        "code_text": [
            (n, CODES.index(code) + 1, at, words, start, end, coder, "2026-01-02 11:12:13", "", 0, 0)
            for n, (at, start, end, coder, code, words) in enumerate(spans(study), 1)
        ],
    }
    return [projects_made.database(folder / "p.qda" / "data.qda", QUALCODER.replace("{more}", ""), **rows).parent]


def rqda(study: Sequence[Said], folder: Path) -> list[Path]:
    """An RQDA project of two owners."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "source": [(s.name, at, s.text, None, "Ana", 1) for at, s in enumerate(study, 1)],
        "freecode": [(c, "", n, 1) for n, c in enumerate(CODES, 1)],
        "coding": [
            (CODES.index(code) + 1, at, words, float(start), float(end), 1, coder, None)
            for at, start, end, coder, code, words in spans(study)
        ],
    }
    return [projects_made.database(folder / "p.rqda", RQDA, **rows)]


def taguette(study: Sequence[Said], folder: Path) -> list[Path]:
    """A Taguette project: paragraphs of HTML, places in bytes, coders in the command log."""
    paragraphs = ["\n".join(f"<p>{escape(line)}</p>" for line in s.lines) for s in study]
    marks = list(spans(study, lambda t: len(t.encode())))
    rows: dict[str, list[tuple[object, ...]]] = {
        "users": [("Ana", "2026", None, None), ("Ben", "2026", None, None)],
        "projects": [(1, "Pilot", "", "2026")],
        "project_members": [(1, "Ana", "ADMIN"), (1, "Ben", "TAG")],
        "documents": [
            (at, s.name, "", "i.docx", "2026", 1, "LEFT_TO_RIGHT", html)
            for at, (s, html) in enumerate(zip(study, paragraphs, strict=True), 1)
        ],
        "tags": [(n, 1, c, "") for n, c in enumerate(CODES, 1)],
        "highlights": [(n, at, start, end, escape(words)) for n, (at, start, end, _, _, words) in enumerate(marks, 1)],
        "highlight_tags": [(n, CODES.index(code) + 1) for n, (_, _, _, _, code, _) in enumerate(marks, 1)],
        "commands": [
            (n, "2026-01-01 10:00:00", coder, 1, at, _added(n, CODES.index(code) + 1))
            for n, (at, _, _, coder, code, _) in enumerate(marks, 1)
        ],
    }
    return [projects_made.database(folder / "p.sqlite3", TAGUETTE, **rows)]


def _added(highlight: int, tag: int) -> str:
    return json.dumps({"type": "highlight_add", "highlight_id": highlight, "start_offset": 0, "end_offset": 1, "tags": [tag]})


def label_studio(study: Sequence[Said], folder: Path) -> list[Path]:
    """Label Studio's JSON: places in UTF-16 units."""
    marks = list(spans(study, lambda t: len(t.encode("utf-16-le")) // 2))
    tasks = []
    for at, s in enumerate(study, 1):
        given = [
            {
                "completed_by": {"email": coder},
                "result": [
                    {"type": "labels", "value": {"start": start, "end": end, "text": words, "labels": [code]}}
                    for n, start, end, who, code, words in marks
                    if n == at and who == coder
                ],
            }
            for coder in ("Ana", "Ben")
        ]
        tasks.append({"id": at, "data": {"title": s.name, "text": s.text}, "annotations": given})
    (folder / "p.json").write_text(json.dumps(tasks))
    return [folder / "p.json"]


def doccano(study: Sequence[Said], folder: Path) -> list[Path]:
    """doccano's files, one a person and called after her, a text a line with what came with it: places in code points."""
    paths = [folder / "Ana.jsonl", folder / "Ben.jsonl"]
    marks = list(spans(study))
    for path in paths:
        rows = [
            {
                "id": at,
                "name": s.name,
                "text": s.text,
                "label": [[a, b, code] for n, a, b, who, code, _ in marks if (n, who) == (at, path.stem)],
            }
            for at, s in enumerate(study, 1)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths


def inception(study: Sequence[Said], folder: Path) -> list[Path]:
    """The folder that INCEpTION exports: a folder a document, in it a WebAnno TSV a person; places as Java counts them."""
    paths = []
    for s in study:
        for coder in ("Ana", "Ben"):
            codings = [(words, code) for who, words, code in s.codings if who == coder]
            paths.append(folder / "annotation" / f"{s.name}.txt" / f"{coder}.tsv")
            paths[-1].parent.mkdir(parents=True, exist_ok=True)
            paths[-1].write_text("\n".join(["#FORMAT=WebAnno TSV 3.3", "#T_SP=custom.Code|value", "", *_sentences(s, codings)]))
    return paths


def _sentences(said: Said, codings: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Lines as sentences, a token a line; codes on one token are parted by a bar."""
    begin = 0
    spans = [(said.text.index(words), said.text.index(words) + len(words), code) for words, code in codings]
    for number, line in enumerate(filter(None, said.lines), 1):
        begin = said.text.index(line, begin)
        escaped = "".join(c if c.isascii() else "".join(f"\\u{u:04X}" for u in _units(c)) for c in line)
        yield from ("", f"#Text={escaped}")
        for n, m in enumerate(re.finditer(r"[\w’'-]+|[^\w\s]", line), 1):
            a, b = begin + m.start(), begin + m.end()
            codes = [f"{code}[{i}]" for i, (start, end, code) in enumerate(spans, 1) if start <= a and b <= end]
            places = "-".join(str(len(_units(said.text[:at]))) for at in (a, b))
            yield f"{number}-{n}\t{places}\t{m[0]}\t{'|'.join(codes) or '_'}\t"
        begin += len(line)


def _units(text: str) -> tuple[int, ...]:
    """UTF-16 units."""
    wide = text.encode("utf-16-le")
    return tuple(int.from_bytes(wide[n : n + 2], "little") for n in range(0, len(wide), 2))


def open_folder(study: Sequence[Said], folder: Path) -> list[Path]:
    """The open folder as a person would fill it: texts, a codebook, a table for each coder."""
    home = folder / "study"
    for part in ("transcripts", "codings"):
        (home / part).mkdir(parents=True)
    for s in study:
        (home / "transcripts" / f"{s.name}.txt").write_text(s.text)
    (home / "codebook.yaml").write_text("codes:\n" + "".join(f"  - name: {c}\n" for c in CODES))
    coders = ""
    for coder in ("Ana", "Ben"):
        rows = [f"{study[at - 1].name},{a},{b},{code}" for at, a, b, who, code, _ in spans(study) if who == coder]
        (home / "codings" / f"{coder}.csv").write_text("document,start,end,code\n" + "\n".join(rows) + "\n")
        named = ", ".join(f'"{s.name}"' for s in study)
        coders += f'[coders.{coder}]\nname = "{coder}"\nkind = "human"\ndocuments = [{named}]\n'
    (home / "study.toml").write_text(f'name = "Pilot"\n{coders}')
    return [home]


def long_table(study: Sequence[Said], folder: Path) -> list[Path]:
    """The long table of codings beside the transcripts, which have no line end at their end."""
    names = {s.name: (folder / f"{s.name}.txt") for s in study}
    for s in study:
        names[s.name].write_text(s.text.rstrip("\n"))
    head = ["document", "start", "end", "text", "code", "theme", "coder", "kind", "weight", "created", "memo", "probability"]
    rows = [
        [study[at - 1].name, a, b, words, code, code, who, "human", None, "", "", None]
        for at, a, b, who, code, words in spans(study)
    ]
    write_workbook(folder / "long.xlsx", {"codings": (head, rows)})
    return [*names.values(), folder / "long.xlsx"]


DOORS: dict[str, Door] = {
    "Word and a table": word_and_table,
    "texts and a table": texts_and_table,
    "texts in a table": texts_in_a_table,
    "comments in Word": word_comments,
    "qdpx": qdpx,
    "qdpx of NVivo": qdpx_of_windows,
    "QualCoder": qualcoder,
    "RQDA": rqda,
    "Taguette": taguette,
    "Label Studio": label_studio,
    "doccano": doccano,
    "INCEpTION": inception,
    "open folder": open_folder,
    "long table": long_table,
}
