"""Plain-text transcripts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.errors import InputError
from autocode.formats.receipt import ReadOptions, asks
from autocode.formats.transcripts.speakers import split_names, timed, turns_in
from autocode.formats.transcripts.texts import read_text_file, read_transcripts
from autocode.study import Document, Turn
from tests.conftest import shared


def _turns(text: str) -> list[tuple[str, str]]:
    return [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns]


def _read(path: Path, encoding: str = "") -> tuple[Document, str]:
    """A transcript and the first thing there is to note of it."""
    study, (receipt,) = read_text_file(path, ReadOptions(encoding=encoding))
    return study.documents[0], next(iter(receipt.notes), "")


def test_turns_leave_the_name_out() -> None:
    """A turn's span covers the words spoken, not the speaker's name."""
    assert _turns("Interviewer: Hello.\n\nR1: Hi there.\n\nInterviewer: Good.") == [
        ("Interviewer", "Hello."),
        ("R1", "Hi there."),
        ("Interviewer", "Good."),
    ]


def test_lines_without_a_name_go_on_with_the_turn() -> None:
    """A paragraph without a name belongs to whoever spoke last."""
    assert _turns("A: one\nmore\n\nB: two\n\nA: three") == [("A", "one\nmore"), ("B", "two"), ("A", "three")]


def test_a_stray_colon_makes_no_speaker() -> None:
    """A label that occurs once in prose is no speaker."""
    assert _turns("It was cold.\n\nNote: this is prose.\n\nIt went on.\nAnd on.") == []


def test_times_and_addresses_make_no_speaker() -> None:
    """A colon inside a clock time or an address opens no turn."""
    assert _turns("A: at 10:30 then\n\nB: see http://x.y\n\nA: ok") == [
        ("A", "at 10:30 then"),
        ("B", "see http://x.y"),
        ("A", "ok"),
    ]


@pytest.mark.row(16)
@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Ä: é\r\n".encode(), "Ä: é\n"),
        (b"\xef\xbb\xbf" + "Ä: é\n".encode(), "Ä: é\n"),
        ("Ä: é\n".encode("utf-16"), "Ä: é\n"),
    ],
)
def test_encodings_with_a_mark_are_read(raw: bytes, text: str, tmp_path: Path) -> None:
    """UTF-8 and UTF-16, with or without marks, give the same text with plain newlines and no note."""
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    document, note = _read(path)
    assert (document.text, note) == (text, "")


@pytest.mark.row(16)
def test_a_legacy_encoding_is_said_and_a_doubt_where_others_fit(tmp_path: Path) -> None:
    """A file that is no UTF-8 is read by its letters, and the receipt says how; a person is asked where they tell little."""
    path = tmp_path / "a.txt"
    path.write_bytes("Interviewer: Où était la forêt près du château, là-bas, après l'été passé ?\n".encode("cp1252"))
    assert not asks(note := _read(path)[1])
    assert "read as cp1252" in note
    path.write_bytes("Interviewer: Où est le chien ? Il est là.\n".encode("cp1252"))
    assert asks(note := _read(path)[1])
    assert "a guess" in note
    assert "--encoding" in note


@pytest.mark.row(16)
def test_the_encoding_may_be_said(tmp_path: Path) -> None:
    """--encoding reads the bytes as told."""
    path = tmp_path / "a.txt"
    path.write_bytes("café".encode("cp850"))
    assert _read(path, "cp850")[0].text == "café"


@pytest.mark.parametrize(("raw", "said"), [(b"", "empty"), (b"  \n", "empty"), (b"\x00\xff\x00\x01" * 50, "binary")])
def test_what_is_no_text_is_refused(raw: bytes, said: str, tmp_path: Path) -> None:
    """Empty and binary files end in one clear error."""
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=said):
        _read(path)


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    """All transcripts of a folder become documents; a README is no transcript."""
    for name in ("R02.txt", "R01.md", "README.md"):
        (tmp_path / name).write_text("A: x\n", encoding="utf-8")
    assert [d.id for d in read_transcripts(tmp_path)[0]] == ["R01", "R02"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """R01.txt beside R01.md would be one document with two texts."""
    for name in ("R01.txt", "R01.md"):
        (tmp_path / name).write_text("A: x\n", encoding="utf-8")
    with pytest.raises(InputError, match="two files are called 'R01'"):
        read_transcripts(tmp_path)


def _timed(text: str) -> list[tuple[str, str, int | None, int | None]]:
    return [(t.speaker, text[t.start : t.end], t.start_ms, t.end_ms) for t in turns_in(text).turns]


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("[SPEAKER_00]: one\n[SPEAKER_01]: two\n", [("SPEAKER_00", "one"), ("SPEAKER_01", "two")]),
        ("#I: one\n#B: two\n", [("I", "one"), ("B", "two")]),
        ("**Ana:** one\n\n**Ben**: two\n\n**Ana:** three\n", [("Ana", "one"), ("Ben", "two"), ("Ana", "three")]),
        (
            "Ana Lee (02:10): one\nBen: two\nAna Lee (03:00): x\n",
            [("Ana Lee", "one"), ("Ben", "two"), ("Ana Lee", "x")],
        ),
        ("Interviewer1 : un\nInterviewee1 : deux\n", [("Interviewer1", "un"), ("Interviewee1", "deux")]),
        (">> ALICE: one\n>> BOB: two\n", [("ALICE", "one"), ("BOB", "two")]),
        ("张三：你好\n李四：好\n", [("张三", "你好"), ("李四", "好")]),
    ],
)
def test_names_may_be_marked(text: str, turns: list[tuple[str, str]]) -> None:
    """Brackets, #, bold type and times beside a name are not part of it."""
    assert _turns(text) == turns


