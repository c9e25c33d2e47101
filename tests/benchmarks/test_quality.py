"""The quality benchmark: measures against scikit-learn, parts without leaks, rows and tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import measures
import nested
import numpy as np
import peers
import picture
import product
import pytest
import sets
import tables
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score

from autocode.classify import cross_predict
from autocode.classify.material import Target, Turns, features


@pytest.fixture(scope="module")
def corpus() -> sets.Corpus:
    """The bundled study."""
    return sets.load("bundled", None, product.settings("quick"))


def votes(n: int = 200, K: int = 3, seed: int = 0) -> np.ndarray:
    """Two coders who mostly agree, and a third who saw the first half, (3, n, K)."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, K)) < 0.3
    given = np.stack([truth ^ (rng.random((n, K)) < 0.1) for _ in range(3)]).astype(float)
    given[2, n // 2 :] = np.nan
    return given


def judged(n: int = 200) -> measures.Judged:
    """Votes as above, with a noisy machine."""
    v, rng = votes(n), np.random.default_rng(1)
    P = np.clip(0.6 * v[0] + 0.4 * rng.random((n, 3)), 0, 1).round(2)
    return measures.Judged(v, np.arange(n) % 10, P, (P > 0.5).astype(float))


def test_kappa_is_scikit_learns():
    """Cohen's kappa of 0/1 codings equals scikit-learn's; two constant codings have none."""
    a, b = votes()[0, :, 0], votes()[1, :, 0]
    assert measures.kappa(a, b) == pytest.approx(cohen_kappa_score(a, b))
    assert np.isnan(measures.kappa(np.zeros(5), np.zeros(5)))


def test_average_precision_is_scikit_learns():
    """Ties included; and a unit of weight two counts as two units."""
    rng = np.random.default_rng(3)
    p, y = rng.random(80).round(1), (rng.random(80) < 0.3).astype(float)
    w = rng.integers(0, 3, 80).astype(float)
    found = measures.average_precision(p, y, np.stack([np.ones(80), w]))
    again = np.repeat(np.arange(80), w.astype(int))
    assert found[0] == pytest.approx(average_precision_score(y, p))
    assert found[1] == pytest.approx(average_precision_score(y[again], p[again]))


def test_ratio_is_machine_over_human_kappa():
    """Means over codes of kappas weighted by the units each pair of coders shares."""
    j = judged()
    human, machine = [], []
    for k in range(3):
        rows = []
        for a, b, m in ((0, 1, 200), (0, 2, 100), (1, 2, 100)):
            x, y, d = j.votes[a, :m, k], j.votes[b, :m, k], j.D[:m, k]
            rows.append((m, cohen_kappa_score(x, y), (cohen_kappa_score(x, d) + cohen_kappa_score(y, d)) / 2))
        weights = [r[0] for r in rows]
        human.append(np.average([r[1] for r in rows], weights=weights))
        machine.append(np.average([r[2] for r in rows], weights=weights))
    found = measures.agreement(j)
    assert found["human"] == pytest.approx(np.mean(human))
    assert found["ratio"] == pytest.approx(np.mean(machine) / np.mean(human))
    assert found["ratio_low"] < found["ratio"] < found["ratio_high"]


def test_codes_that_a_coder_hardly_used_do_not_count():
    """Nine uses by either coder keep a code out of the ratio."""
    j = judged()
    v = j.votes[:2].copy()
    v[0, :, 2] = np.arange(200) < 9
    assert measures.agreement(replace(j, votes=v))["agreed_codes"] == 2


def test_one_coder_has_kappa_and_no_ratio():
    """With one coder the ratio is missing, and kappa is that with the coder."""
    j = judged()
    found = measures.measures(replace(j, votes=j.votes[:1]))
    expected = np.mean([cohen_kappa_score(j.votes[0, :, k], j.D[:, k]) for k in range(3)])
    assert np.isnan(found["ratio"])
    assert found["kappa"] == pytest.approx(expected)


def test_recall_precision_and_coverage_by_hand():
    """Two units, three codes: one of two codings is first, one suggestion of two is right."""
    P = np.array([[0.9, 0.2, 0.1], [0.8, 0.3, 0.2]])
    Y = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert measures.recall_at(P, Y > 0, 1) == 0.5
    assert measures.recall_at(P, Y > 0, 2) == 1.0
    found = measures.decided((P > 0.5).astype(float), Y)
    assert found == {"precision": 0.5, "coverage": 0.5, "given": 1.0}


def test_calibration_error_by_hand():
    """Ten decisions at .75 of which five hold are .25 off; right on average is 0."""
    assert measures.calibration_error(np.full((10, 1), 0.75), np.tile([[0.0], [1.0]], (5, 1))) == pytest.approx(0.25)
    assert measures.calibration_error(np.full((4, 1), 0.25), np.array([[1.0], [0], [0], [0]])) == pytest.approx(0)


def test_a_second_coder_is_the_ceiling():
    """Ratio one by definition, and precision is how often the others agree with what a coder gave."""
    v = votes()[:2]
    found = measures.ceiling(v)
    both = (v[0] * v[1]).sum()
    assert found["ratio"] == 1.0
    assert found["precision"] == pytest.approx((both / v[0].sum() + both / v[1].sum()) / 2)
    assert measures.ceiling(v[:1]) == {}


def test_cuts_are_the_best_thresholds():
    """No other threshold reaches a higher F1, or kappa."""
    rng = np.random.default_rng(5)
    y = (rng.random((120, 1)) < 0.3).astype(float)
    S = np.clip(0.3 * y + 0.7 * rng.random((120, 1)), 0.01, 1).round(2)
    for rule, score in (("f1", f1_score), ("kappa", cohen_kappa_score)):
        cut = nested.cuts(S, y, rule)[0]
        best = max(score(y[:, 0], S[:, 0] >= t) for t in np.unique(S))
        assert score(y[:, 0], S[:, 0] >= cut) == pytest.approx(best)


def test_calibration_keeps_the_ranking():
    """Even where a score runs against the codings no peer's ranking is turned."""
    rng = np.random.default_rng(6)
    S = rng.random((60, 1))
    P = nested.calibrated(S, S, (S < 0.3).astype(float))
    assert (np.diff(P[np.argsort(S[:, 0]), 0]) >= 0).all()


def test_calibrated_scores_add_up_to_the_codings():
    """Platt's calibration expects about as many codings as there are."""
    rng = np.random.default_rng(7)
    S = rng.random((400, 1))
    y = (rng.random((400, 1)) < S**2).astype(float)
    assert nested.calibrated(S, S, y).sum() == pytest.approx(y.sum(), rel=0.05)


def test_folds_are_the_products(corpus: sets.Corpus):
    """Every system's parts are those of `cross_predict`, and together they judge each unit once."""
    n = len(corpus.groups)
    known = features(["a"] * n, Turns(np.ones((n, 4)), [""] * n, np.arange(n), np.full((n, 2), -1)))
    fold = cross_predict(known, Target(corpus.Y[:, :1], corpus.groups, np.zeros((1, 4)), np.array([-1]))).fold
    parts = sets.splits(corpus)
    assert all((fold[part.out] == f).all() and (fold[part.known] != f).all() for f, part in enumerate(parts))
    assert np.sort(np.concatenate([part.out for part in parts])).tolist() == list(range(n))


@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("one", [False, True])
def test_no_model_learns_from_what_it_judges(corpus: sets.Corpus, one: bool, drawn: bool):
    """Neither for the judgement of a part nor for its thresholds does a document lie on both sides."""
    asked: list[tuple[frozenset[int], frozenset[int]]] = []

    def learner(known):
        def score(rows):
            asked.append((frozenset(corpus.groups[known]), frozenset(corpus.groups[rows])))
            return np.full((len(rows), corpus.Y.shape[1]), 0.5)

        return score

    nested.judge(corpus, sets.draws(corpus, 100, 1) if drawn else sets.splits(corpus), learner, one=one)
    assert asked
    assert all(not learnt & judged_ for learnt, judged_ in asked)


def test_thresholds_know_nothing_of_the_part_they_judge(corpus: sets.Corpus):
    """Other codings in the judged part leave its scores and decisions as they are."""
    first = sets.splits(corpus)[0]
    changed = corpus.matrix.Y.copy()
    changed[:, first.out] = ~changed[:, first.out]
    other = replace(corpus, matrix=replace(corpus.matrix, Y=changed))
    options = peers.Options(Path("unused"))
    one, two = (nested.judge(c, [first], peers.tfidf(c, options)) for c in (corpus, other))
    assert (one.P[first.out] == two.P[first.out]).all()
    assert (one.D[first.out] == two.D[first.out]).all()
    assert one.D[first.out].any()


def test_draws_grow_by_whole_documents(corpus: sets.Corpus):
    """A larger draw holds the smaller, none parts a document, and none touches the test."""
    small, large, whole = sets.draws(corpus, 50, 0), sets.draws(corpus, 200, 0), sets.splits(corpus)
    for a, b, fold in zip(small, large, whole, strict=True):
        assert set(a.known) < set(b.known) < set(fold.known)
        assert len(a.known) >= 50
        assert a.out.tolist() == fold.out.tolist()
        assert np.isin(corpus.groups, corpus.groups[a.known]).sum() == len(a.known)
    assert sets.draws(corpus, 1000, 0) == []


def row(system: str, ratio: float | None, name: str = "a", **more: object) -> dict[str, object]:
    """A row of results."""
    base = {"set": name, "system": system, "effort": "quick" if system == "autocode" else "", "size": None, "draw": None}
    return base | {"ratio": ratio, "kappa": 0.4, "map": 0.5, "units": 9, "documents": 3} | more


def test_summary_compares_with_the_best_peer_alone():
    """Extras, floor and ceiling are no peers; where one coder coded, kappa compares."""
    rows = [row("autocode", 0.9), row("tfidf", 0.6), row("minilm", 0.75), row("minilm_turns", 0.95), row("coder", 1.0)]
    rows += [row("autocode", None, "b", kappa=0.5), row("tfidf", None, "b", kappa=0.51)]
    text = tables.document(rows)
    assert "| a | ratio | 0.900 | MiniLM + LR | 0.750 | 1.20 | +0.150 |" in text
    assert "| b | kappa | 0.500 | TF-IDF + LR | 0.510 | 0.98 | -0.010 |" in text
    assert "least favourable difference to any peer is -0.010, on b" in text


def test_a_system_that_did_not_run_is_named_with_its_reason():
    """A skipped cell is no line of zeros."""
    skipped = {"set": "a", "system": "setfit", "effort": "", "size": None, "draw": None, "skipped": "setfit is not installed"}
    text = tables.document([row("autocode", 0.9), skipped])
    assert "Left out: SetFit: setfit is not installed." in text
    assert text.count("SetFit") == 1


def test_the_latest_row_of_a_cell_counts(tmp_path: Path):
    """A cell that was run again replaces its older row."""
    import quality

    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(json.dumps(row("autocode", r)) for r in (0.1, 0.2)) + "\n", encoding="utf-8")
    (kept,) = quality.known_rows(path).values()
    assert kept["ratio"] == 0.2


def test_pictures_are_drawn_of_all_rows(tmp_path: Path):
    """Both pictures are images, whatever systems and sizes were measured; a system that did not run leaves no mark."""
    rows = [row(s, None, "scrum", size=size, effort="") for s in ("autocode", "tfidf") for size in (None, 50, 100)]
    rows.append({"set": "scrum", "system": "setfit", "effort": "", "size": None, "draw": None, "skipped": "too slow"})
    picture.systems(rows, tmp_path / "a.png")
    picture.curves(rows, tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        data = (tmp_path / name).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) > 5000
