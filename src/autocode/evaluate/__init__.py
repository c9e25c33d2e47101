"""Held-out documents: the machine beside the human coders, on documents it has not seen.

Every judgement behind the comparison (weights, calibration, thresholds) comes from other
documents than the one judged. The machine then stands as one more coder in the coding matrix,
so that machine-human and human-human agreement are the same function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import AgreementReport, agree
from autocode.agreement.coefficients import coefficient_of
from autocode.agreement.counts import decisions, pair_counts
from autocode.agreement.estimate import apa, number
from autocode.agreement.intervals import jackknife, plain
from autocode.agreement.judgement.corrected import Batch
from autocode.classify import HeldOutPredictions
from autocode.classify.calibration import Workload, workload
from autocode.config import AgreementConfig, Config
from autocode.errors import StudyError, counted
from autocode.evaluate.stability import Stability, stability
from autocode.formats.datasets.suggestions import COLUMNS, suggestion_row
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.tables.participants import agreement_options
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.model import CodingModel
from autocode.model.prepared import judged, judged_once, learnable
from autocode.study import BANDS, Document, Progress, Study, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import CodingMatrix, coding_matrix

MACHINE = "machine"
"""What the machine is called among the coders, unless a person has that id."""


@dataclass(frozen=True)
class HeldOut:
    """What the machine said of documents it had not seen, beside what the humans said.

    Attributes:
        matrix: The humans' codings of n units and K codes.
        held: (n, K) probabilities and bands, each from a model without the unit's document.
        documents: The study's documents by id.
    """

    matrix: CodingMatrix
    held: HeldOutPredictions
    documents: dict[str, Document]

    @property
    def machine(self) -> str:
        """Id of the machine among the coders; a person who is called so keeps the name."""
        taken = {c.casefold() for c in self.matrix.coders}
        return next(name for name in chain((MACHINE, "autocode"), map("autocode {}".format, count(2))) if name not in taken)

    @property
    def with_machine(self) -> CodingMatrix:
        """The coding matrix with the machine as its last coder; it has seen every unit."""
        m = self.matrix
        return replace(
            m,
            coders=(*m.coders, self.machine),
            Y=np.concatenate([m.Y, self.held.coded[None]]),
            seen=np.concatenate([m.seen, np.ones((1, len(m.segments)), dtype=bool)]),
            outside=np.append(m.outside, 0),
        )

    @property
    def workload(self) -> Workload:
        """What a person would have had to read of these documents to find what the coders coded."""
        m = self.matrix
        return workload(self.held.P, np.nan_to_num(m.share), self.held.bands > 0, m.groups)

    def suggestions(self) -> Iterator[tuple[Suggestion, dict[str, int | None]]]:
        """Every unit and code: what the machine said, and each human (1, 0, None for not seen)."""
        coded = self.held.coded
        for i, segment in enumerate(self.matrix.segments):
            for k, code in enumerate(self.matrix.codes):
                said = float(self.held.P[i, k]), BANDS[self.held.bands[i, k]]
                yield Suggestion(segment, code, *said, coded=bool(coded[i, k])), self._said(i, k)

    def _said(self, i: int, k: int) -> dict[str, int | None]:
        m = self.matrix
        return {c: int(m.Y[r, i, k]) if m.seen[r, i] else None for r, c in enumerate(m.coders)}


@dataclass(frozen=True, slots=True)
class FirstChoices:
    """How often the machine's likeliest code of a passage was one that a human had given there.

    Attributes:
        passages: Units that a human gave a code.
        code: Share of them where the likeliest code was given, 0 to 1.
        theme: Share where a code of its theme was given.
        themes: Number of themes; below two, `theme` says nothing.
        common: What naming the commonest theme, and the commonest code, for every passage would have got right.
    """

    passages: int
    code: float
    theme: float
    themes: int
    common: tuple[float, float] = (0.0, 0.0)

    @property
    def better(self) -> bool:
        """Whether it is right in half of the passages, and surely more often than the commonest name alone."""
        found = ((self.theme if self.themes else 0.0, self.common[0]), (self.code, self.common[1]))
        return any(share >= 0.5 and share - common > self.passages**-0.5 for share, common in found)


def first_choices(held: HeldOut, codebook: Codebook) -> FirstChoices | None:
    """How often the machine is right first, on documents it has not seen; None where nothing was coded, or only one code."""
    given: NDArray[np.bool_] = np.asarray(held.matrix.Y.any(axis=0))
    rows = np.flatnonzero(given.any(axis=1))
    if not len(rows) or len(held.matrix.codes) < 2:
        return None
    first = held.held.P[rows].argmax(axis=1)
    themes = np.array([codebook.theme(code) for code in held.matrix.codes])
    in_theme = [bool((themes[given[row]] == themes[k]).any()) for row, k in zip(rows, first, strict=True)]
    deep = len(set(themes.tolist())) if any(t != c for t, c in zip(themes, held.matrix.codes, strict=True)) else 0
    share = float(max(given[rows][:, themes == theme].any(axis=1).mean() for theme in set(themes.tolist())))
    common = share, float(given[rows].mean(axis=0).max())
    right = float(given[rows, first].mean()), float(np.mean(in_theme))
    return FirstChoices(len(rows), *right, deep if deep > 1 else 0, common)


def hold_out(
    model: CodingModel, study: Study, coders: Iterable[str] | None = None, progress: Progress | None = None
) -> HeldOut:
    """Judge every document with models that have not seen it.

    Args:
        model: Its settings and encoder as given are used; what it has learnt or chosen is not.
        study: Documents with codings.
        coders: Whose codings; None takes those the model learnt from, else every human coder.
        progress: Told of the steps done.

    Raises:
        StudyError: There are no codings, or all of them are in one document.
    """
    coefficient_of(model.config.agreement.coefficient)  # said before the work, not after
    chosen = study.choose(coders if coders is not None else model.coders or None)
    matrix = learnable(study, model.config, chosen)
    return HeldOut(matrix, judged_once(study, matrix, model.given, progress), dict(study.by_id))


def compare(held: HeldOut, config: AgreementConfig = AgreementConfig()) -> AgreementReport:
    """Set the machine beside the humans: agreement per code and pooled, with intervals."""
    return agree(held.with_machine, agreement_options(config, held.documents.values(), (held.machine,)))


def evaluate(
    model: CodingModel, study: Study, coders: Iterable[str] | None = None, progress: Progress | None = None
) -> AgreementReport:
    """Compare the machine with the human coders on documents it has not seen.

    Args and errors: as `hold_out`.

    Returns:
        Human-human and machine-human agreement, per code and pooled, with intervals by leaving
        out one document at a time.
    """
    return compare(hold_out(model, study, coders, progress), model.config.agreement)


def batch_of(model: CodingModel, study: Study, coder: str, progress: Progress | None = None) -> Batch:
    """The whole study as coded by the machine, beside the part of it that one human coded.

    The machine judges the human's documents without having seen them, and the rest with a model
    that learnt from all of the human's: its errors are then alike in both.

    Args:
        model: Its settings and encoder are used; what it has learnt is not.
        study: Documents, some of which the human has read.
        coder: Id of the human, or of the resolved coding.
        progress: Told of the steps done.

    Raises:
        StudyError: As `hold_out`; or the human has coded every document, so nothing is left.
    """
    matrix, machine = beside_all(model, study, [coder], progress)
    if matrix.seen.all():
        raise StudyError(
            f"study '{study.name}'",
            f"'{coder}' has coded every document, so there is nothing to correct",
            "Import the documents that only the machine is to code.",
        )
    return Batch(matrix.codes, matrix.groups, machine, matrix.Y[0], matrix.seen[0])


def probabilities(held: HeldOut, matrix: CodingMatrix) -> NDArray[np.float64]:
    """(n, K) held-out probabilities in the order of another matrix; 0 for units and codes that were not judged."""
    place = {(s.document, s.id): u for u, s in enumerate(held.matrix.segments)}
    column = {code: k for k, code in enumerate(held.matrix.codes)}
    rows = [(u, place[s.document, s.id]) for u, s in enumerate(matrix.segments) if (s.document, s.id) in place]
    codes = [(k, column[code]) for k, code in enumerate(matrix.codes) if code in column]
    found = np.zeros((len(matrix.segments), len(matrix.codes)))
    if rows and codes:
        (to, of), (k, n) = (np.array(pairs).T for pairs in (rows, codes))
        found[np.ix_(to, k)] = held.held.P[np.ix_(of, n)]
    return found


def beside_all(
    model: CodingModel, study: Study, coders: Iterable[str], progress: Progress | None = None, also: Sequence[str] = ()
) -> tuple[CodingMatrix, NDArray[np.bool_]]:
    """The humans' decisions over all documents, coded or not, and what the machine says of each unit.

    Documents with codings are judged by models that have not seen them; the rest by one that learnt from all of them.

    Args:
        coders: Whom the machine learns from.
        also: Further coders whose decisions are wanted, as that of the agreed coding.

    Returns:
        The matrix of n units, those coded first, and (n, K) the machine's codings.

    Raises:
        StudyError: As `hold_out`.
    """
    held = hold_out(model, study, coders, progress)
    seen = {held.matrix.documents[g] for g in set(held.matrix.groups.tolist())}
    rest = tuple(d for d in study.documents if d.id not in seen)
    units, machine = held.matrix.segments, held.held.coded
    if rest:
        fitted = model.fit(study, held.matrix.coders, progress)
        prepared, coded = fitted.judge(rest, progress)
        units = (*units, *prepared.segments)
        machine = np.concatenate([machine, coded])
    whole = coding_matrix(study, model.config, (*held.matrix.coders, *also), held.matrix.codes)
    place = {(s.document, s.id): u for u, s in enumerate(whole.segments)}
    index = np.array([place[s.document, s.id] for s in units], dtype=np.int64)
    Y, saw = whole.Y[:, index], whole.seen[:, index]
    return replace(whole, segments=units, groups=whole.groups[index], Y=Y, seen=saw), machine


def stands(
    study: Study,
    config: Config,
    coders: Iterable[str] | None = None,
    groups: Mapping[str, str] | None = None,
    seen: tuple[CodingModel, Progress | None] | None = None,
) -> Stability:
    """Say of each finding of a study whether it stands: those of the agreed coding where there is one.

    Args:
        coders: Whose codings; None takes every human coder, and the agreed coding with them.
        groups: Group of each document, for contrasts between groups.
        seen: A model, and whom to tell of the steps done: it codes the documents that nobody coded, where there are any.

    Raises:
        StudyError: Fewer than two documents are coded; with a model also as `hold_out`.
    """
    chosen = study.choose(coders)
    given = {c.coder for c in study.codings}
    agreed = study.agreed if coders is None and study.agreed in given - set(chosen) else ""
    also = (agreed,) if agreed else ()
    read = {r.document for r in study.readings if r.coder in chosen} | {c.document for c in study.codings if c.coder in chosen}
    if seen and any(d.id not in read for d in study.documents):
        matrix, machine = beside_all(seen[0], study, chosen, seen[1], also)
        return stability(matrix, groups, machine, agreed=agreed or "")
    return stability(coding_matrix(study, config, (*chosen, *also)), groups, agreed=agreed or "")


def write_held_out(path: Path, held: HeldOut, plain: bool = False) -> None:
    """Write every held-out prediction as a table (.csv, .xlsx): the columns of suggestions and one a coder.

    A coder's cell is 1 or 0, and empty where the coder did not see the unit.

    Raises:
        InputError: The file cannot be written.
    """
    columns, rows = held_out_table(held)
    if path.suffix == ".xlsx":
        write_workbook(path, {"Held out": (columns, rows)})
    else:
        write_atomic(path, csv_text(columns, rows, plain))


def held_out_table(held: HeldOut) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The header and the rows that `write_held_out` writes."""
    coders = held.matrix.coders
    rows = [(*suggestion_row(s, held.documents), *(said[c] for c in coders)) for s, said in held.suggestions()]
    return (*COLUMNS, *coders), rows


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """Whether what is called held out is held out; printed, two sentences.

    Attributes:
        kappa: Of the machine with the coders, chance taken code by code, where codings were dealt out anew at random.
        low: Lower end of its interval.
        high: Upper end.
        document: Id of the document whose codings were changed.
        changed: Codings of it that were changed.
        different: Predictions of it that differ since; 0 where nothing leaks.
    """

    kappa: float | None
    low: float | None
    high: float | None
    document: str
    changed: int
    different: int

    @property
    def chance(self) -> bool:
        """Whether nothing was found where there is nothing to find; agreement undefined, or below chance, finds nothing."""
        return self.kappa is None or self.low is None or self.low <= 0

    @property
    def passed(self) -> bool:
        """Whether no leak was seen."""
        return self.chance and not self.different

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return asdict(self) | {"passed": self.passed}

    def __str__(self) -> str:
        shown = "no kappa" if self.kappa is None else f"kappa {apa(self.kappa)}"
        if self.low is not None and self.high is not None:
            shown += f" [{apa(self.low)}, {apa(self.high)}]"
        found = "as it must be" if self.chance else "A LEAK: something tells the machine of documents it should not have seen"
        own = "not one of its predictions changed" if not self.different else f"A LEAK: {self.different:,} predictions changed"
        return (
            f"Codings dealt out anew at random: the machine finds {shown}, {found}.\n"
            f"{counted(self.changed, 'coding')} of one document changed: {own}."
        )


