"""Interviews by e-mail: questions quoted with the answers below them, and threads of letters."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read_all
from autocode.study import Document


def read(folder: Path, text: str) -> tuple[Document, str]:
    """A text read as a transcript, and its receipt."""
    path = folder / "a.txt"
    path.write_text(text, encoding="utf-8")
    study, receipts = read_all([path])
    return study.documents[0], str(receipts)


def said(document: Document) -> list[tuple[str, str]]:
    """Speaker and words of every turn."""
    return [(t.speaker, " ".join(document.text_of(t).split())) for t in document.turns]


HEADS = {
    "From: Nora Hale <nora@example.org>\nTo: Emre Demir <emre@example.edu>\nSubject: Re: Questions\n\nDear Emre, here.\n\n",
    "Von: Nora Hale <nora@example.org>\nAn: Emre Demir <emre@example.edu>\nBetreff: AW: Fragen\n\n",
    "De : Nora Hale\nÀ : Emre Demir\nObjet : Re: Questions\n\nBonjour,\n\n",
    "From: Nora Hale <nora@example.org>\n\nOn 2 May 2017, at 10:02, Emre Demir <emre@example.edu> wrote:\n\n",
    "Von: Nora Hale <nora@example.org>\n\nAm 2.5.2017 um 10:02 schrieb Emre Demir <emre@example.edu>:\n\n",
}


@pytest.mark.parametrize("head", sorted(HEADS))
@pytest.mark.parametrize("end", ["", "Best wishes,\nNora\n", "-- \nNora Hale\nTranslator\n"])
def test_questions_quoted_above_their_answers(tmp_path: Path, head: str, end: str) -> None:
    """Marks of quotation and counts are no words; who wrote and who is quoted have their names from the head."""
    letter = (
        "> 1. When did you begin,\n> and why?\n\nIn 1991. My aunt sang\nwhile she peeled potatoes.\n\nSo I wrote it down.\n\n"
        "> 2. How many songs are there?\n\nFour hundred.\n\n> 3. Where are they now?\n\nIn a cupboard.\n\n"
    )
    document, receipt = read(tmp_path, head + letter + end)
    assert said(document) == [
        ("Emre Demir", "When did you begin, and why?"),
        ("Nora Hale", "In 1991. My aunt sang while she peeled potatoes. So I wrote it down."),
        ("Emre Demir", "How many songs are there?"),
        ("Nora Hale", "Four hundred."),
        ("Emre Demir", "Where are they now?"),
        ("Nora Hale", "In a cupboard."),
    ]
    assert document.interviewers == ("Emre Demir",)
    assert "3 quoted passages taken as what 'Emre Demir' asks" in receipt


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("From: {}\nSent: Monday, 3 May 2021 11:00\nTo: you\nSubject: Re: Interview\n\n", "Best,\nIda"),
        (
            "Von: {} <x@example.org>\nGesendet: Montag, 3. Mai 2021 11:00\nAn: Sie\nBetreff: AW: Interview\n\n",
            "Viele Grüße\nIda",
        ),
        ("Van: {}\nVerzonden: maandag 3 mei 2021 11:00\nAan: u\nOnderwerp: RE: Interview\n\n", "Groeten,\nIda"),
        ("On Thu, 6 May 2021 at 18:02, {} <x@example.org> wrote:\n\n", "Ida"),
        ("Le jeu. 6 mai 2021 à 18:02, {} <x@example.org> a écrit :\n\n", "Bien à vous,\nIda"),
    ],
)
def test_a_thread_of_letters_is_a_talk(tmp_path: Path, first: str, second: str) -> None:
    """Each letter is a turn of who wrote it; heads and signatures are nobody's."""
    letters = [
        ("Ida Lund", f"I grew up on the island.\n\n{second}"),
        ("Marek Nowak", "Where did you grow up?"),
        ("Ida Lund", "Gladly, send me your questions."),
        ("Marek Nowak", "Would you take part in an interview by e-mail?"),
    ]
    document, receipt = read(tmp_path, "\n\n".join(first.format(who) + words for who, words in letters) + "\n")
    assert said(document) == [(who, words.split("\n")[0]) for who, words in letters]
    assert "4 letters taken as turns" in receipt


def test_a_talk_that_mentions_an_address_is_no_thread(tmp_path: Path) -> None:
    """An address, or one passage that is quoted, makes no letter of a talk."""
    talk = "I: Where can I reach you?\nR: At ida@example.org, any time.\nI: And by post?\nR: Not any more.\n"
    document, _ = read(tmp_path, talk * 2)
    assert [name for name, _ in said(document)] == ["I", "R"] * 4


