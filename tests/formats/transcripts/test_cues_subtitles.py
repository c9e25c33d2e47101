"""Subtitle files: .srt, .vtt, .sbv, .TextGrid."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.errors import AutocodeError, InputError
from autocode.formats.receipt import ReadOptions
from autocode.formats.transcripts.cues import read_subtitles
from autocode.study import Document
from tests.conftest import shared

Found = list[tuple[str, str, int | None, int | None]]


def _read(path: Path) -> Document:
    return read_subtitles(path, ReadOptions())[0].documents[0]


def _turns(document: Document) -> Found:
    return [(t.speaker, document.text_of(t), t.start_ms, t.end_ms) for t in document.turns]


@pytest.mark.row(28)
@pytest.mark.parametrize(
    ("name", "text", "turns"),
    [
        (
            "a.srt",
            "1\n00:00:00,000 --> 00:00:02,480\n[S_0]: One.\n\n2\n00:00:03,000 --> 00:00:04,000\n[S_1]: Two.\n",
            [("S_0", "One.", 0, 2480), ("S_1", "Two.", 3000, 4000)],
        ),
        (
            "a.srt",
            "1\n00:00:00,000 --> 00:00:01,000\nOne.\n2\n00:00:01,000 --> 00:00:02,000\nTwo.",
            [("", "One.", 0, 1000), ("", "Two.", 1000, 2000)],
        ),
        (
            "a.vtt",
            "WEBVTT\n\nSTYLE\n::cue{}\n\nNOTE 1:00\nx\n\nid/1-0\n00:04.071 --> 00:07.221 align:start\n"
            "<v Rivers, Alex>And\nso &amp; on.</v>\n\n00:08.000 --> 00:09.000\nNobody.\n",
            [("Rivers, Alex", "And so & on.", 4071, 7221), ("", "Nobody.", 8000, 9000)],
        ),
        ("a.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\n<v //S02>Okay <i>so</i>.\n", [("S02", "Okay so.", 0, 1000)]),
        (
            "a.vtt",
            "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ana>One.</v>\n<v Ben>Two.</v>\n",
            [("Ana", "One.", 0, 1000), ("Ben", "Two.", 0, 1000)],
        ),
        (
            "a.sbv",
            "0:00:00.599,0:00:04.160\n>> ALICE: Hi\n\n0:00:04.160,0:00:06.770\n>> BOB: Ho\n",
            [("ALICE", "Hi", 599, 4160), ("BOB", "Ho", 4160, 6770)],
        ),
        (
            "a.TextGrid",
            'name = "B"\nintervals [1]:\nxmin = 2\nxmax = 3.5\ntext = "a ""b"""\n'
            'name = "A"\nintervals [1]:\nxmin = 0\nxmax = 2\ntext = "one"\n',
            [("A", "one", 0, 2000), ("B", 'a "b"', 2000, 3500)],
        ),
    ],
)
def test_every_kind_keeps_speakers_and_times(name: str, text: str, turns: Found, tmp_path: Path) -> None:
    """Notes, styles, ids, tags and entities are not words; speakers and times are kept."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert _turns(_read(tmp_path / name)) == turns


@pytest.mark.row(28)
def test_a_file_without_timings_is_refused(tmp_path: Path) -> None:
    """A .vtt that holds only its mark has no words."""
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n")
    with pytest.raises(InputError, match="no timed words"):
        _read(tmp_path / "a.vtt")


@pytest.mark.row(28)
@settings(deadline=None)
@given(st.text("0123456789:.,-> \n<v>/ab&;", max_size=80))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    """Fuzz: never a traceback."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.vtt"
        path.write_text(text + "\n00:00.000 --> 00:01.000" + text, encoding="utf-8")
        with suppress(AutocodeError):
            document = _read(path)
            assert all(0 <= t.start < t.end <= len(document.text) for t in document.turns)


@pytest.mark.parametrize(
    ("name", "speakers", "turns"),
    [
        ("zoom_cloud_real_pseudonymised.vtt", 2, 5),
        ("teams_style_voice_tags.vtt", 2, 8),
        ("teams_style_voice_tags_closed.vtt", 2, 18),
        ("teams_guid_cues_constructed.vtt", 3, 3),
        ("noscribe_0.7_excerpt.vtt", 4, 4),
        ("potato_talk_01.srt", 2, 4),
        ("whisperx_constructed.srt", 2, 3),
        ("youtube_constructed.sbv", 2, 2),
        ("potato_talk_05.TextGrid", 2, 4),
    ],
)
def test_real_files_are_read(name: str, speakers: int, turns: int) -> None:
    """Each sample gives its speakers and turns, all with times."""
    found = _turns(_read(shared("formats", "samples", "transcripts", name)))
    assert (len({t[0] for t in found}), len(found)) == (speakers, turns)
    assert all(start is not None and end is not None and start <= end for _, _, start, end in found)


