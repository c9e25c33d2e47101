"""ATLAS.ti-like agreement on semantic domains: groups of codes of which a passage gets one at most.

A domain is a theme of the codebook. Sources: ATLAS.ti manual, inter-coder agreement; González-Prieto,
Á., Perez, J., Diaz, J. & López-Fernández, D. (2020). Inter-coder agreement in qualitative coding.
arXiv:2008.00977. Their rounding, and what they count as a position, could not be confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.conventions import AtlasTi, Coded, atlasti
from autocode.agreement.estimate import Estimate
from autocode.agreement.krippendorff import alpha_from_coincidences
from autocode.agreement.reshape import theme
from autocode.agreement.spans import covered, edges
from autocode.matrix import FloatArray


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
        >>> from autocode.agreement.conventions import Coded
        >>> from autocode.agreement.spans import Span
        >>> both = Coded("d", 100, (Span(0, 40, "A > x"),), (Span(0, 50, "A > y"),))
        >>> round(cu_omnibus([both], {"A": ["A > x", "A > y"]}).value, 3)  # same domain, other code
        0.799
    """
    if not documents:
        return Estimate(None, reason="no_pairs")
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
