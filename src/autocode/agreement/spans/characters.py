"""Decisions on stretches of text instead of segments, and coded documents for other tools' tables.

A stretch lies between two neighbouring boundaries of any coder's coding or reading and counts as
many characters as it has. Characters depend on one another, so intervals are over documents only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficients.krippendorff import alpha_from_coincidences
from autocode.agreement.counts import Decisions, theme
from autocode.agreement.estimate import Estimate
from autocode.agreement.judgement.conventions import AtlasTi, Coded, atlasti
from autocode.agreement.spans import Span, covered, edges
from autocode.study import Document, Study
from autocode.study.matrix import BoolArray, FloatArray, IntArray


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
