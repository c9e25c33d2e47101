"""What must hold whatever the data (methods guide, section 8)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement import agree_on, intervals
from autocode.agreement import coefficients as binary
from autocode.agreement.coefficients import BINARY
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import AgreementOptions
from tests.agreement.made import any_decisions, decided, noisy, tables


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables)
def test_duplicating_everything_leaves_all_but_alpha(table: np.ndarray) -> None:
    """Twice the documents give the same coefficients; alpha comes nearer to pi."""
    for name in BINARY.keys() - {"krippendorff_alpha"}:
        np.testing.assert_allclose(BINARY[name](2 * table), BINARY[name](table), atol=1e-12)
    pi = float(binary.scott_pi(table))
    if np.isfinite(pi) and pi < 1:
        assert float(binary.krippendorff_alpha(2 * table)) < float(binary.krippendorff_alpha(table))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables)
def test_nothing_is_above_one_or_infinite(table: np.ndarray) -> None:
    """Coefficients are at most 1 or undefined; complete agreement with variance is exactly 1."""
    for function in BINARY.values():
        value = float(function(table))
        assert np.isnan(value) or value <= 1 + 1e-12
    if table[1] == table[2] == 0 and table[0] and table[3]:
        assert float(binary.cohen_kappa(table)) == 1.0


@settings(max_examples=30, deadline=None, derandomize=True)
@given(any_decisions(coders=2, codes=2))
def test_who_is_first_does_not_matter(data: Decisions) -> None:
    """Exchanging the coders exchanges what only one gave and nothing else."""
    one, two = pair_counts(data, 0, 1), pair_counts(data, 1, 0)
    np.testing.assert_array_equal(one[..., [0, 2, 1, 3]], two)


def test_drawing_every_document_once_is_the_point_value() -> None:
    """A resample with weight 1 for every document is the study itself."""
    counts = pair_counts(noisy(coders=2), 0, 1)
    np.testing.assert_allclose(np.ones(len(counts)) @ counts[:, 0], counts[:, 0].sum(0))
    found = intervals.bootstrap(counts, binary.cohen_kappa, 10)
    np.testing.assert_array_equal(found.value, binary.cohen_kappa(counts.sum(0)))


def test_bootstrap_in_pieces_is_bootstrap() -> None:
    """Working in pieces of memory changes no digit."""
    counts = pair_counts(noisy(coders=2), 0, 1)
    whole = intervals.bootstrap_replicates(counts, binary.cohen_kappa, 300, 1)
    full = np.random.default_rng(1).multinomial(12, np.full(12, 1 / 12), size=300).astype(float)
    np.testing.assert_allclose(whole, binary.cohen_kappa((full @ counts.reshape(12, -1)).reshape(300, 2, 4)))


def test_bootstrap_is_an_option_of_the_report() -> None:
    """The percentile interval differs from the jackknife's, the values do not; same seed, same report."""
    data = noisy(documents=30)
    plain = agree_on(data).row("c0", "a", "b")
    drawn, again = (agree_on(data, AgreementOptions(interval="bootstrap")).row("c0", "a", "b") for _ in range(2))
    assert plain is not None
    assert drawn is not None
    assert drawn == again
    assert drawn.kappa.value == plain.kappa.value
    assert drawn.kappa.low != plain.kappa.low
    assert drawn.kappa.low == pytest.approx(plain.kappa.low, abs=0.05)


def test_splitting_documents_moves_the_interval_not_the_value() -> None:
    """The same decisions in 12 or in 24 documents: one value, two intervals."""
    data = noisy(coders=2, documents=12)
    one, two = (agree_on(d).row("c0") for d in (data, decided(data.Y, 24)))
    assert one is not None
    assert two is not None
    assert one.kappa.value == two.kappa.value
    assert one.kappa.low != two.kappa.low
