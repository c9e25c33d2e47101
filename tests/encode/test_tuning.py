"""Fine-tuning: the upper layers of a real encoder learn from words, the same way each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autocode.encode import tuning as bert
from autocode.encode.encoders import load_encoder
from autocode.encode.tuning import Network, Words, can_tune, passes, words_of
from autocode.encode.weights import find_default
from tests.fake_encoder import FakeEncoder

THINGS = ("dog", "cat", "sun", "sea", "car", "tea")


def spoken(n: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Short segments and whether they speak of a dog, and of the sun, (n, 2)."""
    rng = np.random.default_rng(seed)
    texts = ["I saw the " + " and the ".join(rng.choice(THINGS, 2, replace=False)) for _ in range(n)]
    return texts, np.array([["dog" in t, "sun" in t] for t in texts], dtype=float)


@pytest.fixture(scope="module")
def words() -> Words:
    """Ninety segments as the default encoder's tokenizer has them."""
    texts, _ = spoken(90)
    found = words_of(load_encoder(precision="float32"), texts, ["What did you see?", *[""] * 89])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def network(words: Words) -> Network:
    """What has learnt from the first sixty."""
    return words.take(np.arange(60)).learn(spoken(90)[1][:60], 0)


def test_layers_compute_what_transformers_computes() -> None:
    """Embedding and all layers give the states of the library that the weights come from."""
    torch = pytest.importorskip("torch")
    from transformers import AutoModel

    ids, kinds = torch.tensor([[101, 2054, 2003, 102, 1045, 102]]), torch.tensor([[0, 0, 0, 0, 1, 1]])
    w, sizes = bert.weights_of(find_default()), bert.sizes_of(find_default())
    assert sizes is not None
    with torch.no_grad():
        states = bert.embedded(w, ids, kinds, sizes)
        for number in range(sizes.layers):
            states = bert.layer(w, number, states, (torch.ones_like(ids), sizes))
        theirs = AutoModel.from_pretrained(str(find_default())).eval()(input_ids=ids, token_type_ids=kinds)
    assert torch.allclose(states, theirs.last_hidden_state, atol=1e-5)


def test_padding_changes_nothing(words: Words, network: Network) -> None:
    """A segment's scores are the same beside longer ones, but for the last digits."""
    alone = network.score(words.take(np.array([5])))
    beside = network.score(words.take(np.array([0, 5, 9])))[1:2]
    assert np.allclose(alone, beside, atol=1e-4)


def test_it_learns_what_it_is_told(words: Words, network: Network) -> None:
    """On segments it has not seen, it tells dogs and suns apart from all else."""
    unseen = np.arange(60, 90)
    scores = network.score(words.take(unseen))
    assert ((scores > 0) == (spoken(90)[1][unseen] > 0.5)).mean() > 0.95


def test_the_same_again_to_the_last_bit(words: Words, network: Network) -> None:
    """Learning twice gives the same weights; another seed gives others."""
    again = words_of(load_encoder(precision="float32"), spoken(90)[0], ["What did you see?", *[""] * 89])
    assert again is not None
    other = again.take(np.arange(60)).learn(spoken(90)[1][:60], 0)
    assert all(np.array_equal(network.arrays[name], other.arrays[name]) for name in network.arrays)


def test_only_the_upper_layers_are_kept(network: Network) -> None:
    """Two layers and the head: no word list, no embedding, nothing of the lower layers."""
    numbers = {name.split(".")[2] for name in network.arrays if name.startswith("encoder.")}
    assert numbers == {"4", "5"}
    assert {name for name in network.arrays if not name.startswith("encoder.")} == {"head.weight", "head.bias"}


def test_the_turn_before_is_read_as_another_sentence(words: Words) -> None:
    """A segment keeps its own tokens first; those of the question stand behind."""
    ids, own = words.ids[0]
    assert ids[0] == 101
    assert ids[own - 1] == ids[-1] == 102
    assert own < len(ids)
    assert words.ids[1][1] == len(words.ids[1][0])


def test_what_cannot_be_tuned_is_not(tmp_path: Path) -> None:
    """A plug-in, and a folder without a BERT, have no upper layers to learn."""
    assert not can_tune(FakeEncoder())
    assert words_of(FakeEncoder(), ["a"], [""]) is None
    (tmp_path / "config.json").write_text('{"model_type": "mpnet"}', encoding="utf-8")
    assert bert.sizes_of(tmp_path) is None
    assert bert.sizes_of(tmp_path / "nowhere") is None


def test_time_is_reckoned_by_words(words: Words) -> None:
    """Twice the segments, twice the time, whatever the clock says; few segments are gone through more often."""
    half = words.take(np.arange(45))
    assert half.seconds(11) * 1.5 < words.seconds(11) < half.seconds(11) * 2.5
    assert (passes(10), passes(2400), passes(100_000)) == (4, 4, 2)


def test_who_learns_first_changes_nothing() -> None:
    """After all segments are read, a part learns the same weights whether or not another part learnt before it."""
    texts, Y = spoken(90)
    found = []
    for others_first in (False, True):
        words = words_of(load_encoder(), texts, [""] * 90)
        assert words is not None
        words.read()
        if others_first:
            words.take(np.arange(45, 90)).learn(Y[45:], 0)
        found.append(words.take(np.arange(60)).learn(Y[:60], 0))
    assert all(np.array_equal(found[0].arrays[name], found[1].arrays[name]) for name in found[0].arrays)
