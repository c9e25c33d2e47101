"""What pages print into a talk, and names as courts, parliaments and broadcasters write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.formats import read, read_all
from autocode.formats.projects.positions import furniture, without_print
from autocode.formats.transcripts import front_of, is_titled, labels_of
from autocode.formats.transcripts.speakers import turns_in


def _said(text: str) -> list[tuple[str, str]]:
    return [(t.speaker, " ".join(text[t.start : t.end].split())) for t in turns_in(text).turns]


_TALK = [
    ("IV", "And you?"),
    ("TK", "I came later."),
    ("IV", "Who came first?"),
    ("TK", "My uncle came, and after him half of the"),
    ("", "village came too."),
] * 4


def _paged(head: str) -> str:
    """A talk in which every second turn runs over the end of a page, with a head between its halves."""
    lines, page = list[str](), 0
    for name, words in _TALK:
        page += not name
        lines += [f"{name}: {words}", ""] if name else [head.format(page), "", words, ""]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "head", ["Box 7, folder 2                    {}", "Uncles / {}", "The mill remembered", "page {} of 9"]
)
def test_heads_of_pages_are_told_by_what_comes_back(head: str, tmp_path: Path) -> None:
    """A line that comes back in the middle of sentences, or counts on, is left out and told."""
    (tmp_path / "t.txt").write_text(_paged(head))
    study, receipts = read_all([tmp_path / "t.txt"])
    d = study.documents[0]
    assert {" ".join(d.text_of(t).split()) for t in d.turns if t.speaker == "TK"} - {"I came later."} == {
        "My uncle came, and after him half of the village came too."
    }
    assert "4 running heads and page numbers left out" in receipts[0].notes


@pytest.mark.parametrize(
    "lines",
    [
        ["I was born in house 1.", "I was wed in house 2.", "it burned in 3.", "it burned in 4."],
        ["Speaker 1", "Speaker 2", "Speaker 3"],
        ["1", "00:00:01,000 --> 00:00:02,000", "well", "", "2", "00:00:03,000 --> 00:00:04,000", "yes"],
    ],
)
def test_what_counts_on_and_is_said_is_no_head(lines: list[str]) -> None:
    """Sentences with rising numbers, numbered speakers and numbered captions are no page's."""
    assert not furniture("\n".join(lines))
    assert without_print("\n".join(lines), ())[0] == "\n".join(lines)


@pytest.mark.parametrize(
    "names",
    [
        ("Senator Lund", "Mrs. Abel"),
        ("The CHAIRMAN", "Mr. O'HARA of Maine"),
        ("PRESIDENTE", "ANNA BIONDI, Ministra della salute"),
        ("M. le président", "Mme Claire Roux"),
        ("Министр Лебедев", "Соколов И. П."),
    ],
)
def test_names_that_end_as_sentences_do(names: tuple[str, str]) -> None:
    """Reports of hearings and parliaments end a name with a full stop."""
    said = ["Wir beginnen.", "Danke sehr.", "Ist das alles?", "Ja.", "Wirklich?", "Nein."]
    text = "\n".join(f"  {names[n % 2].rstrip('.')}. {words}" for n, words in enumerate(said))
    assert _said(text) == [(names[n % 2], words) for n, words in enumerate(said)]


@pytest.mark.parametrize(
    ("name", "titled"), [("Mr. Kell", True), ("The Chair", True), ("Mr. Kell came late", False), ("Nora", False)]
)
def test_titles_need_a_name(name: str, titled: bool) -> None:
    """A title and what somebody does is no name."""
    assert is_titled(name) is titled


def test_prose_about_people_with_titles_is_no_talk() -> None:
    """A story in which Mr. Kell comes and goes has no speakers."""
    text = "Mr. Kell. So they called him.\n\nMr. Kell came home late. Mrs. Ode had gone.\n\nIt rained, and it was dark.\n"
    assert not _said(text)


