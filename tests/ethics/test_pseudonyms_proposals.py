"""What may tell who someone is: found by patterns, reviewed by a human."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import ConfigError, InputError
from autocode.ethics.pseudonyms import Proposal, apply_proposals, propose, read_proposals, write_proposals
from autocode.study import Document, Study, Turn

SAID = (
    "I wrote to Dr Lim (lim.wei@uni.edu.my) and called 012-345 6789 or +60 3-7967 3273. "
    "We met at Jalan Duta. See www.example.org/page, or @meiling on that site. My pass is S1234567. "
    "Later, Dr Lim moved to Monash University, and then Farah laughed. You may stay, sir. You know."
)


def _study(*texts: str) -> Study:
    return Study(tuple(Document(f"d{i}", text) for i, text in enumerate(texts)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("person", "Lim"),
        ("e-mail", "lim.wei@uni.edu.my"),
        ("phone", "012-345 6789"),
        ("phone", "+60 3-7967 3273"),
        ("place", "Jalan Duta"),
        ("web address", "www.example.org/page"),
        ("handle", "@meiling"),
        ("id number", "S1234567"),
        ("organisation", "Monash University"),
        ("person", "Farah"),
    ],
)
def test_patterns_find_what_tells_who_someone_is(kind: str, text: str) -> None:
    """Names after titles, addresses, numbers, places, organisations, capitalised words."""
    assert (kind, text) in {(p.kind, p.found) for p in propose(_study(SAID))}


def test_a_word_after_a_full_stop_is_no_name() -> None:
    """Titles in lower case or at the end of a sentence propose nobody."""
    assert "You" not in {p.found for p in propose(_study(SAID)) if p.kind == "person"}


def test_one_name_has_one_pseudonym_in_all_documents() -> None:
    """The same name in two documents is one proposal, counted in both."""
    (found,) = [p for p in propose(_study("Dr Lim came. Dr Lim left.", "I saw Dr Lim.")) if p.found == "Lim"]
    assert (found.count, found.documents, found.replacement) == (3, 2, "[Person 1]")


def test_nothing_is_applied_before_a_human_says_so(tmp_path: Path) -> None:
    """Proposals are written unmarked; only rows marked yes come back as to be applied."""
    path = tmp_path / "p.csv"
    write_proposals(path, propose(_study(SAID)))
    assert not any(p.apply for p in read_proposals(path))
    text = path.read_text(encoding="utf-8-sig").replace(",sure,person,Lim", "yes,sure,person,Lim")
    path.write_text(text, encoding="utf-8")
    assert [p.found for p in read_proposals(path) if p.apply] == ["Lim"]


def test_a_phone_number_survives_the_guard_against_formulas(tmp_path: Path) -> None:
    """A number with a leading plus is guarded in the table and read back as it was."""
    path = tmp_path / "p.csv"
    write_proposals(path, [Proposal("phone", "+60 3-7967 3273", "[Phone 1]", 1, 1, True)])
    assert "'+60" in path.read_text(encoding="utf-8-sig")
    assert read_proposals(path)[0].found == "+60 3-7967 3273"


def test_a_replacement_that_holds_the_name_is_refused(tmp_path: Path) -> None:
    """Lim cannot become Dr Lim; the line is named, the words are not."""
    path = tmp_path / "p.csv"
    write_proposals(path, [Proposal("person", "Lim", "Dr Lim", 1, 1, True)])
    with pytest.raises(InputError, match="line 2") as caught:
        read_proposals(path)
    assert "Lim" not in str(caught.value)


def test_a_missing_pipeline_is_one_clear_line() -> None:
    """A spaCy pipeline that is not installed is named, with the way on."""
    with pytest.raises(ConfigError, match="no_such_pipeline"):
        propose(replace(_study(SAID)), "no_such_pipeline")


def test_named_entities_are_found_where_a_pipeline_is_installed(tmp_path: Path) -> None:
    """What a spaCy pipeline calls a person is proposed as one, though no pattern sees it."""
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "grandmother rose"}])  # type: ignore[attr-defined]
    pipeline.to_disk(tmp_path / "ner")
    study = _study("we asked grandmother rose about it")
    assert propose(study) == []
    (found,) = propose(study, str(tmp_path / "ner"))
    assert (found.kind, found.found) == ("person", "grandmother rose")


def test_a_speaker_whom_no_text_names_is_proposed() -> None:
    """A table keeps names of speakers in a column of their own, and participants' variables stand beside the talk too."""
    text = "we went to the market\n\nand was it open"
    turns = (Turn(0, 21, "Marta Quill"), Turn(23, len(text), "Jonas Weber"))
    document = Document("d", text, "d", turns, variables={"name": "Martha"})
    found = {p.found: (p.kind, p.count, p.documents) for p in propose(Study((document,)))}
    assert found == {"Marta Quill": ("person", 1, 1), "Jonas Weber": ("person", 1, 1), "Martha": ("person", 1, 1)}


@pytest.mark.parametrize(
    ("called", "found"),
    [
        ("Ana Lim", "Ana Lim"),
        ("Interview Ana Lim 2", "Ana Lim"),
        ("2024-03-01 Siobhan O'Neill transcript", "Siobhan O'Neill"),
        ("Interview_Ana_Lim", "Ana Lim"),
        ("Interview_Ravi_Kumar_2", "Ravi Kumar"),
        ("AnaLim2", "AnaLim2"),
        ("marta_quill", "marta quill"),
        ("R03", ""),
        ("Focus group 2", ""),
        ("Recognition", ""),
        ("interview-12", ""),
        ("FG_NHS", ""),
        ("market", ""),
    ],
)
def test_documents_called_by_a_name_are_proposed(called: str, found: str) -> None:
    """A file is often called by whoever speaks in it; kinds of recordings, codes and words of the talk are no names."""
    text = "we spoke of recognition at the market"
    study = Study((Document(called, text, called, (Turn(0, len(text), "Marta Quill"),)),))
    mine = [p for p in propose(study) if p.found != "Marta Quill"]
    assert [(p.kind, p.found, p.documents) for p in mine] == ([("person", found, 1)] if found else [])


def test_a_name_inside_what_a_document_is_called_is_replaced_there_and_in_the_talk() -> None:
    """One proposal for Ravi Kumar takes the name out of the talk and out of Interview_Ravi_Kumar_2; the rest stays."""
    text = "I am Ravi Kumar, not Ravi Kumaran; write to the ravi_kumar_list"
    study = Study((Document("Interview_Ravi_Kumar_2", text, "Interview_Ravi_Kumar_2"),))
    (one,) = [p for p in propose(study) if p.found == "Ravi Kumar"]
    done = apply_proposals(study, [replace(one, replacement="[A]", apply=True)])
    (document,) = done.study.documents
    assert (document.id, document.name) == ("Interview_[A]_2", "Interview_[A]_2")
    assert document.text == "I am [A], not Ravi Kumaran; write to the ravi_kumar_list"
    assert set(done.counts) == {"Ravi Kumar"}
