"""Decisions on stretches of text instead of segments, and coded documents for other tools' tables.

A stretch lies between two neighbouring boundaries of any coder's coding or reading and counts as
many characters as it has. Characters depend on one another, so intervals are over documents only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autocode.agreement.conventions import Coded
from autocode.agreement.counts import Decisions
from autocode.agreement.spans import Span, covered, edges
from autocode.matrix import BoolArray, FloatArray, IntArray
from autocode.study import Document, Study


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
        coders=tuple(coders), codes=paths, documents=tuple(d.id for d in study.documents),
        groups=np.repeat(np.arange(len(parts)), [len(weight) for _, _, weight in parts]),
        Y=np.concatenate([Y for Y, _, _ in parts], axis=1) if parts else np.zeros((len(coders), 0, len(paths)), bool),
        seen=np.concatenate([seen for _, seen, _ in parts], axis=1) if parts else np.zeros((len(coders), 0), bool),
        weight=np.concatenate([weight for _, _, weight in parts]) if parts else np.zeros(0),
    )  # fmt: skip


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