def test_an_aside_belongs_to_the_speaker() -> None:
    """``R2 (overlapping)`` is R2, while a name that is always in brackets keeps them."""
    assert [s for s, _ in _turns("I: a\nR2 (overlapping): b\nAna (SL): c\nR2: d\nAna (SL): e\n")] == [
        "I",
        "R2",
        "Ana (SL)",
        "R2",
        "Ana (SL)",
    ]


def test_the_legend_makes_speakers_of_single_labels() -> None:
    """A label that the legend explains is a speaker though it comes once."""
    text = "Kk = caregiver; Zz = nurse\nLong prose.\nKk: one\nmore prose\neven more\nZz: two\n"
    assert _turns(text) == [("Kk", "one\nmore prose\neven more"), ("Zz", "two")]


def test_stamps_at_the_end_of_turns_are_times() -> None:
    """f4: the stamp ends its turn and begins the next; the words are without it."""
    text = "I: Wie kam es? #00:00:08-2#\n\nB: So. #00:01:02-3#\nUnd so. #00:01:09-0#\n"
    assert _timed(text) == [("I", "Wie kam es?", None, 8200), ("B", "So. #00:01:02-3#\nUnd so.", 8200, 69000)]


def test_stamps_at_the_start_of_turns_are_times() -> None:
    """MAXQDA stamps before the name, noScribe after it."""
    assert _timed("[0:00:04.7] I: one\n[1:02:03.9] B2: two\n") == [("I", "one", 4700, None), ("B2", "two", 3723900, None)]
    assert _timed("S01: [00:00:12] one [00:00:20] more\n\nS00: [00:00:36] two\n") == [
        ("S01", "one [00:00:20] more", 12000, None),
        ("S00", "two", 36000, None),
    ]


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        (
            "Speaker 1  0:02  \nOne.\n\nAna Lee  1:02:45  \nBut 3:00 pm\n",
            [("Speaker 1", "One.", 2000, None), ("Ana Lee", "But 3:00 pm", 3765000, None)],
        ),
        ("[Ana Lee] 11:02:09\nOne.\n\n[Ben] 11:02:11\nTwo.\n", [("Ana Lee", "One.", 0, None), ("Ben", "Two.", 2000, None)]),
        (
            "Ana started transcription\n\nAna Lee   0:04\nOne.\nTwo.\n\nAna stopped transcription\n",
            [("Ana Lee", "One.\nTwo.", 4000, None)],
        ),
        (
            "0:0:1.5 --> 0:0:4.0\nAna Lee\nOne.\n0:0:4.0 --> 0:0:5.0\nBen\nTwo.\n",
            [("Ana Lee", "One.", 1500, 4000), ("Ben", "Two.", 4000, 5000)],
        ),
        (
            "00:00:00\nAna Lee: One.\nBen: Two.\n00:05:04\nBen: Three.\n",
            [("Ana Lee", "One.", 0, None), ("Ben", "Two.", None, None), ("Ben", "Three.", 304000, None)],
        ),
    ],
)
def test_recorders_mark_turns_on_lines_of_their_own(text: str, turns: list[tuple[str, str, int | None, int | None]]) -> None:
    """Otter, Zoom (clock times), Teams in two versions, and Google Meet."""
    assert _timed(text) == turns


