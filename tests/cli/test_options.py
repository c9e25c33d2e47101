"""The commonest mistakes at the keyboard: each is met by the line that mends it, before any work is done."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autocode import cli
from autocode.formats import write
from autocode.study import Study
from autocode.study.codebook import Codebook
from tests.cli.test_cli import HEAD, Shell, shell

__all__ = ["shell"]


@pytest.fixture
def at_work(shell: Shell) -> Shell:
    """A study in corpora/tiny, a model in models/tiny, a transcript new.txt, and settings."""
    assert shell("import", "open", "--study", "corpora/tiny")[0] == 0
    assert shell("train", "tiny", "--config", "fake.toml")[0] == 0
    (shell.folder / "new.txt").write_text("R: my shift at work takes all the hours\n", encoding="utf-8")
    (shell.folder / "mine.csv").write_text("a table of mine\n", encoding="utf-8")
    return shell


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("evalute tiny", "Did you mean 'evaluate'?"),
        ("kappa tiny", "Did you mean 'agree'?"),
        ("predict tiny new.txt", "Did you mean 'suggest'?"),
        ("agree corpora/tny", "Did you mean 'corpora/tiny'?"),
        ("describe tinny", "Did you mean 'tiny'?"),
        ("suggest tinny new.txt --out s.csv", "Did you mean 'tiny'?"),
        ("suggest new.txt models/tiny --out s.csv", "The model comes first, then what it reads: autocode suggest tiny new.txt"),
        ("suggest corpora/tiny new.txt --out s.csv", "Models here: tiny."),
        ("train models/tiny", "it is a model, not a study. Did you mean 'tiny'? Studies in corpora: tiny."),
        ("suggest tiny nwe.txt --out s.csv", "Did you mean 'new.txt'?"),
        ("agree tiny --coders ana,bne", "Did you mean 'ben'?"),
        ("agree tiny --coders ana,ana", "the same coder is named twice. Name each coder once."),
        ("agree tiny ana ben", "Name coders with --coders ana,ben"),
        ("agree tiny --coder ana", "it needs two coders, and there is ana"),
        ("agree tiny --by tehme", "Did you mean 'theme'?"),
        ("agree tiny --segments sentense", "Did you mean 'sentence'?"),
        ("agree tiny --unit paragraph", "To cut transcripts differently: --segments."),
        ("agree tiny --unit character --overlap 90", "characters are compared as they are"),
        ("audit tiny --code Tme", "Did you mean 'Time'?"),
        ("import new.txt", "autocode import new.txt --study corpora/NAME"),
        ("import new.txt corpora/tiny", "autocode import new.txt --study corpora/tiny"),
        ("import --study new.txt", "autocode import new.txt --study corpora/NAME"),
        ("report tiny --out dossier.pdf", "print it as a PDF"),
        ("export tiny --out x.docx", "A Word file is written by: autocode report"),
        ("agree tiny --out a.htm", "Did you mean .html?"),
        ("evaluate tiny --out mine.csv", "Choose another name, or add --overwrite."),
        ("train tiny --config fake.tmol", "Did you mean 'fake.toml'?"),
        ("train tiny --config qick", "Did you mean 'quick'?"),
        ("train tiny --minutes 5", "Add --effort full"),
        ("train tiny --effort ful", "Did you mean 'full'?"),
        ("next tiny --model tiny --coders ana", "the model is learnt already"),
        ("suggest tiny new.txt --out s.csv --workers 3", "--workers: it goes with --engine ray"),
        ("report tiny --out r.html --new new.txt", "add --model NAME"),
        ("describe tiny --kind interviw", "Did you mean 'interview'?"),
        ("forget tiny D22", "Did you mean 'D2'?"),
        ("frequencies tiny --random --drawn document", "Did you mean 'documents'?"),
        ("agree tiny --coefficient kapa", "Did you mean 'kappa'?"),
        ("pseudonymise tiny --key k.csv", "add --apply FILE"),
        ("suggest corpora tiny --out s.csv", "it is a folder, not a model. The model comes first"),
        (
            "suggest tiny new.txt",
            "Missing option '--out'. Write suggestions as .html, .csv, .xlsx, .jsonl or .parquet. Such as: --out sugg",
        ),
        ("suggest tiny new.txt --out found", "Such as found.html."),
        ("report tiny", "Such as: --out dossier"),
        ("report tiny --out dossier.docx", "Name a folder: --out dossier --only docx"),
        ("frequencies tiny", "drawn at random, or chosen? --random or --chosen"),
        ("agree tiny --coders=ana\tben", "Put commas between names: ana,ben"),
        ("train", "Missing argument 'STUDY...'. The study to learn"),
        ("evaluate tiny --coders ana ben", "Name coders with --coders ana,ben"),
        ("agree --study tiny", "STUDY stands by itself: autocode agree STUDY"),
        ("evaluate tiny --model tiny", "learns anew for each document that it judges: leave the model out."),
        ("describe tiny --coder ana", "to compare some: autocode agree STUDY --coders"),
    ],
)
def test_a_mistake_is_met_by_what_mends_it(words: str, mend: str, at_work: Shell) -> None:
    """The message names the mend; nothing is written, nothing begins, no traceback."""
    before = {p: p.read_bytes() for p in at_work.folder.rglob("*") if p.is_file() and "cache" not in p.parts}
    code, out, err = at_work(*words.split(" "))
    assert code in (1, 2)
    assert mend in " ".join(err.split())
    assert out == ""
    assert not [word for word in ("Traceback", "fault of the program", "Learning", "Reading", "Judging") if word in err]
    assert before == {p: p.read_bytes() for p in at_work.folder.rglob("*") if p.is_file() and "cache" not in p.parts}


def test_renamed_codes_are_named(at_work: Shell, study: Study) -> None:
    """A study whose codes were renamed since is met by what they are called now; a misspelt code by the nearest."""
    book = Codebook(tuple(replace(c, name="Hours") if c.name == "Time" else c for c in study.codebook), study.codebook.name)
    codings = tuple(replace(c, code=c.code.replace("Time", "Hours")) for c in study.codings)
    write(replace(study, codebook=book, codings=codings), at_work.folder / "renamed")
    assert at_work("import", "renamed", "--study", "corpora/renamed")[0] == 0
    told = at_work("suggest", "tiny", "renamed", "--out", "s.csv")
    assert "Work > Hours" in told[2]
    table = at_work.folder / "again.csv"
    table.write_text(HEAD + "n,s,1,,some words,ana,Work > Tme\n", encoding="utf-8")
    code, _, err = at_work("import", "again.csv", "--study", "tiny")
    assert (code, "Did you mean 'Work > Time'?" in err) == (1, True)


@pytest.mark.parametrize("name", ["other", "models/other", "deep/er/other", "./other"])
def test_a_name_is_a_name_and_a_path_a_path(name: str, at_work: Shell) -> None:
    """What train saves under a name or a path, every other verb finds under the same words."""
    code, _, err = at_work("train", "tiny", "--config", "fake.toml", "--model", name)
    folder = Path("models/other") if name == "other" else Path(name)
    assert (code, f"Saved: {folder}" in err) == (0, True)
    assert (at_work.folder / folder / "manifest.json").is_file()
    assert at_work("suggest", name, "new.txt", "--out", "s.csv")[0] == 0
    assert at_work("describe", "tiny", "--model", name)[0] == 0
    assert at_work("next", "tiny", "--model", name, "--no-curve")[0] == 0


def test_a_name_that_two_models_have_is_not_guessed(at_work: Shell) -> None:
    """With models/tiny and ./tiny both models, the word alone is refused; a path is taken."""
    assert at_work("train", "corpora/tiny", "--config", "fake.toml", "--model", "./tiny")[0] == 0
    code, _, err = at_work("suggest", "tiny", "new.txt", "--out", "s.csv")
    assert (code, "are both models. Write the path that you mean." in err) == (1, True)
    assert at_work("suggest", "./tiny", "new.txt", "--out", "s.csv")[0] == 0


def test_what_autocode_wrote_is_replaced_and_nothing_else(at_work: Shell) -> None:
    """A second run replaces the first one's file; once a person has changed it, only --overwrite does."""
    words = ("agree", "tiny", "--out", "a.csv")
    assert at_work(*words)[0] == 0
    assert at_work(*words)[0] == 0
    path = at_work.folder / "a.csv"
    path.write_text(path.read_text(encoding="utf-8") + "a note of mine\n", encoding="utf-8")
    code, _, err = at_work(*words)
    assert (code, "somebody has changed it since" in err, "a note of mine" in path.read_text(encoding="utf-8")) == (
        1,
        True,
        True,
    )
    assert at_work(*words, "--overwrite")[0] == 0
    assert "a note of mine" not in path.read_text(encoding="utf-8")