def check_leaks(
    model: CodingModel, study: Study, coders: Iterable[str] | None = None, progress: Progress | None = None
) -> LeakCheck:
    """Look for leaks: by codings that mean nothing, and by codings of a document that must not matter to it.

    Codings are dealt out anew over all segments, so that nothing is left to learn: agreement above chance is a leak.
    Then, with the true codings, those of the document with most are changed: its own predictions must stay the same to
    the last bit, for they come from the other documents.

    Args and errors: as `hold_out`.
    """
    chosen = study.choose(coders if coders is not None else model.coders or None)
    matrix, seen = learnable(study, model.config, chosen), (model.config, model.encoder)
    order = np.random.default_rng(model.config.classify.seed).permutation(len(matrix.segments))
    dealt = replace(matrix, Y=matrix.Y[:, order], seen=matrix.seen[:, order])
    said = judged(study, dealt, seen, progress)
    data = decisions(HeldOut(dealt, said, dict(study.by_id)).with_machine)
    last = len(data.coders) - 1
    found = jackknife(np.concatenate([pair_counts(data, r, last) for r in range(last)], axis=1), _within_codes)
    low, high = (number(float(end)) for end in plain(found))
    group = int(np.bincount(matrix.groups, matrix.Y.any(axis=0).sum(axis=1)).argmax())
    rows = np.flatnonzero(matrix.groups == group)
    Y = matrix.Y.copy()
    Y[:, rows] = matrix.seen[:, rows, None] & ~matrix.Y[:, rows]
    before = judged(study, matrix, seen, progress)
    after = judged(study, replace(matrix, Y=Y), seen, progress)
    same = (before.P[rows] == after.P[rows]) & (before.bands[rows] == after.bands[rows])
    same &= before.coded[rows] == after.coded[rows]
    changed = int((Y != matrix.Y).sum())
    return LeakCheck(number(float(found.value)), low, high, matrix.documents[group], changed, int((~same).sum()))


def _within_codes(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kappa (...) over tables (..., C, 4) of both, first only, second only, neither; chance is taken code by code.

    Pooled, to give a frequent code everywhere agrees better than chance, for codes differ in frequency; here it finds nothing.
    """
    a, b, c, d = np.moveaxis(tables, -1, 0)
    beyond, reachable = 2 * (a * d - b * c), (a + b) * (b + d) + (a + c) * (c + d)
    n = np.maximum(tables.sum(-1), 1)
    with np.errstate(invalid="ignore"):
        return np.asarray((beyond / n).sum(-1) / (reachable / n).sum(-1))
