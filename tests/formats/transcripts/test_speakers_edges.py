"""Names behind the words or in brackets, sides told by the margin, and what stands before and behind the talk."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.formats import read, read_all
from autocode.formats.receipt import asks
from autocode.formats.transcripts.roles import with_roles
from autocode.formats.transcripts.speakers import turns_in
from autocode.study import Document
from tests.formats.office import docx, paragraphs

ASKED = ("Who built the boat?", "And the sail?", "Did it float?", "Where is it now?")
SAID = ("My uncle did, in the barn.", "A bed sheet, dyed red.", "For one summer.", "Under the apple tree.")


def _turns(text: str) -> list[tuple[str, str]]:
    return [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns]


def _pairs(asker: str, answerer: str) -> list[tuple[str, str]]:
    return [pair for q, a in zip(ASKED, SAID, strict=True) for pair in ((asker, q), (answerer, a))]


@pytest.mark.parametrize("behind", [" ({})", " [{}]", " – {}", "\n({}, 00:12)"])
def test_names_may_stand_behind_the_words(behind: str) -> None:
    """A name in brackets or behind a dash closes each turn; a paragraph without one belongs to the name that follows."""
    pairs = _pairs("Ada", "Per Olof")
    text = "\n\n".join(said + behind.format(who) for who, said in pairs)
    assert _turns(text) == pairs
    longer = text.replace(SAID[1], f"It was big.\n\n{SAID[1]}", 1)
    assert _turns(longer)[3] == ("Per Olof", f"It was big.\n\n{SAID[1]}")


def test_sounds_at_the_end_name_nobody() -> None:
    """'(laughs)' behind some paragraphs is no speaker."""
    text = "\n\n".join(f"{said}{' (laughs)' * (n % 3 == 0)}" for n, (_, said) in enumerate(_pairs("", "")))
    assert "laughs" not in {who for who, _ in _turns(text)}


@pytest.mark.parametrize("margin", ["\t", "    "])
def test_answers_may_be_set_in_from_the_margin(margin: str, tmp_path: Path) -> None:
    """Where nothing but the margin tells the sides apart, the side that asks is the interviewer, and that is said."""
    text = "".join(f"{q}\n{margin}{a}\n{margin}So it was.\n" for q, a in zip(ASKED, SAID, strict=True))
    speech = turns_in(text)
    assert [t.speaker for t in speech.turns] == ["Interviewer", "Respondent"] * 4
    assert "set in from the margin" in speech.doubts[0]
    ind = '<w:pPr><w:ind w:left="720"/></w:pPr>'
    body = "".join(paragraphs(q) + paragraphs(a).replace("<w:p>", f"<w:p>{ind}") for q, a in zip(ASKED, SAID, strict=True))
    turns = read(docx(tmp_path / "a.docx", body)).documents[0].turns
    assert [t.speaker for t in turns] == ["Interviewer", "Respondent"] * 4


def test_who_a_person_is_in_brackets_is_no_part_of_the_name() -> None:
    """Age, sex and role behind a name are left out of it and told; a role there says who asks."""
    text = "\n".join(f"{who}: {said}" for who, said in _pairs("Ida (researcher)", "Bo (m, 61)"))
    speech = turns_in(text)
    assert {t.speaker for t in speech.turns} == {"Ida", "Bo"}
    assert any("not part of them: Ida (researcher), Bo (m, 61)" in doubt for doubt in speech.doubts)
    assert with_roles(Document("d", text, turns=speech.turns), speech.meanings).interviewers == ("Ida",)
    homes = "\n".join(f"{who}: {said}" for who, said in _pairs("Ida (North Ward)", "Bo (Hill End)"))
    assert {who for who, _ in _turns(homes)} == {"Ida (North Ward)", "Bo (Hill End)"}


@pytest.mark.parametrize(
    "line", ["Begin: 00:00:04, 2 voices", "[Tape 4: side B: barn", "Conventions: after the usual book, simplified"]
)
def test_a_line_about_the_transcript_is_no_turn(line: str) -> None:
    """What opens like a name once, before the talk, with words that are no sentence, is left out and told."""
    pairs = _pairs("IV", "P3")
    text = f"{line}\n\n" + "\n\n".join(f"{who}: {said}" for who, said in pairs)
    assert _turns(text) == pairs


@pytest.mark.parametrize(
    "closing",
    [
        "\n\nPlace, date: __________ Signature: __________",
        "\n\n-- \nAda Holm\nBoat museum",
        "\n\n© The Boat Review",
        "\n\n[END OF SIDE TWO]",
        "\n\n（以上）",
        "\n\nFiled under\n\nBoats\n\nSummers",
    ],
)
def test_what_closes_the_transcript_is_nobodys(closing: str) -> None:
    """Signatures, marks and parts with a heading behind the last words belong to nobody."""
    pairs = _pairs("IV", "P3")
    assert _turns("\n\n".join(f"{who}: {said}" for who, said in pairs) + closing) == pairs


def test_a_second_paragraph_of_the_last_turn_stays() -> None:
    """Sentences behind the last words are still said, though no other turn has a second paragraph."""
    pairs = _pairs("IV", "P3")
    text = "\n\n".join(f"{who}: {said}" for who, said in pairs) + "\n\nThe tree fell in the storm, though."
    assert _turns(text)[-1] == ("P3", f"{SAID[-1]}\n\nThe tree fell in the storm, though.")


def test_turns_may_be_counted_with_their_names() -> None:
    """T1, C1, T2, C2 are two speakers; P1, P2 and P3 beside one moderator are three."""
    counted = "\n".join(f"{who}{n // 2 + 1}: {said}" for n, (who, said) in enumerate(_pairs("T", "C")))
    assert _turns(counted) == _pairs("T", "C")
    group = "Mod: So?\nP1: Yes.\nMod: And?\nP2: No.\nMod: Why?\nP3: Hm.\nMod: Well?\nP1: Ah.\n"
    assert {who for who, _ in _turns(group)} == {"Mod", "P1", "P2", "P3"}


def test_marks_of_a_reader_beside_a_name_are_passed_over() -> None:
    """An arrow in the margin, as analysts of conversation set it, hides no name."""
    text = "\n".join(f"{'-> ' * (n % 3 == 1)}{who}: {said}" for n, (who, said) in enumerate(_pairs("DR", "PT")))
    assert _turns(text) == _pairs("DR", "PT")


def test_rows_without_a_name_go_on(tmp_path: Path) -> None:
    """In a numbered table of three columns an empty cell of names goes on with the turn, without the number."""
    rows = [f"{n}\t{who}:\t{said}" for n, (who, said) in enumerate(_pairs("INT", "BEF"), 1)]
    rows.append("9\t\tThe roots hold it.")
    (tmp_path / "a.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    document = read(tmp_path / "a.txt").documents[0]
    assert document.text_of(document.turns[-1]).split("\n")[1].strip() == "The roots hold it."
    assert len(document.turns) == 8


def test_bullets_of_chat_are_times(tmp_path: Path) -> None:
    """The time marks of CLAN behind the words are times, not words."""
    said = _pairs("INV", "CHI")
    lines = [f"*{who}:\t{words} \x15{1000 * n}_{1000 * n + 900}\x15" for n, (who, words) in enumerate(said)]
    (tmp_path / "a.cha").write_text("@UTF8\n@Begin\n" + "\n".join(lines) + "\n@End\n", encoding="utf-8")
    document = read(tmp_path / "a.cha").documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == said
    assert [t.end_ms for t in document.turns] == [1000 * n + 900 for n in range(8)]


@pytest.mark.parametrize(
    ("head", "names", "asking"),
    [
        ("Interviewed by Rosa Lund (K/1) and Jan Holt (K/2)\n\n", ("K/1", "K/2", "R"), ("K/1", "K/2")),
        ("Interviewing officer(s): DC 4471 HOLT\n\n", ("DC HOLT", "DC HOLT", "LUND"), ("DC HOLT",)),
        ("", ("Rosa", "Jan", "Lund"), ("Rosa", "Jan")),
    ],
)
def test_who_asks_is_told_by_the_head_or_by_ending_with_questions(
    head: str, names: tuple[str, str, str], asking: tuple[str, ...]
) -> None:
    """A line about who interviewed, or two who end with questions beside one who hardly does."""
    said = [
        f"{names[0] if n < 2 else names[1]}: {q}\n\n{names[2]}: Why not? {a}\n\n"
        for n, (q, a) in enumerate(zip(ASKED, SAID, strict=True))
    ]
    text = head + "".join(said)
    speech = turns_in(text)
    found = with_roles(Document("d", text, turns=speech.turns), speech.meanings or None).interviewers
    assert {*found} == {*asking}


@pytest.mark.parametrize(
    ("names", "asking"),
    [
        (("Pregunta", "Respuesta", "P", "R"), {"Pregunta", "P"}),
        (("Moderator", "F", "Moderator", "M"), set()),  # every study knows what a moderator is
    ],
)
def test_a_letter_stands_for_a_word_only_where_both_sides_have_one(names: tuple[str, ...], asking: set[str]) -> None:
    """Pregunta and Respuesta become P and R; a man called M beside a Moderator does not ask."""
    said = [
        f"{names[0 if n % 4 < 2 else 2]}: {q}\n\n{names[1 if n % 4 < 2 else 3]}: {a}\n\n"
        for n, (q, a) in enumerate(zip(2 * ASKED, 2 * SAID, strict=True))
    ]
    speech = turns_in("".join(said))
    found = with_roles(Document("d", "".join(said), turns=speech.turns), speech.meanings or None).interviewers
    assert {*found} == asking


def test_an_asker_without_a_name_beside_two_who_have_names() -> None:
    """Questions behind a dash are the interviewer's where those who answer are named."""
    text = "".join(f"– {q}\n\n{('Ada', 'Bo')[n % 2]}: {a}\n\n" for n, (q, a) in enumerate(zip(ASKED, SAID, strict=True)))
    assert [who for who, _ in _turns(text)] == ["Interviewer", "Ada", "Interviewer", "Bo"] * 2


