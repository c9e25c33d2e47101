"""Interviews by e-mail: questions quoted with the answers below them, and threads of letters."""

from __future__ import annotations

from pathlib import Path

import pytest

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
