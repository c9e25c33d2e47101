"""What other tools print: MAXQDA, NVivo, ATLAS.ti, QualCoder, by their own conventions.

For readers who compare with those tools. Where a definition could not be confirmed, docs/methods.md
says so. Undefined stays undefined, also where a tool would print 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficients import cohen_kappa, percent_agreement, positive_agreement
from autocode.agreement.coefficients.nominal import corrected
from autocode.agreement.estimate import Estimate, FloatArray
from autocode.agreement.spans import Span, character_table, iou, merge, of_code, overlap_of_shorter
from autocode.agreement.spans.unitizing import Continuum, binary_u_alpha, continuum, cu_alpha
from autocode.errors import StudyError

OVERLAPS: Mapping[str, Callable[[Span, Span], float]] = {"iou": iou, "min": overlap_of_shorter}
"""How much two segments overlap: shared over either, or shared over the shorter."""


@dataclass(frozen=True, slots=True)
class Coded:
    """One document as two coders coded it.

    Attributes:
        document: Id of the document.
        length: Its characters.
        first: Spans of the first coder.
        second: Spans of the second coder.
    """

    document: str
    length: int
    first: tuple[Span, ...]
    second: tuple[Span, ...]

    @property
    def codes(self) -> list[str]:
        """Codes that either coder used, sorted."""
        return sorted({s.code for s in (*self.first, *self.second)})

    def table(self, code: str) -> FloatArray:
        """(4,) characters given the code by both, the first only, the second only, neither."""
        return character_table(self.length, *(merge(of_code(s, code)) for s in (self.first, self.second)))


@dataclass(frozen=True, slots=True)
class Maxqda:
    """MAXQDA's third level: segments with a counterpart, of both coders.

    Attributes:
        agreements: Segments of either coder that have a counterpart.
        disagreements: Segments that have none.
        percent: agreements / all segments.
        chance: 1 / number of codes in the table.
        kappa: (percent - chance) / (1 - chance), after Brennan & Prediger (1981).
        by_code: (agreements, disagreements) of each code.
    """

    agreements: int
    disagreements: int
    percent: Estimate
    chance: float
    kappa: Estimate
    by_code: Mapping[str, tuple[int, int]]


def maxqda_segments(documents: Sequence[Coded], minimum: float = 0.9, overlap: str = "iou") -> Maxqda:
    """Segment level: same code, overlap of at least `minimum`, checked from both sides.

    Args:
        documents: What the two coders coded.
        minimum: Share of overlap that makes a counterpart.
        overlap: `iou` or `min`; how MAXQDA measures it could not be confirmed.

    Example:
        >>> one = Coded('d', 1000, (Span(0, 100, 'x'), Span(400, 500, 'y')), (Span(0, 95, 'x'), Span(420, 500, 'y')))
        >>> found = maxqda_segments([one])
        >>> found.percent.value, found.kappa.value
        (0.5, 0.0)
    """
    measure = OVERLAPS[overlap]
    by_code: dict[str, tuple[int, int]] = {}
    for coded in documents:
        for own, other in ((coded.first, coded.second), (coded.second, coded.first)):
            for span in own:
                found = any(measure(span, s) >= minimum for s in of_code(other, span.code))
                yes, no = by_code.get(span.code, (0, 0))
                by_code[span.code] = (yes + found, no + (not found))
    agreements = sum(yes for yes, _ in by_code.values())
    total = agreements + sum(no for _, no in by_code.values())
    if not total:
        nothing = Estimate(None, reason="no_positives")
        return Maxqda(0, 0, nothing, float("nan"), nothing, {})
    percent, chance = agreements / total, 1 / len(by_code)
    kappa = corrected(percent, chance) if len(by_code) > 1 else Estimate(None, reason="one_code")
    return Maxqda(agreements, total - agreements, Estimate(percent), chance, kappa, dict(sorted(by_code.items())))


def maxqda_occurrence(documents: Sequence[Coded], codes: Sequence[str]) -> dict[str, Estimate]:
    """Level 1: share of documents in which both coders have the code, or both lack it.

    Example:
        >>> one = Coded('d', 1000, (Span(0, 100, 'x'), Span(400, 500, 'y')), (Span(0, 95, 'x'), Span(420, 500, 'y')))
        >>> maxqda_occurrence([one], ['x'])['x'].value
        1.0
    """
    return _document_level(documents, codes, lambda spans: int(bool(spans)))


def maxqda_frequency(documents: Sequence[Coded], codes: Sequence[str]) -> dict[str, Estimate]:
    """Level 2: share of documents in which both coders used the code equally often.

    Example:
        >>> one = Coded('d', 1000, (Span(0, 100, 'x'), Span(400, 500, 'y')), (Span(0, 95, 'x'), Span(420, 500, 'y')))
        >>> maxqda_frequency([one], ['x'])['x'].value
        1.0
    """
    return _document_level(documents, codes, len)


def _document_level(
    documents: Sequence[Coded], codes: Sequence[str], value: Callable[[list[Span]], int]
) -> dict[str, Estimate]:
    if not documents:
        return {code: Estimate(None, reason="no_pairs") for code in codes}
    same = {code: [value(of_code(d.first, code)) == value(of_code(d.second, code)) for d in documents] for code in codes}
    return {code: Estimate(float(np.mean(found))) for code, found in same.items()}


@dataclass(frozen=True, slots=True)
class Nvivo:
    """NVivo's coding comparison of one code.

    Attributes:
        code: Path of the code.
        documents: (document, percent agreement, kappa) over characters, as NVivo lists them.
        percent: Mean weighted by the documents' sizes.
        kappa: Mean weighted by size over the documents where it is defined.
        percent_plain: Unweighted mean.
        kappa_plain: Unweighted mean over the documents where it is defined.
    """

    code: str
    documents: tuple[tuple[str, Estimate, Estimate], ...]
    percent: Estimate
    kappa: Estimate
    percent_plain: Estimate
    kappa_plain: Estimate


def nvivo(documents: Sequence[Coded], code: str) -> Nvivo:
    """Percent agreement and kappa over characters, per document and averaged.

    NVivo is remembered to print kappa 1 where nobody coded; here it is undefined.

    Example:
        >>> one = Coded('d', 1000, (Span(0, 100, 'x'), Span(400, 500, 'y')), (Span(0, 95, 'x'), Span(420, 500, 'y')))
        >>> found = nvivo([one], 'y')
        >>> found.percent.value, round(found.kappa.value, 3)
        (0.98, 0.878)
    """
    rows, weights = [], np.array([d.length for d in documents], dtype=np.float64)
    for d in documents:
        table = d.table(code)
        rows.append((d.document, _cell(percent_agreement, table), _cell(cohen_kappa, table)))
    even = np.ones(len(documents))
    percents, kappas = [r[1] for r in rows], [r[2] for r in rows]
    return Nvivo(
        code, tuple(rows), _mean(percents, weights), _mean(kappas, weights), _mean(percents, even), _mean(kappas, even)
    )


def _cell(coefficient: Callable[[FloatArray], FloatArray], table: FloatArray) -> Estimate:
    value = float(coefficient(table))
    reason = "no_variance" if table.sum() > 0 else "no_pairs"
    return Estimate(value) if np.isfinite(value) else Estimate(None, reason=reason)


def _mean(values: Sequence[Estimate], weights: FloatArray) -> Estimate:
    """Weighted mean of the defined values."""
    pairs = [(v.value, w) for v, w in zip(values, weights, strict=True) if v.value is not None]
    total = sum(w for _, w in pairs)
    if total <= 0:
        return values[0] if values else Estimate(None, reason="no_pairs")
    return Estimate(float(sum(v * w for v, w in pairs) / total))


@dataclass(frozen=True, slots=True)
class AtlasTi:
    """ATLAS.ti-like values over characters; cu-alpha and Cu-alpha are ours, not confirmed as equal.

    Attributes:
        percent: Share of characters on which the coders agree, over all codes.
        holsti: 2 A / (N1 + N2) over coded characters.
        binary_u_alpha: Whether coders found the same passages relevant.
        cu_alpha: Which code, where both coded; undefined where codes of one coder overlap.
    """

    percent: Estimate
    holsti: Estimate
    binary_u_alpha: Estimate
    cu_alpha: Estimate


def atlasti(documents: Sequence[Coded], codes: Sequence[str]) -> AtlasTi:
    """Percent agreement, Holsti and the alpha family over text positions of one domain of codes.

    Example:
        >>> one = Coded('d', 1000, (Span(0, 100, 'x'), Span(400, 500, 'y')), (Span(0, 95, 'x'), Span(420, 500, 'y')))
        >>> found = atlasti([one], ['x', 'y'])
        >>> round(found.holsti.value, 3), found.cu_alpha.value
        (0.933, 1.0)
    """
    total = sum((d.table(c) for d in documents for c in codes), np.zeros(4))
    passages = [_family(d, [""], lambda s: Span(s.start, s.end)) for d in documents]
    relevant = binary_u_alpha(sum(passages[1:], passages[0])) if passages else Estimate(None, reason="no_pairs")
    return AtlasTi(_cell(percent_agreement, total), _named(positive_agreement, total), relevant, _which(documents, codes))


def _named(coefficient: Callable[[FloatArray], FloatArray], table: FloatArray) -> Estimate:
    value = float(coefficient(table))
    return Estimate(value) if np.isfinite(value) else Estimate(None, reason="no_positives")


def _family(d: Coded, codes: Sequence[str], rename: Callable[[Span], Span]) -> Continuum:
    coders = [[m for c in codes for m in merge(of_code(map(rename, s), c))] for s in (d.first, d.second)]
    return continuum(d.length, coders, codes)


def _which(documents: Sequence[Coded], codes: Sequence[str]) -> Estimate:
    try:
        found = [_family(d, codes, lambda s: s) for d in documents]
    except StudyError:
        return Estimate(None, reason="overlapping_codes")
    return cu_alpha(sum(found[1:], found[0])) if found else Estimate(None, reason="no_pairs")


def qualcoder(documents: Sequence[Coded], code: str) -> tuple[Estimate, Estimate]:
    """QualCoder's percent agreement and what it calls kappa, over the characters of all documents.

    Its kappa looks at coded characters only (A or B): P_o = both / either, and takes chance as the
    product, not the sum, of the chances of yes and no. It is not Cohen's kappa.

    Example:
        >>> one = Coded('d', 1000, (Span(0, 100, 'x'), Span(400, 500, 'y')), (Span(0, 95, 'x'), Span(420, 500, 'y')))
        >>> [round(e.value, 3) for e in qualcoder([one], 'y')]
        [0.98, 0.8]
    """
    table = sum((d.table(code) for d in documents), np.zeros(4))
    a, b, c, _ = (float(x) for x in table)
    either = a + b + c
    if not either:
        return _cell(percent_agreement, table), Estimate(None, reason="no_positives")
    chance = (a + b) * (a + c) * b * c / either**4
    return _cell(percent_agreement, table), corrected(a / either, chance)