def test_others_in_capitals_speak_between_questions_and_answers() -> None:
    """In a hearing of Q and A whoever objects is named before a colon, and the line that gives the floor is nobody's."""
    said = [f"     Q    {q}\n     A    {a}\n" for q, a in zip(ASKED, SAID, strict=True)]
    between = "          MS. HOLM:  Objection.\n          THE WITNESS:  Shall I?\n          MS. HOLM:  You may.\n"
    found = _turns(said[0] + between + "BY MR. LUND:\n".join(said[1:]))
    assert [who for who, _ in found] == ["Q", "A", "MS. HOLM", "THE WITNESS", "MS. HOLM", *["Q", "A"] * 3]
    assert dict(found)["A"] == SAID[-1]
    assert found[6][1] == SAID[1]


def test_titles_name_nobody_between_questions_and_answers() -> None:
    """'MR. LUND:' between 'Q.' and 'A.' is a name with a title, not a speaker called MR."""
    text = "".join(f"Q. {q}\nA. {a}\nMR. LUND: Noted.\n" for q, a in zip(ASKED, SAID, strict=True))
    assert [who for who, _ in _turns(text)] == ["Q", "A", "MR. LUND"] * 4


@pytest.mark.parametrize("stamp", ["14/09/22 19.0{n} - ", "`00:0{n}` ", "\u3000\u3000"])
def test_chats_markdown_and_printed_pages_open_lines_in_their_way(stamp: str) -> None:
    """Times with a point behind a day, times set as code and indents of a printed page hide no names."""
    text = "\n".join(f"{stamp.format(n=n)}{who}: {said}" for n, (who, said) in enumerate(_pairs("Ada Lund", "Bo")))
    assert _turns(text) == _pairs("Ada Lund", "Bo")


