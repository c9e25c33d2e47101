"""A sentence-transformers model as an ONNX graph: exported once with torch, run by `engines`.

The graph holds the same float32 weights, so its vectors are those of sentence-transformers up to
float noise; each export is checked against it. Only the first export imports torch.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autocode.encode.cache import file_sha256, staged_folder, write_private
from autocode.encode.engines import Engine, GraphEncoder, GraphFacts, unit
from autocode.errors import EncoderError

# Raise it whenever the export below changes its numbers: it is part of every cache key.
EXPORT_VERSION = 1

_OPSET = 17
_SAME_COSINE = 0.9999
_PROBES = ("", "a", "It depends, doesn't it?", "Größe, naïve café \U0001f642", "we talk about the work " * 120)


def read_facts(folder: Path) -> GraphFacts | None:
    """The facts of an export in `folder`; None where there is none, or it is damaged."""
    try:
        raw = json.loads((folder / "facts.json").read_text("utf-8"))
        facts = GraphFacts(**{**raw, "inputs": tuple(raw["inputs"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    graph = folder / "model.onnx"
    if facts.reason or (graph.is_file() and file_sha256(graph) == facts.graph_sha256):
        return facts
    return None


def load_reference(source: Path) -> Any:
    """The sentence-transformers model in the folder `source`, on the processor; seconds, imports torch.

    Raises:
        EncoderError: where the folder holds no such model.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as guest_logging

    guest_logging.disable_progress_bar()
    try:
        # Eager attention is the form that the exporter and the fusion both understand.
        eager = {"attn_implementation": "eager"}
        return SentenceTransformer(str(source), device="cpu", local_files_only=True, model_kwargs=eager)
    except Exception as error:  # the guest raises whatever its parts raise
        why = f"sentence-transformers cannot load it ({type(error).__name__})"
        raise EncoderError(f"The encoder in {source}", why, "Check the folder, or add the encoder again.") from error


def export_graph(source: Path, target: Path) -> GraphFacts:
    """Export the model in `source` into the folder `target`, whole or not at all, and return its facts.

    Where the model cannot be exported, `target` holds the reason alone.

    Raises:
        EncoderError: where the model cannot be loaded or the disk refuses.
    """
    model = load_reference(source)
    with staged_folder(target) as stage:
        facts = _facts(model, _why_not(model))
        if not facts.reason:
            facts = _export_checked(model, facts, stage)
        write_private(stage / "facts.json", json.dumps(asdict(facts), indent=1).encode())
    return facts


def _facts(model: Any, reason: str) -> GraphFacts:
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    if not reason and getattr(model[0].auto_model.config, "type_vocab_size", 0) > 1:
        inputs = (*inputs, "token_type_ids")
    pooling = "" if reason else model[1].pooling_mode
    probe = model.encode([""], show_progress_bar=False)
    return GraphFacts(probe.shape[1], int(model.max_seq_length or 0), pooling, inputs, "", reason)


def _why_not(model: Any) -> str:
    """Why this pipeline is beyond the runner above, in one clause; empty where it is not."""
    layers = [type(layer).__name__ for layer in model]
    if layers not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return f"its layers are {', '.join(layers)}"
    if model[1].pooling_mode not in ("mean", "cls"):
        return f"its pooling is {model[1].pooling_mode}"
    if model.default_prompt_name is not None:
        return "it puts a prompt before each text"
    if not model.max_seq_length:
        return "it sets no length limit"
    if not hasattr(model.tokenizer, "backend_tokenizer") or model[0].do_lower_case:
        return "its tokenizer is not of the fast kind"
    return ""


def _export_checked(model: Any, facts: GraphFacts, stage: Path) -> GraphFacts:
    """Write graph and tokenizer into `stage`; facts with a reason where that fails or differs."""
    graph = stage / "model.onnx"
    try:
        _trace(model[0].auto_model, facts.inputs, graph)
        _fuse(model[0].auto_model.config, graph)
        write_private(stage / "tokenizer.json", model.tokenizer.backend_tokenizer.to_str().encode())
        ours = GraphEncoder(stage, facts, Engine("onnxruntime", "float32")).encode(_PROBES)
    except EncoderError:
        raise
    except Exception as error:  # exporters raise whatever their parts raise; the fallback still works
        return _facts(model, f"its export failed ({type(error).__name__})")
    theirs = unit(model.encode(list(_PROBES), show_progress_bar=False))
    if not (ours * theirs).sum(axis=1).min() >= _SAME_COSINE:
        return _facts(model, "its exported graph gives other vectors")
    write_private(graph, graph.read_bytes())
    return GraphFacts(**{**asdict(facts), "graph_sha256": file_sha256(graph)})


def _trace(network: Any, inputs: Sequence[str], graph: Path) -> None:
    import torch

    class Hidden(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *tensors: Any) -> Any:
            return self.network(**dict(zip(inputs, tensors, strict=True))).last_hidden_state

    ones = torch.ones(2, 16, dtype=torch.long)
    names = [*inputs, "hidden"]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Hidden().eval(),
            tuple(ones if name != "token_type_ids" else ones * 0 for name in inputs),
            str(graph),
            opset_version=_OPSET,
            dynamo=False,
            input_names=list(inputs),
            output_names=["hidden"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
        )


def _fuse(config: Any, graph: Path) -> None:
    """Replace the graph by one with fused BERT layers (onnxruntime.transformers); a sixth faster."""
    if config.model_type != "bert":
        return
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    logging.getLogger("onnxruntime.transformers").setLevel(logging.ERROR)
    fused = optimizer.optimize_model(
        str(graph),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
        optimization_options=FusionOptions("bert"),
    )
    fused.save_model_to_file(str(graph))
