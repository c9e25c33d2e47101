"""Coders who cut the text themselves, over a whole study: the u-alpha family, alpha_U, B and gamma.

Sums run over documents (alpha_U, B and gamma: see each). A document counts where two of the coders
opened it; a machine is a coder. Decisions on stretches of text: a stretch lies between two neighbouring
boundaries of any coder and counts as many characters as it has; intervals are over documents only.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import ModuleType
from typing import Any

import numpy as np

from autocode.agreement.coefficients.krippendorff import alpha_from_coincidences
from autocode.agreement.counts import Decisions, theme
from autocode.agreement.estimate import Estimate, number
from autocode.agreement.judgement.conventions import AtlasTi, Coded, atlasti
from autocode.agreement.spans import Edits, Span, covered, edges, edits, merge, of_code
from autocode.agreement.spans.unitizing import Continuum, alpha_u, binary_u_alpha, continuum, cu_alpha, ku_alpha, u_alpha
from autocode.errors import StudyError
from autocode.study import Document, Study
from autocode.study.matrix import BoolArray, FloatArray, IntArray

ALPHA, BETA, EMPTY = 1.0, 1.0, 1.0  # weight of place, weight of code, cost of a segment without a counterpart


@dataclass(frozen=True, slots=True)
class Draws:
    """How chance is drawn: the same seed gives the same value."""

    samples: int = 30  # random segmentations
    seed: int = 0


def gamma(coders: Mapping[str, Sequence[Span]], draws: Draws = Draws()) -> Estimate:
    """Gamma of one document.

    Args:
        coders: The coded segments of each coder who read the document, by the coder's id; codes of
            one coder may overlap. Place is measured in characters.
        draws: How chance is drawn.

    Returns:
        The value; undefined (`no_pairs`) where fewer than two coders coded anything.

    Raises:
        StudyError: The library is not installed.
    """
    if sum(any(s.length > 0 for s in spans) for spans in coders.values()) < 2:
        return Estimate(None, reason="no_pairs")
    library, segments = _library()
    with _quiet(), _seeded(draws.seed):
        continuum = library.Continuum()
        for coder, spans in coders.items():
            continuum.add_annotator(coder)
            for span in sorted(s for s in spans if s.length > 0):
                continuum.add(coder, segments.Segment(span.start, span.end), span.code)
        costs = library.CombinedCategoricalDissimilarity(alpha=ALPHA, beta=BETA, delta_empty=EMPTY)
        found = continuum.compute_gamma(costs, n_samples=draws.samples)
        value = number(found.gamma)
    return Estimate(value, reason="" if value is not None else "no_variance")


def mean_gamma(values: Sequence[Estimate]) -> Estimate:
    """Plain mean over the documents where gamma is defined."""
    defined = [e.value for e in values if e.value is not None]
    return Estimate(float(np.mean(defined))) if defined else Estimate(None, reason="no_pairs")


def _library() -> tuple[ModuleType, ModuleType]:
    """pygamma-agreement and the segments it takes."""
    try:
        with _quiet():
            import pyannote.core
            import pygamma_agreement
    except ImportError as error:
        raise StudyError(
            "gamma",
            f"it needs the library pygamma-agreement, which cannot be loaded ({error.name or error})",
            'Install it: pip install "autocode[gamma]"',
        ) from error
    return pygamma_agreement, pyannote.core


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the solver's remarks, one for each alignment, away from the screen."""
    root, before = logging.getLogger(), logging.root.manager.disable
    handlers = root.handlers[:]
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        root.handlers[:] = handlers


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which the library draws from, and put it back afterwards."""
    state: Any = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


WINDOW = 10


@dataclass(frozen=True, slots=True)
class Opened:
    """One document and what each coder who opened it coded there, by the coder's id."""

    document: str
    length: int
    coders: dict[str, tuple[Span, ...]]


