"""The effort `full`: further encoders beside the first, kept where documents not seen speak for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autocode.classify import Features, Gain, Held, Target, better, gain, held, nested_scores, out_of_document
from autocode.config import Config
from autocode.encode import PLUS, Encoder, JoinedEncoder, load_encoder
from autocode.matrix import CodingMatrix
from autocode.model.examples import rows_of
from autocode.model.prepare import prepare, target
from autocode.study import Progress, Study


@dataclass(frozen=True, slots=True)
class Trial:
    """What the effort `full` tried, and what became of it."""

    name: str
    encoder: Encoder
    gain: Gain

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, for the record."""
        return {"name": self.name, "kept": self.gain.taken, **asdict(self.gain)}


@dataclass(frozen=True, slots=True)
class Material:
    """The coded units of a study, seen through one encoder."""

    features: Features
    target: Target

    @classmethod
    def of(
        cls, study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
    ) -> Material:
        """Prepare the units of a coding matrix as `fit` does."""
        config, encoder = seen
        rows = rows_of(prepare(study.documents, config, encoder, progress), matrix)
        return cls(rows.features, target(matrix, study.codebook, encoder))


def tried(
    study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
) -> Trial | None:
    """Try the further encoders that the settings name; None where the effort is quick or none is named.

    Args:
        study: Documents and codebook.
        matrix: The codings to learn from.
        seen: Settings, and the encoder that is there anyway.
        progress: Told of the steps.

    Raises:
        EncoderError: A further encoder is not on this computer.
    """
    joined = _joined(*seen)
    if joined is None:
        return None
    config = seen[0].classify
    ways = [Material.of(study, matrix, (seen[0], encoder), progress) for encoder in (seen[1], joined)]
    plain, dear = (out_of_document(way.features, way.target, config) for way in ways)
    return Trial(PLUS.join([seen[0].encode.model, *seen[0].encode.more]), joined, gain(plain, dear, ways[0].target, config))


def judged(
    study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
) -> Held:
    """Judge every document unseen; with the effort `full`, each fold by the way that the other folds speak for.

    Args and errors: as for `tried`.
    """
    config, joined = seen[0].classify, _joined(*seen)
    way = Material.of(study, matrix, seen, progress)
    plain = nested_scores(way.features, way.target, config, progress)
    if joined is None:
        return held(plain, way.target, config)
    other = Material.of(study, matrix, (seen[0], joined), progress)
    dear = nested_scores(other.features, other.target, config, progress)
    return held(better(plain, dear, way.target, config), way.target, config)


def _joined(config: Config, encoder: Encoder) -> JoinedEncoder | None:
    if config.classify.effort != "full" or not config.encode.more:
        return None
    return JoinedEncoder([encoder, *(load_encoder(name, precision=config.encode.precision) for name in config.encode.more)])


def effort_note(made: Mapping[str, Any]) -> str:
    """What a model's record says of the effort `full`, in a sentence; "" where nothing was tried."""
    found = made.get("effort")
    if not found:
        return ""
    no, doubt = ("", "") if found["kept"] else ("not ", "not clearly ")
    return (
        f"Full effort tried the encoders {found['name']}: {no}kept, for on documents not seen it was {doubt}less wrong "
        f"(log loss of a decision {found['plain']:.4f}, lower by {found['mean']:.5f}, standard error {found['error']:.5f})."
    )
