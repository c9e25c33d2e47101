"""Fine-tuning: the upper layers of the encoder learn the codes themselves, from a segment and the turn before it.

The lower layers stay as they are and are run once; only the two upper ones and a linear head learn, which costs a
third of training the whole (Lee et al. 2019, arXiv 1911.03090: a fourth of the layers keeps most of the quality).
Same texts, same seed and same kind of processor: same weights, to the last bit. No dropout, one thread, no clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autocode.encode.weights import Encoder

Tensor: TypeAlias = Any  # torch comes late: importing it takes seconds
_LAYER = "encoder.layer.{}."


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a BERT's `config.json` says of it."""

    layers: int
    heads: int
    width: int
    positions: int
    eps: float


def sizes_of(folder: Path) -> Sizes | None:
    """The sizes of the model in a folder; None where it is no BERT of the usual kind, in one file, with its tokenizer."""
    try:
        if not all((folder / name).is_file() for name in ("model.safetensors", "tokenizer.json")):
            return None
        known = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if known["model_type"] != "bert" or known.get("hidden_act", "gelu") != "gelu":
            return None
        return Sizes(
            known["num_hidden_layers"],
            known["num_attention_heads"],
            known["hidden_size"],
            known["max_position_embeddings"],
            known.get("layer_norm_eps", 1e-12),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def weights_of(folder: Path) -> dict[str, Tensor]:
    """The weights of the model in a folder by name, float32, without any prefix."""
    from safetensors.torch import load_file

    return {name.removeprefix("bert."): weight.float() for name, weight in load_file(folder / "model.safetensors").items()}


def embedded(w: Mapping[str, Tensor], ids: Tensor, kinds: Tensor, sizes: Sizes) -> Tensor:
    """Token ids and their sentence, 0 or 1, (n, tokens) -> states (n, tokens, width)."""
    from torch.nn.functional import embedding, layer_norm

    found = embedding(ids, w["embeddings.word_embeddings.weight"]) + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
    found = found + embedding(kinds, w["embeddings.token_type_embeddings.weight"])
    name = "embeddings.LayerNorm."
    return layer_norm(found, (sizes.width,), w[name + "weight"], w[name + "bias"], sizes.eps)


def layer_names(w: Mapping[str, Tensor], number: int) -> list[str]:
    """Names of the weights of one layer, sorted."""
    return sorted(name for name in w if name.startswith(_LAYER.format(number)))


def layer(w: Mapping[str, Tensor], number: int, states: Tensor, seen: tuple[Tensor, Sizes]) -> Tensor:
    """One layer: states (n, tokens, width) -> the same; `seen` is the mask (n, tokens) and the sizes."""
    from torch.nn.functional import gelu, linear, scaled_dot_product_attention

    (mask, sizes), at = seen, _LAYER.format(number)
    n, tokens, _ = states.shape

    def dense(x: Tensor, name: str) -> Tensor:
        """x @ W.T + b with the weights of that name."""
        return linear(x, w[f"{at}{name}.weight"], w[f"{at}{name}.bias"])

    q, k, v = (
        dense(states, f"attention.self.{part}").view(n, tokens, sizes.heads, -1).transpose(1, 2)
        for part in ("query", "key", "value")
    )
    met = scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :].bool())
    met = met.transpose(1, 2).reshape(n, tokens, -1)
    states = _normed(w, f"{at}attention.output.LayerNorm", states + dense(met, "attention.output.dense"), sizes)
    wide = dense(gelu(dense(states, "intermediate.dense")), "output.dense")
    return _normed(w, f"{at}output.LayerNorm", states + wide, sizes)


def _normed(w: Mapping[str, Tensor], name: str, states: Tensor, sizes: Sizes) -> Tensor:
    from torch.nn.functional import layer_norm

    return layer_norm(states.float(), (sizes.width,), w[name + ".weight"], w[name + ".bias"], sizes.eps)


def mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean (n, width) of the states (n, tokens, width) under the mask (n, tokens)."""
    weights = mask[..., None].float()
    return (states.float() * weights).sum(1) / weights.sum(1)


IntArray = NDArray[np.integer[Any]]
FloatArray = NDArray[np.floating[Any]]
UPPER = 2  # layers that learn
_OWN, _BEFORE = 200, 48  # tokens read of a segment, and of the end of the turn before it
_BATCH, _POOL = 32, 8  # segments a step; steps whose segments are sorted by length together
_STEPS, _PASSES = 300, (2, 4)  # steps at least, but so many passes over the segments at least and at most
_RATE, _HEAD_RATE = 3e-4, 6e-3
_TOKENS_A_SECOND = 4000  # read or learnt once, by one thread of a laptop of 2024


class Base:
    """A BERT encoder's files, opened when first needed."""

    def __init__(self, folder: Path, sizes: Sizes, half: bool) -> None:
        """Keep the place, the sizes, and whether to compute in bfloat16."""
        self.folder, self.sizes, self.half = folder, sizes, half

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        """All weights by name."""
        return weights_of(self.folder)

    def tokens(self, texts: Sequence[str], before: Sequence[str]) -> list[tuple[list[int], int]]:
        """Ids of each segment and the turn before it, and how many of them are the segment's."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        own, other = (
            [code.ids for code in tokenizer.encode_batch_fast(list(some), add_special_tokens=False)] for some in (texts, before)
        )
        found: list[tuple[list[Any], int]] = []
        for a, b in zip(own, other, strict=True):
            found.append(([first, *a[:_OWN], last, *([*b[-_BEFORE:], last] if b else ())], len(a[:_OWN]) + 2))
        return found


@dataclass(frozen=True)
class Words:
    """The words of n segments, each after the turn before it, for layers that learn.

    Attributes:
        base: The encoder they are read by.
        ids: Token ids of all segments, and how many are a segment's own.
        rows: Which of them these are, (n,).
    """

    base: Base
    ids: Sequence[tuple[list[int], int]]
    rows: IntArray
    _known: dict[int, Tensor] = field(default_factory=dict)  # what the lower layers make of a segment
    _lock: Any = field(default_factory=Lock)

    def take(self, rows: IntArray) -> Words:
        """Some of these segments, in the order of `rows`."""
        return Words(self.base, self.ids, self.rows[rows], self._known, self._lock)

    def seconds(self, learners: int) -> float:
        """What learning from these segments so many times takes, reckoned by their tokens and not by a clock."""
        read = sum(len(self.ids[i][0]) for i in self.rows)
        return read * (2 + passes(len(self.rows)) * learners) / _TOKENS_A_SECOND

    def read(self) -> None:
        """Run the lower layers on all of these at once, before parts of them learn side by side.

        Whoever came first would else decide which segments are computed together, and with that their last bits.
        """
        with _ONE_THREAD:
            self._read()

    def learn(self, Y: FloatArray, seed: int) -> Network:
        """Learn to tell from the words how many coders give each code.

        Args:
            Y: (n, K) in [0, 1].
            seed: Of the order of the segments and the first weights.
        """
        import torch

        rng, goal, w = np.random.default_rng(seed), torch.tensor(np.asarray(Y, dtype=np.float32)), _first(self.base, Y, seed)
        body, head = ([w[name] for name in w if name.startswith("head.") == last] for last in (False, True))
        learner = torch.optim.AdamW([{"params": body, "lr": _RATE}, {"params": head, "lr": _HEAD_RATE}])
        order = [rows for _ in range(passes(len(Y))) for rows in self._batches(rng)]
        with _ONE_THREAD:
            self._read()
            for step, rows in enumerate(order, start=1):
                for group, rate in zip(learner.param_groups, (_RATE, _HEAD_RATE), strict=True):
                    group["lr"] = rate * min(1, step / (0.1 * len(order))) * (1 - (step - 1) / len(order))
                loss = torch.nn.functional.binary_cross_entropy_with_logits(self._scores(w, rows), goal[rows])
                learner.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_([p for g in learner.param_groups for p in g["params"]], 1.0)
                learner.step()
        return Network({name: weight.detach().numpy() for name, weight in w.items()})

    def _batches(self, rng: np.random.Generator) -> list[IntArray]:
        """All places once, mixed; within a pool those of one length stand together, so that little is padded."""
        lengths, mixed = np.array([len(self.ids[i][0]) for i in self.rows]), rng.permutation(len(self.rows))
        found: list[IntArray] = []
        for start in range(0, len(mixed), _BATCH * _POOL):
            pool = mixed[start : start + _BATCH * _POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            found += [pool[i : i + _BATCH] for i in range(0, len(pool), _BATCH)]
        return [found[i] for i in rng.permutation(len(found))]

    def _read(self) -> None:
        """Run the lower layers on what has not been read."""
        with self._lock:
            new = sorted({int(i) for i in self.rows} - self._known.keys(), key=lambda i: (len(self.ids[i][0]), i))
            for start in range(0, len(new), _BATCH):
                self._lower(new[start : start + _BATCH])

    def _lower(self, some: Sequence[int]) -> None:
        import torch

        widest = _padded(max(len(self.ids[i][0]) for i in some))
        ids, kinds, mask = torch.zeros((3, len(some), widest), dtype=torch.long)
        for row, i in enumerate(some):
            known, own = self.ids[i]
            ids[row, : len(known)], kinds[row, own : len(known)], mask[row, : len(known)] = torch.tensor(known), 1, 1
        w, sizes = self.base.weights, self.base.sizes
        with torch.no_grad(), _precision(self.base):
            states = embedded(w, ids, kinds, sizes)
            for number in range(sizes.layers - UPPER):
                states = layer(w, number, states, (mask, sizes))
        kept = states.to(torch.bfloat16 if self.base.half else torch.float32)
        self._known.update({i: kept[row, : len(self.ids[i][0])].clone() for row, i in enumerate(some)})

    def _scores(self, w: Mapping[str, Tensor], places: IntArray) -> Tensor:
        """Scores (m, K) of the segments at some places by the upper layers and the head."""
        import torch

        some = [self._known[int(self.rows[place])] for place in places]
        states = torch.nn.utils.rnn.pad_sequence(some, batch_first=True)
        states = torch.nn.functional.pad(states, (0, 0, 0, _padded(states.shape[1]) - states.shape[1]))
        mask = torch.arange(states.shape[1]) < torch.tensor([len(one) for one in some])[:, None]
        with _precision(self.base):
            for number in range(self.base.sizes.layers - UPPER, self.base.sizes.layers):
                states = layer(w, number, states, (mask, self.base.sizes))
        return torch.nn.functional.linear(mean(states, mask), w["head.weight"], w["head.bias"])

    def scores(self, w: Mapping[str, Tensor]) -> FloatArray:
        """Scores (n, K) float32 of all these segments."""
        import torch

        found = [np.zeros((0, len(w["head.bias"])), dtype=np.float32)]
        order = np.argsort([len(self.ids[i][0]) for i in self.rows], kind="stable")
        with torch.no_grad(), _ONE_THREAD:
            self._read()
            found += [self._scores(w, order[i : i + _BATCH]).numpy() for i in range(0, len(order), _BATCH)]
        scores = np.empty((len(order), len(w["head.bias"])), dtype=np.float32)
        scores[order] = np.concatenate(found)
        return scores


@dataclass(frozen=True, slots=True)
class Network:
    """Upper layers and a head that have learnt the codes: arrays by name."""

    arrays: Mapping[str, FloatArray]

    def score(self, words: Words) -> FloatArray:
        """Scores (n, K) float32, log odds as the network sees them."""
        import torch

        return words.scores({name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in self.arrays.items()})


def words_of(encoder: Encoder, texts: Sequence[str], before: Sequence[str]) -> Words | None:
    """The words of n segments and of the turns before them; None where the encoder cannot be fine-tuned.

    Args:
        encoder: Who reads them; its weights are a BERT with more than two layers.
        texts: The segments.
        before: The turn before each, "" for none.
    """
    folder = getattr(encoder, "folder", None)
    sizes = sizes_of_encoder(encoder)
    if folder is None or sizes is None:
        return None
    base = Base(folder, sizes, encoder.identity.precision == "bfloat16")
    return Words(base, base.tokens(texts, before), np.arange(len(texts)))


def can_tune(encoder: Encoder) -> bool:
    """Whether an encoder's upper layers can learn."""
    return sizes_of_encoder(encoder) is not None