def test_front_matter_ends_where_people_talk(tmp_path: Path) -> None:
    """A table of names and words below keyed lines is talk, though another keyed line stands at its end."""
    rows = "".join(f"00.0{n}\t{who}\t{said}\n" for n, (who, said) in enumerate(_pairs("DC HOLM", "LUND")))
    text = f"Date\t4 May\nPlace\tTown hall\nDuration\t14:06\n\nTime\tPerson\tText\n{rows}\nSignature: ……\n"
    assert [t.speaker for t in turns_in(text).turns] == ["DC HOLM", "LUND"] * 4


def test_a_woman_in_a_group_is_no_question() -> None:
    """F2 beside a moderator answers; 'F' for Frage asks only where nobody is called something that says so."""
    text = "".join(f"MOD: {q}\n{('F2', 'M1')[n % 2]}: {a}\n" for n, (q, a) in enumerate(zip(ASKED, SAID, strict=True)))
    assert "F2" not in with_roles(Document("d", text, turns=turns_in(text).turns)).interviewers


def test_a_last_turn_that_is_no_sentence_is_doubted() -> None:
    """Where every other turn ends as sentences do, a reader is asked to look at the one that does not."""
    pairs = [*_pairs("IV", "P3"), ("IV", "Transcript 1 to 2")]
    text = "\n".join(f"{who}: {said}" for who, said in pairs)
    assert any("the last turn alone is no sentence" in doubt for doubt in turns_in(text).doubts)


