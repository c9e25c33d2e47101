"""What a codebook entry, the turn before and single examples are worth: likeness in words, and the layers' discriminant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autocode.classify import fit
from autocode.classify.heads import train
from autocode.classify.material import Features, Target, Turns, features, hashed
from autocode.config import ClassifyConfig

CONFIG = ClassifyConfig(width=1024)
EVERY = np.arange(60)


def known(before: list[str]) -> Features:
    """Sixty segments whose words tell little, with what was said before them; vectors and layers tell nothing."""
    rng = np.random.default_rng(0)
    V = rng.normal(size=(60, 8)).astype(np.float32)
    turns = Turns(V / np.linalg.norm(V, axis=1, keepdims=True), [""] * 60, EVERY, np.full((60, 2), -1))
    said = [f"well {'ferry harbour' if i in (0, 40) else 'bread oven'} {i}" for i in range(60)]
    return features(said, turns, CONFIG, before=before)


def likeness(found: Features, entries: tuple[str, ...], given: tuple[int, ...]) -> np.ndarray:
    """The score by likeness of one code that some segments carry."""
    Y = np.zeros((60, 2), np.float32)
    Y[list(given), 0] = Y[30:35, 1] = 1
    target = Target(Y, EVERY % 6, np.zeros((2, 8), np.float32), np.full(2, -1), entries)
    head = train(found, target, EVERY, CONFIG).likeness
    assert head is not None
    own, before = np.split(head.W, [found.T.shape[1]], axis=1)
    return np.asarray(found.T @ own.T + found.before @ before.T + head.b)[:, 0]


def test_a_codebook_entry_counts_as_examples_of_its_code() -> None:
    """Of a code met once, the words of its entry find the other segment that has them; with many examples they weigh less."""
    found = known([""] * 60)
    without, entry = (likeness(found, e, (5,)) for e in ((), ("Travel: by ferry, at the harbour", "Nothing")))
    assert without[40] < np.median(np.delete(without, 5)) + 1
    assert np.argsort(-entry)[:3].tolist().count(40) == 1
    rare, often = (likeness(found, ("ferry harbour", "Nothing"), given)[40] for given in ((5,), tuple(range(5, 30))))
    assert often < rare


def test_what_was_said_before_tells_codes_apart() -> None:
    """Segments with the same words are told apart by the question before them; without it they are not."""
    before = ["what did it cost" if i % 3 == 0 else "who was there" for i in range(60)]
    given = tuple(range(0, 30, 3))
    asked, silent = (likeness(known(b), (), given)[41:] for b in (before, [""] * 60))
    after = np.arange(41, 60) % 3 == 0
    assert asked[after].min() > asked[~after].max()
    assert not silent[after].min() > silent[~after].max()


def test_the_discriminant_of_the_layers_finds_a_code_met_twice() -> None:
    """Two examples in a direction of their own are enough where all others lie elsewhere; scores have one spread."""
    rng = np.random.default_rng(1)
    L = rng.normal(size=(60, 3, 16)).astype(np.float32)
    L[[3, 9, 50], 1] += 6 * np.eye(16, dtype=np.float32)[2]
    found = replace(known([""] * 60), layers=(L.astype(np.float16),))
    Y = np.zeros((60, 1), np.float32)
    Y[[3, 9]] = 1
    heads = train(found, Target(Y, EVERY % 6, np.zeros((1, 8), np.float32), np.full(1, -1)), EVERY, CONFIG)
    assert len(heads.layers) == 2
    scores = heads.layers[1].score(L.reshape(60, -1))[:, 0]
    assert set(np.argsort(-scores)[:3]) == {3, 9, 50}
    assert abs(scores.std() - 1) < 0.01


def test_all_scores_are_there_again_after_saving() -> None:
    """A classifier brought back from its arrays gives the same probabilities, likeness and layers among them."""
    rng = np.random.default_rng(2)
    found = replace(known(["so"] * 60), layers=(rng.normal(size=(60, 3, 16)).astype(np.float16),))
    target = Target((rng.random((60, 2)) < 0.3).astype(np.float32), EVERY % 6, np.zeros((2, 8), np.float32), np.full(2, -1))
    made = fit(found, target, CONFIG)
    assert found.heads == 6
    assert made.judge.theta.shape == (2, 1 + 6 + 2)  # and rivals, of two heads and of four
    again = type(made).from_arrays(made.to_arrays())
    assert (again.predict_proba(found) == made.predict_proba(found)).all()


def test_words_alone_are_hashed_to_half_the_columns() -> None:
    """Without word parts the rows are the first half of the whole."""
    texts = ["by ferry?", "", "the oven"]
    assert (hashed(texts, 64, parts=False).toarray() == hashed(texts, 64).toarray()[:, :32]).all()