def opened_documents(study: Study, coders: Sequence[str]) -> list[Opened]:
    """The documents that at least two of the coders opened (read or coded)."""
    coded: dict[tuple[str, str], list[Span]] = {}
    for r in study.readings:
        coded.setdefault((r.document, r.coder), [])
    for c in study.codings:
        coded.setdefault((c.document, c.coder), []).append(Span(c.start, c.end, c.code))
    found = []
    for d in study.documents:
        own = {c: tuple(sorted(coded[d.id, c])) for c in coders if (d.id, c) in coded}
        if len(own) >= 2:
            found.append(Opened(d.id, len(d.text), own))
    return found


def passages(documents: Sequence[Opened], codes: Sequence[str]) -> dict[str, dict[str, Estimate]]:
    """Unitizing coefficients of all codes together ("") and of each code.

    For all codes: whether the same passages were coded at all (`binary_u_alpha`), which code
    (`cu_alpha`, undefined where codes of one coder overlap), alpha_U of 1995, and where coders set
    boundaries (`boundary_similarity`, near within 10 characters). For each code: `u_alpha`,
    `ku_alpha` with its coverage where codes do not overlap, and alpha_U.
    """
    found = {
        "": {
            "binary_u_alpha": _summed(documents, [""], binary_u_alpha, lambda s: Span(s.start, s.end)),
            "cu_alpha": _summed(documents, codes, cu_alpha),
            "alpha_u_1995": _alpha_u(documents, None),
            "boundary_similarity": similarity_of_boundaries(documents),
        }
    }
    for code in codes:
        found[code] = {
            "u_alpha": _summed(documents, [code], u_alpha),
            "ku_alpha": _summed(documents, codes, lambda c, code=code: ku_alpha(c, code)[0]),  # type: ignore[misc]
            "alpha_u_1995": _alpha_u(documents, code),
        }
    return found


def _same(span: Span) -> Span:
    return span


def _summed(
    documents: Sequence[Opened],
    codes: Sequence[str],
    coefficient: Callable[[Continuum], Estimate],
    rename: Callable[[Span], Span] = _same,
) -> Estimate:
    """A coefficient of the summed continua; undefined where codes of one coder overlap."""
    total: Continuum | None = None
    try:
        for d in documents:
            coders = [[m for c in codes for m in merge(of_code(map(rename, s), c))] for s in d.coders.values()]
            one = continuum(d.length, coders, codes)
            total = one if total is None else total + one
    except StudyError:
        return Estimate(None, reason="overlapping_codes")
    return Estimate(None, reason="no_pairs") if total is None else coefficient(total)


def _alpha_u(documents: Sequence[Opened], code: str | None) -> Estimate:
    """Plain mean over the documents where it is defined, as INCEpTION has it."""
    found = [alpha_u(d.length, list(d.coders.values()), code) for d in documents]
    defined = [e.value for e in found if e.value is not None]
    return Estimate(float(np.mean(defined))) if defined else Estimate(None, reason="no_positives")


def similarity_of_boundaries(documents: Sequence[Opened], window: int = WINDOW) -> Estimate:
    """B of Fournier (2013) over all pairs: ends of coded passages, whatever the code.

    Args:
        window: Ends closer than this many characters are near misses, not misses.
    """
    found: list[Edits] = []
    for d in documents:
        places = {
            coder: {p for s in merge((Span(s.start, s.end) for s in spans), touching=False) for p in (s.start, s.end)}
            for coder, spans in d.coders.items()
        }
        found += [edits(places[a], places[b], window) for a, b in combinations(d.coders, 2)]
    total = sum(e.misses + len(e.near) + e.matches for e in found)
    return Estimate(1 - sum(e.cost for e in found) / total) if total else Estimate(None, reason="no_positives")


def gamma_by_document(documents: Sequence[Opened], draws: Draws = Draws()) -> tuple[dict[str, Estimate], Estimate]:
    """Gamma of each document, and the plain mean over those where it is defined.

    Raises:
        StudyError: The library of the extra `autocode[gamma]` is not installed.
    """
    found = {d.document: gamma(d.coders, draws) for d in documents}
    return found, mean_gamma(list(found.values()))


