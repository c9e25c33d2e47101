"""Very many documents, part after part and in bounded memory; and processes on Ray, for that and for learning.

A part is a run of documents with some thousand units. Each part goes the same road as a single interview
and is kept on the disk, so that a stopped run goes on where it was; the parts make the same bytes as
one call for everything would. Learning is spread by folds: each process learns the heads of one fold.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from autocode.classify.heads import Crew, Heads, by_threads, train
from autocode.classify.lbfgs import ONE_THREAD
from autocode.classify.material import Features, IntArray, Target
from autocode.config import ClassifyConfig
from autocode.errors import InputError
from autocode.formats.datasets.stream import Parts
from autocode.formats.datasets.suggestions import Written, part
from autocode.model import CodingModel
from autocode.study import Document, Progress, Study

_UNITS = 4000  # of a part: enough to fill batches, few enough to lose when a run is stopped
_CHARACTERS = 400_000  # of a part whose documents come without units
_WAVE = 200  # parts handed to Ray at once


@dataclass(frozen=True, slots=True)
class Job:
    """What to make, for documents yet to come.

    Attributes:
        model: The model's folder.
        out: The file: .csv, .jsonl or .parquet.
        everything: Silent codes too.
        plain: CSV for programs.
    """

    model: Path
    out: Path
    everything: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run made: suggestions in two bands, documents, and parts found ready from a stopped run."""

    suggested: int
    asked: int
    documents: int
    parts: int
    ready: int


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    documents: tuple[Document, ...]

    @property
    def digest(self) -> str:
        """A hash of the documents of this part: ids, texts, units and turns."""
        lines = (f"{d.id}\0{d.sha256}\0{d.segments}\0{d.turns}\n" for d in self.documents)
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def suggest_all(job: Job, documents: Iterable[Document], workers: int = 0, progress: Progress | None = None) -> Totals:
    """Suggest codes for documents as they come, and write one file.

    Args:
        job: Model, file and form.
        documents: Any number; only a part of them is held at a time.
        workers: Processes on Ray; 0 works here, in this process.
        progress: Told of the documents done.

    Raises:
        ModelError: The model cannot be loaded.
        InputError: The disk refuses, a document cannot be read, or Ray is not installed.
    """
    if job.out.suffix not in (".csv", ".jsonl", ".parquet"):
        raise InputError(str(job.out), "many documents are written as .csv, .jsonl or .parquet", "Choose one of these.")
    model = CodingModel.load(job.model)
    whole = [asdict(model.encoder.identity), dict(model.provenance or {}), job.everything, job.plain, job.out.suffix]
    parts = Parts(job.out, hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest())
    parts.begin()
    digests: list[str] = []
    known: list[Written] = []
    done = ready = 0
    for part_, made, fresh in _walked(job, _parts(documents), parts, (model, workers)):
        if fresh:
            parts.keep(part_.number, part_.digest, made)
        digests.append(part_.digest)
        known.append(Written(b"", made.suggested, made.asked))
        done, ready = done + len(part_.documents), ready + (not fresh)
        if progress:
            progress(done, done)
    parts.join(digests, job.plain)
    return Totals(sum(k.suggested for k in known), sum(k.asked for k in known), done, len(known), ready)


def _parts(documents: Iterable[Document]) -> Iterator[_Part]:
    """Runs of whole documents; where they part follows from the documents alone."""
    number, held, size = 0, [], 0.0
    for document in documents:
        held.append(document)
        size += max(len(document.segments) / _UNITS, len(document.text) / _CHARACTERS)
        if size >= 1:
            yield _Part(number, tuple(held))
            number, held, size = number + 1, [], 0.0
    if held:
        yield _Part(number, tuple(held))


def _walked(
    job: Job, found: Iterator[_Part], parts: Parts, crew: tuple[CodingModel, int]
) -> Iterator[tuple[_Part, Written, bool]]:
    """Every part in order, what it holds, and whether it was made just now."""
    model, workers = crew
    if workers:
        while wave := list(islice(found, _WAVE)):
            made = _on_ray(job, [p for p in wave if parts.find(p.number, p.digest) is None], workers)
            for part_ in wave:
                ready = parts.find(part_.number, part_.digest)
                yield part_, ready or made[part_.number], ready is None
        return
    for part_ in found:
        ready = parts.find(part_.number, part_.digest)
        yield part_, ready or _made(job, model, part_), ready is None


def _made(job: Job, model: CodingModel, found: _Part) -> Written:
    """Suggestions for the documents of one part."""
    by_id = {d.id: d for d in found.documents}
    said, strange = model.read(Study(found.documents), job.everything, why=job.out.suffix == ".jsonl")
    return part(job.out.suffix, (said, strange.segments), by_id, job.plain)


class _Worker:
    """A process on Ray: loads the model once, then makes parts."""

    def __init__(self, job: Job) -> None:
        """Load the model."""
        self._job, self._model = job, CodingModel.load(job.model)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Make one part."""
        made = _made(self._job, self._model, row["part"])
        return {"number": row["part"].number, **asdict(made)}


def _on_ray(job: Job, found: Sequence[_Part], workers: int) -> dict[int, Written]:
    """Parts made by processes on Ray, by their number."""
    if not found:
        return {}
    ray = _started(workers)
    rows = ray.data.from_items([{"part": part_} for part_ in found], override_num_blocks=len(found))
    made = rows.map(_Worker, fn_constructor_args=(job,), concurrency=workers, num_cpus=1)
    return {row["number"]: Written(row["content"], row["suggested"], row["asked"]) for row in made.iter_rows()}


def _started(workers: int) -> Any:
    """Ray, with so many processes of this computer where no cluster is named."""
    try:
        import ray
    except ImportError as error:
        raise InputError("the engine ray", "it is not installed", "Install it: pip install 'autocode[ray]'.") from error
    if not ray.is_initialized():
        # Reading needs processors too: two one-processor actors on two would wait for ever.
        ray.init(num_cpus=workers + 2, include_dashboard=False, log_to_driver=False, logging_level="warning")
    return ray


def on_ray(workers: int) -> Crew:
    """Processes on Ray that learn the heads of folds, for `learning_by`; a network that is fine-tuned is learnt here.

    Args:
        workers: Folds at once.

    Raises:
        InputError: Ray is not installed.
    """
    ray = _started(workers)

    def crew(features: Features, target: Target, parts: Sequence[IntArray], config: ClassifyConfig) -> Iterator[Heads]:
        """Yield the heads of each part in order, learnt by as many processes as there are workers."""
        if features.words:
            yield from by_threads(features, target, parts, config)
            return
        learn = ray.remote(num_cpus=1)(_learnt)
        shared, left = ray.put((features, target)), iter(parts)  # once, however many folds
        waiting = deque(learn.remote(shared, rows, config) for rows in islice(left, workers))
        while waiting:
            heads = ray.get(waiting.popleft())
            waiting.extend(learn.remote(shared, rows, config) for rows in islice(left, 1))
            yield heads

    return crew


def _learnt(shared: tuple[Features, Target], rows: IntArray, config: ClassifyConfig) -> Heads:
    """The heads of one fold."""
    with ONE_THREAD:
        return train(*shared, rows, config)