def test_a_sentence_that_ends_in_a_time_is_no_speaker() -> None:
    """Prose in which a line happens to end with a clock time has no turns."""
    assert _turns("We met on Monday at 10:30\nand left. She came at 9:15\nand stayed.\n") == []


def test_lines_split_into_names_and_words() -> None:
    """Subtitles: only a name that comes back is one."""
    lines = ["Ana: hi", "and on", "Okay: so", "Ana: yes"]
    assert split_names(lines) == [("Ana", "hi"), ("", "and on"), ("", "Okay: so"), ("Ana", "yes")]


@given(st.lists(st.tuples(st.sampled_from(["I", "R1", "Ana", ""]), st.text(max_size=30)), max_size=8))
def test_turns_never_overlap_and_never_leave_the_text(lines: list[tuple[str, str]]) -> None:
    """Whatever the text, turns are in order, apart and inside it."""
    text = "\n".join(f"{name}: {words}" if name else words for name, words in lines)
    spans = [(t.start, t.end) for t in turns_in(text).turns]
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))


@pytest.mark.parametrize(
    "name",
    [
        "f4_constructed.txt",
        "noscribe_0.7_excerpt.txt",
        "otter_txt_constructed.txt",
        "zoom_saved_transcript.txt",
        "maxqda_bracket_times_constructed.txt",
    ],
)
def test_real_transcripts_have_speakers_and_times(name: str) -> None:
    """Every stamped sample gives turns of at least two speakers, with times in order."""
    document, _ = _read(shared("formats", "samples", "transcripts", name))
    times = [t.start_ms if t.start_ms is not None else t.end_ms for t in document.turns]
    assert len({t.speaker for t in document.turns}) > 1
    assert times == sorted(t for t in times if t is not None)


def test_a_western_legacy_file_is_windows_1252() -> None:
    """f4's usual encoding is found, umlauts and all, and the guess is said."""
    document, note = _read(shared("formats", "samples", "transcripts", "f4_constructed.txt"))
    assert "Können" in document.text
    assert "cp1252, a guess" in note


def test_words_before_a_colon_are_no_speakers() -> None:
    """A word in running speech names nobody, however often it opens a line; nor does a time."""
    text = "I: So?\n\nP: Well.\n\nNote: nothing came.\n\nI: And?\n\nP: Yes.\n\nNote: nothing.\n\n"
    text += "I: Then?\n\nP: No.\n10:30 Lunch: late\n"
    assert {s for s, _ in _turns(text)} == {"I", "P"}


def test_front_matter_is_nobodys_turn() -> None:
    """Date, place and who took part stand above the talk, even where the same words name speakers below."""
    text = "Date: 3 May\nInterviewer: Jo Carter\nRespondent: P07\n\nInterviewer: How?\nRespondent: Slowly.\nInterviewer: Why?\n"
    assert _turns(text) == [("Interviewer", "How?"), ("Respondent", "Slowly."), ("Interviewer", "Why?")]


def test_the_side_without_a_name_is_inferred_and_that_is_said() -> None:
    """Only the interviewer is labelled: the paragraphs between are the respondent's, and a doubt tells so."""
    speech = turns_in("I: How?\n\nSlowly, at first.\n\nI: And then?\n\nThen faster.\n\nI: Why?\n\nPractice.\n")
    assert [t.speaker for t in speech.turns] == ["I", "Respondent"] * 3
    assert speech.doubts == ("only 'I' is named; 3 turns without a name taken as the respondent's",)


