"""Unlike anything coded: what is far from all that was met, and what of it belongs together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autocode.config import Config
from autocode.model import CodingModel
from autocode.model.precedents import Precedent, Precedents, edge_of, nearest_distance, unlike
from autocode.study import Document, Segment, Study, Turn
from tests.conftest import spoken
from tests.fake_encoder import FakeEncoder


def _around(axis: int, spread: float, count: int, seed: int) -> np.ndarray:
    """Unit vectors (count, 16) near one axis."""
    rows = np.eye(16)[[axis] * count] + spread * np.random.default_rng(seed).normal(size=(count, 16))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _segments(documents: str) -> list[Segment]:
    return [Segment(d, 10 * i, 10 * i + 9, str(i)) for i, d in enumerate(documents)]


def test_distance_leaves_out_the_own_group() -> None:
    """With groups, a vector is compared with those of other groups only; alone it is infinitely far."""
    vectors = np.eye(16, dtype=np.float32)[[0, 0, 1]]
    groups = np.array([0, 0, 1])
    assert nearest_distance(vectors, vectors).tolist() == [0, 0, 0]
    assert nearest_distance(vectors, vectors, (groups, groups)).tolist() == [1, 1, 1]
    assert np.isinf(nearest_distance(vectors, vectors[:0])).all()


def test_the_edge_lets_one_in_twenty_of_a_like_document_pass() -> None:
    """On new segments of the same kind, about 5 of 100 lie beyond the edge."""
    known, new = _around(0, 0.2, 1000, 1), _around(0, 0.2, 1000, 2)
    edge = edge_of(known, np.arange(1000) // 50, np.arange(1000))
    assert 0.03 < (nearest_distance(new, known) > edge).mean() < 0.08


def test_a_cluster_needs_three_segments_of_two_documents() -> None:
    """Three alike in two documents are a possible code; two, or three in one document, are none."""
    vectors = np.concatenate([_around(1, 0.05, 3, 1), _around(2, 0.05, 3, 2), _around(3, 0.05, 2, 3)])
    found = unlike(_segments("aabaaaab"), vectors, np.full(8, 0.9), 0.3)
    assert [[s.id for s in p.segments] for p in found.possible] == [["0", "1", "2"]]
    assert found.possible[0].documents == ("a", "b")


def test_central_quotes_are_those_most_like_the_others() -> None:
    """The segment at the edge of a cluster is not among its three central ones."""
    near, odd = _around(1, 0.03, 4, 1), _around(1, 0.2, 1, 2)
    found = unlike(_segments("abcde"), np.concatenate([odd, near]), np.full(5, 0.9), 0.5)
    assert len(found.possible[0].segments) == 5
    assert "0" not in {s.id for s in found.possible[0].central}


def test_only_segments_beyond_the_edge_are_unlike() -> None:
    """A segment at the edge is still familiar, and its distance is not reported."""
    found = unlike(_segments("ab"), _around(1, 0.1, 2, 1), np.array([0.3, 0.31]), 0.3)
    assert ([s.id for s in found.segments], found.distances) == (["1"], (0.31,))
    assert found.to_json()["segments"][0]["document"] == "b"


def test_talk_of_another_kind_is_marked(study: Study, encoder: FakeEncoder) -> None:
    """Words the study never used are marked and gathered as a possible code; an interview like the others is not."""
    model = CodingModel.from_config(Config(), encoder).fit(study)
    strange = "qualifying laps on wet asphalt punish cold tyres"
    documents = [Document(f"N{i}", strange, turns=(Turn(0, len(strange), "R"),)) for i in range(3)]
    found = model.unlike([*documents, spoken(3)])
    assert [s.document for s in found.segments] == ["N0", "N1", "N2"]
    assert [p.documents for p in found.possible] == [("N0", "N1", "N2")]
    shown = model.suggest(documents[0], everything=True)
    assert all(s.grounds.unfamiliar for s in shown)
    assert not any(s.grounds.unfamiliar for s in model.suggest(spoken(3)))


def test_segments_read_and_left_alone_are_familiar(study: Study, encoder: FakeEncoder) -> None:
    """What a coder read without giving a code is remembered as a vector, without its words."""
    model = CodingModel.from_config(Config(), encoder).fit(study)
    assert model.precedents is not None
    left = [p for p in model.precedents.items if not p.codes]
    assert len(left) == 16
    assert {p.text for p in left} == {""}
    cut = replace(study, documents=tuple(spoken(n) for n in range(20, 22)))
    assert model.unlike(cut).segments == ()


def test_a_precedent_tells_who_read_it_without_giving_the_code() -> None:
    """A segment that one of two readers coded is a contested precedent; one that only its coder read is none."""
    items = (
        Precedent("d", "1", "both read", {"A": ("ana",)}, ("ana", "ben")),
        Precedent("d", "2", "one read", {"A": ("ana",)}, ("ana",)),
    )
    known = Precedents(items, np.eye(2, dtype=np.float32))
    (found,) = known.nearest(np.array([[1, 0.5]], dtype=np.float32), [("A",)])
    assert [(e.text, e.without) for e in found] == [("both read", "ben"), ("one read", "")]
    again = Precedents.from_rows(known.rows(), known.vectors)
    assert again.items[0].readers == ["ana", "ben"]


def test_many_questions_at_once_have_the_answers_of_each_by_itself() -> None:
    """Evidence of many segments is that of each compared with every coded segment by itself: order, ties and all."""
    rng = np.random.default_rng(3)
    few = rng.standard_normal((700, 32)).astype(np.float32)
    vectors = np.concatenate([few, rng.standard_normal((1501, 32)).astype(np.float32), few[:300]])  # said twice: ties
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    codes = [("A", "B", "C")[i % 3 if i % 7 else 0] for i in range(len(vectors))]
    items = tuple(Precedent(f"d{i}", str(i), f"text {i}", {code: ("ana",)}) for i, code in enumerate(codes))
    known, asked = Precedents(items, vectors), vectors[::9]
    wanted = [(("A",), ("B", "C"), ("A", "B", "C"), ("none",))[j % 4] for j in range(len(asked))]
    for vector, own, found in zip(asked, wanted, known.nearest(asked, wanted), strict=True):
        rows = [i for i, code in enumerate(codes) if code in own]
        like = np.round(vectors[rows].astype(np.float64) @ vector.astype(np.float64), 6)
        best = sorted(range(len(rows)), key=lambda j: (-like[j], j))[:3]
        assert [e.text for e in found] == [f"text {rows[j]}" for j in best]
        assert np.allclose([e.similarity for e in found], like[best], rtol=0, atol=1.5e-6)
