"""Names among capitalised words: precision and recall on invented talk, and on the bundled study."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autocode.ethics.names import words_of
from autocode.ethics.pseudonyms import propose
from autocode.study import Document, Study, Turn

TALK = (
    "Interviewer: Could you tell me how you came to the course? It was in March, wasn't it?\n\n"
    "R1: Yes. My wife Meena told me about it. She works at Tesco, near Croydon. On Monday the course began, in English.\n\n"
    "R1: Then Professor Adeyemi asked us to use Excel. The university was in Leeds. My friend Tomasz laughed.\n\n"
    "R2: I moved to Bergen in May. Our boss, Mrs Halvorsen, had a shop in Storgata Street. We used Moodle and Zoom.\n\n"
    "R2: Actually, a woman called Ingrid helped me. Her e-mail was ingrid.n@post.no. The Form was late. HR knew it.\n\n"
    "R3: Sorry? Ah, my daughter Lucía was ill. Doctor or no doctor. Then Encik Rosli bin Hamid came, from Kota Bharu.\n\n"
    "R3: The Diploma was from Universiti Malaya. Every Friday, after Ramadan, we met. Level Three was hard. PDFs again.\n\n"
    "R4: Wei Ling said so too. I worked for Siemens, in Munich, then in Nairobi. My name is Abebe. Everyone knows Abebe.\n\n"
    "R4: The form, the level, the week: everything was a badge. Nobody Knew. God knows. I'd say Week Two was worse.\n\n"
    "R5: One of the technicians, Okoro, fixed it. We drove to Oyo and back to Lagos. My manager Grace is kind. Grace, yes.\n"
)


def _set(words: str) -> set[str]:
    """Words parted by spaces."""
    return set(words.split())


PEOPLE = {
    "Meena",
    "Adeyemi",
    "Tomasz",
    "Halvorsen",
    "Ingrid",
    "Lucía",
    "Rosli bin Hamid",
    "Wei Ling",
    "Abebe",
    "Okoro",
    "Grace",
}
PLACES = {"Croydon", "Leeds", "Bergen", "Storgata Street", "Kota Bharu", "Munich", "Nairobi", "Oyo", "Lagos"}
FIRMS = {"Tesco", "Universiti Malaya", "Siemens"}

BUNDLED_PEOPLE = _set(
    "Siti Intan Lim Roslan Foo Hasnah Mei Nik Ros Segar Seng Siva Wan Yis Zah Bala Faizal Fernandez Rohani Sneeze "
    "Teoh Azlan Priya Farhan Jane Jeffry Hakim Izzat Hafiz Jugah Mike Steve Vikram Ping KucingOren"
)  # a nickname, a user and a cat among them: they tell who is meant
BUNDLED_PLACES = _set(
    "Klang Terengganu Johor Bintulu Dublin Jakarta Kapit Kerteh London Melaka Pitas Sabah Sibu Subang Taiping Tapah "
    "Bangi Bangsar Belaga Bidor Brickfields Cardiff Cheras Cyberjaya Doha Gebeng Gemas Jaipur Kampar Kedah Keningau "
    "Kluang Kudat Kulim Kuching Langkawi Leiden Marang Muar Mumbai Puchong Pune Ranau Rawang Rotterdam Sepanggar "
    "Tambunan Tamparuli Ipoh Borneo Miri Kesas Macau Gerik Mukah Palembang Penang Perlis Sarawak Seremban Westport "
    "Suria Gulf"
) | {
    "Federal Highway",
    "Shah Alam",
    "Sungai Petani",
    "Batu Kawan",
    "Bukit Mertajam",
    "Bukit Minyak",
    "Kapar Road",
    "Kota Kinabalu",
    "Kuala Pilah",
    "Kuala Terengganu",
    "Port Klang",
    "Sungai Besi",
    "Sungai Rasau",
    "Sungai Siput",
    "Teluk Intan",
    "KL Sentral",
    "Sri Aman",
    "Pan Borneo",
}
BUNDLED_FIRMS = {"HRD Corp", "Hospital Besar", "Kastam", "Poslaju", "Sinar", "Bursa Malaysia", "Kelab Ilmu", "Cisco"}


@dataclass(frozen=True)
class Score:
    """How much of what is proposed is right, and how much of what is right is proposed."""

    precision: float
    recall: float


def _study(*texts: str) -> Study:
    return Study(tuple(Document(f"d{i}", text) for i, text in enumerate(texts)))


def score(study: Study, gold: set[str]) -> Score:
    """Precision and recall of the proposals that are listed by default, e-mail and numbers aside."""
    found = {p.found for p in propose(study) if p.kind in ("person", "place", "organisation")}
    return Score(len(found & gold) / len(found), len(found & gold) / len(gold))


def test_talk_that_was_not_seen_before_is_searched_well() -> None:
    """On invented talk of six languages' names nine of ten proposals are names, and nine of ten names are proposed."""
    found = score(_study(*TALK.split("\n\n")), PEOPLE | PLACES | FIRMS)
    assert found.precision >= 0.9
    assert found.recall >= 0.9


