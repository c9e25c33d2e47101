"""The classifier: nested held-out judgement, calibration, bands, silence, and saving as numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_info

from autocode import classify as classifier
from autocode.classify import Classifier, cross_predict, fit, folds_of, pair_scores
from autocode.classify.calibration import average_precisions, judge
from autocode.classify.heads import _drawn, train
from autocode.classify.lbfgs import ONE_THREAD
from autocode.classify.material import Chunks, Features, Target, Turns, features
from autocode.config import ClassifyConfig
from autocode.study import BANDS

CONFIG = ClassifyConfig(width=512)
WORDS = ("price", "trust", "delay", "family")


def material(n: int = 120, documents: int = 6, K: int = 3, seed: int = 1) -> tuple[Features, Target]:
    """Segments whose code is partly in their vector and partly in their words."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(K, 16))
    code = rng.integers(0, K + 1, size=n)  # K: none
    noise = rng.normal(size=(n, 16)) * 1.2
    vectors = noise + np.vstack([centres, np.zeros((1, 16))])[code]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [f"so {WORDS[c % 4]} {i}" if rng.random() < 0.6 else f"well {i}" for i, c in enumerate(code)]
    groups = np.arange(n) % documents
    Y = (code[:, None] == np.arange(K)).astype(np.float32)
    target = Target(Y, groups, centres / np.linalg.norm(centres, axis=1, keepdims=True), np.full(K, -1))
    neighbours = np.stack([np.arange(n) - 1, np.append(np.arange(1, n), -1)], axis=1)
    return features(texts, Turns(vectors, [""] * n, np.arange(n), neighbours), CONFIG), target


def test_features_join_own_and_weighted_neighbouring_vectors():
    """Own vector, previous turn and next turn stand side by side; a missing turn is zeros."""
    turns = np.eye(3, dtype=np.float32)
    known = features(["a"], Turns(turns, [""] * 3, np.array([0]), np.array([[2, -1]])), CONFIG)
    assert known.X[:][:, :9].tolist() == [[1, 0, 0, 0, 0, np.float32(CONFIG.previous), 0, 0, 0]]
    assert not known.X[:][:, 9:].any()


def test_features_must_match_in_number():
    """One vector, one text and one pair of neighbours per segment, or a clear error."""
    with pytest.raises(ValueError, match="2 turns, 1 texts and 2 neighbours"):
        features(["a"], Turns(np.eye(2), ["", ""], np.arange(2), np.full((2, 2), -1)), CONFIG)


def test_held_out_probabilities_find_the_codes():
    """On unseen documents coded segments rank above others, and decisions agree with the coders."""
    known, target = material(300)
    held = cross_predict(known, target, CONFIG)
    assert average_precisions(held.P, target.Y).min() > 0.7
    assert (held.coded == target.Y).mean() > 0.85


def test_probabilities_are_calibrated_and_open():
    """Expected and observed numbers of codings are close; no probability is 0 or 1."""
    known, target = material(400)
    P = cross_predict(known, target, CONFIG).P
    assert P.dtype == np.float64
    assert P.min() > 0
    assert P.max() < 1
    assert np.all(np.abs(P.sum(axis=0) / target.Y.sum(axis=0) - 1) < 0.15)


def test_nothing_of_a_document_reaches_its_own_judgement():
    """Turning a document's codings upside down leaves all that is said of its fold as it was."""
    known, target = material()
    held = cross_predict(known, target, CONFIG)
    mine = held.fold == held.fold[0]
    turned = replace(target, Y=np.where(mine[:, None], 1 - target.Y, target.Y).astype(np.float32))
    again = cross_predict(known, turned, CONFIG)
    assert np.array_equal(held.P[mine], again.P[mine])
    assert np.array_equal(held.bands[mine], again.bands[mine])
    assert np.array_equal(held.coded[mine], again.coded[mine])
    assert not np.array_equal(held.P[~mine], again.P[~mine])


