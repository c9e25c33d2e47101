"""The nouns and how two studies are put together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autocode.errors import StudyError
from autocode.study import Coding, Document, Reading, Study
from autocode.study.merge import join_readings, merge


def test_merging_a_study_with_itself_changes_nothing(study: Study) -> None:
    """Importing the same files twice leaves the study as it was."""
    assert merge(study, study).sha256 == study.sha256


def test_merging_never_drops_human_coding(study: Study) -> None:
    """Codings of either side are all there afterwards, each once."""
    extra = Coding("D0", 0, 5, "Work", "ana")
    both = merge(study, replace(study, codings=(extra,)))
    assert set(both.codings) == {*study.codings, extra}
    assert len(both.codings) == len(study.codings) + 1


def test_another_text_under_a_known_id_is_refused(study: Study) -> None:
    """A document whose text changed would silently move every coding, so it is refused."""
    with pytest.raises(StudyError, match="another text"):
        merge(study, Study(documents=(Document("D0", "Something else."),)))


def test_readings_that_touch_become_one() -> None:
    """Coverage is kept as the fewest spans that say the same."""
    spans = [Reading("d", "a", 5, 9), Reading("d", "a", 0, 5), Reading("d", "b", 0, 2), Reading("d", "a", 20, 30)]
    assert join_readings(spans) == (Reading("d", "a", 0, 9), Reading("d", "a", 20, 30), Reading("d", "b", 0, 2))


def test_a_resolution_is_no_human_coder(study: Study) -> None:
    """The agreed coding is left out of the humans by default."""
    assert study.humans == ("ana", "ben")
    assert study.agreed == "agreed"


def test_an_unknown_coder_is_named_beside_the_known(study: Study) -> None:
    """Asking for a coder who is not there lists those who are."""
    with pytest.raises(StudyError, match="coder 'eve'.*ana, ben"):
        study.choose(["eve"])


def test_a_study_without_codings_says_what_to_do(study: Study) -> None:
    """Where nothing is coded, the error names the import command."""
    with pytest.raises(StudyError, match="autocode import"):
        replace(study, codings=()).choose(None)


def test_the_hash_sees_every_coding(study: Study) -> None:
    """Dropping one coding changes the study's hash; reordering them does not."""
    assert replace(study, codings=study.codings[1:]).sha256 != study.sha256
    assert replace(study, codings=study.codings[::-1]).sha256 == study.sha256


def _mixed(study: Study) -> Study:
    """The study with its last two documents as literature, which ben has not read."""
    documents = tuple(replace(d, kind="literature") if d.id in ("D6", "D7") else d for d in study.documents)
    return replace(
        study,
        documents=documents,
        codings=tuple(c for c in study.codings if (c.document, c.coder) not in {("D6", "ben"), ("D7", "ben")}),
        readings=tuple(r for r in study.readings if (r.document, r.coder) not in {("D6", "ben"), ("D7", "ben")}),
    )


def test_a_study_of_one_kind_holds_its_documents_and_their_coders_alone(study: Study) -> None:
    """Codings, readings and coders of other kinds are left out; the codebook stays."""
    mixed = _mixed(study)
    papers = mixed.of_kind("literature")
    assert [d.id for d in papers.documents] == ["D6", "D7"]
    assert {c.document for c in papers.codings} == {r.document for r in papers.readings} == {"D6", "D7"}
    assert papers.humans == ("ana",)
    assert papers.codebook == study.codebook
    assert len(papers.codings) + len(mixed.of_kind("interview").codings) == len(mixed.codings)


def test_no_kind_is_the_whole_study_and_a_missing_one_is_an_error(study: Study) -> None:
    """The error names the kinds that are there."""
    assert study.of_kind("") is study
    with pytest.raises(StudyError, match="kinds there: interview"):
        study.of_kind("field note")
