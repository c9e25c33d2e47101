"""What an import leaves behind: receipts, codings that follow their words, kinds as a filter."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autocode import cli
from autocode.formats import write
from autocode.store import STORE, load, receipts
from autocode.store.backups import backups
from autocode.study import Document, Study
from tests.conftest import spoken
from tests.formats.projects_made import ANA, BEN, code, coding, project, qdpx, selection, source

Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verb(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Runs `autocode WORDS` in a folder of its own; gives exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["autocode", *words])
        exit_code = 0
        try:
            cli.main()
        except SystemExit as stop:
            exit_code = int(stop.code or 0)
        said = capsys.readouterr()
        return exit_code, said.out, said.err

    return run


def _open(folder: Path, study: Study) -> Path:
    write(study, folder / "open")
    return folder / "open"


def test_every_import_leaves_its_receipts(verb: Verb, tmp_path: Path, study: Study) -> None:
    """They are shown under the time of the import, hold what was printed, and no word of a transcript."""
    _open(tmp_path, study)
    printed = verb("import", "open", "--study", "s")[1]
    exit_code, told, _ = verb("describe", "s", "--receipts")
    assert exit_code == 0
    assert "\n== imported 20" in told
    assert all(line in told for line in printed.splitlines())
    assert "manager" not in told
    entries = json.loads(verb("describe", "s", "--receipts", "--json")[1])
    assert {"at", "source", "what", "kept", "skipped", "notes", "doubts", "aside", "waiting"} == set(entries["receipts"][0])
    assert len(entries["table"]) == len(study.documents)


def test_a_dry_run_leaves_nothing(verb: Verb, tmp_path: Path, study: Study) -> None:
    """--dry-run shows receipts and changes and writes neither study nor receipt."""
    _open(tmp_path, study)
    verb("import", "open", "--study", "s")
    before = (load(tmp_path / "s" / STORE), receipts(tmp_path / "s" / STORE))
    (tmp_path / "E.txt").write_text("R: new\n")
    out = verb("import", "E.txt", "--study", "s", "--dry-run")[1]
    assert "1 new document: E" in out
    assert (load(tmp_path / "s" / STORE), receipts(tmp_path / "s" / STORE)) == before


def test_a_study_without_receipts_says_so(verb: Verb) -> None:
    """Where there is no study, the import command is named."""
    exit_code, _, err = verb("describe", "nowhere", "--receipts")
    assert exit_code == 1
    assert "autocode import" in err


def test_a_changed_transcript_is_replaced_only_when_asked_for(verb: Verb, tmp_path: Path, study: Study) -> None:
    """Codings follow their words; one whose words are gone is listed and kept aside, never its words shown."""
    _open(tmp_path, study)
    verb("import", "open", "--study", "s")
    text = spoken(0).text
    lost = "the university gave us a ceremony and honoured our badge on stage 0"
    (tmp_path / "D0.txt").write_text("Recorded in June.\n\n" + text.replace(lost, "No idea."))
    assert verb("import", "D0.txt", "--study", "s")[0] == 1
    exit_code, out, _ = verb("import", "D0.txt", "--study", "s", "--replace", "--yes")
    assert exit_code == 0
    at = text.index(lost)
    for coder in ("ana", "ben", "agreed"):
        assert f"set aside: 'Learning > Recognition' by {coder}, characters {at} to {at + len(lost)} of the old text" in out
    assert "university" not in out
    after = load(tmp_path / "s" / STORE)
    assert len(after.codings) == len(study.codings) - 3
    for c in after.codings:
        if c.document == "D0":
            assert after.by_id["D0"].text_of(c) in text
    aside = [c for entry in receipts(tmp_path / "s" / STORE) for c in entry.aside]
    assert sorted(aside) == sorted(c for c in study.codings if c.document == "D0" and c.start == at)
    assert "set aside: 'Learning > Recognition' by ben" in verb("describe", "s", "--receipts")[1]


def test_replacing_asks_before_codings_go_and_makes_a_copy(verb: Verb, tmp_path: Path, study: Study) -> None:
    """Where codings would lose their place and nobody can answer, nothing happens; said yes to, a copy of before is there."""
    _open(tmp_path, study)
    verb("import", "open", "--study", "s")
    store = tmp_path / "s" / STORE
    before = load(store)
    (tmp_path / "D0.txt").write_text("All of it was said otherwise this time.\n")
    exit_code, _, err = verb("import", "D0.txt", "--study", "s", "--replace")
    assert exit_code == 1
    assert "of 70 codings would lose their place" in err
    assert "--yes" in err
    assert load(store) == before
    assert backups(store) == []
    assert verb("import", "D0.txt", "--study", "s", "--replace", "--yes")[0] == 0
    assert len(load(store).codings) < len(before.codings)
    (kept,) = backups(store)
    assert load(kept.path) == before


def test_excerpts_imported_first_find_their_transcript(verb: Verb, tmp_path: Path) -> None:
    """Table first or transcript first: the same study of codings."""
    text = "I: So?\n\nR: It was hard and very long.\n\nR: I left in May, and nobody asked.\n"
    (tmp_path / "Talk.txt").write_text(text)
    (tmp_path / "t.csv").write_text(
        "document,code,segment text,coder\nTalk,x,It was hard and very long.,ana\nTalk,y,nobody asked,ana\n"
    )
    columns = ("--column", "text=segment text", "--add-codes")
    for name, order in (("first", ("Talk.txt", "t.csv")), ("later", ("t.csv", "Talk.txt"))):
        for source_name in order:
            chosen = columns if source_name == "t.csv" else ()
            assert verb("import", source_name, "--study", name, *chosen)[0] == 0
    one, other = load(tmp_path / "first" / STORE), load(tmp_path / "later" / STORE)
    assert [other.by_id[c.document].text_of(c) for c in other.codings] == ["It was hard and very long.", "nobody asked"]
    assert (one.codings, one.readings) == (other.codings, other.readings)


def test_the_user_of_the_selection_can_be_taken(verb: Verb, tmp_path: Path) -> None:
    """Where a project names two users, --users chooses; another word is refused."""
    xml = project(code(1, "c"), source(5, "A", selection(0, 4, coding(7, 1, ANA), user=BEN)))
    path = qdpx(tmp_path, xml, {"5.txt": "some words"})
    verb("import", path.name, "--study", "one")
    verb("import", path.name, "--study", "two", "--users", "selection")
    assert load(tmp_path / "one" / STORE).humans != load(tmp_path / "two" / STORE).humans
    assert verb("import", path.name, "--study", "three", "--users", "both")[0] == 1


def test_kinds_are_a_filter_of_the_verbs(verb: Verb, tmp_path: Path, study: Study) -> None:
    """describe, agree, train and evaluate see only documents of the kind asked for, under any usual name for it."""
    _open(tmp_path, study)
    (tmp_path / "paper.txt").write_text("An article about badges.\n")
    verb("import", "open", "--study", "s")
    verb("import", "paper.txt", "--study", "s", "--kind", "article")
    papers = json.loads(verb("describe", "s", "--json", "--kind", "Literature")[1])
    assert [d["id"] for d in papers["documents"]] == ["paper"]
    assert len(json.loads(verb("describe", "s", "--json", "--kind", "interview")[1])["documents"]) == 8
    assert verb("agree", "s", "--kind", "interview")[0] == 0
    for words in (("agree", "s"), ("train", "s"), ("evaluate", "s")):
        exit_code, _, err = verb(*words, "--kind", "literature")
        assert exit_code == 1
        assert "no codings" in err
    assert "kinds there" in verb("describe", "s", "--kind", "field note")[2]
    assert verb("import", "paper.txt", "--study", "s", "--kind", "poem")[0] == 1


def test_a_study_has_a_name_of_its_own(tmp_path: Path, verb: Verb) -> None:
    """It is asked for, else what somebody called the project, else the study's folder: never what a program gives by itself."""
    for number, (name, option, expected) in enumerate(
        [
            ("Mobility", (), "Mobility"),
            ("Untitled", (), "s1"),
            ("New Project 2", (), "s2"),
            ("Mobility", ("--name", "Life"), "Life"),
        ]
    ):
        write(Study((Document("A", "I: why?\nR: so.\n"),), name=name), tmp_path / "p.qdpx")
        assert verb("import", "p.qdpx", "--study", f"s{number}", *option)[0] == 0
        assert load(tmp_path / f"s{number}" / STORE).name == expected
    _, _, said = verb("import", "p.qdpx", "--study", "s3", "--name", "Other")
    assert "is called 'Life' already: autocode rename s3 'Other'" in said
    assert verb("rename", "s3", "Other")[0] == 0
    assert load(tmp_path / "s3" / STORE).name == "Other"


def test_participants_may_come_before_their_documents(tmp_path: Path, verb: Verb) -> None:
    """They are kept, named, and described when their transcripts come; a participant who withdraws is kept no longer."""
    (tmp_path / "people.csv").write_text("Participant,Age\nP01,34\nP02,50\nP03,28\n")
    for n in (1, 2):
        (tmp_path / f"Talk {n}.txt").write_text(f"Interviewer: Why?\nP0{n}: So it was.\nInterviewer: And?\nP0{n}: No more.\n")
    _, out, said = verb("import", "people.csv", "--study", "s")
    assert "0 of 3 participants, 3 left out (3 kept until their transcripts come)" in out
    assert "Nothing came in" not in said
    _, out, _ = verb("import", "Talk 1.txt", "--study", "s")
    assert "people.csv (imported earlier): 1 of 1 participants" in out
    verb("import", "Talk 2.txt", "--study", "s")
    assert [d.variables.get("Age") for d in load(tmp_path / "s" / STORE).documents] == ["34", "50"]
