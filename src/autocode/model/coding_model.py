"""CodingModel: learn from coded segments, suggest codes, save and load; with provenance.

A saved model is a folder of numbers and text: ``weights.safetensors``, ``manifest.json``,
``config.toml``, ``codebook.yaml``, ``precedents.jsonl``, ``history.jsonl`` and ``README.md``, the model card.
Nothing in it is code, and nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.classify import Classifier, fit
from autocode.codebook import Codebook
from autocode.config import Config, load_config
from autocode.encode import Encoder, load_encoder
from autocode.errors import ModelError, StudyError
from autocode.matrix import CodingMatrix, coding_matrix
from autocode.model import saved
from autocode.model.changes import Changes, changes
from autocode.model.further import further
from autocode.model.history import versions
from autocode.model.precedents import Precedents
from autocode.model.prepare import Prepared, prepare, target
from autocode.study import BANDS, Document, Progress, Study, Suggestion


@dataclass(frozen=True)
class CodingModel:
    """Encoder, classifier, codebook and thresholds: what suggests codes for new transcripts.

    Attributes:
        codes: Paths of the K codes it learnt.
        coders: Ids of the coders it learnt from.
        provenance: Hashes and counts of what it was made from.
    """

    config: Config
    encoder: Encoder
    codebook: Codebook = Codebook()
    codes: tuple[str, ...] = ()
    coders: tuple[str, ...] = ()
    classifier: Classifier | None = None
    precedents: Precedents | None = None
    provenance: Mapping[str, Any] | None = None

    @classmethod
    def from_config(cls, config: Config | Path | str | None = None, encoder: Encoder | None = None) -> CodingModel:
        """A model that has learnt nothing yet.

        Args:
            config: Settings, or the TOML file that holds them; None takes the defaults.
            encoder: Instead of the one that the settings name.

        Raises:
            ConfigError: The file is no valid configuration.
            EncoderError: The encoder is not on this computer.
        """
        settings = config if isinstance(config, Config) else load_config(config)
        return cls(settings, encoder or load_encoder(settings.encode.model))

    def fit(
        self, study: Study, coders: Iterable[str] | None = None, progress: Progress | None = None
    ) -> CodingModel:
        """Learn from the codings of a study; returns a new, fitted model.

        Args:
            study: Documents with codings.
            coders: Whose codings; None takes every human coder.
            progress: Told of the steps done.

        Raises:
            StudyError: There are no codings, or all of them are in one document.
        """
        chosen = study.choose(coders)
        examples = learnable(study, self.config, chosen)
        prepared = prepare(study.documents, self.config, self.encoder, progress)
        rows = rows_of(prepared, examples)
        taught = target(examples, study.codebook, self.encoder)
        classifier = fit(rows.features, taught, self.config.classify, progress)
        return replace(
            self,
            codebook=study.codebook,
            codes=examples.codes,
            coders=chosen,
            classifier=classifier,
            precedents=Precedents.gather(examples, rows.texts, rows.vectors),
            provenance=_provenance(study, examples, self.encoder),
        )

    def suggest(
        self, source: Study | Document, everything: bool = False, progress: Progress | None = None
    ) -> list[Suggestion]:
        """Suggest codes for every unit of new documents, with the precedents that speak for them.

        Args:
            source: The documents.
            everything: Return silent codes too, without precedents.
            progress: Told of the units encoded.

        Returns:
            Suggestions in the order of the units; within a unit, the likeliest first. Where the study's
            codebook has changed since the model was made, only what still holds (`changes`).

        Raises:
            ModelError: The model is not fitted, or the study has another codebook.
        """
        classifier, precedents = self._fitted()
        changed = self.changes(source) if isinstance(source, Study) else Changes()
        documents = source.documents if isinstance(source, Study) else (source,)
        prepared = prepare(documents, self.config, self.encoder, progress)
        P = classifier.predict_proba(prepared.features)
        return list(changed.current(self._suggestions(prepared, P, 0 if everything else 1, precedents)))

    def judge(
        self, documents: Iterable[Document], progress: Progress | None = None
    ) -> tuple[Prepared, NDArray[np.int8]]:
        """Bands (n, K) of every unit and code: 2 suggest, 1 ask, 0 silent.

        Raises:
            ModelError: The model is not fitted.
        """
        classifier, _ = self._fitted()
        prepared = prepare(documents, self.config, self.encoder, progress)
        return prepared, np.asarray(classifier.bands(classifier.predict_proba(prepared.features)), dtype=np.int8)

    def _suggestions(
        self, prepared: Prepared, P: NDArray[Any], least: int, precedents: Precedents
    ) -> Iterator[Suggestion]:
        bands = self._fitted()[0].bands(P)
        for i, unit in enumerate(prepared.segments):
            for k in np.argsort(-P[i], kind="stable"):
                if bands[i, k] >= least:
                    evidence = precedents.nearest(prepared.vectors[i], self.codes[k]) if bands[i, k] else ()
                    yield Suggestion(unit, self.codes[k], float(P[i, k]), BANDS[bands[i, k]], evidence)

    def _fitted(self) -> tuple[Classifier, Precedents]:
        if self.classifier is None or self.precedents is None:
            raise ModelError("the model", "it has learnt nothing yet", "Call fit(study) first.")
        return self.classifier, self.precedents

    def changes(self, study: Study) -> Changes:
        """What became of the codebook since the model was made.

        A codebook without a name was put together from a table's codes: it is nobody's codebook.

        Raises:
            ModelError: The study has another codebook.
        """
        found = changes(self.codebook, study.codebook) if study.codebook.name else Changes()
        if found.another:
            raise ModelError(
                "the model", f"it was made with codebook {self.codebook.sha256[:12]}, "
                f"the study has codebook {study.codebook.sha256[:12]}, with few of the same codes",
                "Train on the study, or align the two first: autocode align STUDY MODEL --out alignment.csv.")  # fmt: skip
        return found

    @property
    def silent(self) -> dict[str, str]:
        """The codes that the model never suggests, each with the reason."""
        reasons = self._fitted()[0].reliability.reasons
        known = dict(zip(self.codes, reasons, strict=True))
        unused = {c.path: "never coded" for c in self.codebook if not self.codebook.is_theme(c.path)}
        return {path: why for path, why in (unused | known).items() if why}

    def save(self, folder: Path | str, quotes: bool = True) -> None:
        """Write the model as a folder, whole or not at all.

        Args:
            folder: Where to; a model already there is replaced.
            quotes: Keep the words of the precedents, so that suggestions can show them.

        Raises:
            ModelError: The model is not fitted, or the folder holds something else.
        """
        classifier, precedents = self._fitted()
        made, known = self.provenance or {}, classifier.reliability
        history = versions(Path(folder), made, known, self.codebook)
        saved.write(Path(folder), saved.Parts(
            arrays=classifier.to_arrays() | {"precedents": precedents.vectors},
            config=self.config,
            codebook=self.codebook,
            precedents=precedents.rows(quotes),
            manifest=made,
            card=saved.card(self.codes, known, self.silent, made) + further(made, history),
            history=history,
        ))  # fmt: skip

    @classmethod
    def load(cls, folder: Path | str, encoder: Encoder | None = None) -> CodingModel:
        """Read a model folder.

        Raises:
            ModelError: It is missing, damaged, foreign, or made with another encoder.
        """
        parts = saved.read(Path(folder))
        made = parts.manifest
        encoder = encoder or load_encoder(parts.config.encode.model)
        saved.check_encoder(Path(folder), made["encoder"], encoder.identity)
        try:
            classifier = Classifier.from_arrays(parts.arrays)
            precedents = Precedents.from_rows(parts.precedents, parts.arrays["precedents"])
        except (KeyError, TypeError) as error:
            raise saved.foreign(Path(folder), "a part is missing") from error
        return cls(
            config=parts.config,
            encoder=encoder,
            codebook=parts.codebook,
            codes=tuple(made["codes"]),
            coders=tuple(made["coders"]),
            classifier=classifier,
            precedents=precedents,
            provenance=made,
        )


def learnable(study: Study, config: Config, coders: Sequence[str]) -> CodingMatrix:
    """The coding matrix of all units that at least one of the coders saw.

    Raises:
        StudyError: No unit carries a code, or all that do lie in one document.
    """
    matrix = coding_matrix(study, config, coders)
    matrix = matrix.select(np.asarray(matrix.seen.any(axis=0)))
    if not matrix.Y.any():
        raise StudyError(f"study '{study.name}'", "no unit of analysis carries a code of these coders",
                         "Check the coders and the unit of analysis.")  # fmt: skip
    if len(set(matrix.groups.tolist())) < 2:
        raise StudyError(f"study '{study.name}'", "all coding is in one document; the model is checked on documents "
                         "it has not seen", "Code a second document first.")  # fmt: skip
    return matrix


def rows_of(prepared: Prepared, matrix: CodingMatrix) -> Prepared:
    """The prepared units that are the rows of a matrix, in its order."""
    index = {(s.document, s.id): i for i, s in enumerate(prepared.segments)}
    rows = np.array([index[s.document, s.id] for s in matrix.segments], dtype=np.int64)
    texts = tuple(prepared.texts[i] for i in rows)
    return Prepared(matrix.segments, texts, prepared.vectors[rows], prepared.features.take(rows))


def _provenance(study: Study, matrix: CodingMatrix, encoder: Encoder) -> dict[str, Any]:
    identity = encoder.identity
    return {
        "study": {"name": study.name, "sha256": study.sha256, "notice": study.notice},
        "codebook": {"name": study.codebook.name, "sha256": study.codebook.sha256},
        "encoder": {"name": identity.name, "sha256": identity.sha256, "dimension": identity.dimension},
        "coders": list(matrix.coders),
        "codes": list(matrix.codes),
        "documents": len(set(matrix.groups.tolist())),
        "segments": len(matrix.segments),
        "codings": int(matrix.Y.sum()),
    }