def test_nothing_leaks_with_two_documents():
    """The same holds for two documents, where the halves of one calibrate for the other."""
    known, target = material(60, documents=2)
    held = cross_predict(known, target, CONFIG)
    mine = target.groups == 0
    turned = replace(target, Y=np.where(mine[:, None], 1 - target.Y, target.Y).astype(np.float32))
    assert np.array_equal(held.P[mine], cross_predict(known, turned, CONFIG).P[mine])


def test_words_of_a_document_do_not_reach_its_judge():
    """Inner scores of the other folds do not change with the features of the fold left out."""
    known, target = material()
    fold = folds_of(known, target, CONFIG)
    X = np.where((fold == 0)[:, None], 0, known.X)
    first, second = (pair_scores(f, target, fold, CONFIG, lambda: None)[0] for f in (known, replace(known, X=X)))
    assert np.array_equal(first, second)


def test_folds_are_whole_documents_of_balanced_size():
    """A document lies in one fold; big documents are spread."""
    groups = np.repeat(np.arange(7), [50, 10, 10, 10, 10, 5, 5])
    n = len(groups)
    target = Target(np.zeros((n, 1)), groups, np.zeros((1, 4)), np.array([-1]))
    known = Features(np.zeros((n, 4)), sparse.csr_array((n, 2)), Chunks(np.zeros((n, 4)), np.ones(n)))
    fold = folds_of(known, target, replace(CONFIG, folds=3))
    assert all(len(set(fold[groups == g])) == 1 for g in range(7))
    assert sorted(np.bincount(fold).tolist()) == [25, 25, 50]


def test_one_document_is_refused():
    """Without a second document nothing can be checked, and the error says so."""
    known, target = material(30, documents=1)
    for act in (cross_predict, fit):
        with pytest.raises(ValueError, match="one document"):
            act(known, target, CONFIG)


def test_features_and_target_must_match():
    """Rows without codings are refused rather than cut off."""
    known, target = material(30)
    with pytest.raises(ValueError, match="must match"):
        fit(known, target.take(np.arange(20)), CONFIG)


def test_rare_codes_stay_silent_and_say_why():
    """Below the least segments or documents a code gets no band, with the reason in words."""
    known, target = material()
    Y = target.Y.copy()
    Y[:, 0] = 0
    Y[:2, 0] = 1
    Y[:, 1] = target.groups == 3
    fitted = fit(known, replace(target, Y=Y), CONFIG)
    P = fitted.predict_proba(known)
    assert fitted.reliability.reasons[:2] == ("2 coded segments, 3 needed", "coded in 1 document, 2 needed")
    assert not fitted.bands(P)[:, :2].any()
    assert not fitted.bands(np.full((1, 3), 0.999999))[:, :2].any()
    assert fitted.reliability.reasons[2] == ""
    assert fitted.bands(P)[:, 2].any()
    assert fitted.coded(P)[:, 2].any()


def test_a_code_at_chance_stays_silent():
    """A code that does worse than chance on unseen documents is silenced, with the reason."""
    _, target = material(200)
    S = -target.Y[None].astype(np.float32)
    S[:, :, 1:] *= -1
    judged, known = judge(S, target, replace(CONFIG, free_slope=1e9))
    assert "no better than chance" in known.reasons[0]
    assert np.isinf(judged.thresholds[0])
    assert known.reasons[1:] == ("", "")


def test_bands_follow_the_cuts_and_coding_its_own_threshold():
    """From one threshold on suggest, from a lower one on ask, below silent; coding has a threshold of its own."""
    known, target = material(300, documents=30)
    fitted = fit(known, target, CONFIG)
    k = int(np.flatnonzero(fitted.judge.cuts.suggest_basis)[0])
    suggest, ask, coding = fitted.judge.cuts.suggest[k], fitted.judge.cuts.ask[k], fitted.judge.thresholds[k]
    P = np.zeros((5, 3))
    P[:, k] = [suggest, suggest - 1e-9, ask, ask - 1e-9, coding]
    assert ask < suggest
    assert [BANDS[b] for b in fitted.bands(P)[:4, k]] == ["suggest", "ask", "ask", "silent"]
    assert fitted.coded(P)[:, k].tolist() == [p >= coding for p in P[:, k].tolist()]


