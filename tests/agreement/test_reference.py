"""Cross-checks against other libraries, where they are installed (test-only)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement.coefficients import nominal
from autocode.agreement.coefficients.krippendorff import alpha, set_alpha
from autocode.agreement.counts import Decisions
from tests.agreement.made import any_decisions, tables
from tests.agreement.test_summary_sets import as_sets

inter_rater = pytest.importorskip("statsmodels.stats.inter_rater", reason="statsmodels is not installed")
nltk_agreement = pytest.importorskip("nltk.metrics.agreement", reason="NLTK is not installed")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(tables)
def test_kappa_and_its_error_equal_statsmodels(table: np.ndarray) -> None:
    """Kappa and its large-sample error are those of statsmodels wherever kappa is defined."""
    square = table.reshape(2, 2)
    ours, error = nominal.cohen_kappa(square), nominal.cohen_kappa_se(square)
    if ours.value is not None and ours.value < 1 and table.min() > 0:
        theirs = inter_rater.cohens_kappa(square)
        assert ours.value == pytest.approx(theirs.kappa, abs=1e-12)
        assert error.value == pytest.approx(theirs.std_kappa, abs=1e-10)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(any_decisions(coders=4, codes=1))
def test_fleiss_and_randolph_equal_statsmodels(data: Decisions) -> None:
    """Without missing decisions Fleiss' and Randolph's kappa are those of statsmodels."""
    yes = data.Y[:, :, 0].sum(0)
    counts = np.stack([yes, 4 - yes], axis=1).astype(float)
    t = nominal.terms(counts)
    if 0 < yes.sum() < 4 * len(yes):
        assert nominal.fleiss_kappa(t).value == pytest.approx(inter_rater.fleiss_kappa(counts, "fleiss"))
        assert nominal.brennan_prediger_of_many(t).value == pytest.approx(inter_rater.fleiss_kappa(counts, "randolph"))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(any_decisions(coders=3, codes=3))
def test_alphas_equal_nltk(data: Decisions) -> None:
    """Nominal alpha of one code and Jaccard alpha of sets are NLTK's wherever there is variance."""
    seen, yes = data.seen.sum(0), (data.Y[:, :, 0] & data.seen).sum(0)
    rows = [(str(r), u, bool(data.Y[r, u, 0])) for r in range(3) for u in np.flatnonzero(data.seen[r])]
    kept = [row for row in rows if seen[row[1]] >= 2]
    ours = alpha(np.stack([yes, seen - yes], axis=1).astype(float)).value
    if ours is not None:
        assert ours == pytest.approx(nltk_agreement.AnnotationTask(data=kept).alpha(), abs=1e-10)
    units = as_sets(data)
    triples = [
        (str(r), u, frozenset(x)) for u, unit in enumerate(units) for r, x in enumerate(unit) if x is not None and seen[u] >= 2
    ]
    sets = set_alpha(units, "jaccard").value
    if sets is not None:
        task = nltk_agreement.AnnotationTask(data=triples, distance=_jaccard)
        assert sets == pytest.approx(task.alpha(), abs=1e-10)


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard distance with two empty sets alike, which NLTK's own divides by zero for."""
    return 1 - len(a & b) / len(a | b) if a or b else 0.0