def _vtt(*cues: tuple[str, str]) -> str:
    """Cues of a second each, by voice and words."""
    return "WEBVTT\n\n" + "".join(
        f"00:00:{n:02d}.000 --> 00:00:{n:02d}.900\n<v {voice}>{words}\n\n" for n, (voice, words) in enumerate(cues)
    )


def test_names_typed_in_noscribes_editor_are_the_newer_ones(tmp_path: Path) -> None:
    """The editor leaves the voice S00 and puts the typed name before the words: the name counts, and is no word."""
    path = tmp_path / "a.vtt"
    talk = [
        ("S00", "Jo: How was it?"),
        ("S01", "Mia: Long."),
        ("S01", "Very long."),
        ("S00", "Jo: And?"),
        ("S01", "Mia: Good."),
    ]
    path.write_text(_vtt(*talk), encoding="utf-8")
    document = read_subtitles(path, ReadOptions())[0].documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == [
        ("Jo", "How was it?"),
        ("Mia", "Long. Very long."),
        ("Jo", "And?"),
        ("Mia", "Good."),
    ]


def test_a_voice_that_speaks_once_is_told(tmp_path: Path) -> None:
    """A name with one turn among many may be a slip of the recorder."""
    path = tmp_path / "a.vtt"
    path.write_text(_vtt(*[("Ana", "So?"), ("Ben", "Yes.")] * 3, ("Bem", "And on.")), encoding="utf-8")
    assert "'Bem': one turn only; a speaker?" in read_subtitles(path, ReadOptions())[1][0].notes


def test_signs_of_another_speaker_make_turns(tmp_path: Path) -> None:
    """'>>' and dashes that open lines change the speaker; pieces without one go on, and who asks is the interviewer."""
    said = ("Where was that?", "At home,", "in the kitchen.", "Who cooked?", "I did.")
    cues = [
        f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{'' if n == 2 else '>> '}{words}\n"
        for n, words in enumerate(said, 0)
        if n != 4
    ]
    cues[3] = cues[3].rstrip("\n") + f"\n>> {said[4]}\n"
    (tmp_path / "t.srt").write_text("\n".join(cues))
    study, receipts = read_subtitles(tmp_path / "t.srt", ReadOptions())
    found = [(t.speaker, study.documents[0].text_of(t)) for t in study.documents[0].turns]
    assert found == [
        ("Interviewer", "Where was that?"),
        ("Respondent", "At home, in the kitchen."),
        ("Interviewer", "Who cooked?"),
        ("Respondent", "I did."),
    ]
    assert receipts[0].notes == ("no names; the signs of another speaker (4) taken as two people who speak in turn: right?",)


def test_names_before_the_times_are_voices(tmp_path: Path) -> None:
    """Webex writes who speaks beside the number of a piece."""
    cues = [
        f'{n} "{who}" (100{n})\n00:00:0{n}.000 --> 00:00:0{n + 1}.000\n{w}\n'
        for n, who, w in ((1, "Vera", "So?"), (2, "Olaf", "No."))
    ]
    (tmp_path / "t.vtt").write_text("WEBVTT\n\n" + "\n".join(cues))
    assert [(who, words) for who, words, *_ in _turns(_read(tmp_path / "t.vtt"))] == [("Vera", "So?"), ("Olaf", "No.")]


def test_pieces_that_are_turns_stay_apart_and_those_cut_by_the_screen_are_joined(tmp_path: Path) -> None:
    """Pieces are turns where hardly any follows one of the same speaker and all are sentences; others are joined."""
    said = [("Ada", "Begin."), ("Ben", "I did."), ("Ben", "Then I left."), ("Ada", "Why?"), ("Ben", "It rained.")]
    said += [("Ada", "All day?"), ("Ben", "Nearly.")]

    def turns(pieces: list[tuple[str, str]]) -> list[str]:
        blocks = [f"00:{n:02d}.000 --> 00:{n:02d}.900\n<v {who}>{words}</v>\n" for n, (who, words) in enumerate(pieces)]
        path = tmp_path / "talk.vtt"
        path.write_text("WEBVTT\n\n" + "\n".join(blocks))
        document = read_subtitles(path, ReadOptions())[0].documents[0]
        return [document.text_of(t) for t in document.turns]

    assert turns(said) == [words for _, words in said]
    assert turns([(who, words.replace(".", ",")) for who, words in said])[1] == "I did, Then I left,"
    assert turns([pair for pair in said for _ in (0, 1)])[0] == "Begin. Begin."