def test_the_bundled_study_is_searched_well(bundled: Study) -> None:
    """On the bundled transcripts nine of ten proposals are names, and three of four names are proposed."""
    found = score(bundled, BUNDLED_PEOPLE | BUNDLED_PLACES | BUNDLED_FIRMS)
    assert found.precision >= 0.9
    assert found.recall >= 0.75


def test_people_and_places_are_told_apart() -> None:
    """What is proposed as a person is one, and so for places."""
    kinds = {p.found: p.kind for p in propose(_study(*TALK.split("\n\n")))}
    assert {kinds[n] for n in PEOPLE & kinds.keys()} == {"person"}
    assert {kinds[n] for n in PLACES & kinds.keys()} == {"place"}


@pytest.mark.parametrize("word", ["Monday", "English", "Excel", "Ramadan", "HR", "PDFs", "Form", "Level", "God", "March"])
def test_days_languages_software_and_common_words_are_no_proposals(word: str) -> None:
    """Capitalised words that name nobody, or stand in lower case elsewhere, are not listed."""
    assert word not in {w for p in propose(_study(*TALK.split("\n\n"))) for w in p.found.split()}


def test_what_is_only_perhaps_a_name_is_held_back() -> None:
    """A capitalised word without a sign of a name is listed on request alone, after the others."""
    study = _study("Then the Zephyr was late. My son Olu came.")
    assert [p.found for p in propose(study)] == ["Olu"]
    listed = propose(study, perhaps=True)
    assert [(p.found, p.certainty) for p in listed] == [("Olu", "sure"), ("Zephyr", "perhaps")]


def test_the_surest_come_first() -> None:
    """Proposals run from sure to likely to perhaps."""
    certainties = [p.certainty for p in propose(_study(TALK, "Then the Zephyr was late."), perhaps=True)]
    assert certainties == sorted(certainties, key=["sure", "likely", "perhaps"].index)
    assert {"sure", "likely"} < set(certainties)


def test_part_of_a_full_name_gets_its_pseudonym() -> None:
    """Hamid alone is the Hamid of the full name; where two are called so, it is a pseudonym of its own."""
    said = "I met Encik Rosli Hamid. Later Encik Hamid called."
    instead = {p.found: p.replacement for p in propose(_study(said))}
    assert instead["Hamid"] == instead["Rosli Hamid"]
    two = {p.found: p.replacement for p in propose(_study(said + " Then Puan Aida Hamid came."))}
    assert two["Hamid"] not in (two["Rosli Hamid"], two["Aida Hamid"])


def test_a_possessive_is_no_other_name() -> None:
    """Olu's is Olu, under either apostrophe."""
    assert {p.found for p in propose(_study("It was Mr Olu's. And Mr Olu’s too."))} == {"Olu"}


def test_speakers_and_variables_that_hold_names_are_proposed() -> None:
    """A speaker called by a name and a participant's employer are sure; R01 and the interviewer are none."""
    text = "Maria: hello. R01: hello. Interviewer: hello. I am with Acme."
    turns = (Turn(7, 13, "Maria"), Turn(19, 25, "R01"), Turn(39, 45, "Interviewer"))
    study = Study((Document("d", text, turns=turns, variables={"employer": "Acme", "age": "40"}),))
    assert {(p.kind, p.found, p.certainty) for p in propose(study)} == {
        ("person", "Maria", "sure"),
        ("organisation", "Acme", "sure"),
    }


def test_a_title_with_a_full_stop_ends_no_sentence() -> None:
    """The word after Dr. stands in the middle of a sentence; the word after another full stop does not."""
    begins = {w.text: w.begins for w in words_of("He saw Dr. Lim. Then he left.")}
    assert begins["Lim"] is False
    assert begins["Then"] is True
