"""Files on their way in: what is asked of the person, and what is proposed."""

from __future__ import annotations

import re
from pathlib import Path

from autocode.desk.bring import Batch, Choices, preview
from autocode.desk.studies import Studies
from tests.desk.desks import tools

TALK = "I: How was it?\n\nR: The shift leaves me no evening for the course at all.\n\nI: And then?\n\nR: Then I gave it up.\n"
TABLE = "Document,Code,Segment,Coder\n{0},Time,{1},Ana\n{0},Tired,{1},Ana\n{0},Course,{1},Ben\n"


def _shown(folder: Path, **files: str) -> str:
    batch = Batch()
    for name, text in files.items():
        path = batch.incoming.begin(name.replace("__", " ").replace("_", "."), False)
        batch.incoming.add(path, text.encode())
    try:
        return preview(Studies(folder, tools()).add(folder / "new"), batch, Choices())
    finally:
        batch.incoming.close()


def _words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def test_nothing_is_asked_that_the_files_say(tmp_path: Path) -> None:
    """Who coded is asked where a table does not name it; how speakers are named only where they may be read wrongly."""
    coded = TABLE.format("T 1", "Then I gave it up.")
    shown = _shown(tmp_path, T__1_txt=TALK, coded__segments_csv=coded)
    assert 'id="who-coded"' not in shown
    assert "<details><summary>Are speakers read wrongly?" in shown
    nameless = coded.replace(",Coder", "").replace(",Ana", "").replace(",Ben", "")
    assert 'id="who-coded"' in _shown(tmp_path, T__1_txt=TALK, coded__segments_csv=nameless)
    prose = "It was a long day and nobody spoke of it.\n\nThe rain came later.\n"
    assert "<details open><summary>Are speakers read wrongly?" in _shown(tmp_path, T__1_txt=prose)
    assert "Are speakers read wrongly?" not in _shown(tmp_path, coded__segments_csv=coded)


def test_a_transcript_of_another_number_is_not_proposed(tmp_path: Path) -> None:
    """Interview 05 is not Interview 04, however alike the names are; one whose words it holds is taken."""
    there = {"Interview__04_txt": TALK, "Interview__06_txt": TALK.replace("evening", "morning")}
    assert ">It is " not in _shown(
        tmp_path, **there, coded__segments_csv=TABLE.format("Interview 05", "Nobody said these words.")
    )
    held = TABLE.format("Talk 9", "The shift leaves me no morning for the course at all.")
    assert "&#39;Talk 9&#39; is Interview 06" in _shown(tmp_path, **there, coded__segments_csv=held)


def test_a_note_on_the_files_is_named_and_asked_about_nowhere(tmp_path: Path) -> None:
    """A README among tables and transcripts is no transcript that a table may be of, also where another file is broken."""
    coded = TABLE.format("Interview 05", "Nobody said these words.")
    for more in ({}, {"broken_docx": "x"}):
        shown = _shown(tmp_path, README_md="What lies here.\n", Talk__1_txt=TALK, coded__segments_csv=coded, **more)
        assert "Not read: README.md: a note on the files; drop it alone to read it." in shown
        assert "README</th>" not in shown
        assert "<option>README</option>" not in shown


def test_what_a_reader_doubts_stands_in_the_row_of_its_transcript(tmp_path: Path) -> None:
    """A doubt stands once, beside the transcript it is of; what only was done stands in the list of what files gave."""
    talk = "".join(f"Ann: Why did you go there, number {n}?\nBo: It was on the way home.\n" for n in range(4))
    page = "<nav>Home</nav>" + "".join(f"<p>{line}</p>" for line in talk.splitlines())
    shown = _shown(tmp_path, a_txt=f"{talk}Zed: Once only.\n", b_html=page)
    assert shown.count("one turn only; a speaker?") == 1
    assert "<td>&#39;Zed&#39;: one turn only; a speaker?</td>" in shown
    assert '<span class="soft">b.html: 1 word of menus' in shown
    surname_first = _shown(tmp_path, **{"Smith,__Ann_txt": f"{talk}Zed: Once only.\n"})  # as archives name their files
    assert "<td>&#39;Zed&#39;: one turn only; a speaker?</td>" in surname_first


def test_a_later_round_is_no_other_coder_in_the_preview(tmp_path: Path) -> None:
    """The preview counts people and codings as the overview does: whom the record has as a later round is left out."""
    coded = TABLE.format("T 1", "Then I gave it up.")
    assert re.search(r"2 coders\b.*\b3 codings", _words(_shown(tmp_path, T__1_txt=TALK, coded__segments_csv=coded)))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "dossier.toml").write_text('[[rounds]]\nfirst = "Ana"\nsecond = "Ben"\n', encoding="utf-8")
    shown = _words(_shown(tmp_path, T__1_txt=TALK, coded__segments_csv=coded))
    assert re.search(r"1 coder\b.*\b2 codings", shown), shown[:400]