@pytest.mark.parametrize("remark", ["[The telephone rings]", "(Exhibit 9 was shown.)", "\n[nods]", "\n---", "\n***\n"])
def test_what_stands_in_brackets_on_its_own_line_is_not_said(remark: str) -> None:
    """Remarks of the typist and rules behind the words belong to no turn; a pause, and a laugh right below the words, stay."""
    pairs = _pairs("IV", "P3")
    lines = [f"{who}: {said}" for who, said in pairs]
    assert _turns("\n".join([*lines[:2], remark, *lines[2:]])) == pairs
    kept = _turns("\n".join([*lines[:2], "(0.8)", *lines[2:4], "(laughs)", *lines[4:]]))
    assert [said for _, said in kept[1:4:2]] == [f"{SAID[0]}\n(0.8)", f"{SAID[1]}\n(laughs)"]


@pytest.mark.parametrize(
    ("gap", "closing"),
    [
        ("\n", "Then the rain came and he went in."),
        ("\n\n", "After the interview she showed me the barn."),
        ("\n\n", "---\nPhotographs: Ole Lund"),
    ],
)
def test_a_paragraph_without_a_name_behind_the_talk_is_nobodys(gap: str, closing: str) -> None:
    """Behind a blank line where none parts the turns, or telling of the talk; a last answer of two paragraphs stays whole."""
    pairs = _pairs("me", "Bashir")
    text = gap.join(f"{who}: {said}" for who, said in pairs)
    assert _turns(f"{text}\n\n{closing}") == pairs
    spaced = "\n\n".join(f"{who}: {said}" for who, said in pairs)
    assert _turns(f"{spaced}\n\nIt bore well that year.")[-1][1] == f"{SAID[-1]}\n\nIt bore well that year."


@pytest.mark.parametrize("foot", ["                              Holm, 2", "Holm - 2", "## Part: the barn", "Task 2: the sail"])
def test_one_line_that_the_page_prints_is_nobodys(foot: str) -> None:
    """A foot with a number, or a marked heading, is out even where it stands once."""
    pairs = _pairs("VOSS", "HOLM")
    lines = [f"{who}: {said}" for who, said in pairs]
    assert _turns("\n\n".join([*lines[:4], foot, *lines[4:]])) == pairs


@pytest.mark.parametrize(
    "legend",
    ["B - researcher\nR3 - respondent no 3, 41 years\n(...) - left out", "B: therapist; R3: patient", "B: Ada / R3: 0417"],
)
def test_a_legend_is_nobodys_turn(legend: str) -> None:
    """Signs explained behind dashes, with more than a role, or several on one line, are no turns."""
    pairs = _pairs("B", "R3")
    assert _turns(f"{legend}\n\n" + "\n".join(f"{who}: {said}" for who, said in pairs)) == pairs


def test_an_answer_of_one_word_on_its_own_line_names_nobody() -> None:
    """'No.' below a name that comes back is what is said, however short."""
    talk = [
        ("HOST", "Who has seen it?"),
        ("OLA", "No."),
        ("PIA", "I have."),
        ("OLA", "Where?"),
        ("PIA", "There."),
        ("HOST", "Ah."),
    ]
    assert _turns("\n".join(f"{who}\n{said}" for who, said in talk)) == talk


