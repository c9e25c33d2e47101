"""The verbs around the dossier: what a person types and what comes back."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from autocode.formats import read
from autocode.store import STORE, load
from tests.cli.test_cli import Shell, shell
from tests.formats.projects_made import project, qdpx

__all__ = ["shell"]


@pytest.fixture
def stored(shell: Shell) -> Shell:
    """A shell with the tiny study in s/."""
    assert shell("import", "open", "--study", "s")[0] == 0
    return shell


def _page(folder: Path) -> str:
    return (folder / "d" / "dossier.html").read_text(encoding="utf-8")


def test_report_writes_all_forms_or_one_in_two_sizes(stored: Shell) -> None:
    """A folder gets page, Word file, workbook, paragraphs and questions; --only writes one; --size says how much."""
    words = ["report", "s", "--config", "fake.toml", "--no-machine"]
    code, _, err = stored(*words, "--out", "d")
    assert code == 0
    forms = {"dossier.docx", "dossier.html", "dossier.xlsx", "dossier-paragraphs.md", "dossier-paragraphs.tex"}
    assert {p.name for p in (stored.folder / "d").iterdir()} == {*forms, "dossier-questions.toml"}
    assert "dossier.toml" in err
    assert "--size journal" in err
    assert stored(*words, "--out", "d", "--size", "journal")[0] == 0
    assert (stored.folder / "d" / "dossier-journal.docx").is_file()
    assert stored(*words, "--out", "d", "--size", "poster")[0] == 1
    assert "autocode report s" in _page(stored.folder)
    assert stored(*words, "--out", "e", "--only", "xlsx")[0] == 0
    assert [p.name for p in (stored.folder / "e").iterdir()] == ["dossier.xlsx"]
    assert stored(*words, "--out", "e", "--only", "pdf")[0] == 1


def test_report_and_export_take_documents_of_one_kind(stored: Shell) -> None:
    """--kind leaves out the documents of other kinds; a kind that is not there is one clear line."""
    (stored.folder / "Badge-Act.txt").write_text("A policy on badges.\n")
    assert stored("import", "Badge-Act.txt", "--study", "s", "--kind", "literature")[0] == 0
    assert stored("export", "s", "--out", "papers", "--kind", "literature")[0] == 0
    assert [d.id for d in read(stored.folder / "papers").documents] == ["Badge-Act"]
    words = ["report", "s", "--config", "fake.toml", "--no-machine", "--only", "html"]
    assert stored(*words, "--out", "d", "--kind", "interview")[0] == 0
    assert "Badge-Act" not in _page(stored.folder)
    code, _, err = stored("export", "s", "--out", "n.csv", "--kind", "field note")
    assert (code, err.count("\n")) == (1, 1)
    assert "kinds there: interview, literature" in err


def test_an_import_that_brings_little_says_so(shell: Shell) -> None:
    """A codebook alone counts its codes; a project without texts and codes brought nothing in."""
    (shell.folder / "book.csv").write_text("code,parent\nTime,\nMoney,\n")
    assert "0 documents, 2 codes and 0 codings" in shell("import", "book.csv", "--study", "b")[2]
    qdpx(shell.folder, project(), {}, "empty.qdpx")
    assert "Nothing came in." in shell("import", "empty.qdpx", "--study", "n")[2]


def test_letters_go_out_and_answers_come_back_into_the_report(stored: Shell) -> None:
    """A corrected letter changes the study, lists what moved, and shows in the report."""
    stored("members", "export", "s", "--out", "letters")
    path = stored.folder / "letters" / "D2.docx"
    letter = docx.Document(str(path))
    letter.tables[0].rows[2].cells[0].text = "X"
    letter.tables[1].rows[4].cells[2].text = "my shift takes all the hours and no evening is left 2"
    letter.save(str(path))
    code, out, _ = stored("members", "import", "letters", "--study", "s")
    assert code == 0
    assert "D2: approved with corrections, 1 passage corrected, 0 comments" in out
    assert "moved: Work > Time by ana" in out
    assert "my shift takes all" in load(stored.folder / "s" / STORE).by_id["D2"].text
    stored("report", "s", "--config", "fake.toml", "--no-machine", "--out", "d", "--only", "html")
    assert "1 of 8 participants answered" in _page(stored.folder)


def test_pseudonyms_are_proposed_reviewed_and_applied(stored: Shell) -> None:
    """Nothing changes before the review; then the old name is in no byte of the study file."""
    assert stored("pseudonymise", "s")[0] == 1
    code, _, err = stored("pseudonymise", "s", "--out", "p.csv")
    assert code == 0
    assert "does not find everything" in err
    (stored.folder / "p.csv").write_text("apply,found,replacement\nyes,badge,[Thing 1]\n,cat,[Thing 2]\n")
    assert stored("pseudonymise", "s", "--apply", "p.csv", "--key", "s/key.csv")[0] == 1
    assert b"badge" in (stored.folder / "s" / STORE).read_bytes()
    assert stored("pseudonymise", "s", "--apply", "p.csv", "--key", "safe/key.csv")[0] == 0
    raw = b"".join(p.read_bytes() for p in (stored.folder / "s").rglob("*") if p.is_file())
    assert b"badge" not in raw
    assert b"my cat sleeps" in raw


def test_forget_asks_first_and_then_leaves_no_byte(stored: Shell) -> None:
    """Without --yes nothing is erased; with it, the words are in no file of the study."""
    code, _, err = stored("forget", "s", "D2")
    assert code == 0
    assert "Nothing is erased yet" in err
    assert "D2" in load(stored.folder / "s" / STORE).by_id
    code, out, _ = stored("forget", "s", "D2", "--yes")
    assert code == 0
    assert "erased: s/study.sqlite: 1 document" in out
    raw = b"".join(p.read_bytes() for p in (stored.folder / "s").rglob("*") if p.is_file())
    assert b"hello number 2" not in raw
    assert b"hello number 3" in raw


def test_a_certificate_can_be_asked_for_again(stored: Shell) -> None:
    """Named or not, who was forgotten has a certificate in the study; it is listed, and written again where one asks for it."""
    assert "Nobody was forgotten here yet." in stored("forget", "s")[2]
    assert stored("forget", "s", "D2", "--yes")[0] == 0
    code, _, err = stored("forget", "s", "D2", "--out", "again.txt")
    assert (code, "autocode forget s" in err, (stored.folder / "again.txt").exists()) == (1, True, False)
    code, out, err = stored("forget", "s")
    (kept,) = (stored.folder / "s" / "certificates").iterdir()
    assert (code, kept.name in out, "--out certificate.txt" in err) == (0, True, True)
    assert stored("forget", "s", "--out", "again.txt")[0] == 0
    assert (stored.folder / "again.txt").read_bytes() == kept.read_bytes()
    assert (stored("forget", "s", "--out", "again.json")[0], stored("forget", "s", "--yes")[0]) == (1, 1)


def test_what_researchers_say_comes_along_with_their_folder(shell: Shell) -> None:
    """A dossier.toml beside imported transcripts is taken into a study that has none, and never over one that is there."""
    folder = shell.folder / "mine"
    folder.mkdir()
    (folder / "a.txt").write_text("R: We had no time at all.\n", encoding="utf-8")
    (folder / "dossier.toml").write_text('[record]\nsetting = "At home."\n', encoding="utf-8")
    assert "came along" in shell("import", "mine", "--study", "s")[2]
    kept = shell.folder / "s" / "dossier.toml"
    assert "At home." in kept.read_text(encoding="utf-8")
    (folder / "dossier.toml").write_text('[record]\nsetting = "Elsewhere."\n', encoding="utf-8")
    assert "came along" not in shell("import", "mine", "--study", "s")[2]
    assert "At home." in kept.read_text(encoding="utf-8")


def test_a_later_round_of_the_same_people_is_no_further_coder(stored: Shell) -> None:
    """Agreement and training take each person once, as dossier.toml says; named, a round is compared. A file that --coder
    names may be given among the files too and is read once.
    """
    study = load(stored.folder / "s" / STORE)
    own = [c for c in study.codings if c.coder == "ana"]
    rows = [f'{c.document},{c.start},{c.end},{c.code},"{study.by_id[c.document].text_of(c)}"' for c in own]
    (stored.folder / "again.csv").write_text("\n".join(["document,start,end,code,text", *rows]), encoding="utf-8")
    code, _, err = stored("import", "again.csv", "--coder", "ana2=again.csv", "--study", "s")
    assert code == 0, err
    assert "Not read" not in err
    stages = '[[stages]]\nname = "first"\ncoders = ["ana", "ben"]\n[[stages]]\nname = "later"\ncoders = ["ana2", "ben"]\n'
    (stored.folder / "s" / "dossier.toml").write_text(stages, encoding="utf-8")
    code, out, err = stored("agree", "s", "--config", "fake.toml")
    assert code == 0
    assert out.startswith("ana and ben ")
    assert "later round: ana2" in err
    assert stored("agree", "s", "--coders", "ana,ana2", "--config", "fake.toml")[1].startswith(
        "ana and ana2 agree at kappa 1.00"
    )
    assert "later round: ana2" in stored("train", "s", "--model", "m", "--config", "fake.toml")[2]


def test_the_place_of_answers_is_one_that_can_be_written(stored: Shell) -> None:
    """Beside a table, not below it; and no file of questions is named that was not written."""
    assert stored("export", "s", "--out", "all.csv")[0] == 0
    code, _, err = stored("report", "all.csv", "--config", "fake.toml", "--no-machine", "--out", "d")
    assert code == 0
    assert "answer in dossier.toml" in " ".join(err.split())
    code, _, err = stored("report", "all.csv", "--config", "fake.toml", "--no-machine", "--out", "e", "--only", "docx")
    assert code == 0
    assert "questions" not in err