_SAID = [
    ("Ida Lund", "How did you come to the harbour?"),
    ("+47 912 34 567", "By a cousin.\nHe said: come, there is work."),
    ("Ida Lund", "And then?"),
    ("+47 912 34 567", "I stayed 🙂"),
    ("+47 912 34 567", "For nine years."),
]
_IOS = "\u200e[{0:02d}.05.24, 21:4{0}:09] {1}: {2}"


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("[{0:02d}.05.24, 21:4{0}:09] {1}: {2}", ["[01.05.24, 21:40:00] Ida Lund: \u200eMessages are encrypted.", _IOS]),
        (
            "5/{0}/24, 9:4{0}\u202fPM - {1}: {2}",
            ["5/9/24, 9:50\u202fPM - Ida Lund changed the subject", "5/9/24, 9:51\u202fPM - {1}: <Media omitted>"],
        ),
        ("{0:02d}/05/2024, 21:4{0} - {1}: {2}", ["09/05/2024, 21:50 - {1}: null"]),
        ("[2024-05-0{0} 21:4{0}] {1}: {2}", []),
    ],
    ids=["iPhone", "Android, American", "Android, British", "Signal"],
)
def test_messages_of_a_chat_are_turns_and_the_programs_lines_nobodys(line: str, own: list[str], tmp_path: Path) -> None:
    """Names may be numbers, messages have several lines; what the program writes is counted and said by nobody."""
    path = tmp_path / "chat.txt"
    program = [o.format(9, _SAID[1][0], "\u200eimage omitted") for o in own]
    said = [line.format(n, who, text) for n, (who, text) in enumerate(_SAID, 1)]
    path.write_text("\n".join([*program[:1], *said, *program[1:]]) + "\n", encoding="utf-8")
    study, receipts = read_all([path])
    (document,) = study.documents
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == _SAID
    left = (
        f"; {len(own)} line{'s' * (len(own) > 1)} of the program (media left out, who joined) belong to nobody" if own else ""
    )
    assert receipts[0].notes == (f"a chat: 5 messages taken as turns{left}",)


def test_letters_of_a_mailbox_are_turns_in_the_order_in_which_they_were_sent(tmp_path: Path) -> None:
    """An exchange of letters: no address, no signature and no quoted letter is among the words."""
    said = [
        ("Ida Lund", "How did you come?"),
        ("Ole Vik", "By a cousin. > Not > quoted."),
        ("Ida Lund", "And then?\n\nTell me."),
    ]
    letters = []
    for n, (who, words) in enumerate(said):
        quoted = f"\n\nOn 1 May 2024 {said[n - 1][0]} <x@y.example> wrote:\n> {said[n - 1][1]}" if n else ""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Date"] = (
            f"{who} <x@y.example>",
            "z@y.example",
            f"Wed, 0{n + 1} May 2024 10:00:00 +0200",
        )
        letter["Subject"] = "Øyer"
        letter.set_content(f"{words}{quoted}\n\n-- \n{who}\n")
        letters.append(b"From x@y.example Wed May 1\n" + letter.as_bytes() + b"\n")
    path = tmp_path / "box.mbox"
    path.write_bytes(b"".join([letters[2], letters[0], letters[1]]))
    study, receipts = read_all([path])
    (document,) = study.documents
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == said
    assert "@" not in document.text
    assert receipts[0].notes == ("3 letters taken as turns, in the order in which they were sent",)


def test_a_letter_that_answers_quoted_questions_is_read_from_its_file(tmp_path: Path) -> None:
    """One .eml with questions quoted and answered below them is an interview; a file that is no letter is refused in a line."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Date"] = (
        "Ole Vik <o@y.example>",
        "Ida Lund <i@y.example>",
        "Wed, 01 May 2024 10:00:00 +0200",
    )
    letter.set_content("Dear Ida,\n\n> How did you come?\n\nBy a cousin.\n\n> And then?\n\nI stayed.\n")
    (tmp_path / "a.eml").write_bytes(letter.as_bytes())
    (document,) = read_all([tmp_path / "a.eml"])[0].documents
    spoken = [(t.speaker, document.text_of(t)) for t in document.turns]
    assert spoken == [
        ("Ida Lund", "How did you come?"),
        ("Ole Vik", "By a cousin."),
        ("Ida Lund", "And then?"),
        ("Ole Vik", "I stayed."),
    ]
    (tmp_path / "b.eml").write_bytes(b"\xff\xfe\x00 nothing")
    with pytest.raises(InputError, match="no e-mail that can be read"):
        read_all([tmp_path / "b.eml"])
