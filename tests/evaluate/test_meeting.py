"""The meeting: studies meet by their words, the agenda by what it costs, and only new text is reliability."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from autocode.errors import AutocodeError
from autocode.evaluate.meeting import VOTE, Voted, agenda, compare_since, discussed, voted
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import codebook_from_rows
from autocode.study.merge import merge_by_text
from autocode.trail import Decision, Effects, Entry, seal
from tests.evaluate.made import matrix_of

TEXT = "We work at night.\n\nThe pay is poor.\n\nNobody asks us."


def coded(document: str, text: str, coder: str, code: str = "Pay") -> Study:
    """One transcript with one coding of the second paragraph."""
    start = text.index("The pay")
    return Study(
        documents=(Document(document, text),),
        coders=(Coder(coder),),
        codings=(Coding(document, start, start + 16, code, coder),),
        readings=(Reading(document, coder, 0, len(text)),),
        name=document,
    )


def test_two_studies_meet_by_their_words() -> None:
    """Another file name and other line ends are the same transcript; codings keep their words."""
    both = merge_by_text(coded("R01", TEXT, "ana"), coded("Interview_final", TEXT.replace("\n\n", "\n") + "\n", "ben"))
    assert [d.id for d in both.documents] == ["R01"]
    assert {both.documents[0].text_of(c) for c in both.codings} == {"The pay is poor."}
    assert {c.coder for c in both.codings} == {"ana", "ben"}


def test_two_people_of_one_name_stay_two() -> None:
    """Both laptops call their coder "me"."""
    both = merge_by_text(coded("R01", TEXT, "me"), coded("R01", TEXT, "me"))
    assert {c.coder for c in both.codings} == {"me", "me (2)"}


def test_an_edited_transcript_is_refused() -> None:
    """One id with other words was edited after coding; strangers share nothing."""
    with pytest.raises(AutocodeError, match="no document has the same words"):
        merge_by_text(coded("R01", TEXT, "ana"), coded("R02", TEXT.replace("night", "noon"), "ben"))
    shared = coded("R02", TEXT.replace("night", "dawn"), "ben")
    first = replace(coded("R01", TEXT, "ana"), documents=(Document("R01", TEXT), Document("R02", shared.documents[0].text)))
    second = replace(shared, documents=(*shared.documents, Document("R01", TEXT + " Ever.")))
    with pytest.raises(AutocodeError, match="edited after coding"):
        merge_by_text(first, second)


def test_codebooks_without_a_common_name_are_refused() -> None:
    """Other words for every code are told, for nothing could be compared; a code that moved to a theme is still compared."""
    with pytest.raises(AutocodeError, match="codebooks differ: no code that was used"):
        merge_by_text(coded("R01", TEXT, "ana"), coded("R01", TEXT, "ben", "Money matters"))
    both = merge_by_text(coded("R01", TEXT, "ana"), coded("R01", TEXT, "ben", "Barriers > pay"))
    assert {c.code for c in both.codings} == {"Pay", "Barriers > pay"}
    silent = replace(coded("R01", TEXT, "ben"), codings=())
    assert len(merge_by_text(coded("R01", TEXT, "ana"), silent).coders) == 2


CODES = ("A", "A > one", "B", "C")


def planted() -> np.ndarray:
    """10 documents: B is missed often, A and its child are mixed up, C is never given by ben."""
    Y = np.zeros((2, 200, 4), dtype=bool)
    for d in range(10):
        at = 20 * d
        Y[:, at, :3] = True
        Y[0, at + 1 : at + 4, 2] = True
        Y[0, at + 5, 0] = Y[1, at + 5, 1] = True
        if d < 4:
            Y[0, at + 7, 3] = True
    return Y


def test_the_agenda_is_in_the_order_of_what_it_costs() -> None:
    """The cause that costs most comes first, each with its name, and the time is kept."""
    matrix = matrix_of(planted(), 10, CODES)
    documents = [Document(d, f"words {d}") for d in matrix.documents]
    made = agenda(matrix, documents, ("ana", "ben"))
    assert [p.cause for p in made.points] == ["missed", "level", "silent"]
    assert made.points[0].codes == ("B",)
    assert made.after is not None
    assert made.kappa is not None
    assert made.after > made.kappa
    level = made.points[1]
    assert (len(level.cells), len(level.passages)) == (20, 10)  # one passage holds both of an exchange
    short = agenda(matrix, documents, ("ana", "ben"), minutes=6)
    assert sum(p.minutes for p in short.points) <= 6
    assert short.left == 3 - len(short.points)


def test_after_the_meeting_only_new_text_counts() -> None:
    """Discussed text is told before and after; who yielded is counted; text coded since stands apart."""
    Y = planted()
    matrix = matrix_of(Y, 10, CODES)
    documents = [Document(d, f"words {d}") for d in matrix.documents]
    talked = replace(matrix, seen=matrix.seen & (matrix.groups < 5))
    record = json.loads(json.dumps(agenda(talked, documents, ("ana", "ben")).to_json()))
    settled = Y.copy()
    settled[1, :100, 2] = settled[0, :100, 2]
    found = compare_since(replace(matrix, Y=settled), documents, record)
    assert found.yielded == {"ana": 0, "ben": 15}
    assert found.discussed - found.open == 15
    assert found.before is not None
    assert found.after is not None
    assert found.after > found.before
    assert found.apart_units == 100


@pytest.mark.parametrize("record", [{}, {"coders": ["ana", "ben"], "documents": {"D0": "0"}, "points": [], "kappa": 0.5}])
def test_an_agenda_of_another_study_is_refused(record: dict[str, object]) -> None:
    """A file that is none, and one of other words, are told apart from a meeting of this study."""
    matrix = matrix_of(planted(), 10, CODES)
    with pytest.raises(AutocodeError, match="agenda"):
        compare_since(matrix, [Document(d, d) for d in matrix.documents], record)


def test_an_agenda_whose_documents_only_one_has_coded_is_refused() -> None:
    """The same words in another study, which one of the two has not read there: nothing is compared with nothing."""
    matrix = matrix_of(planted(), 10, CODES)
    documents = [Document(d, f"words {d}") for d in matrix.documents]
    talked = replace(matrix, seen=matrix.seen & (matrix.groups < 5))
    record = agenda(talked, documents, ("ana", "ben")).to_json()
    alone = replace(matrix, seen=matrix.seen & ((matrix.groups >= 5) | np.array([[True], [False]])))
    with pytest.raises(AutocodeError, match="ana and ben have not both coded its documents here"):
        compare_since(alone, documents, record)


def _ledger(*decisions: Decision) -> list[Entry]:
    entries: list[Entry] = []
    for decision in decisions:
        entries.append(seal(decision, "2026-11-28T00:00:00", entries[-1] if entries else None))
    return entries


def test_votes_are_told_from_the_ledger_alone() -> None:
    """Of two who voted on what they differed on, the last vote counts; what one acted on later counts as it stood before."""
    Y = np.zeros((2, 8, 2), dtype=bool)
    Y[0, :4, 0] = Y[1, 2:6, 0] = Y[:, 7, 1] = True  # they differ on units 0, 1, 4 and 5
    m = matrix_of(Y, 2, ("A", "B"))
    assert voted(m, []) is None

    def vote(coder: str, u: int, given: bool, code: str = "A") -> Decision:
        s = m.segments[u]
        return Decision(
            VOTE, coder, s.document, s.id, s.start, s.end, code, note=f"{'given' if given else 'not given'} at the meeting"
        )

    said = [vote("ana", 0, True), vote("ana", 0, False), vote("ben", 0, False), vote("ana", 4, False), vote("ben", 4, True)]
    found = voted(m, _ledger(*said, vote("ana", 5, True)))
    assert found is not None
    assert (found.coders, found.differed, found.agreed, found.waiting) == (("ana", "ben"), 2, 1, 1)
    assert dict(found.changed) == {"ana": 1, "ben": 0}
    assert found.before is not None
    assert found.after is not None
    assert found.after > found.before
    acted, s = m.Y.copy(), m.segments[0]
    acted[0, 0, 0] = False
    taken = Decision("remove", "ana", s.document, s.id, s.start, s.end, "A")
    assert voted(replace(m, Y=acted), _ledger(*said, vote("ana", 5, True), taken)) == found
    undo = Decision("undo", "ana", undoes=(3,))
    assert (voted(m, _ledger(*said, undo)) or found).differed == 1


def test_a_vote_on_a_code_that_was_renamed_since_is_told() -> None:
    """A code is known by its identity: what was voted on under its old name counts under the new one."""
    old = codebook_from_rows([{"code": "A"}, {"code": "B"}])
    new = replace(old, codes=(replace(old.codes[0], guid=old.codes[0].identifier, name="Pay"), *old.codes[1:]))
    Y = np.zeros((2, 8, 2), dtype=bool)
    Y[0, 0, 0] = Y[:, 7, 1] = True
    m = matrix_of(Y, 2, ("Pay", "B"))
    s = m.segments[0]
    votes = [Decision(VOTE, c, s.document, s.id, s.start, s.end, "A", note="given at the meeting") for c in ("ana", "ben")]
    found = voted(m, _ledger(*votes, Decision("rename", "ana", effects=Effects(book=(old, new)))))
    assert isinstance(found, Voted)
    assert (found.differed, found.agreed, dict(found.changed)) == (1, 1, {"ana": 0, "ben": 1})


def test_two_states_are_known_from_the_ledger() -> None:
    """Votes of both and agreed codings stand in the place of what they settled, and nowhere else; what is undone does not."""
    Y = np.zeros((3, 8, 2), dtype=bool)
    Y[0, :4, 0] = Y[1, 2:6, 0] = Y[:2, 7, 1] = True  # the first two differ on units 0, 1, 4 and 5
    Y[2, 1, 1] = True  # agreed: neither coder's code
    m = replace(matrix_of(Y, 2, ("A", "B")), coders=("ana", "ben", "agreed"))
    assert discussed(m, [], "agreed") is None

    def said(action: str, coder: str, u: int, note: str = "") -> Decision:
        s = m.segments[u]
        return Decision(action, coder, s.document, s.id, s.start, s.end, "A" if action == VOTE else "", note=note)

    steps = [
        said(VOTE, "ana", 0, "given"),
        said(VOTE, "ben", 0, "given"),
        said(VOTE, "ana", 4, "given"),
        said("agree", "ana", 1),
    ]
    found = discussed(m, _ledger(*steps, said("agree", "ben", 2)), "agreed")
    assert found is not None
    assert (found.before.coders, found.votes, found.settled) == (("ana", "ben"), 1, 1)
    assert (Y[:2] == found.before.Y).all()
    after = Y[:2].copy()
    after[1, 0, 0] = True
    after[:, 1] = (False, True)
    assert (after == found.after.Y).all()
    assert discussed(m, _ledger(steps[3], Decision("undo", "ana", undoes=(1,))), "agreed") is None