def test_names_before_a_wide_space_with_dashes_for_whoever_asks() -> None:
    """Front matter with wide spaces of its own, and an asker behind a dash, hide no names."""
    text = "特集\u3000海\n\n大西\u3000彩\u3000代表\n吉田\u3000勉\u3000工場長\n\n" + "\n\n".join(
        f"――{q}か。\n\n大西\u3000{a}。\n\n吉田\u3000そうです。"
        for q, a in [("なぜです", "父です"), ("いつです", "春です"), ("次は何です", "船です")]
    )
    assert [who for who, _ in _turns(text)] == ["Interviewer", "大西", "吉田"] * 3


def test_chats_with_halves_of_the_day_and_numbers_of_telephones() -> None:
    """Phones write ``3:52 p. m.`` in many spellings, and a number for whoever is in no list of contacts."""
    for half in (" p. m.", " p.\u00a0m.", " P.M.", "\u202fPM", " μ.μ."):
        lines = [f"12/3/25, 3:5{n}{half} - {who}: {n} words" for n, who in enumerate(["Ana Díaz", "+57 300 555 0142"] * 3)]
        assert [t.speaker for t in turns_in("\n".join(lines)).turns] == ["Ana Díaz", "+57 300 555 0142"] * 3, half


def test_messages_of_a_chat_without_words_belong_to_nobody() -> None:
    """What a phone writes instead of a picture is not said, and the receipt counts it; elsewhere brackets stay."""
    said = ["Hi.", "<Media omitted>", "\u200eimage omitted", "How are you?", "IMG-1.jpg (file attached)", "Fine, thanks."]
    lines = [
        f"[12/03/25, 15:5{n}:01] {who}: {words}" for n, (who, words) in enumerate(zip(["Ana", "Bo"] * 3, said, strict=True))
    ]
    text = "\n".join(lines)
    speech = turns_in(text)
    assert [text[t.start : t.end] for t in speech.turns] == ["Hi.", "How are you?", "Fine, thanks."]
    assert "3 messages without words (pictures, sounds, calls) left out" in speech.doubts
    text = "Ana: Hi.\nBo: <laughs>\nAna: What?\nBo: Nothing.\n"
    assert len(turns_in(text).turns) == 4


def test_times_before_every_line_of_a_turn_are_no_words(tmp_path: Path) -> None:
    """A program writes each sentence on a line behind its time, under the name: times go, the first is the turn's."""
    path = tmp_path / "a.txt"
    head = "Transcription of a.mp3\n\n"
    talk = [
        ("S1", ["Well.", "How old are you?"]),
        ("S2", ["Nine.", "No: ten.", "I think."]),
        ("S1", ["And she?"]),
        ("S2", ["Old."]),
    ]
    at, blocks = 0, []
    for who, sentences in talk:
        blocks.append(
            f"{who}\n" + "".join(f"[00:00:{at + n:02d} - 00:00:{at + n + 1:02d}] {s}\n" for n, s in enumerate(sentences))
        )
        at += len(sentences)
    path.write_text(head + "\n".join(blocks), encoding="utf-8")
    study, (receipt,) = read_all([path])
    turns = study.documents[0].turns
    assert [study.documents[0].text_of(t) for t in turns] == ["\n".join(s) for _, s in talk]
    assert [t.start_ms for t in turns] == [0, 2000, 5000, 6000]
    assert "3 times before lines within turns left out" in receipt.notes


def test_the_number_of_a_question_before_a_name_is_no_part_of_it() -> None:
    """In print of hearings only who asks has one; whoever asks once behind a number is a speaker, and a list of names none."""
    talk = [
        ("Chair", "Good morning. Ms Moe, how high was the water?"),
        ("Ms Moe", "Up to the sill."),
        ("Lady Hart of Ely", "And the year before?"),
        ("Ms Moe", "Not a drop."),
        ("Chair", "Mr Fox, was the gate shut?"),
        ("Mr Fox", "It was, by noon."),
        ("Sir Ian Rae", "Who shut it?"),
        ("Mr Fox", "My brother did."),
        ("Chair", "Thank you both."),
    ]
    for space in ("\t", " "):
        asked = iter(range(7, 20))
        lines = [f"Q{next(asked)}{space}{who}: {said}" if "?" in said else f"{who}: {said}" for who, said in talk]
        head = "Witnesses\nI: Ann Moe, farmer, and Joe Fox, lock keeper, both of Ely.\nExamination of witnesses"
        assert _turns("\n".join([head, *lines])) == talk


