"""Who asks and who answers."""

from __future__ import annotations

import time

import pytest

from autocode.formats.tables.participants import pooled, remembered, with_speakers
from autocode.formats.transcripts.roles import propose_roles, with_roles
from autocode.formats.transcripts.speakers import turns_in
from autocode.study import Document, Segment, Turn


def _roles(text: str) -> dict[str, str]:
    return {r.speaker: r.role for r in propose_roles(Document("d", text, turns=turns_in(text).turns))}


@pytest.mark.row(18)
def test_very_many_speakers_take_time_in_proportion() -> None:
    """A column of numbers that was taken for names: 30,000 speakers of a document are through in seconds."""
    lines = [f"said by number {n}\n" for n in range(30_000)]
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line))
    turns = tuple(Turn(a, a + len(line) - 1, f"S{n}") for n, (a, line) in enumerate(zip(starts, lines, strict=True)))
    began = time.process_time()
    assert len(propose_roles(Document("d", "".join(lines), turns=turns))) == 30_000
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("I: a\nR1: b\nI2: c\n", {"I": "interviewer", "R1": "respondent", "I2": "interviewer"}),
        ("I = interviewer; X = informant\nI: a\nX: b\n", {"I": "interviewer", "X": "respondent"}),
        ("Moderator: a\nTom: b\nModerator: c\nTom: d\n", {"Moderator": "interviewer", "Tom": "respondent"}),
        (
            "Ana: How was it?\nTom: Well, it was long and very hard.\nAna: Why?\nTom: Because of the cost and all that.\n",
            {"Ana": "interviewer", "Tom": "respondent"},
        ),
        ("Ana: Yes.\nTom: No.\nAna: Yes.\nTom: No.\n", {"Ana": "unclear", "Tom": "unclear"}),
    ],
)
def test_roles_follow_from_legend_name_and_questions(text: str, roles: dict[str, str]) -> None:
    """The legend decides, then the name, then who asks; where nothing tells, that is said."""
    assert _roles(text) == roles


def test_the_evidence_quotes_nothing() -> None:
    """Why a role is proposed, in numbers and without the words of the transcript."""
    text = "I: Secret question?\nR1: Secret answer.\n"
    (role, _) = propose_roles(Document("d", text, turns=turns_in(text).turns))
    assert role.evidence == "the name says so; asks in 100% of 1 turns, says 50% of the words"


def test_speakers_can_be_renamed() -> None:
    """What a person decides is written over turns and units; the text stays."""
    document = Document("d", "S0: a", turns=(Turn(4, 5, "S0"),), segments=(Segment("d", 4, 5, "1", "S0"),))
    renamed = with_speakers(document, {"S0": "Interviewer"})
    assert (renamed.text, renamed.turns[0].speaker, renamed.segments[0].speaker) == (
        "S0: a",
        "Interviewer",
        "Interviewer",
    )


def test_interviewers_in_other_languages_and_under_old_names_are_remembered() -> None:
    """A word for interviewer makes one; a speaker renamed to Interviewer is known in the next document by the old name."""
    first = with_roles(Document("a", text := "Haastattelija: a?\nVastaaja: b\n", turns=turns_in(text).turns))
    assert first.interviewers == ("Haastattelija",)
    named = with_speakers(
        Document("b", text := "Jo K: a\nUma: b\nJo K: c\nUma: d\n", turns=turns_in(text).turns), {"Jo K": "Interviewer"}
    )
    assert remembered([first, named]) == ("haastattelija", "jo k")
    (next_one,) = pooled([Document("c", text, turns=turns_in(text).turns)], [named])
    assert next_one.interviewers == ("Jo K",)


ASKED = ("How did it begin?", "By chance.", "Who was there?", "My brother.", "And then?", "We stayed.", "Until when?", "May.")


def _asking(text: str) -> tuple[str, ...]:
    speech = turns_in(text)
    return with_roles(Document("d", text, turns=speech.turns), speech.meanings).interviewers


def test_who_asks_is_the_interviewer_whatever_the_letter() -> None:
    """P for 'penemuduga' asks and R answers: a letter says less than the questions."""
    assert _asking("\n".join(f"{'PR'[n % 2]}: {words}" for n, words in enumerate(ASKED))) == ("P",)


def test_a_legend_in_a_sentence_of_names_says_the_roles() -> None:
    """Interviewers and respondents listed with their letters: F is the wife, not a question."""
    head = "Interviewers: Rosa (I1), Lena (I2)\nRespondents: M = husband, F = wife\n\n"
    names = ("I1", "F", "I2", "M")
    text = head + "\n".join(f"{names[n % 4]}: {words}" for n, words in enumerate(ASKED))
    assert set(_asking(text)) == {"I1", "I2"}


