"""Adjudication: a third coding with a reason; the originals stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.agreement import agree as measured
from autocode.agreement.differences import CAUSES, inventory
from autocode.agreement.estimate import Estimate, enough
from autocode.config import Config
from autocode.desk.acts import act
from autocode.desk.advice import ReviewSession
from autocode.desk.compare import TAKEN, agree, agree_all, compared, figures, same
from autocode.desk.guard import Ask
from autocode.desk.rooms import WORK
from autocode.desk.session import Desk, pair_of
from autocode.errors import CodebookError, InputError, StudyError
from autocode.store import update
from autocode.study import Coder, Study
from autocode.study.matrix import coding_matrix
from tests.desk.desks import EVE, desk, first, learnt
from tests.desk.test_server import Page


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """Two coders differ on one segment of D1: Ben gave no code there."""
    return desk(study, tmp_path, learnt(study))


PAIR = ("ana", "ben")


def test_only_what_both_saw_and_one_coded_is_compared(found: Desk) -> None:
    """The one segment on which the coders differ is among those compared, with the question before it."""
    rows = compared(found, "D1", PAIR)
    assert all(r.first or r.second for r in rows)
    (differ,) = [r for r in rows if r.first != r.second]
    assert (differ.first, differ.second) == (("Work > Time",), ())
    assert differ.asked == "Could you tell me about it?"


def _unresolved(found: Desk) -> Desk:
    """The same study before anybody has resolved anything."""
    update(
        found.path,
        lambda s: replace(
            s,
            codings=tuple(c for c in s.codings if c.coder != "agreed"),
            readings=tuple(r for r in s.readings if r.coder != "agreed"),
        ),
    )
    found.refresh()
    return found


def test_what_agrees_is_taken_over_in_one_step(found: Desk) -> None:
    """Every segment with the same codes from both stands in the agreed coding; the others do not; one undo."""
    rows = same(_unresolved(found), PAIR)
    found.write(agree_all(found, EVE, Ask("agree-all", code="ana", suggested="ben", by=len(rows))))
    made = [c for c in found.study.codings if c.coder == "agreed"]
    assert Counter(c.code for c in made) == Counter(code for r in rows for code in r.first)
    assert {c.memo for c in made} == {TAKEN}
    assert sum(r.open for d in found.study.documents for r in compared(found, d.id, PAIR)) == 2
    assert same(found, PAIR) == []
    found.write(act(found, EVE, Ask("undo")))
    assert not [c for c in found.study.codings if c.coder == "agreed"]


def test_what_agrees_is_taken_over_only_as_shown(found: Desk) -> None:
    """Where another number agrees than the person was told, nothing is taken over."""
    count = len(same(_unresolved(found), PAIR))
    with pytest.raises(StudyError, match="agree now"):
        agree_all(found, EVE, Ask("agree-all", code="ana", suggested="ben", by=count - 1))
    with pytest.raises(StudyError, match="blind"):
        agree_all(found, ReviewSession("eve", blind=True), Ask("agree-all", by=count))


def test_a_pair_is_two_people_who_coded(found: Desk) -> None:
    """Unknown, doubled and machine names give way to the first two people."""
    assert pair_of(found, "nobody", "agreed") == PAIR
    assert pair_of(found, "ben", "ben") == ("ben", "ana")


def test_the_answer_is_the_agreement_of_the_library(found: Desk) -> None:
    """The pooled kappa and the codes with most disagreements come from `agree` on the same study."""
    pooled, rows = figures(found.study, found.people)
    report = measured(coding_matrix(found.study, Config(), ["ana", "ben"]))
    assert pooled.kappa.value == next(r for r in report.rows if not r.code and r.kind == "human-human").kappa.value
    assert rows[0].only_first + rows[0].only_second >= rows[-1].only_first + rows[-1].only_second


def test_a_resolution_is_a_third_coding(found: Desk) -> None:
    """The codes agreed on stand under `agreed`, with the reason; both originals are as before."""
    item = next(i for i in found.items("D1") if not i.context)
    before = [c for c in found.study.codings if c.coder != "agreed"]
    found.write(agree(found, EVE, Ask("agree", *item.key, codes=("Work > Time",), text="Ana is right")))
    made = [c for c in found.touching(item) if c.coder == "agreed"]
    assert [(c.code, c.memo) for c in made] == [("Work > Time", "Ana is right")]
    assert [c for c in found.study.codings if c.coder != "agreed"] == before
    found.write(act(found, EVE, Ask("undo")))
    assert not [c for c in found.touching(item) if c.coder == "agreed" and c.memo]


def test_a_resolution_to_no_code_counts(found: Desk) -> None:
    """Agreeing on no code takes the earlier resolution away and leaves the segment resolved."""
    item = next(i for i in found.items("D1") if any(c.coder == "agreed" for c in found.touching(i)))
    found.write(agree(found, EVE, Ask("agree", *item.key, codes=(), text="neither fits")))
    row = next(r for r in compared(found, "D1", PAIR) if r.item == item)
    assert row.agreed == ()


def test_a_resolution_has_the_reason_that_was_given_and_no_other(found: Desk) -> None:
    """Who gives no reason has none in the record: the page puts no words into a mouth."""
    item = first(found)
    (made,) = agree(found, EVE, Ask("agree", *item.key, codes=("Work > Time",), text="  "))
    assert (made.note, [c.memo for c in made.effects.added]) == ("", [""])
    (made,) = agree(found, EVE, Ask("agree", *item.key, codes=("Work > Time",), text=" as we said "))
    assert (made.note, [c.memo for c in made.effects.added]) == ("as we said", ["as we said"])


def test_a_resolution_needs_known_codes(found: Desk) -> None:
    """With an unknown code, or in blind mode, nothing is resolved."""
    item = first(found)
    with pytest.raises(CodebookError):
        agree(found, EVE, Ask("agree", *item.key, codes=("Nowhere",), text="x"))
    with pytest.raises(StudyError, match="blind"):
        agree(found, ReviewSession("eve", blind=True), Ask("agree", *item.key, codes=("Work",), text="x"))


def test_what_only_one_has_read_is_no_disagreement(found: Desk) -> None:
    """In a document that only one coder has worked on nothing is compared."""
    item = first(found)
    found.write(act(found, EVE, Ask("accept", *item.key, suggested=item.suggestions[0].code)))
    assert compared(found, "D6", ("eve", "ana")) == []


def test_what_is_adjudicated_is_what_meeting_and_dossier_tell_of(found: Desk, study: Study) -> None:
    """The same segments, codes and causes as in the inventory of differences; anew when one of the two codes."""
    _unresolved(found)
    for _ in range(2):
        matrix = coding_matrix(found.study, Config(), PAIR)
        listed = {(d.segment.document, d.segment.id): d for d in inventory(matrix, *PAIR).segments}
        rows = {r.item.key: r for d in found.study.documents for r in compared(found, d.id, PAIR) if r.open}
        assert rows.keys() == listed.keys()
        for key, r in rows.items():
            assert (r.first, r.second) == (listed[key].first, listed[key].second)
            assert r.causes == tuple(CAUSES[c] for c in listed[key].causes)
        same_now = next(r for d in found.study.documents for r in compared(found, d.id, PAIR) if not r.open)
        gone = next(c for c in found.touching(same_now.item) if c.coder == "ana")
        ask = Ask("remove", *same_now.item.key, code=gone.code, start=gone.start, end=gone.end)
        found.write(act(found, replace(EVE, coder="ana"), ask))


def test_some_of_the_words_are_agreed_on(found: Desk) -> None:
    """The agreed coding holds the words chosen; the segment is resolved; words outside it are refused."""
    item = compared(found, "D1", PAIR)[0].item
    start = item.segment.start + found.study.by_id["D1"].text_of(item.segment).index(" ")
    ask = Ask("agree", *item.key, codes=("Work > Time",), text="these words", start=start, end=item.segment.end)
    found.write(agree(found, EVE, ask))
    (made,) = [c for c in found.touching(item) if c.coder == "agreed"]
    assert (made.start, made.end) == (start + 1, item.segment.end)
    row = next(r for r in compared(found, "D1", PAIR) if r.item == item)
    assert row.agreed == ("Work > Time",)
    with pytest.raises(StudyError, match="not within"):
        agree(found, EVE, replace(ask, start=item.segment.start - 3))


def test_a_later_round_is_no_further_coder_in_any_room(study: Study, tmp_path: Path) -> None:
    """Rooms that speak of coders take each person once, as dossier.toml has it at that moment, and say who is left out."""
    codings = tuple(replace(c, coder="ana2") for c in study.codings if c.coder == "ana")[::2]
    readings = tuple(replace(r, coder="ana2") for r in study.readings if r.coder == "ana")
    twice = replace(
        study,
        coders=(Coder("ana2", "Ana anew"), *study.coders),
        codings=(*study.codings, *codings),
        readings=(*study.readings, *readings),
    )
    page = Page(desk(twice, tmp_path, None))
    page.enter("ana")
    assert pair_of(page.desk) == ("ana2", "ana")
    assert "Of 3 people who coded, <strong>Ana anew</strong> and <strong>" in page.room("compare")
    (tmp_path / "dossier.toml").write_text('[[rounds]]\nfirst = "ana"\nsecond = "ana2"\n', encoding="utf-8")
    assert pair_of(page.desk) == pair_of(page.desk, "ana2") == ("ana", "ben")
    assert "people who coded" not in page.room("compare")
    assert figures(page.desk.study, page.desk.people)[0].pairs == 1
    for room in ("compare", "model", "second", "second/meeting", "second/clinic", "second/twice", "second/findings"):
        text = page.room(room)
        assert "later round of the same people: Ana anew" in text, room
        assert 'value="ana2"' not in text, room
    with pytest.raises(InputError, match="does not have them"):
        WORK["model"](page.study, {"coders": ["ana2"]})
    assert "--coders" not in WORK["model"](page.study, {"coders": ["ana", "ben"]})[1]
    counts = page.study.sizes()
    assert f"{counts['coding']} codings by 2 coders" in page.client.get("/s/1").text
    assert f"2 coders with {counts['coding']} codings" in page.client.get("/s/1").text
    (tmp_path / "dossier.toml").unlink()
    assert "later round" not in page.room("compare")
    assert page.study.sizes()["coder"] == 3
    (tmp_path / "dossier.toml").write_text("[[rounds", encoding="utf-8")
    assert page.study.sizes()["coder"] == 3
    assert "cannot be read as TOML" in page.room("compare")


def test_a_kappa_of_few_documents_is_called_firm_nowhere() -> None:
    """What a kappa is enough for is said by one rule: without an interval nobody can say how sure it is."""
    level, good = enough(Estimate(0.9, no_interval="few_documents"), "document") or ("", "")
    assert "how sure this is cannot be said" in level
    assert "first impression" in good
    assert "firm" in (enough(Estimate(0.9, 0.85, 0.95), "document") or ("",))[0]