@pytest.mark.parametrize(
    "above",
    [
        "Q3：記者、K 1：看護師\n",
        "Feltnotat: 11\nDate: 3/12/2019\n",
        "Names: Q3 – researcher; K 1 – a nurse\n",
        "Key: Q3, K 1 = people; (.) = pause\n",
    ],
)
def test_a_number_or_a_key_above_the_talk_is_nobodys_turn(above: str) -> None:
    """A word that nobody foresaw before a number, and a legend of whatever signs, names no speaker."""
    pairs = _pairs("Q3", "K 1")
    assert _turns(above + "\n".join(f"[{who}] {said}" for who, said in pairs)) == pairs
    assert _turns(above + "\n".join(f"{who}: {said}" for who, said in pairs)) == pairs


@pytest.mark.parametrize("shape", ["[{}] {}", "{}: {}"])
def test_a_legend_behind_dashes_on_one_line_is_nobodys_turn(shape: str) -> None:
    """Who asks and who answers, their sex and year of birth, above a talk whose names open its lines, in brackets or not."""
    pairs = _pairs("Sob.", "Inf. 1")
    legend = "Ely, 2003\nSob. – collector; Inf. 1 – f., 1929; Inf. 2 – m., 1931\n\n"
    assert _turns(legend + "\n".join(shape.format(*pair) for pair in pairs)) == pairs


def test_words_that_hang_beside_a_column_of_names_belong_to_them() -> None:
    """Names at the margin, wide spaces, and lines set in below: three speakers, each more than once."""
    pairs = [(("Asker", "Gudrun", "Ole")[n % 3], said) for n, said in enumerate(SAID * 2)]
    lines = [f"{who:12}{said[:10]}\n{'':12}{said[10:]}" for who, said in pairs]
    assert [who for who, _ in _turns("Band: 44\nUtskrift: KN\n\n" + "\n\n".join(lines))] == [who for who, _ in pairs]


def test_what_a_court_or_a_program_prints_is_nobodys() -> None:
    """Who was sworn, who asks next and the address of a program stand in no turn; numbers of lines begin anew on a page."""
    pairs = _pairs("MS VOSS", "MR HOLM")
    lines = [f"{who}: {said}" for who, said in pairs]
    sworn = [*lines[:2], "MR OLE HOLM (affirmed)", "Questions from MS VOSS", *lines[2:]]
    assert _turns("\n".join(sworn)) == pairs
    assert _turns("\n\n".join([*lines, "notes.example.me"])) == pairs


def test_words_before_a_colon_within_the_talk_are_asked_about() -> None:
    """Several words that look like names between turns make a person look; the same words above the talk do not."""
    pairs = _pairs("VOSS", "HOLM")
    lines = [f"{who}: {said}" for who, said in pairs]
    odd = [f"{word}: it was not seen." for word in ("Sand", "Peat", "Loam", "Marl")]
    among = turns_in(
        "\n".join(line for pair in zip(lines, [*odd, *odd[:0], "", "", "", ""], strict=True) for line in pair if line)
    )
    assert any(map(asks, among.doubts))
    above = turns_in("\n".join([*odd, *lines]))
    assert not any("open like" in doubt for doubt in above.doubts)


def test_a_question_above_its_answer_in_each_paragraph_is_the_interviewers() -> None:
    """Blank lines part pairs of a question and an answer, a title above the first; it is told as a guess."""
    blocks = "\n\n".join(f"{q}\n{a}" for q, a in zip(ASKED, SAID, strict=True))
    assert _turns(f"A talk with Ole Holm\n{blocks}") == _pairs("Interviewer", "Respondent")
    assert any(map(asks, turns_in(blocks).doubts))
