"""Every kind of transcript, and folders of them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from autocode.errors import AutocodeError, InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.transcripts.texts import TEXTS
from tests.conftest import shared
from tests.formats.office import comment, docx, marked, pdf


def test_a_folder_may_mix_kinds(tmp_path: Path) -> None:
    """Text, Word and PDF side by side; codes in the margin come along, hidden files do not."""
    (tmp_path / "a.txt").write_text("I: a\nR: b\n")
    docx(tmp_path / "b.docx", marked(0, "R: well"), comment(0, "Ana", "x"))
    pdf(tmp_path / "c.pdf", ["words"])
    (tmp_path / "~$b.docx").write_text("lock")
    study, receipts = read_all([tmp_path])
    assert [d.id for d in study.documents] == ["a", "b", "c"]
    assert [c.code for c in study.codings] == ["x"]
    assert (receipts[0].kept, receipts[1].what) == (3, "comments")


def test_of_whispers_files_the_richest_is_read(tmp_path: Path) -> None:
    """One recording in five formats is one document; what is left out is counted."""
    (tmp_path / "a.json").write_text(json.dumps({"segments": [{"start": 0, "end": 1, "text": "Hi."}]}))
    (tmp_path / "a.txt").write_text("Hi.")
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHi.\n")
    study, receipts = read_all([tmp_path])
    assert [(d.source, len(d.turns)) for d in study.documents] == [("a.json", 1)]
    assert receipts[-1].notes == (
        "not read: a.srt: the same recording as a.json",
        "not read: a.txt: the same recording as a.json",
    )


def test_the_kind_asked_for_is_the_documents(tmp_path: Path) -> None:
    """Field notes are texts like any other, but known as such."""
    (tmp_path / "a.md").write_text("Rain.")
    assert read(tmp_path / "a.md", ReadOptions(kind="field note")).documents[0].kind == "field note"


def test_a_folder_without_transcripts_is_refused(tmp_path: Path) -> None:
    """The kinds that are read are named."""
    (tmp_path / "a.mp3").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no file that is read.*it is a recording"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", sorted(TEXTS))
def test_a_file_that_is_not_what_its_name_says_is_one_line(suffix: str, tmp_path: Path) -> None:
    """Random bytes under every ending are refused, or read with the guess said; never a traceback."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(AutocodeError) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.row(4)
def test_samples_survive_being_cut_and_flipped() -> None:
    """Every sample, cut and with bits flipped at places fixed by a seed: read or refused, never a traceback."""
    import random
    from tempfile import TemporaryDirectory

    chance = random.Random(4)
    folder = shared("formats", "samples", "transcripts")
    with TemporaryDirectory() as place:
        for sample in sorted(folder.iterdir()):
            raw = sample.read_bytes()
            for _ in range(6):
                cut, flipped = raw[: chance.randrange(len(raw))], bytearray(raw)
                flipped[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
                for content in (cut, bytes(flipped)):
                    path = Path(place) / sample.name
                    path.write_bytes(content)
                    with suppress(AutocodeError):
                        read(path, ReadOptions(add_codes=True, coder="x"))


def _lines(count: int) -> list[str]:
    """Lines of a page that end within sentences, each turn over two of them."""
    return [
        line
        for n in range(count)
        for line in (f"{('IV', 'P3')[n % 2]}: this is the first line of", f"what is said at place {n}.")
    ]


@pytest.mark.parametrize("every", [1, 5])
def test_numbers_of_lines_are_no_words(every: int, tmp_path: Path) -> None:
    """Where a page counts its lines, all or every fifth, the numbers are left out and told."""
    numbered = [f"{n if n % every == 0 else '':>3}  {line}" for n, line in enumerate(_lines(20), 1)]
    (tmp_path / "t.txt").write_text("\n".join(numbered) + "\n")
    study, receipts = read_all([tmp_path / "t.txt"])
    document = study.documents[0]
    assert " ".join(document.text_of(document.turns[6]).split()) == "this is the first line of what is said at place 6."
    assert f"{40 // every} numbers of lines left out" in receipts[0].notes


def test_numbers_of_turns_stay_in_the_text(tmp_path: Path) -> None:
    """Where each turn has a number the text is as it was: only its turns begin behind the names."""
    text = "".join(f"{n}  {('IV', 'P3')[n % 2]}: so it went on\n" for n in range(1, 9))
    (tmp_path / "t.txt").write_text(text)
    study, _ = read_all([tmp_path / "t.txt"])
    assert (study.documents[0].text, len(study.documents[0].turns)) == (text, 8)


def test_running_heads_within_a_turn_are_left_out(tmp_path: Path) -> None:
    """'Harbour study, page 2 of 3' between two halves of a sentence is no part of it."""
    lines = _lines(6)
    for at, page in ((3, 1), (9, 2)):
        lines[at] = f"\nHarbour study, page {page} of 3\n\n{lines[at]}"
    (tmp_path / "t.txt").write_text("\n".join(lines) + "\n")
    study, receipts = read_all([tmp_path / "t.txt"])
    document = study.documents[0]
    assert " ".join(document.text_of(document.turns[1]).split()) == "this is the first line of what is said at place 1."
    assert "2 running heads and page numbers left out" in receipts[0].notes


def test_chat_files_are_read_without_what_is_coded_below(tmp_path: Path) -> None:
    """CLAN's headers, its tiers below the words and its last mark are no words."""
    lines = ["@UTF8", "@Begin", "@Participants:\tINV Investigator, PAR Participant", "*INV:\thow are you ?"]
    lines += ["%mor:\tadv|how cop|be", "*PAR:\tfine thanks .", "*INV:\tgood .", "*PAR:\tand you ?", "@End", ""]
    (tmp_path / "t.cha").write_text("\n".join(lines))
    document = read(tmp_path / "t.cha").documents[0]
    said = [(t.speaker, document.text_of(t)) for t in document.turns]
    assert said == [("INV", "how are you ?"), ("PAR", "fine thanks ."), ("INV", "good ."), ("PAR", "and you ?")]