def offsets_by_code(offsets: Sequence[tuple[str, int, int]]) -> dict[str, tuple[int, float, float, float]]:
    """Boundary offsets of each code.

    Args:
        offsets: (code, distance of the starts, distance of the ends) in characters.

    Returns:
        By code: number of matched segments, median absolute distance of the starts, of the ends, and
        the share with both ends at the same place.

    Example:
        >>> offsets_by_code([('work', 0, 4), ('work', -2, 0)])
        {'work': (2, 1.0, 2.0, 0.0)}
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for code, start, end in offsets:
        found.setdefault(code, []).append((abs(start), abs(end)))
    result = {}
    for code, rows in found.items():
        start, end = np.median(np.array(rows), axis=0)
        result[code] = (len(rows), float(start), float(end), float(np.mean([sum(r) == 0 for r in rows])))
    return result


def decisions_on_text(study: Study, coders: Sequence[str], codes: Sequence[str] | None = None) -> Decisions:
    """Every coder's decisions on every stretch of text.

    Args:
        study: Documents, codings, readings.
        coders: Ids of the coders.
        codes: Paths of the codes; None takes all that these coders used, in codebook order.
    """
    chosen = set(coders)
    used = {c.code for c in study.codings if c.coder in chosen}
    paths = tuple(codes) if codes is not None else tuple(c.path for c in study.codebook if c.path in used)
    coded, read = _spans(study, chosen)
    parts = [_document(d, coders, paths, (coded, read)) for d in study.documents]
    return Decisions(
        coders=tuple(coders),
        codes=paths,
        documents=tuple(d.id for d in study.documents),
        groups=np.repeat(np.arange(len(parts)), [len(weight) for _, _, weight in parts]),
        Y=np.concatenate([Y for Y, _, _ in parts], axis=1) if parts else np.zeros((len(coders), 0, len(paths)), bool),
        seen=np.concatenate([seen for _, seen, _ in parts], axis=1) if parts else np.zeros((len(coders), 0), bool),
        weight=np.concatenate([weight for _, _, weight in parts]) if parts else np.zeros(0),
    )


_Spans = dict[tuple[str, str], list[Span]]


def _spans(study: Study, coders: set[str]) -> tuple[_Spans, _Spans]:
    """Coded spans and read spans by (document, coder)."""
    coded: _Spans = {}
    read: _Spans = {}
    for c in study.codings:
        if c.coder in coders:
            coded.setdefault((c.document, c.coder), []).append(Span(c.start, c.end, c.code))
    for r in study.readings:
        if r.coder in coders:
            read.setdefault((r.document, r.coder), []).append(Span(r.start, r.end))
    return coded, read


def _document(
    document: Document, coders: Sequence[str], codes: Sequence[str], spans: tuple[_Spans, _Spans]
) -> tuple[BoolArray, BoolArray, FloatArray]:
    """(R, s, K) codes, (R, s) seen, (s,) lengths of one document's stretches."""
    coded, read = ([kind.get((document.id, c), []) for c in coders] for kind in spans)
    bounds: IntArray = edges(len(document.text), (*coded, *read))
    weight = np.diff(bounds).astype(np.float64)
    Y = np.zeros((len(coders), len(weight), len(codes)), dtype=bool)
    seen = np.zeros((len(coders), len(weight)), dtype=bool)
    place = {code: k for k, code in enumerate(codes)}
    for r, own in enumerate(coded):
        by_code: dict[str, list[Span]] = {}
        for span in own:
            by_code.setdefault(span.code, []).append(span)
        for code in by_code.keys() & place.keys():
            Y[r, :, place[code]] = covered(bounds, by_code[code])
        seen[r] = covered(bounds, [*read[r], *own])
    return Y, seen, weight


