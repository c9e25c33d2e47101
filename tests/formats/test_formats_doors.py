"""Whichever door a study comes in by, its units and its kappa are the same; by two doors it is still one study."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.formats import ReadOptions, WriteOptions, read, read_all, write
from autocode.formats.overview import Import
from autocode.study import Coder, Coding, Document, Segment, Study, Suggestion, Turn
from autocode.study.codebook import Code, Codebook
from autocode.study.matrix import coding_matrix
from tests.formats.doors import CODES, DOORS, Said, interviews, word_and_table

LAYOUTS = {
    "name: words": lambda who, words: [f"{who}: {words}"],
    "initials and blank lines": lambda who, words: [f"{'I' if who == 'Interviewer' else 'B'}: {words}", ""],
    "names on lines of their own": lambda who, words: [who, words],
    "no speakers": lambda who, words: [words],
    "turns of two paragraphs": lambda who, words: [f"{who}: {words}", *(["So it was."] if who != "Interviewer" else [])],
}


def _laid_out(layout: str) -> tuple[Said, ...]:
    return tuple(
        replace(s, lines=tuple(x for line in s.lines for x in LAYOUTS[layout](*line.split(": ", 1)))) for s in interviews()
    )


def _imported(door: str, study: tuple[Said, ...], folder: Path, known: Study = Study()) -> Study:
    """What an import through one door makes of a study."""
    folder.mkdir()
    options = ReadOptions(
        documents=known.documents, codebook=known.codebook, coders=tuple(c.id for c in known.coders), open_files=True
    )
    new, receipts = read_all(DOORS[door](study, folder), options)
    return Import.of(new, receipts, known, (), "study").onto(known)


def _numbers(study: Study) -> tuple[object, ...]:
    """Documents, codings, units with their speakers and words, and kappa for every code to its last digit."""
    matrix = coding_matrix(study, Config(), ("Ana", "Ben"))
    units = sorted((s.document, s.speaker, " ".join(study.by_id[s.document].text_of(s).split())) for s in matrix.segments)
    report = agree(matrix)
    kappas = {code: report.row(code).kappa for code in ("", *sorted(report.codes))}
    return len(study.documents), len(study.codings), units, kappas


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_door_gives_the_same_units_and_kappa(layout: str, tmp_path: Path) -> None:
    """Word, text, REFI-QDA, QualCoder, RQDA, Taguette, Label Studio, the open folder and tables agree to the last digit."""
    study = _laid_out(layout)
    expected = sum(len(s.codings) for s in study)
    numbers = {door: _numbers(_imported(door, study, tmp_path / str(n))) for n, door in enumerate(DOORS)}
    first = numbers["Word and a table"]
    assert first[:2] == (4, expected)
    assert {door: n == first for door, n in numbers.items()} == dict.fromkeys(DOORS, True)


@pytest.mark.parametrize(("one", "other"), [*combinations(DOORS, 2), *((b, a) for a, b in combinations(DOORS, 2))])
def test_the_same_study_by_two_doors_is_one(one: str, other: str, tmp_path: Path) -> None:
    """Nothing is doubled, whatever the second program writes of spaces, line ends and names."""
    study = _laid_out("name: words")
    first = _imported(one, study, tmp_path / "one")
    assert _numbers(_imported(other, study, tmp_path / "other", first)) == _numbers(first)


@pytest.mark.parametrize(("door", "ending"), [("Taguette", ".sqlite3"), ("QualCoder", ".qda")])
def test_a_changed_copy_has_no_text_twice(door: str, ending: str, tmp_path: Path) -> None:
    """A study from Word goes back into the project of another program: other line ends at its end are no other text."""
    study = _laid_out("name: words")
    original = DOORS[door](tuple(replace(s, codings=s.codings[:3]) for s in study), tmp_path)[0]
    mine = _imported("Word and a table", study, tmp_path / "mine")
    write(mine, tmp_path / f"copy{ending}", WriteOptions(original=original))
    assert _numbers(read(tmp_path / f"copy{ending}")) == _numbers(mine)


@pytest.mark.parametrize("door", ["qdpx", "QualCoder", "Word and a table", "Label Studio"])
def test_one_file_a_coder_gives_the_same(door: str, tmp_path: Path) -> None:
    """Two people, each with a project of their own, are two coders of one study."""
    study, parts = _laid_out("name: words"), []
    for coder in ("Ana", "Ben"):
        own = tuple(replace(s, codings=tuple(c for c in s.codings if c[0] == coder)) for s in study)
        parts.append(_imported(door, own, tmp_path / coder, *parts[-1:]))
    assert _numbers(parts[-1]) == _numbers(_imported("Word and a table", study, tmp_path / "whole"))


def test_long_quotes_alone_give_the_units_of_their_texts(tmp_path: Path) -> None:
    """Where only a table of passages of several turns is there, turns, interviewers and kappa are those of the texts."""
    study = []
    for n, s in enumerate(_laid_out("name: words")):
        parts = ["\n".join(s.lines[a : a + 6]) for a in range(0, len(s.lines), 6)]
        codings = [(coder, part, CODES[(n + k) % 3]) for k, part in enumerate(parts) for coder in ("Ana", "Ben") if n + k != 2]
        study.append(
            replace(
                s,
                codings=(*codings, ("Ana", parts[2 - n], "Time"), ("Ben", parts[2 - n], "Pride")) if n < 3 else tuple(codings),
            )
        )
    whole = _imported("Word and a table", tuple(study), tmp_path / "whole")
    folder = tmp_path / "quotes"
    folder.mkdir()
    quotes, receipts = read_all([word_and_table(tuple(study), folder)[-1]])
    assert _numbers(quotes) == _numbers(whole)
    assert any("these turns are the units" in note for r in receipts for note in r.notes)


def test_what_is_doubtful_in_a_project_stands_in_its_receipt(tmp_path: Path) -> None:
    """A doubt about the turns of a text inside a project is told as for a transcript, with the name of the document."""
    lines = tuple(x.replace("R1:", "R1 :") if n == 3 else x for n, x in enumerate(interviews()[0].lines))
    odd = Said("Interview 1", (*lines, "Sister: Only this once."), interviews()[0].codings[:2])
    for door in ("qdpx", "QualCoder", "Taguette", "Label Studio"):
        (tmp_path / door).mkdir()
        _, receipts = read_all(DOORS[door]((odd,), tmp_path / door))
        assert any("Interview 1: 'Sister': one turn only; a speaker?" in note for r in receipts for note in r.notes), door


@pytest.mark.parametrize("newline", ["\r", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("kind", [".qdpx", "", ".xlsx", ".csv", ".parquet"])
def test_a_study_put_together_with_other_line_ends_keeps_every_place(kind: str, newline: str, tmp_path: Path) -> None:
    """Codings, turns and suggestions stand at their words after writing, whatever the ends of lines were."""
    lines = ["Interviewer: How was it?", "R1: I was tired 😀 then", "Interviewer: And now?", "R1: money is short", ""]
    text, said = newline.join(lines), [line.partition(": ")[2] for line in lines[:4]]
    turns = tuple(
        Turn(text.index(w), text.index(w) + len(w), "Interviewer" if n % 2 == 0 else "R1") for n, w in enumerate(said)
    )
    spans = [(text.index(w), text.index(w) + len(w)) for w in ("I was tired", "money is short", "money")]
    book, coders = Codebook((Code("c"),)), (Coder("Ana", "Ana"),)
    study = Study((Document("A", text, turns=turns),), book, coders, tuple(Coding("A", a, b, "c", "Ana") for a, b in spans))
    unit = Segment("A", *spans[1], "")
    options = WriteOptions(suggestions=(Suggestion(unit, "c", 0.9, "suggest", span=spans[2]),) if kind == ".qdpx" else ())
    write(study, tmp_path / f"p{kind}", options)
    found = read(tmp_path / f"p{kind}")
    document = found.documents[0]
    human = [c for c in found.codings if c.coder == "Ana"]
    assert sorted(document.text_of(c) for c in human) == ["I was tired", "money", "money is short"]
    assert {document.text_of(c) for c in found.codings} - {"I was tired", "money is short"} == {"money"}
    assert [document.text_of(t) for t in document.turns] == said