def test_a_file_in_a_folder_to_be_written_is_not_replaced(at_work: Shell) -> None:
    """A folder is written into, but a person's dossier.docx in it stays."""
    (at_work.folder / "d").mkdir()
    (at_work.folder / "d/notes.txt").write_text("mine", encoding="utf-8")
    words = ("report", "tiny", "--config", "fake.toml", "--no-machine", "--only", "html", "--out", "d")
    assert at_work(*words)[0] == 0
    assert at_work(*words)[0] == 0
    (at_work.folder / "d/dossier.html").write_text("mine", encoding="utf-8")
    code, _, err = at_work(*words)
    assert (code, "dossier.html" in err) == (1, True)
    assert (at_work.folder / "d/notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "words", ["report tiny --out f", "export tiny --out f", "members export tiny --out f", "agree tiny --out f/a.csv"]
)
def test_a_file_where_a_folder_is_needed_is_said(words: str, at_work: Shell) -> None:
    """The line says that a file is in the way, not that the disk is full."""
    (at_work.folder / "f").write_text("mine", encoding="utf-8")
    code, _, err = at_work(*words.split())
    assert (code, "is a file, not a folder" in err, "space" in err) == (1, True, False)


def test_an_ending_in_capitals_is_the_same_ending(at_work: Shell) -> None:
    """A.CSV is a table as a.csv is."""
    assert at_work("agree", "tiny", "--out", "A.CSV")[0] == 0
    assert (at_work.folder / "A.csv").read_bytes().startswith(b"\xef\xbb\xbfcode,")