@pytest.mark.parametrize(
    ("front", "kept"),
    [
        ("क्षेत्र: पश्चिम\nक्रम: 12\nतिथि: 3 मई\n\n", 0),
        ("Görüşülen il: Kars\nKayıt süresi: 35 dk.\n\n", 0),
        ("File No.\t17\nInterviewer:\tBK\nTenure:\trented\n\n", 0),
    ],
)
def test_front_matter_in_words_that_nobody_foresaw(front: str, kept: int) -> None:
    """Keyed lines above the first sentence, beside lines about the document, are nobody's."""
    text = front + "BK: When was that?\n\nOM: In winter.\n\n" * 4
    assert front_of(text).end >= len(front.rstrip()) or _said(text)[kept] == ("BK", "When was that?")
    assert [name for name, _ in _said(text)] == ["BK", "OM"] * 4


def test_the_full_name_once_and_then_the_surname() -> None:
    """Broadcasters name a person in full, with the part, and then by the surname; who hosts asks under both."""
    lines = [
        "ADA MORN, HOST: Good morning.",
        "BO LARK: Morning.",
        "MORN: What now?",
        "LARK: We wait.",
        "MORN: For whom?",
        "LARK: Rain.",
    ]
    assert [name for name, _ in _said("\n".join(lines))] == ["ADA MORN, HOST", "BO LARK", "MORN", "LARK", "MORN", "LARK"]


def test_question_and_answer_in_one_paragraph() -> None:
    """'12. Why?—I was told to.' is a question and its answer."""
    text = "\n\n".join(f"{n}. Were you told of rule {n}?—I was told nothing of it." for n in range(30, 36))
    assert _said(text)[:2] == [("Interviewer", "Were you told of rule 30?"), ("Respondent", "I was told nothing of it.")]


def test_lost_line_breaks() -> None:
    """Names within a line that runs on are found where they come in turn."""
    text = " ".join(f"I: Who was it in {n}? R: Nobody knows, I think." for n in range(5)) + "\n"
    assert len(_said(text)) == 10
    assert _said(text)[0] == ("I", "Who was it in 0?")


def test_the_number_of_a_question_before_a_name() -> None:
    """Committees count questions before the name of whoever asks."""
    (label,) = labels_of("colon", "Q7  Dame Ida Wren: Who paid?")
    assert label.name == "Dame Ida Wren"


def test_translations_below_each_turn_are_part_of_it() -> None:
    """A line in brackets below one turn is nobody's; where nearly every turn has one it is the turn's own."""
    text = "".join(f"{n}: So war es.\n[So it was.]\n" for n in ("I", "K") * 4)
    assert {words for _, words in _said(text)} == {"So war es. [So it was.]"}


def test_a_table_of_persons_and_the_source_below_a_table_are_no_turns() -> None:
    """Known names open rows of a table above the talk; a keyed line below it tells of the document."""
    people = "ID\tAge\tPost\nT1\t44\tClerk\nT2\t31\tNurse\nT3\t58\tPorter\n\n"
    talk = "Moderator: Who starts?\nT1: I do. It was cold.\nT2: Not for me.\n"
    talk += "Moderator: Why?\nT3: She sat by the stove.\nT1: True.\n"
    assert [name for name, _ in _said(people + talk)] == ["Moderator", "T1", "T2", "Moderator", "T3", "T1"]
    rows = [("Asker", "Was it far?"), ("Nils", "Two days on foot. We sang.")] * 5
    table = "\n".join(f"{name}\t{words}" for name, words in rows)
    assert _said(f"{table}\nKilde: egne data (2019).\n") == rows


def test_a_full_name_below_the_time_of_a_scene_speaks_as_its_surname_does() -> None:
    """A broadcaster's time stands above one of many names; that name is no less a speaker's."""
    talk = "LARS BRANDT, HOST: Good evening. Is the bridge open?\n" + "ODA MOEN, ENGINEER: Not yet. We wait.\n"
    talk += "BRANDT: How long?\nMOEN: A week at most.\n" * 4
    assert [name for name, _ in _said(f"THE EVENING HOUR\nThe bridge\n[19:02:00]\n{talk}")][:3] == [
        "LARS BRANDT, HOST",
        "ODA MOEN, ENGINEER",
        "BRANDT",
    ]