def sizes_of_encoder(encoder: Encoder) -> Sizes | None:
    """The sizes of an encoder that can be fine-tuned; None where it cannot."""
    folder = getattr(encoder, "folder", None)
    sizes = sizes_of(folder) if folder else None
    return sizes if sizes and sizes.layers > UPPER and sizes.positions >= _OWN + _BEFORE + 3 else None


def _padded(tokens: int) -> int:
    """A multiple of sixteen: torch prepares itself for every new shape, and keeps what it prepared."""
    return -(-tokens // 16) * 16


def passes(n: int) -> int:
    """How often n segments are gone through."""
    steps = max(-(-n // _BATCH), 1)
    return int(np.clip(-(-_STEPS // steps), *_PASSES))


def _first(base: Base, Y: FloatArray, seed: int) -> dict[str, Tensor]:
    """The upper layers as the encoder has them, and a head that knows the codes' shares alone."""
    import torch

    upper = range(base.sizes.layers - UPPER, base.sizes.layers)
    names = [name for number in upper for name in layer_names(base.weights, number)]
    w = {name: base.weights[name].clone().requires_grad_() for name in names}
    share = np.clip(Y.mean(axis=0), 1e-3, 1 - 1e-3)
    start = np.random.default_rng(seed).normal(scale=0.02, size=(Y.shape[1], base.sizes.width))
    w["head.weight"] = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    w["head.bias"] = torch.tensor(np.log(share / (1 - share)), dtype=torch.float32, requires_grad=True)
    return w


def _precision(base: Base) -> Any:
    import torch

    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=base.half)


class _OneThread:
    """One thread of torch while anybody is inside: the same bits everywhere, and other learners beside this one."""

    def __init__(self) -> None:
        self._lock, self._inside, self._before = Lock(), 0, 1

    def __enter__(self) -> None:
        import torch

        with self._lock:
            self._before = self._before if self._inside else torch.get_num_threads()
            self._inside += 1
            torch.set_num_threads(1)  # of the process, and of the thread that says so

    def __exit__(self, *error: object) -> None:
        import torch

        with self._lock:
            self._inside -= 1
            torch.set_num_threads(1 if self._inside else self._before)


_ONE_THREAD = _OneThread()