def test_initials_of_the_interviewer_s_name_are_hers() -> None:
    """'Interviewer: Jo Carter' above the talk makes JC the interviewer, though she hardly asks."""
    head = "Interview 9\nInterviewer: Jo Carter\n\n"
    assert _asking(head + "\n".join(f"{('JC', 'RK')[n % 2]}: {w.rstrip('?')}." for n, w in enumerate(ASKED))) == ("JC",)


@pytest.mark.parametrize(
    ("legend", "asker"),
    [
        ("T = therapist, C = client\n\n", "T"),
        ("T: terapeuta; C: paciente\n\n", "T"),
        ("T - doctor\nC - somebody else\n\n", "T"),
        ("T = mother, C = father\n\n", ""),
    ],
)
def test_who_leads_a_talk_with_a_patient_asks(legend: str, asker: str) -> None:
    """A therapist or a doctor is the interviewer where nobody is called so, though the other asks now and then."""
    pairs = [
        ("T", "Where shall we start?"),
        ("C", "I do not know."),
        ("T", "And then?"),
        ("C", "Does it matter?"),
        ("T", "Mm."),
    ]
    text = legend + "\n".join(f"{who}: {said}" for who, said in [*pairs, ("C", "So?"), ("T", "Yes."), ("C", "Well.")])
    speech = turns_in(text)
    assert [t.speaker for t in speech.turns] == ["T", "C"] * 4
    asking = with_roles(Document("d", text, turns=speech.turns), speech.meanings).interviewers
    assert asking == ((asker,) if asker else ())


def test_whoever_examines_by_a_line_above_the_questions_asks() -> None:
    """'BY MS. VOSS:' above Q and A says that Ms. Voss asks, under her name too."""
    text = "BY MS. VOSS:\n" + "Q. Whose boat was it?\nA. My uncle's.\n" * 3 + "MS. VOSS: Thank you.\nMR. LUND: One more.\n"
    text += "Q. When?\nA. In May.\nMR. LUND: Fine.\nMS. VOSS: Done.\n"
    document = Document("d", text, turns=turns_in(text).turns)
    roles = {r.speaker: r.role for r in propose_roles(document)}
    assert roles["MS. VOSS"] == "interviewer" != roles["MR. LUND"]


def test_who_leads_beside_one_other_asks_whatever_the_signs_say() -> None:
    """A transcript of a consultation writes few question marks: of two who ask alike, the doctor is the one who asks."""
    lines = ["GP: what seems to be wrong", "MAN: my knee, since May, you see?", "GP: mhm", "MAN: it gives way"]
    assert _roles("\n".join([*lines, "GP: does it swell", "MAN: at night"])) == {"GP": "interviewer", "MAN": "respondent"}


def test_a_title_leads_where_its_bearer_asks() -> None:
    """``Dr. Rao`` asks in most turns and the patient in some: a title leads as a profession does."""
    said = ["Dr. Rao: How long?", "Mina: Since May. Is it bad?", "Dr. Rao: Does it hurt?", "Mina: At night.", "Dr. Rao: Where?"]
    assert _roles("\n".join([*said, "Mina: In the knee.", "Dr. Rao: Rest it.", "Mina: I will. When do I come back?"])) == {
        "Dr. Rao": "interviewer",
        "Mina": "respondent",
    }


def test_all_who_ask_the_one_who_answers_are_interviewers() -> None:
    """A committee of three questions one person: whoever asks in most turns is an interviewer where one answers all."""
    rounds = [
        ("Ms. Ode", "When was it signed?"),
        ("Mr. Pym", "By whom?"),
        ("Ms. Ode", "And paid?"),
        ("Mr. Pym", "Out of what?"),
    ]
    text = "".join(
        f"{who}: {asked}\nThe Director: {n} times, as the file that I brought says.\n" for n, (who, asked) in enumerate(rounds)
    )
    assert _roles(text) == {"Ms. Ode": "interviewer", "The Director": "respondent", "Mr. Pym": "interviewer"}


def test_who_asks_once_beside_an_interviewer_and_is_answered_asks_too() -> None:
    """A colleague's only turn is a question to the person interviewed; a participant's to the others is not like it."""
    talk = [("JB", "Where were you born?"), ("Nora", "In Ely."), ("JB", "And then?"), ("Nora", "We moved.")]
    talk += [("TK", "Did you like it there?"), ("Nora", "No, never."), ("JB", "Why?"), ("Nora", "The damp.")]
    assert _roles("\n".join(f"{a}: {b}" for a, b in talk))["TK"] == "interviewer"
    group = [("Moderator", "What is it like?"), ("P1", "Cold."), ("P2", "Wet."), ("P3", "In winter?"), ("P1", "Always.")]
    group += [("Moderator", "And now?"), ("P2", "Better."), ("P1", "Much.")]
    assert _roles("\n".join(f"{a}: {b}" for a, b in group))["P3"] == "respondent"