def coded_documents(study: Study, first: str, second: str) -> list[Coded]:
    """The documents that both coders opened (read or coded), as other tools compare them."""
    coded, read = _spans(study, {first, second})
    opened = {key for kind in (coded, read) for key in kind}
    return [
        Coded(d.id, len(d.text), *(tuple(sorted(coded.get((d.id, c), []))) for c in (first, second)))
        for d in study.documents
        if (d.id, first) in opened and (d.id, second) in opened
    ]


@dataclass(frozen=True, slots=True)
class Domains:
    """The alpha family over several domains.

    Attributes:
        by_domain: Percent, Holsti, binary and cu-alpha of each domain with a choice of codes.
        omnibus: Cu-alpha: whether the coders agree on which domains apply.
    """

    by_domain: Mapping[str, AtlasTi]
    omnibus: Estimate


def domains_of(codes: Sequence[str]) -> dict[str, list[str]]:
    """Codes under their themes; a theme is a semantic domain."""
    found: dict[str, list[str]] = {}
    for code in codes:
        found.setdefault(theme(code), []).append(code)
    return found


def atlasti_domains(documents: Sequence[Coded], codes: Sequence[str]) -> Domains:
    """The family of each domain of two codes or more, and Cu-alpha over all domains.

    Example:
        >>> from autocode.agreement.spans import Span
        >>> one = Coded('d', 50, (Span(0, 20, 'A > x'), Span(30, 40, 'B > z')), (Span(0, 20, 'A > x'),))
        >>> found = atlasti_domains([one], ['A > x', 'A > y', 'B > z'])
        >>> list(found.by_domain), round(found.omnibus.value, 3)
        (['A'], 0.659)
    """
    domains = domains_of(codes)
    several = {name: atlasti(documents, own) for name, own in domains.items() if len(own) > 1}
    return Domains(several, cu_omnibus(documents, domains))


def cu_omnibus(documents: Sequence[Coded], domains: Mapping[str, Sequence[str]]) -> Estimate:
    """Cu-alpha: nominal alpha over characters, the value being the set of domains applied there.

    The empty set is a value like any other, so that agreeing that no domain applies counts.

    Args:
        documents: What two coders coded, of documents that both opened.
        domains: Codes of each domain.

    Returns:
        Alpha; undefined where both always gave one and the same set (`no_variance`), or without a
        document (`no_pairs`).

    Example:
        >>> from autocode.agreement.judgement.conventions import Coded
        >>> from autocode.agreement.spans import Span
        >>> both = Coded("d", 100, (Span(0, 40, "A > x"),), (Span(0, 50, "A > y"),))
        >>> round(cu_omnibus([both], {"A": ["A > x", "A > y"]}).value, 3)  # same domain, other code
        0.799
    """
    if not documents or not domains:
        return Estimate(None, reason="no_variance" if documents else "no_pairs")
    tables = [_sets(d, list(domains.values())) for d in documents]
    first, second, sizes = (np.concatenate([table[i] for table in tables]) for i in range(3))
    _, index = np.unique(np.concatenate([first, second]), axis=0, return_inverse=True)
    a, b = index[: len(first)], index[len(first) :]
    q = int(index.max()) + 1
    table = np.zeros((q, q))
    np.add.at(table, (a, b), sizes[:, 0])
    return alpha_from_coincidences(table + table.T, 1 - np.eye(q))


def _sets(coded: Coded, domains: Sequence[Sequence[str]]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(s, D) domains by the first and by the second coder, and (s, 1) lengths, stretch by stretch."""
    bounds = edges(coded.length, (coded.first, coded.second))
    coders = [
        np.stack([covered(bounds, [s for s in spans if s.code in codes]) for codes in domains], axis=1).astype(np.float64)
        for spans in (coded.first, coded.second)
    ]
    return coders[0], coders[1], np.diff(bounds).astype(np.float64)[:, None]