def test_whatever_is_coded_is_at_least_asked():
    """No code is given by the machine where the reader would not even be asked about it."""
    for seed in range(3):
        known, target = material(200, seed=seed)
        held = cross_predict(known, target, CONFIG)
        assert held.bands[held.coded].min() > 0


def test_saved_numbers_predict_the_same():
    """A classifier restored from its arrays gives equal probabilities, bands and reasons; all are numbers."""
    known, target = material()
    fitted = fit(known, target, CONFIG)
    arrays = fitted.to_arrays()
    again = Classifier.from_arrays(arrays)
    assert all(a.dtype.kind in "fiu" for a in arrays.values())
    P = fitted.predict_proba(known)
    assert np.array_equal(again.predict_proba(known), P)
    assert np.array_equal(again.judge.thresholds, fitted.judge.thresholds)
    assert np.array_equal(again.bands(P), fitted.bands(P))
    assert again.reliability.reasons == fitted.reliability.reasons
    assert again.reliability.suggest_basis.tolist() == fitted.reliability.suggest_basis.tolist()


def test_a_lower_layer_tells_what_the_vector_does_not():
    """A code that only a lower layer shows is found by it, out of document, and saved numbers predict the same."""
    known, target = material()
    rng = np.random.default_rng(3)
    layers = rng.normal(size=(len(target.Y), 3, 8))
    hidden = (rng.random((len(target.Y), 1)) < 0.3).astype(np.float32)
    layers[:, 1, :2] += 3 * hidden
    deep, wanted = replace(known, layers=(layers.astype(np.float16),)), replace(target, Y=np.hstack([target.Y[:, :2], hidden]))
    with_layers, without = (average_precisions(cross_predict(f, wanted, CONFIG).P, wanted.Y)[2] for f in (deep, known))
    assert with_layers > 0.8 > 0.6 > without
    fitted = fit(deep, wanted, CONFIG)
    assert (Classifier.from_arrays(fitted.to_arrays()).predict_proba(deep) == fitted.predict_proba(deep)).all()
    assert deep.joined(deep).heads == deep.heads == known.heads + 2


