"""A BERT encoder in plain functions of torch, over weights by name: its layers can be run, and learnt, one by one.

Source: Devlin et al. 2019 (NAACL, arXiv 1810.04805); names and sizes as the files of such models have them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

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
        return Sizes(known["num_hidden_layers"], known["num_attention_heads"], known["hidden_size"],
                     known["max_position_embeddings"], known.get("layer_norm_eps", 1e-12))  # fmt: skip
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
