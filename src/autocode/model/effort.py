"""The effort `full`: fine-tuning and further encoders, kept where documents not seen speak for them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from autocode.classify.classifier import HeldOutPredictions, held, nested_scores, out_of_document
from autocode.classify.material import Features, Target
from autocode.classify.transfer import Gain, better, gain
from autocode.config import Config
from autocode.encode.encoders import PLUS, JoinedEncoder, first_of, load_encoder
from autocode.encode.tuning import Words, can_tune
from autocode.encode.weights import Encoder
from autocode.model.prepare import prepare, rows_of, target
from autocode.study import Progress, Study
from autocode.study.matrix import CodingMatrix


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to learn a study: settings, encoder, and the coded units as these see them.

    Attributes:
        minutes: What fine-tuning would have taken where it was left out for that; else 0.
    """

    config: Config
    encoder: Encoder
    features: Features
    target: Target
    minutes: float = 0.0

    @classmethod
    def of(
        cls, study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
    ) -> Candidate:
        """Prepare the units of a coding matrix as `fit` does."""
        config, encoder = seen
        rows = rows_of(prepare(study.documents, config, encoder, progress), matrix)
        return cls(config, encoder, rows.features, target(matrix, study.codebook, encoder))

    def affordable(self) -> Candidate:
        """This way, without fine-tuning where that would take more minutes than the settings allow.

        Reckoned for two threads and all trainings of `fit`: the folds on trial, the folds of the model, the model.
        """
        words, encode = self.features.words, self.config.encode
        minutes = words.seconds(2 * self.config.classify.folds + 1) / 120 if isinstance(words, Words) else 0.0
        if minutes <= encode.minutes:
            return self
        config = replace(self.config, encode=replace(encode, tuned=False))
        return replace(self, config=config, features=replace(self.features, words=None), minutes=minutes)

    @property
    def name(self) -> str:
        """What is dear about it."""
        encoders = f"the encoders {self.config.encode.model}" if PLUS in self.config.encode.model else ""
        return " and ".join(filter(None, ("fine-tuning" if self.config.encode.tuned else "", encoders)))


@dataclass(frozen=True, slots=True)
class Trial:
    """What the effort `full` tried, and what became of it; without a gain nothing was affordable."""

    way: Candidate
    gain: Gain | None

    @property
    def kept(self) -> bool:
        """Whether the dearer way is taken."""
        return self.gain is not None and self.gain.taken

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, for the record."""
        found: dict[str, Any] = {"name": self.way.name, "kept": self.kept, "minutes": round(self.way.minutes, 1)}
        if self.kept:
            found["encode"] = {"model": self.way.config.encode.model, "tuned": self.way.config.encode.tuned}
        return found | (asdict(self.gain) if self.gain else {})


def tried(study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None) -> Trial | None:
    """Try what the settings allow beyond the effort `quick`; None where that is nothing.

    Args:
        study: Documents and codebook.
        matrix: The codings to learn from.
        seen: Settings, and the encoder that is there anyway.
        progress: Told of the steps.

    Raises:
        EncoderError: A further encoder is not on this computer.
    """
    wanted = _dearer(*seen)
    if wanted is None:
        return None
    dear = Candidate.of(study, matrix, wanted, progress).affordable()
    if not dear.name:
        return Trial(dear, None)
    plain, config = Candidate.of(study, matrix, seen, progress), seen[0].classify
    scores = [out_of_document(way.features, way.target, config, progress) for way in (plain, dear)]
    return Trial(dear, gain(scores[0], scores[1], plain.target, config))


def judged(
    study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
) -> HeldOutPredictions:
    """Judge every document unseen; with the effort `full`, each fold by the way that the other folds speak for.

    Args and errors: as for `tried`.
    """
    config, wanted = seen[0].classify, _dearer(*seen)
    way = Candidate.of(study, matrix, seen, progress)
    plain = nested_scores(way.features, way.target, config, progress)
    other = Candidate.of(study, matrix, wanted, progress).affordable() if wanted else way
    if wanted is None or not other.name:
        return held(plain, way.target, config)
    dear = nested_scores(other.features, other.target, config, progress)
    return held(better(plain, dear, way.target, config), way.target, config)


def _dearer(config: Config, encoder: Encoder) -> tuple[Config, Encoder] | None:
    """Settings and encoder of all that the effort `full` adds; None where it is quick or there is nothing to add."""
    tuned = not config.encode.tuned and config.encode.minutes > 0 and can_tune(first_of(encoder))
    if config.classify.effort != "full" or not (config.encode.more or tuned):
        return None
    further = [load_encoder(name, precision=config.encode.precision) for name in config.encode.more]
    model = PLUS.join([config.encode.model, *config.encode.more])
    encode = replace(config.encode, model=model, more=(), tuned=tuned or config.encode.tuned)
    return replace(config, encode=encode), JoinedEncoder([encoder, *further]) if further else encoder