@pytest.mark.parametrize(
    "opening",
    ["{n} - ", "[{n}] ", "<{n}> ", "{n}\t", "{n} | ", "{n}; ", "*0:0{i} = {n}: ", "{n}\n", "00:00:0{i} {n}\n", "**{n}** "],
)
def test_families_of_layout(opening: str) -> None:
    """Whatever parts the name from the words, the same turns come out."""
    said = ["How was it?", "It was long.", "And then?", "We went home.", "Why so?", "It was late."]
    names = ["Anna", "Ben"] * 3
    text = "\n\n".join(opening.format(n=n, i=i) + words for i, (n, words) in enumerate(zip(names, said, strict=True), 1))
    assert _turns(text) == list(zip(names, said, strict=True))


def test_a_turn_begins_when_the_one_before_ends() -> None:
    """f4 stamps ends only; starts follow from them."""
    turns = timed([Turn(0, 1, "I", None, 100), Turn(2, 3, "B", None, 250), Turn(4, 5, "I")])
    assert [(t.start_ms, t.end_ms) for t in turns] == [(None, 100), (100, 250), (None, None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I: So?\nP: One [a]\nI: And?\nP: Two [b]\nI: Yes?\nP: Three [c]\n", "begin or end with a number or a bracket"),
        (
            "I: So?\nP: One.\nA line of the page again\nI: And?\nP: Two.\nA line of the page again\nI: Hm.\n",
            "running heads of pages?",
        ),
        ("It was late. " * 50 + "\n\nI: So?\nP: One.\nI: And?\nP: Two.\nI: Hm.\n", "before the first speaker belong to nobody"),
        ("I: So?\nP: One.\nI: And?\nP: Two.\nI: Hm.\nP: Yes.\nK: Me too.\n", "'K': one turn only"),
    ],
)
def test_what_may_be_no_words_is_doubted(text: str, said: str) -> None:
    """Marks left in the words, lines that come again and words before the first speaker are told, without quoting them."""
    doubts = "; ".join(turns_in(text).doubts)
    assert said in doubts
    assert "page again" not in doubts