def test_held_out_predictions_come_as_a_real_workbook(at_work: Shell) -> None:
    """evaluate --out held.xlsx is a workbook with the comparison and every prediction; suggest knows .xlsx too."""
    import openpyxl

    assert at_work("evaluate", "tiny", "--config", "fake.toml", "--out", "held.xlsx")[0] == 0
    book = openpyxl.load_workbook(at_work.folder / "held.xlsx")
    assert {"Agreement", "Verdicts", "Held out"} <= set(book.sheetnames)
    assert book["Held out"].max_row == 1 + 8 * 5 * 3
    assert at_work("suggest", "tiny", "new.txt", "--out", "s.xlsx", "--all")[0] == 0
    rows = list(openpyxl.load_workbook(at_work.folder / "s.xlsx")["Suggestions"].iter_rows(values_only=True))
    assert (rows[0][0], len(rows)) == ("document", 1 + 3)


def test_both_spellings_name_coders_in_every_verb(at_work: Shell, study: Study) -> None:
    """--coder and --coders, one by one or parted by commas, are one option."""
    for words in (["--coders", "ana,ben"], ["--coder", "ana", "--coder", "ben"], ["--coder", "ana,ben"]):
        assert at_work("agree", "tiny", *words)[0] == 0
        assert at_work("train", "tiny", "--config", "fake.toml", *words)[0] == 0
    for verb in ("agree", "train", "evaluate", "next", "frequencies", "import", "audit", "review"):
        told = at_work(verb, "--help")[1]
        assert "--coders" in told, verb
        assert "--coder" in told.replace("--coders", ""), verb


def test_the_version_is_said(at_work: Shell) -> None:
    """`autocode --version` prints name and version, and the library has the same."""
    import autocode

    assert at_work("--version")[1] == f"autocode {autocode.__version__}\n"


FORBIDDEN = re.compile(r"\b(labels?|annotat\w+|workers?|tasks?|samples?|accuracy|may be repeated|parted by)\b", re.I)


@pytest.mark.parametrize("verb", [verb for verbs in cli.VERBS.values() for verb in verbs])
def test_help_is_read_in_eighty_columns_and_in_groups(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each verb's help fits its width, speaks the field's words, and shows what verbs share behind what is its own."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["autocode", verb, "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    assert not FORBIDDEN.search(told.replace("--workers", ""))
    titles = re.findall(r"^(\S.*):$", told, re.M)
    order = ["Arguments", "Options", *cli.SHARED, "Commands"]
    assert titles == sorted(titles, key=order.index)
    assert told.rstrip().splitlines()[-1].lstrip().startswith("--help") or "Commands" in titles