def test_numbers_of_lines_at_the_right_margin_are_no_words(tmp_path: Path) -> None:
    """A court's lines are counted behind the words too, and anew on each page."""
    talk = [
        "MR. LOWE:   Where was the",
        "ladder kept?",
        "THE WITNESS:   In the barn,",
        "behind the cart.",
        "MR. LOWE:   Locked?",
    ]
    lines = [*talk, "THE WITNESS:   Never."] * 4
    numbered = [f"{line:<50}{n % 12 + 1}" for n, line in enumerate(lines)]
    (tmp_path / "a.txt").write_text("\n".join(numbered), encoding="utf-8")
    document = read(tmp_path / "a.txt").documents[0]
    said = [" ".join(document.text_of(t).split()) for t in document.turns[:3]]
    assert said == ["Where was the ladder kept?", "In the barn, behind the cart.", "Locked?"]


def test_what_stands_below_the_last_words_is_not_said(tmp_path: Path) -> None:
    """The number of a page, and a part of the document with a heading of its own."""
    talk = [("AL", "Was it loud?"), ("GE", "Only the bell was.")] * 4
    text = "\n\n".join(f"{name}: {words}" for name, words in talk)
    assert _said(f"{text}\n\n- 7 -\n") == talk
    docx = pytest.importorskip("docx")
    paper = docx.Document()
    for name, words in talk:
        paper.add_paragraph(f"{name}: {words}")
    paper.add_heading("Afterthoughts", 3)
    paper.add_paragraph("I should have asked about the rope.")
    paper.save(tmp_path / "a.docx")
    document = read(tmp_path / "a.docx").documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == talk


def test_names_with_the_quote_of_a_hebrew_abbreviation() -> None:
    """The sign within the letters of a title or an office ends no name."""
    talk = [('היו"ר רות כהן', "בוקר טוב לכולם."), ('ד"ר דן לוי', "תודה רבה.")] * 3
    assert _said("\n".join(f"{name}: {words}" for name, words in talk)) == talk


def test_a_legend_on_one_line_with_tabs_and_signs_before_questions() -> None:
    """Names explained beside each other are no turn; a square before each question is not said."""
    legend = "PV: interviewer\tNT: respondent, a weaver\n"
    talk = [("PV", "How did you begin?"), ("NT", "My aunt had a loom.")] * 3
    assert _said(legend + "\n".join(f"{name}: {words}" for name, words in talk)) == talk
    asked = "\n\n".join("■ Why did you stay?\n\nThe river was here. I like it." for _ in range(4))
    assert [words for _, words in _said(asked)] == ["Why did you stay?", "The river was here. I like it."] * 4


def test_numbers_that_end_what_is_said_are_words(tmp_path: Path) -> None:
    """Counted numbers behind the same words, times that are read out, an address that ends a sentence: all is said."""
    counting = "\n".join(f"I: Which?\nR: Which is then the  {n}" for n in range(2, 16))
    (tmp_path / "a.txt").write_text(counting, encoding="utf-8")
    document = read(tmp_path / "a.txt").documents[0]
    assert [document.text_of(t).split()[-1] for t in document.turns if t.speaker == "R"] == [str(n) for n in range(2, 16)]
    talk = "I: When?\nR: The trains go at\n(11:05) from Basel\n(10:05) from Bern\n(09:05) from Olten\n" * 2
    (tmp_path / "b.txt").write_text(talk, encoding="utf-8")
    document = read(tmp_path / "b.txt").documents[0]
    assert "(10:05)" in document.text
    asked = [("IV", "Where is it?"), ("AN", "Near the pier.")] * 3 + [("IV", "And online?"), ("AN", "You find it on")]
    assert _said("\n".join(f"{w}: {x}" for w, x in asked) + "\nexample.org")[-1] == ("AN", "You find it on example.org")