def test_same_seed_same_bytes():
    """Learning twice gives the same bytes."""
    known, target = material()
    first, second = (fit(known, target, CONFIG).to_arrays() for _ in range(2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_disagreement_lies_between_yes_and_no():
    """A code given by half of the coders gets less probability than one given by all, more than none."""
    known, target = material(300)
    half = cross_predict(known, replace(target, Y=target.Y * 0.5), CONFIG).P
    full = cross_predict(known, target, CONFIG).P
    given = target.Y > 0
    assert 0.3 < half[given].mean() / full[given].mean() < 0.7


def test_a_codebook_entry_helps_a_code_with_few_segments():
    """With three coded segments the entry's vector ranks unseen segments better than no entry."""
    known, target = material(300)
    rows = np.concatenate([np.flatnonzero(target.Y[:, 0])[:3], np.flatnonzero(target.Y[:, 0] == 0)[:100]])
    plain = replace(target, prior=np.zeros_like(target.prior))
    rest = np.setdiff1d(np.arange(300), rows)
    scores = [train(known, t, rows, CONFIG).dense.score(known.X[rest]) for t in (target, plain)]
    with_entry, without = (average_precisions(s, target.Y[rest])[0] for s in scores)
    assert with_entry > without


def test_a_theme_pulls_its_codes():
    """Weights of a rare code move towards those of its theme."""
    known, target = material(300)
    rows = np.arange(200)
    alone, family = (
        train(known, replace(target, parents=p), rows, replace(CONFIG, prior_weight=0.0)).dense.W
        for p in (np.full(3, -1), np.array([0, 0, -1]))
    )
    assert alone[0] @ alone[1] < family[0] @ family[1]
    assert np.allclose(alone[2], family[2], atol=0.3 * np.abs(alone[2]).max())


def test_many_rows_are_drawn_with_rare_codes_kept():
    """Beyond the most rows, every segment of a rare code stays, and no more rows than allowed."""
    Y = np.zeros((4000, 2))
    Y[::1000, 0], Y[1::2, 1] = 1, 1
    rows = _drawn(Y, replace(CONFIG, max_rows=400))
    assert len(np.unique(rows)) == len(rows) == 400
    assert set(np.flatnonzero(Y[:, 0])) <= set(rows)


def test_few_and_many_rows_are_learnt_alike(monkeypatch):
    """The short way for few rows finds the same weights as the plain one."""
    known, target = material(100)
    config = replace(CONFIG, iterations=300)
    short = train(known, target, np.arange(100), config)
    for room in ("heads", "lbfgs"):
        monkeypatch.setattr(f"autocode.classify.{room}.FEW", 0)
    plain = train(known, target, np.arange(100), config)
    for head, other in ((short.dense, plain.dense), (short.lexical, plain.lexical)):
        assert np.allclose(head.W, other.W, atol=0.03 * np.abs(other.W).max())


def test_the_model_holds_no_word():
    """No transcript word can be found among the saved numbers."""
    known, target = material()
    saved = b"".join(a.tobytes() for a in fit(known, target, CONFIG).to_arrays().values())
    assert not any(word.encode(code) in saved for word in WORDS for code in ("utf-8", "utf-32-le"))


def test_progress_reaches_its_total():
    """The last report is (total, total), and the count rises by one."""
    known, target = material(40, documents=4)
    for act in (cross_predict, fit):
        told: list[tuple[int, int]] = []
        act(known, target, CONFIG, lambda done, total, told=told: told.append((done, total)))
        assert told == [(i + 1, len(told)) for i in range(len(told))]


@pytest.mark.parametrize("K", [1, 2])
def test_twenty_segments_are_enough_to_run(K):
    """Few segments, few documents and few codes give finite probabilities."""
    known, target = material(20, documents=3, K=K)
    held = cross_predict(known, target, CONFIG)
    assert np.isfinite(held.P).all()
    assert held.P.shape == (20, K)


def test_average_precision_of_a_known_ranking():
    """Hits at ranks 1 and 3 give (1 + 2/3) / 2; a code without codings gives nan."""
    P = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    Y = np.array([[1.0, 0], [0, 0], [1, 0]])
    found = average_precisions(P, Y)
    assert found[0] == pytest.approx(5 / 6)
    assert np.isnan(found[1])


def test_whoever_leaves_last_lifts_the_limit_of_threads() -> None:
    """Two jobs of one program overlap: linear algebra stays on one thread until both are done, and then is free again."""
    before = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
    ONE_THREAD.__enter__()
    ONE_THREAD.__enter__()
    ONE_THREAD.__exit__()
    assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    ONE_THREAD.__exit__()
    assert {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()} == before


def test_what_is_known_of_a_code_is_measured_as_evaluate_measures() -> None:
    """Precision, recall and bands on a model's card are of nested predictions, not of thresholds on their own evidence."""
    seen, target = material(n=90, documents=6)
    known, held = fit(seen, target, CONFIG).reliability, cross_predict(seen, target, CONFIG)
    with np.errstate(invalid="ignore"):
        precision = (target.Y * held.coded).sum(axis=0) / held.coded.sum(axis=0)
    np.testing.assert_allclose(known.precision, precision, rtol=1e-6)
    np.testing.assert_allclose(known.recall, (target.Y * held.coded).sum(axis=0) / target.Y.sum(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(known.asked, (held.bands == 1).mean(axis=0))
    np.testing.assert_allclose(known.average_precision, average_precisions(held.P, target.Y))


def test_very_many_segments_are_measured_across_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where further models would take too long, thresholds still come from other documents than those they are measured on."""
    seen, target = material(n=90, documents=6)
    nested = fit(seen, target, CONFIG).reliability
    monkeypatch.setattr(classifier, "NESTED_MOST", 10)
    steps: list[tuple[int, int]] = []
    crossed = fit(seen, target, CONFIG, lambda done, total: steps.append((done, total))).reliability
    assert steps[-1] == (6, 6)
    assert crossed.segments.tolist() == nested.segments.tolist()
    assert not np.array_equal(crossed.bins, nested.bins, equal_nan=True)
