"""CodingModel: learn from coded segments, suggest codes, save and load; with provenance.

A saved model is a folder of numbers and text: ``weights.safetensors``, ``manifest.json``, ``config.toml``,
``codebook.yaml``, ``precedents.jsonl``, ``history.jsonl``, ``README.md``, the model card, and its figure.
Nothing in it is code, and nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import between_coders
from autocode.agreement.counts import decisions
from autocode.classify import Classifier, fit
from autocode.classify.calibration import Workload
from autocode.config import Config, load_config
from autocode.encode.encoders import as_encoder, first_of, load_encoder, showing
from autocode.encode.tuning import Network
from autocode.encode.weights import Encoder
from autocode.errors import ModelError, counted
from autocode.formats.datasets.suggestions import Suggestions, study_of
from autocode.formats.tables.participants import remembered
from autocode.model.card import Licences, card, diagram, effort_note, licences
from autocode.model.grounds import Reasons, SpanExamples, SpanRule
from autocode.model.history import Changes, changes_to, listed, versions
from autocode.model.precedents import Precedents, Unlike, nearest_distance, unlike
from autocode.model.prepared import Prepared, learnable, prepare, rows_of, size_note, sized, target, tried
from autocode.model.saved import UNFIT, Parts, check_encoder, foreign, read, write
from autocode.study import Document, Progress, Study, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import CodingMatrix


def further(made: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> str:
    """Sections to stand at the end of the card, Markdown; "" where there is nothing to say.

    Args:
        made: What the model was made from; `transfer`, where there is any, holds the card of transfer.
        history: The versions of the model folder.
    """
    lines = [made["transfer"]["card"], ""] if "transfer" in made else []
    lines += listed(history)
    return "\n".join(["", *lines, ""]) if lines else ""


@dataclass(frozen=True, repr=False)
class CodingModel:
    """Encoder, classifier, codebook and thresholds: what suggests codes for new transcripts.

    Attributes:
        codes: Paths of the K codes it learnt.
        coders: Ids of the coders it learnt from.
        spans: Which sentences of a unit carry a code.
        provenance: Hashes and counts of what it was made from.
    """

    config: Config
    encoder: Encoder
    codebook: Codebook = Codebook()
    codes: tuple[str, ...] = ()
    coders: tuple[str, ...] = ()
    classifier: Classifier | None = None
    precedents: Precedents | None = None
    spans: SpanRule = SpanRule()
    provenance: Mapping[str, Any] | None = None

    @classmethod
    def from_config(
        cls, config: Config | Path | str | None = None, encoder: Any = None, segmenter: Callable[[Document], Any] | None = None
    ) -> CodingModel:
        """A model that has learnt nothing yet.

        Args:
            config: Settings, the TOML file that holds them, or the name of settings that come with autocode (default,
                quick, multilingual); None takes the defaults.
            encoder: Instead of the one that the settings name: an `Encoder`, an object with `encode`, or a function from
                n texts to an (n, dimension) array.
            segmenter: Instead of the unit that the settings name: a function from a document to spans (start, end).

        Raises:
            ConfigError: The file is no valid configuration.
            EncoderError: The encoder is not on this computer.
        """
        settings = config if isinstance(config, Config) else load_config(config)
        if segmenter:
            settings = replace(settings, segment=replace(settings.segment, segmenter=segmenter))
        if encoder is not None:
            return cls(settings, as_encoder(encoder))
        return cls(settings, load_encoder(settings.encode.model, precision=settings.encode.precision))

    def __repr__(self) -> str:
        """Counts, never words: a notebook saves what it shows."""
        what = (
            (f"{counted(len(self.codes), 'code')} from {counted(len(self.coders), 'coder')}")
            if self.classifier
            else "nothing learnt yet"
        )
        return f"CodingModel({what}; encoder {self.encoder.identity.name!r})"

    def fit(self, study: Study, coders: Iterable[str] | None = None, progress: Progress | None = None) -> CodingModel:
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
        trial = tried(study, examples, (self.config, self.encoder), progress)
        kept = trial.way if trial and trial.kept else None
        config = (kept.config if kept else self.config).knowing_interviewers(remembered(study.documents))
        best = replace(self, encoder=kept.encoder) if kept else self
        made = best._learnt(study, examples, config, progress)
        if trial is None:
            return made
        return replace(made, provenance={**(made.provenance or {}), "effort": trial.to_json()})

    def _learnt(self, study: Study, examples: CodingMatrix, config: Config, progress: Progress | None) -> CodingModel:
        config = sized(config, len(examples.segments))
        prepared = prepare(study.documents, config, self.encoder, progress)
        rows = rows_of(prepared, examples)
        taught = target(examples, study.codebook, self.encoder)
        places = SpanExamples(study, examples, rows.texts, rows.features.pieces)
        classifier = fit(rows.features, taught, config.classify, progress, places.watch if config.segment.spans else None)
        return replace(
            self,
            codebook=study.codebook,
            codes=examples.codes,
            coders=examples.coders,
            classifier=classifier,
            precedents=Precedents.gather(examples, rows.texts, rows.vectors),
            spans=places.rule(),
            provenance=_provenance(study, examples, self.encoder),
        )

    def suggest(self, source: Any, everything: bool = False, progress: Progress | None = None) -> Suggestions:
        """Suggest codes for every unit of new documents, with similar coded segments as evidence.

        Args:
            source: A study, a document, a list of texts, a DataFrame or a Dataset (see `datasets.suggestions.study_of`).
            everything: Return silent codes too, without precedents.
            progress: Told of the units encoded.

        Returns:
            Suggestions in the order of the units; within a unit, the likeliest first. The list has `to_frame`. Where the
            study's codebook has changed since the model was made, only what still holds (`changes`).

        Raises:
            ModelError: The model is not fitted, or the study has another codebook.
        """
        whole = study_of(source)
        said, _ = self.read(source if isinstance(source, Study) else Study(whole.documents), everything, progress)
        return Suggestions(said, whole.by_id)

    def read(
        self, source: Study | Document, everything: bool = False, progress: Progress | None = None, why: bool = True
    ) -> tuple[list[Suggestion], Unlike]:
        """What `suggest` gives, and what is unlike anything the model has met; read once for both.

        Args and errors: as for `suggest`; without `why` no suggestion has evidence or grounds, which a table does not show.
        """
        classifier, precedents = self._fitted()
        changed = self.changes(source) if isinstance(source, Study) else Changes()
        documents = source.documents if isinstance(source, Study) else (source,)
        prepared = prepare(documents, self.working, self.encoder, progress)
        P = classifier.predict_proba(prepared.features, prepared.groups)
        distances = self.distances(prepared)
        reasons = Reasons(classifier, precedents, self.codebook, self.codes, self.spans, why)
        found = reasons.suggestions(prepared, P, 0 if everything else 1, self.strange(distances))
        return list(changed.current(found)), unlike(prepared.segments, prepared.vectors, distances, precedents.edge)

    def judge(self, documents: Iterable[Document], progress: Progress | None = None) -> tuple[Prepared, NDArray[np.bool_]]:
        """Whether the machine, as one more coder, gives each code to each unit: (n, K).

        Raises:
            ModelError: The model is not fitted.
        """
        classifier, _ = self._fitted()
        prepared = prepare(documents, self.working, self.encoder, progress)
        return prepared, classifier.coded(classifier.predict_proba(prepared.features, prepared.groups))

    def unlike(self, source: Study | Iterable[Document], progress: Progress | None = None) -> Unlike:
        """Segments that are unlike anything the model has met, and possible new codes among them.

        Args:
            source: The documents.
            progress: Told of the units encoded.

        Raises:
            ModelError: The model is not fitted.
        """
        _, precedents = self._fitted()
        documents = source.documents if isinstance(source, Study) else tuple(source)
        found = prepare(documents, self.working, self.encoder, progress)
        return unlike(found.segments, found.vectors, self.distances(found), precedents.edge)

    @property
    def working(self) -> Config:
        """Its settings: `config` as given, the study's interviewers, and what the effort `full` chose in `fit`."""
        made = self.provenance or {}
        config = self.config.knowing_interviewers(made.get("interviewers", ()))
        if self.classifier and not self.classifier.heads.layers:
            config = replace(config, encode=replace(config.encode, layers=False))
        chosen = made.get("effort", {}).get("encode")
        return replace(config, encode=replace(config.encode, more=(), **chosen)) if chosen else config

    @property
    def given(self) -> tuple[Config, Encoder]:
        """Settings and encoder as they were given, before `fit` chose anything."""
        joined = self.working.encode.model != self.config.encode.model
        return self.config, first_of(self.encoder) if joined else self.encoder

    @property
    def met(self) -> frozenset[str]:
        """Ids of the documents it learnt from.

        Raises:
            ModelError: The model is not fitted.
        """
        return frozenset(p.document for p in self._fitted()[1].items)

    def distances(self, prepared: Prepared) -> NDArray[np.float64]:
        """Cosine distance (n,) of each unit to the nearest segment the model has met."""
        return nearest_distance(prepared.vectors, self._fitted()[1].vectors)

    def strange(self, distances: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which distances (n,) are those of segments unlike anything the model has met."""
        return np.asarray(distances > self._fitted()[1].edge)

    def probabilities(self, prepared: Prepared) -> NDArray[np.float64]:
        """Calibrated probabilities (n, K) of some units."""
        return np.asarray(self._fitted()[0].predict_proba(prepared.features), dtype=np.float64)

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
        return changes_to(study.codebook, self.codebook)

    @property
    def effort_note(self) -> str:
        """What the effort `full` tried and whether it was kept; "" where nothing was."""
        return effort_note(self.provenance or {})

    @property
    def size_note(self) -> str:
        """What was left out because there was so much to learn from; "" for nothing."""
        return size_note((self.provenance or {}).get("segments", 0), self.encoder)

    @property
    def precision_note(self) -> str:
        """What to know where this computer encodes in another precision than the model's; "" where it does not."""
        made = (self.provenance or {}).get("encoder", {}).get("precision", "float32")
        here = self.encoder.identity.precision
        if made == here:
            return ""
        return f"The model was made with {made} vectors, this computer makes {here}: probabilities differ in the last digits."

    @property
    def silent(self) -> dict[str, str]:
        """The codes that the model never suggests, each with the reason."""
        reasons = self._fitted()[0].reliability.reasons
        known = dict(zip(self.codes, reasons, strict=True))
        unused = {c.path: "never coded" for c in self.codebook if not self.codebook.is_theme(c.path)}
        return {path: why for path, why in (unused | known).items() if why}

    @property
    def licences(self) -> Licences:
        """What each code may be used for, with the evidence.

        Raises:
            ModelError: The model is not fitted.
        """
        made = self.provenance or {}
        known = self._fitted()[0].reliability
        found = licences(self.codes, known, self.silent, made.get("humans", {}))
        return Licences(found, self.config.classify, Workload(*known.workload.tolist()))

    def save(self, folder: Path | str, quotes: bool = True) -> None:
        """Write the model as a folder, whole or not at all.

        Args:
            folder: Where to; a model already there is replaced.
            quotes: Keep the words of the precedents, so that suggestions can show them, and the examples of the codebook.

        Raises:
            ModelError: The model is not fitted, or the folder holds something else.
        """
        classifier, precedents = self._fitted()
        made, known = self.provenance or {}, classifier.reliability
        history = versions(Path(folder), made, known, self.codebook)
        book = self.codebook if quotes else replace(self.codebook, codes=tuple(replace(c, example="") for c in self.codebook))
        write(
            Path(folder),
            Parts(
                arrays=classifier.to_arrays()
                | {"precedents": precedents.vectors, "edge": np.array([precedents.edge])}
                | {"spans": self.spans.to_array()},
                config=self.config,
                codebook=book,
                precedents=precedents.rows(quotes),
                manifest=made,
                card=card(self.licences, known, made) + further(made, history),
                diagram=diagram(known.bins),
                history=history,
            ),
        )

    @classmethod
    def load(cls, folder: Path | str, encoder: Encoder | None = None) -> CodingModel:
        """Read a model folder.

        Raises:
            ModelError: It is missing, damaged, foreign, or made with another encoder.
        """
        parts = read(Path(folder))
        made = parts.manifest
        named = made.get("effort", {}).get("encode", {}).get("model", parts.config.encode.model)
        encoder = as_encoder(encoder) if encoder else load_encoder(named, precision=made["encoder"].get("precision", "float32"))
        check_encoder(Path(folder), made["encoder"], encoder.identity)
        try:
            classifier = Classifier.from_arrays(parts.arrays, Network)
            spans = SpanRule.from_array(parts.arrays["spans"])
            precedents = Precedents.from_rows(parts.precedents, parts.arrays["precedents"], float(parts.arrays["edge"][0]))
        except UNFIT as error:
            raise foreign(Path(folder), f"a part is missing or of another shape ({type(error).__name__})") from error
        if len(classifier.heads.layers) not in (0, 2 * len(showing(encoder))):
            raise foreign(Path(folder), "it was made where the encoder's layers are seen, unlike here")
        return cls(
            config=parts.config,
            encoder=encoder,
            codebook=parts.codebook,
            codes=tuple(made["codes"]),
            coders=tuple(made["coders"]),
            classifier=classifier,
            precedents=precedents,
            spans=spans,
            provenance=made,
        )


def _provenance(study: Study, matrix: CodingMatrix, encoder: Encoder) -> dict[str, Any]:
    """Hashes and counts of what a model is made from, JSON-ready."""
    identity = encoder.identity
    interviewers = remembered(study.documents)
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
        **({"interviewers": list(interviewers)} if interviewers else {}),
    }
