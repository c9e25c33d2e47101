"""The effort `full`: fine-tuning and further encoders, kept where documents not seen speak for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from autocode.agreement.compare import between_coders
from autocode.agreement.counts import decisions
from autocode.classify.classifier import HeldOutPredictions, held, nested_scores, out_of_document
from autocode.classify.material import Features, Target
from autocode.classify.transfer import Gain, better, gain
from autocode.config import Config
from autocode.encode.encoders import PLUS, JoinedEncoder, first_of, load_encoder
from autocode.encode.tuning import Words, can_tune
from autocode.encode.weights import Encoder
from autocode.errors import StudyError
from autocode.model.prepare import Prepared, prepare, target
from autocode.study import Progress, Study
from autocode.study.matrix import CodingMatrix, coding_matrix


def learnable(study: Study, config: Config, coders: Sequence[str]) -> CodingMatrix:
    """The coding matrix of all units that at least one of the coders saw.

    Raises:
        StudyError: No unit carries a code, or all that do lie in one document.
    """
    matrix = coding_matrix(study, config, coders)
    matrix = matrix.select(np.asarray(matrix.seen.any(axis=0)))
    if not matrix.Y.any():
        raise StudyError(
            f"study '{study.name}'",
            "no unit of analysis carries a code of these coders",
            "Check the coders and the unit of analysis.",
        )
    if len(set(matrix.groups.tolist())) < 2:
        raise StudyError(
            f"study '{study.name}'",
            "all coding is in one document; the model is checked on documents it has not seen",
            "Code a second document first.",
        )
    return matrix


def rows_of(prepared: Prepared, matrix: CodingMatrix) -> Prepared:
    """The prepared units that are the rows of a matrix, in its order."""
    index = {(s.document, s.id): i for i, s in enumerate(prepared.segments)}
    rows = np.array([index[s.document, s.id] for s in matrix.segments], dtype=np.int64)
    texts = tuple(prepared.texts[i] for i in rows)
    return Prepared(matrix.segments, texts, prepared.vectors[rows], prepared.features.take(rows))


def provenance(study: Study, matrix: CodingMatrix, encoder: Encoder) -> dict[str, Any]:
    """Hashes and counts of what a model is made from, JSON-ready."""
    identity = encoder.identity
    return {
        "study": {"name": study.name, "sha256": study.sha256, "notice": study.notice},
        "codebook": {"name": study.codebook.name, "sha256": study.codebook.sha256},
        "encoder": {
            "name": identity.name,
            "sha256": identity.sha256,
            "dimension": identity.dimension,
            "precision": identity.precision,
        },
        "coders": list(matrix.coders),
        "codes": list(matrix.codes),
        "documents": len(set(matrix.groups.tolist())),
        "segments": len(matrix.segments),
        "codings": int(matrix.Y.sum()),
        "humans": {code: kappa.to_json() for code, kappa in between_coders(decisions(matrix)).items()},
    }


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
        found = {"name": self.way.name, "kept": self.kept, "minutes": round(self.way.minutes, 1)}
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


def effort_note(made: Mapping[str, Any]) -> str:
    """What a model's record says of the effort `full`, in a sentence or two; "" where nothing was tried."""
    found = made.get("effort")
    if not found:
        return ""
    left = (
        (
            f"Fine-tuning was left out: it would take about {found['minutes']:.0f} minutes, more than --minutes allows "
            "(`minutes` under [encode])."
        )
        if found.get("minutes")
        else ""
    )
    no, doubt = ("", "") if found["kept"] else ("not ", "not clearly ")
    said = (
        (
            f"Full effort tried {found['name']}: {no}kept, for on documents not seen it was {doubt}less wrong "
            f"(log loss of a decision {found['plain']:.4f}, lower by {found['mean']:.5f}, standard error {found['error']:.5f})."
        )
        if "mean" in found
        else ""
    )
    return " ".join(filter(None, (said, left)))
