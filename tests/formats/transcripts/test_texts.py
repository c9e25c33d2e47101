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
