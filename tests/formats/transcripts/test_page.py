"""A page: where the words of a turn end."""

from __future__ import annotations

import pytest

from autocode.formats.transcripts import front_of
from autocode.formats.transcripts.page import without_end_stamp
from autocode.formats.transcripts.speakers import turns_in


def test_the_stamp_at_the_end_is_no_word() -> None:
    """A span ends before its last stamp; a stamp within stays."""
    text = "one #00:00:01-0#\ntwo #00:00:02-5# \n\n"
    end, ms = without_end_stamp(text, 0, len(text))
    assert (text[:end], ms) == ("one #00:00:01-0#\ntwo", 2500)


@pytest.mark.parametrize(
    "footer", ["Ana Lee stopped transcription", "Transcribed by https://otter.ai", "Transcription ended after 00:05:41"]
)
def test_a_recorders_last_line_is_no_word(footer: str) -> None:
    """What the program adds at the end belongs to nobody's turn."""
    text = f"So long.\n\n{footer}\n"
    assert text[: without_end_stamp(text, 0, len(text))[0]] == "So long."


def _turns(text: str) -> list[tuple[str, str]]:
    return [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns]


def test_page_numbers_and_running_heads_are_no_words() -> None:
    """What a page prints at its foot and head belongs to nobody's turn; a number that is said does."""
    head = "\n- {} -\n\nStudy Harbour, Interview 3\n"
    text = f"I: How many?\nF: 12\nI: And then?\n{head.format(1)}F: Two boats.\n{head.format(2)}I: Yours?\nF: No.\n"
    assert _turns(text) == [
        ("I", "How many?"),
        ("F", "12"),
        ("I", "And then?"),
        ("F", "Two boats."),
        ("I", "Yours?"),
        ("F", "No."),
    ]


def test_a_heading_between_turns_is_nobodys() -> None:
    """A line in capitals set apart announces what follows; capitals in the middle of a turn are words."""
    text = "Q: And then?\n\nA: I shouted\nSTOP IT\nand left.\n\nTHE CHOIR\n\nQ: Why?\n\nA: Well.\n"
    assert _turns(text)[1] == ("A", "I shouted\nSTOP IT\nand left.")
    assert any("1 line between turns" in doubt for doubt in turns_in(text).doubts)


def test_dates_between_turns_are_nobodys_where_sentences_end() -> None:
    """Short lines without an end, set apart again and again, are headings; a single one may be what was said."""
    days = "R: And today?\n\nT: Better, I think.\n\nTuesday 5 March\n\nR: Today?\n\nT: He is back.\n\n{}R: And?\n\nT: Yes.\n"
    assert _turns(days.format("Wednesday 6 March\n\n"))[1] == ("T", "Better, I think.")
    assert _turns(days.format(""))[1] == ("T", "Better, I think.\n\nTuesday 5 March")


def test_times_and_tags_around_words_are_no_words() -> None:
    """Times below names, timing lines and closing tags are left out, and the times are kept."""
    below = (
        "Ana Li\n0 minutes 4 seconds0:04\nHello.\nBo Ek\n0 minutes 9 seconds0:09\nYes.\nAna Li\n1:02\nAnd?\nBo Ek\n1:12\nNo.\n"
    )
    assert _turns(below) == [("Ana Li", "Hello."), ("Bo Ek", "Yes."), ("Ana Li", "And?"), ("Bo Ek", "No.")]
    assert [t.start_ms for t in turns_in(below).turns] == [4000, 9000, 62000, 72000]
    tagged = "".join(
        f"<{who}> {words} </{who}>\n" for who, words in (("int", "Why?"), ("res", "So."), ("int", "So?"), ("res", "Yes."))
    )
    assert _turns(tagged) == [("int", "Why?"), ("res", "So."), ("int", "So?"), ("res", "Yes.")]
    cued = "".join(
        f"\n{n}\n00:00:0{n}.100 --> 00:00:0{n}.900\n{w}: So {n}.\n" for n, w in enumerate(("Ana", "Bo", "Ana", "Bo"), 1)
    )
    assert _turns(cued) == [("Ana", "So 1."), ("Bo", "So 2."), ("Ana", "So 3."), ("Bo", "So 4.")]


def test_headers_of_chat_are_front_matter() -> None:
    """CLAN's headers are about the file; what follows is the talk."""
    text = (
        "@UTF8\n@Begin\n@Participants:\tINV Investigator, PAR Participant\n*INV:\thow far ?\n*PAR:\ttwo miles .\n*INV:\tand ?\n"
    )
    assert [who for who, _ in _turns(text)] == ["INV", "PAR", "INV"]


def test_pages_that_people_talk_about_are_said() -> None:
    """'It is on page 3' in two turns is no running head."""
    text = "I: where is it then\nF: it is on page 3\nI: and the other one\nF: it is on page 9\nI: right\nF: yes\n"
    assert [words for who, words in _turns(text) if who == "F"] == ["it is on page 3", "it is on page 9", "yes"]


def test_whoever_speaks_once_in_a_table_speaks() -> None:
    """Below a table about the talk, a third person with one row is a speaker; the row of headings in any language is not."""
    about = "Henkilö\tS. Berg\nPaikka\tHuone 2\nKesto\t25 min\nLäsnä\tA. Ek, asianajaja\n\n"
    rows = [
        ("Nauhan aika", "Kuka puhui", "Mitä"),
        ("00.00", "KOMISARIO", "Mitä tapahtui?"),
        ("00.37", "BERG", "Menin sinne."),
        ("01.14", "KOMISARIO", "Milloin?"),
        ("01.51", "EK", "Voinko kysyä jotain?"),
        ("02.28", "KOMISARIO", "Toki."),
        ("03.05", "BERG", "Kymmeneltä."),
    ]
    turns = _turns(about + "\n".join("\t".join(row) for row in rows) + "\n")
    assert turns == [(who, words) for _, who, words in rows[1:]]


def test_a_legend_behind_a_word_explains_letters() -> None:
    """What a legend says counts too where a word stands before it: ``Key: P = interviewer, S = pupil``."""

    assert front_of("Keterangan: P = Peneliti, S2 = Subjek 2\n\nP: Apa?\nS2: Ya.\n").meanings == {
        "P": "Peneliti",
        "S2": "Subjek 2",
    }
