"""Small and odd studies through every verb: whatever is wrong with them is one line that a user can act on."""

from __future__ import annotations

import random
import warnings

import pytest

from tests.cli.test_cli import HEAD, Shell, shell

__all__ = ["shell"]

WORDS = ("work", "badge", "the", "université", "🙂", "", " ", "x" * 30)
BOOKS = (("a",), ("a", "b"), ("T > a", "T > b", "T"), ("A > x > y", "B"), ("a,b", "c"))


def _table(chance: random.Random) -> str:
    """A long table of one to four documents with one to five units, some unread, some empty."""
    rows, codes = [], chance.choice(BOOKS)
    coders = chance.sample(("ana", "ben", "machine", "agreed", "Ço"), chance.choice((1, 2, 3)))
    for d in range(chance.choice((1, 2, 2, 3, 4))):
        for s in range(chance.choice((1, 1, 2, 5))):
            text = " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, 6)))
            for coder in coders:
                if chance.random() < 0.85:
                    given = "|".join(chance.sample(codes, chance.randint(0, len(codes))))
                    rows.append(f'd{d},s{s},{s},{chance.choice(("", "R", "Interviewer"))},"{text}",{coder},"{given}"')
    return HEAD + "\n".join(rows) + "\n"


@pytest.mark.row(19)
@pytest.mark.parametrize("seed", range(12))
def test_odd_studies_are_met_with_one_line(seed: int, shell: Shell) -> None:
    """No verb calls a fault of the data a fault of the program, whatever the study is like."""
    (shell.folder / "t.csv").write_text(_table(random.Random(seed)), encoding="utf-8")
    if shell("import", "t.csv", "--study", "s", "--add-codes")[0]:
        return
    own = ("--config", "fake.toml")
    for words in (
        ("describe", "s", "--all"),
        ("describe", "s", "--out", "c.svg"),
        ("agree", "s", "--all"),
        ("agree", "s", "--unit", "character", "--out", "a.xlsx"),
        ("train", "s", "--out", "m", *own),
        ("evaluate", "s", "--out", "e.xlsx", *own),
        ("evaluate", "s", "--all", *own),
        ("next", "s", "--no-curve", *own),
        ("report", "s", "--no-machine", "--only", "html", "--out", "d", *own),
    ):
        code, _, err = shell(*words)
        assert "fault of the program" not in err, words
        assert code in (0, 1), words
        assert code == 0 or len([line for line in err.splitlines() if line.startswith("autocode: ")]) == 1, words


def test_a_study_too_small_to_be_checked_is_said(shell: Shell) -> None:
    """Two documents, one of a single segment: train and evaluate say what to code."""
    rows = ["A,1,1,P,The price was low,ana,Cost", "A,2,2,P,No time at all,ana,Time", "B,1,1,P,Dear it was,ana,Cost"]
    (shell.folder / "t.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    assert shell("import", "t.csv", "--study", "s")[0] == 0
    for verb in ("train", "evaluate"):
        code, _, err = shell(verb, "s", "--config", "fake.toml")
        assert (code, "a single segment" in err, "Learning" in err) == (1, True, False)


OUTSIDE = ("folds = 1", "width = 0", "iterations = 0", "precision = 2.0", "max_rows = -1", "previous = -1.0")


@pytest.mark.parametrize("line", OUTSIDE)
def test_a_setting_outside_its_limits_is_said(line: str, shell: Shell) -> None:
    """The settings' file is refused with the key and what is possible."""
    (shell.folder / "odd.toml").write_text(f"[classify]\n{line}\n", encoding="utf-8")
    code, _, err = shell("train", "open", "--config", "odd.toml")
    assert (code, line.split()[0] in err, "lies outside" in err) == (1, True, True)


def _rows(documents: str, units: int, codes: str, coders: tuple[str, ...] = ("ana", "ben")) -> str:
    """A long table in which each coder gave the codes to every second unit."""
    each = [(d, n, who) for d in documents for n in range(units) for who in coders]
    return HEAD + "".join(f"{d},{d}{n},{n},R,words {n},{who},{codes if n % 2 else ''}\n" for d, n, who in each)


def test_a_codebook_without_codes_cannot_be_aligned(shell: Shell) -> None:
    """align, and train with another study, say that there are no codes to align."""
    (shell.folder / "none.csv").write_text(_rows("ABCD", 4, ""), encoding="utf-8")
    (shell.folder / "some.csv").write_text(_rows("ABCD", 4, "Cost"), encoding="utf-8")
    for name in ("none", "some"):
        assert shell("import", f"{name}.csv", "--study", name, "--add-codes")[0] == 0
    for words in (("align", "none", "some"), ("align", "some", "none"), ("train", "some", "none")):
        code, _, err = shell(*words, "--config", "fake.toml")
        assert (code, "its codebook has no codes to align" in err, "fault of the program" in err) == (1, True, False)


def test_where_a_model_cannot_be_saved_nothing_is_learnt(shell: Shell) -> None:
    """A folder that holds something else is refused before the work, also where a path leads back to it."""
    for place in ("./open", ".", "nowhere/.."):
        code, _, err = shell("train", "open", "--config", "fake.toml", "--model", place)
        assert (code, "is not a model" in err, "Learning" in err) == (1, True, False)
    assert sorted(p.name for p in shell.folder.iterdir() if p.name != "cache") == ["fake.toml", "open"]


def test_few_documents_allow_no_firm_conclusion(shell: Shell) -> None:
    """Where no interval can be given, agree does not call the agreement enough; one code is not called the best."""
    (shell.folder / "t.csv").write_text(_rows("AB", 4, "Cost"), encoding="utf-8")
    assert shell("import", "t.csv", "--study", "s", "--add-codes")[0] == 0
    told = " ".join(shell("agree", "s")[1].split())
    assert "fewer than 6 documents, so how sure this is cannot be said" in told
    assert "firm conclusions" not in told
    assert "Cost 1.00 (4)." in told
    told = " ".join(shell("evaluate", "s", "--config", "fake.toml", "--coefficient", "alpha")[1].split())
    assert "at alpha " in told
    assert "first choice" not in told


def test_coders_who_share_no_document_get_their_dossier(shell: Shell) -> None:
    """Where the interviews were shared out, the dossier says that agreement was not computed, and has all the rest."""
    table = _rows("ABC", 4, "Cost", ("ana",)) + _rows("DEF", 4, "Cost", ("ben",)).removeprefix(HEAD)
    (shell.folder / "t.csv").write_text(table, encoding="utf-8")
    assert shell("import", "t.csv", "--study", "s", "--add-codes")[0] == 0
    for more in (("--no-machine",), ()):
        code, _, err = shell("report", "s", "--config", "fake.toml", "--only", "html", "--out", "d", *more)
        assert (code, "share no document" in err) == (0, False)
    assert "share" not in shell("evaluate", "s", "--config", "fake.toml", "--all")[2]


def test_a_sign_that_no_font_has_is_drawn_without_a_warning(shell: Shell) -> None:
    """A code called by an emoji is drawn; nothing is printed but what was written."""
    (shell.folder / "t.csv").write_text(_rows("AB", 2, "💰"), encoding="utf-8")
    assert shell("import", "t.csv", "--study", "s", "--add-codes")[0] == 0
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        assert shell("describe", "s", "--out", "d.png")[0] == 0
        assert shell("report", "s", "--config", "fake.toml", "--no-machine", "--only", "docx", "--out", "d")[0] == 0
    assert not [w for w in given if "Glyph" in str(w.message)]
