"""Languages are told by all that a speaker says, of four languages and of two in one interview."""

from __future__ import annotations

import pytest

from autocode.encode.languages import MIXED, languages
from autocode.study import Document, Turn

SAID = {
    "English": (
        "I signed up because my manager had never heard of it.",
        "The course took three weeks and the fees were paid by the office.",
        "Nobody asked me for the certificate afterwards.",
    ),
    "Malay or Indonesian": (
        "Saya mendaftar sebab majikan saya tidak pernah mendengar tentangnya.",
        "Kursus itu mengambil masa tiga minggu dan yurannya dibayar oleh pejabat.",
        "Tiada sesiapa bertanya tentang sijil itu selepas itu.",
    ),
    "German": (
        "Ich habe mich angemeldet, weil meine Chefin noch nie davon gehört hatte.",
        "Der Kurs dauerte drei Wochen und die Gebühren hat das Büro bezahlt.",
        "Danach hat mich niemand nach dem Zeugnis gefragt.",
    ),
    "Finnish": (
        "Ilmoittauduin, koska esimieheni ei ollut koskaan kuullut siitä.",
        "Kurssi kesti kolme viikkoa ja toimisto maksoi maksut.",
        "Kukaan ei kysynyt minulta todistusta sen jälkeen.",
    ),
}


def _talk(name: str, *lines: tuple[str, str]) -> Document:
    text, turns = "", []
    for speaker, said in lines:
        turns.append(Turn(len(text), len(text) + len(said), speaker))
        text += said + "\n"
    return Document(name, text, turns=tuple(turns))


@pytest.mark.parametrize("language", SAID)
def test_a_language_is_told_from_a_few_sentences(language: str) -> None:
    """Four languages; short answers such as yes and no do not count."""
    talk = _talk("d", ("I", "Mm."), *(("R", said) for said in SAID[language]), ("I", "No?"), ("R", "Ja."))
    assert str(languages([talk])) == f"{language} (1 document)"


def test_two_languages_of_one_interview_are_mixed() -> None:
    """Where interviewer and respondent speak differently, or one person changes, the document is mixed."""
    pairs = list(zip(SAID["English"], SAID["Malay or Indonesian"], strict=True))
    apart = _talk("a", *(line for e, m in pairs for line in (("I", e), ("R", m))))
    changing = _talk("b", *(("R", said) for pair in pairs for said in pair))
    found = languages([apart, changing])
    assert found.by_document == {"a": MIXED, "b": MIXED}
    assert set(found.parts["a"]) == {"English", "Malay or Indonesian"}
    assert found.warning("default").startswith("2 documents are in two languages")


def test_an_encoder_that_knows_a_language_gets_no_warning() -> None:
    """The default encoder is warned of German, not of English; of other encoders nothing is known."""
    german = _talk("g", *(("R", said) for said in SAID["German"]))
    english = _talk("e", *(("R", said) for said in SAID["English"]))
    assert "1 document is in German, and the default encoder" in languages([german, english]).warning("default")
    assert languages([english]).warning("default") == ""
    assert languages([german]).warning("multilingual") == ""


def test_too_little_is_not_told() -> None:
    """Of a few words, and of no document, nothing is said."""
    found = languages([_talk("d", ("R", "Oui."))])
    assert (str(found), found.by_document, str(languages([]))) == ("", {"d": ""}, "")


@pytest.mark.parametrize(
    "said",
    ["https://pages.example/notes/gereserveerde-woorden-en-zinnen/2019/lange-lijst", "Hyvin meni, kyllä meni ihan hyvin."],
)
def test_an_address_or_a_few_words_are_in_no_language(said: str) -> None:
    """What is too short to tell, and the address of a page, is no reason to warn of a language."""
    found = languages([_talk("a", ("R", said))])
    assert found.by_document == {"a": ""}
    assert found.warning("default") == ""