WORDS = ("Where did you learn it?", "From my aunt, mostly.", "And who taught her?", "Nobody, she said: watch and try.")
WAYS = {
    "numbers for people": (lambda n: f"{n % 2 + 1}: ", ("1", "2")),
    "a comma": (lambda n: ("INT, ", "RES, ")[n % 2], ("INT", "RES")),
    "a word for saying": (lambda n: ("Vera says: ", "Olaf says: ")[n % 2], ("Vera", "Olaf")),
    "from and to": (lambda n: ("From Vera to Everyone: ", "From Olaf Berg to Everyone: ")[n % 2], ("Vera", "Olaf Berg")),
    "a sign before the name": (lambda n: ("@vera ", "@olaf ")[n % 2], ("vera", "olaf")),
    "signs around the name": (lambda n: ("// Vera // ", "// Olaf // ")[n % 2], ("Vera", "Olaf")),
    "markup": (lambda n: ('<u who="VE">', '<u who="OL">')[n % 2], ("VE", "OL")),
    "two dashes": (lambda n: ("VERA--", "OLAF--")[n % 2], ("VERA", "OLAF")),
    "long names": (
        lambda n: ("Dr Vera Lind, University of Ulm: ", "Olaf Berg, head gardener: ")[n % 2],
        ("Dr Vera Lind, University of Ulm", "Olaf Berg, head gardener"),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_of_naming_that_comes_back_is_found(way: str) -> None:
    """Signs, words or numbers that open line after line in turn name the speakers; the words begin behind them."""
    opening, names = WAYS[way]
    lines = [opening(n) + words for n, words in enumerate(WORDS * 3)]
    assert _turns("\n".join(lines) + "\n") == [(names[n % 2], words) for n, words in enumerate(WORDS * 3)]


def test_records_with_keys_are_turns() -> None:
    """A name, a time and the words on a line each: the name speaks the words, at the time."""
    records = [f"Name: {('Vera', 'Olaf')[n % 2]}\nTime: 0:0{n}\nText: {words}\n" for n, words in enumerate(WORDS)]
    speech = turns_in("\n".join(records))
    assert [(t.speaker, t.start_ms) for t in speech.turns] == [("Vera", 0), ("Olaf", 1000), ("Vera", 2000), ("Olaf", 3000)]
    assert _turns("\n".join(records))[1] == ("Olaf", WORDS[1])


def test_a_table_drawn_with_bars_is_read() -> None:
    """Markdown's table: its rule names nobody, its last bar is no word."""
    rows = [f"| 0:0{n} | {('Vera', 'Olaf')[n % 2]} | {words} |" for n, words in enumerate(WORDS)]
    text = "\n".join(["| When | Who | What |", "|---|---|---|", *rows, ""])
    assert _turns(text)[-2:] == [("Vera", WORDS[2]), ("Olaf", WORDS[3])]


def test_what_opens_every_paragraph_is_a_change_of_speaker() -> None:
    """Two people speak in turn behind dashes, whatever they end in; the receipt says that this is inferred."""
    speech = turns_in("".join(f"— {words}\n\n" for words in (*WORDS, "Thanks a lot.", "Not at all.")))
    assert [t.speaker for t in speech.turns] == ["Interviewer", "Respondent"] * 3
    assert speech.doubts[0] == "no names; '—' opens 6 paragraphs: taken as two people who speak in turn: right?"


def test_headings_that_count_parts_belong_to_nobody() -> None:
    """A single 'Part 2: Work' between turns is no word of the turn before it."""
    text = "".join(f"{('IV', 'P3')[n % 2]}: {words}\n\n" + "Part 2: Work\n\n" * (n == 1) for n, words in enumerate(WORDS))
    assert _turns(text)[1] == ("P3", WORDS[1])


def test_a_sentence_about_a_speaker_is_no_turn_of_hers() -> None:
    """'KL is the researcher.' above the talk begins with a name and is no turn."""
    text = "Kim's transcript\n\nKL is the researcher.\n\n" + "".join(
        f"{('KL', 'TB')[n % 2]}: {w}\n\n" for n, w in enumerate(WORDS)
    )
    assert _turns(text)[0] == ("KL", WORDS[0])


def test_what_closes_a_transcript_is_told() -> None:
    """Where the last turn alone has several paragraphs, a reader is asked to look."""
    text = "".join(f"{('IV', 'P3')[n % 2]}: {w}\n\n" for n, w in enumerate(WORDS * 3)) + "All names were changed by us.\n"
    assert any("the last turn alone has 2 paragraphs" in doubt for doubt in turns_in(text).doubts)


def test_closing_lines_of_programs_are_left_out() -> None:
    """'Meeting ended' and what a program says of its transcript are nobody's words."""
    said = "".join(f"{('Vera Lind', 'Olaf Berg')[n % 2]}: {w}\n" for n, w in enumerate(WORDS))
    text = f"{said}\nMeeting ended after 00:12:10\n\nThis editable transcript was computer generated.\n"
    assert _turns(text)[-1] == ("Olaf Berg", WORDS[-1])


def test_cells_beside_the_words_belong_to_nobody() -> None:
    """Names stand in the cells of the words, and a margin beside these holds notes: they are counted, not said."""
    text = "".join(f"{('IV', 'P3')[n % 2]}: {words}\t{'look again' * (n == 1)}\n" for n, words in enumerate(WORDS))
    assert _turns(text)[1] == ("P3", WORDS[1])
    assert "1 cell beside the words (notes, codes) belong to nobody" in turns_in(text).doubts


def test_a_time_below_the_name_in_its_cell_is_no_word() -> None:
    """A cell holds the name and the time below it, the next one the words."""
    text = "".join(f"{('Vera', 'Olaf')[n % 2]}\n00:00:0{n}\t{words}\n" for n, words in enumerate(WORDS))
    assert _turns(text) == [(("Vera", "Olaf")[n % 2], words) for n, words in enumerate(WORDS)]