def test_two_who_speak_in_turn_behind_dashes_have_a_title_above_and_a_remark_below() -> None:
    """Dashes that open a whole stretch of lines tell two people in turn, not one side; what stands around it is no talk."""
    said = [
        "—¿Cuándo llegó?",
        "—En mayo.",
        "—¿Sola?",
        "—Con mi hermana.",
        "—¿Y después?",
        "—Ya se sabe.",
        "—Gracias.",
        "—A usted.",
    ]
    text = "\n".join(["FONDO ORAL", "Cinta 4", "", *said, "", "(Fin de la cinta)"]) + "\n"
    turns = turns_in(text).turns
    assert [text[t.start : t.end] for t in turns] == [s.strip("—") for s in said]
    assert [t.speaker for t in turns] == ["Interviewer", "Respondent"] * 4


def test_who_a_person_is_stands_behind_the_name_once() -> None:
    """Radio names people in full with what they are, then by their last names alone."""
    text = "ANA RUIZ, HOST: Good morning.\nTED OX: Morning.\nRUIZ: Is it cold?\nOX: It is.\nRUIZ: Stay in.\nOX: I do, do you?\n"
    roles = _roles(text)
    assert roles["ANA RUIZ, HOST"] == roles["RUIZ"] == "interviewer"
    assert roles["OX"] == roles["TED OX"] == "respondent"


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        ("Q1 Jo Ray: It was wet.\nUma Berg: It was, to the sill.\nQ2 Jo Ray: Go on.\nUma Berg: The gate broke.\n", {"Jo Ray"}),
        (
            "The Convener:\nI call Ms Berg.\n\nUma Berg:\nIt was wet.\n\nThe Convener:\nGo on.\n\nUma Berg:\nIt broke.\n",
            {"The Convener"},
        ),
        ("MR RAY: We begin.\nMS BERG: Yes.\nQuestions from MR RAY\nMR RAY: Was it wet.\nMS BERG: Yes, sir.\n", {"MR RAY"}),
        ("ENT: e depois\nINF: veio a chuva\nENT: e a porta\nINF: partiu se\n", {"ENT"}),
        ("参加者 1: 雨でしたか。\n参加者 2: はい。\n参加者 1: いつですか。\n参加者 2: 春です。\n", {"参加者 1"}),
    ],
)
def test_who_leads_is_told_by_more_than_questions(text: str, asking: set[str]) -> None:
    """Numbers of questions, the chair, who examines, one who answers beside one other, a program's word for both."""
    assert {name for name, role in _roles(text).items() if role == "interviewer"} == asking


def test_members_who_ask_beside_the_chair_of_a_hearing_are_no_respondents() -> None:
    """The chair opens, a member asks, witnesses answer: two interviewers, and the others are respondents."""
    talk = "The Chairman: The committee will come to order. What did you see, Ms. Falk?\nMs. Falk: A light.\n"
    talk += (
        "The Chairman: And when was that?\nMs. Falk: Before six.\nSenator Roth: Madam Chair, may I?\nThe Chairman: Go ahead.\n"
    )
    talk += "Senator Roth: Mr. Hahn, who kept the keys?\nMr. Hahn: The night shift. I had one as well.\n"
    talk += (
        "Senator Roth: So you could come in?\nMr. Hahn: Yes.\nSenator Roth: I yield back.\nThe Chairman: We stand in recess.\n"
    )
    found = {"The Chairman": "interviewer", "Senator Roth": "interviewer", "Ms. Falk": "respondent", "Mr. Hahn": "respondent"}
    assert _roles(talk) == found


def test_of_two_respondents_by_name_the_one_who_asks_is_the_interviewer() -> None:
    """A legend or a letter that names both as respondents is no longer believed where one of them asks all the time."""
    talk = "Informant A: And then?\nInformant B: We left. There was nothing to be done about the well.\n" * 4
    assert _roles(talk) == {"Informant A": "interviewer", "Informant B": "respondent"}


def test_a_meeting_in_which_all_ask_keeps_somebody_who_answers() -> None:
    """The chair of a group and two who mostly ask: not everybody is an interviewer."""
    talk = "Chair: Let us begin with the well.\nAnna: Who dug it?\nBen: And when?\n" * 3
    assert set(_roles(talk).values()) != {"interviewer"}


def test_of_two_called_alike_neither_is_renamed_who_also_tells() -> None:
    """Two participants who talk with each other: the one with the question tags tells as much as the other."""
    talk = "Participant 1: It rained all day, and the bus was late. Was it?\nParticipant 2: I walked home by the river.\n" * 3
    assert "interviewer" not in _roles(talk).values()


def test_a_second_interviewer_by_the_first_letter_is_one() -> None:
    """I2 beside Interviewer 1 asks as well."""
    talk = "Interviewer 1: Where was it?\nRESP: By the mill.\nI2: And when?\nRESP: In May.\n" * 3
    assert _roles(talk)["I2"] == "interviewer"
