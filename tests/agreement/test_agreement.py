"""agree(): rows for every code and pair of coders."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autocode.agreement import agree, agree_on, coder_pairs, crossed
from autocode.agreement.counts import Decisions
from autocode.agreement.estimate import AgreementOptions
from autocode.errors import StudyError
from tests.agreement.made import decided, from_cells, matrix_of, noisy

MACHINE = AgreementOptions(machines=("c",))


def rotating(seed: int = 0, per: int = 2) -> Decisions:
    """Six coders, two or three drawn for each of 30 documents, so that pairs share few."""
    data = noisy(seed, coders=6, documents=30, each=10)
    rng = np.random.default_rng(seed)
    seen = np.zeros((6, 300), dtype=bool)
    for g in range(30):
        for r in rng.choice(6, per, replace=False):
            seen[r, data.groups == g] = True
    return decided(data.Y & seen[:, :, None], 30, seen)


def test_a_row_holds_what_two_coders_did() -> None:
    """Counts, units, documents and coefficients of one pair."""
    report = agree_on(from_cells(5, 2, 1, 12, documents=4))
    row = report.row("c0", "a", "b")
    assert row is not None
    assert (row.both, row.only_first, row.only_second, row.neither) == (5, 2, 1, 12)
    assert (row.units, row.documents, row.kind) == (20, 4, "human-human")
    assert row.kappa.value == pytest.approx(2 * (5 * 12 - 2 * 1) / (7 * 14 + 6 * 13))
    assert row.kappa.no_interval == "few_documents"
    assert row.percent.value == pytest.approx(17 / 20)


def test_pooled_is_the_kappa_of_the_summed_tables() -> None:
    """Pooling adds the tables of all codes, it does not average kappas."""
    report = agree_on(noisy(coders=2))
    pooled, codes = report.row(), [report.row(c) for c in report.codes]
    assert pooled is not None
    assert pooled.both == sum(r.both for r in codes if r)
    assert pooled.units == codes[0].units  # type: ignore[union-attr]


def test_rows_come_pooled_first_then_all_pairs_then_each() -> None:
    """Order is stable: pooled, then codes; humans, machine with humans, single pairs."""
    report = agree_on(noisy(coders=3, codes=1), MACHINE)
    found = [(r.code, r.kind, r.first, r.second) for r in report.rows]
    assert found[:5] == [
        ("", "human-human", "", ""),
        ("", "machine-human", "", ""),
        ("", "human-human", "a", "b"),
        ("", "machine-human", "a", "c"),
        ("", "machine-human", "b", "c"),
    ]
    assert found[5] == ("c0", "human-human", "", "")


def test_a_machine_is_just_another_coder() -> None:
    """Naming a coder a machine changes the kind of its rows, not a single count or coefficient."""
    data = noisy(coders=2)
    plain = agree_on(data).row("c0", "a", "b")
    named = agree_on(data, AgreementOptions(machines=("b",))).row("c0", "a", "b")
    assert plain is not None
    assert named is not None
    assert (plain.kappa, plain.alpha, plain.both) == (named.kappa, named.alpha, named.both)
    assert named.kind == "machine-human"


def test_human_pairs_share_one_alpha() -> None:
    """The row of all humans has Krippendorff's alpha over all of them at once."""
    data = noisy(coders=3)
    both = agree_on(data).overall("human-human")
    assert both is not None
    pairs = [r for r in agree_on(data).rows if not r.code and r.first]
    mean = np.mean([r.alpha.value for r in pairs if r.alpha.value is not None])
    assert both.alpha.value == pytest.approx(float(mean), abs=0.02)
    assert both.kappa.value == pytest.approx(float(np.mean([r.kappa.value or 0 for r in pairs])))


def test_pairs_with_few_common_documents_are_summed() -> None:
    """With two of six coders a document the mean over pairs gives way to the summed tables."""
    data = rotating()
    pairs = [p for p in coder_pairs(data, ()) if p.documents]
    report = agree_on(data)
    row = report.overall("human-human")
    assert row is not None
    assert not crossed(pairs)
    assert row.pooling == "sum"
    assert row.documents == 30
    assert len(report.apart) == 15 - len(pairs)


def test_summed_tables_do_not_depend_on_the_order_of_coders() -> None:
    """Renaming coders in reverse order leaves the row of all pairs alone."""
    data = rotating(3, per=3)
    turned = decided(data.Y[::-1], 30, data.seen[::-1])
    one, two = (agree_on(d).overall("human-human") for d in (data, turned))
    assert one is not None
    assert two is not None
    assert one.kappa.value == pytest.approx(two.kappa.value)
    assert one.kappa.low == pytest.approx(two.kappa.low)


def test_the_flag_of_a_coder_who_never_codes() -> None:
    """Kappa 0 because one coder never gave the code is said to be so."""
    row = agree_on(from_cells(0, 12, 0, 60, documents=12)).row("c0")
    assert row is not None
    assert row.kappa.value == 0.0
    assert "one_rater_never" in row.kappa.flags


def test_participants_are_left_out_whole() -> None:
    """Documents of one participant count as one for the interval, so 8 documents of 4 give none."""
    data = noisy(coders=2, documents=8)
    pairs = {f"d{g}": f"p{g // 2}" for g in range(8)}
    row = agree_on(data, AgreementOptions(clusters=pairs)).row("c0")
    assert row is not None
    assert row.kappa.no_interval == "few_documents"
    assert row.documents == 4


def test_order_of_documents_changes_nothing() -> None:
    """Reversing the documents gives the same rows."""
    data = noisy(coders=3, documents=12)
    turned = decided(data.Y[:, ::-1], 12)
    one, two = (agree_on(d).row("c1", "a", "c") for d in (data, turned))
    assert one is not None
    assert two is not None
    assert one.kappa.low == pytest.approx(two.kappa.low)
    assert one.both == two.both


def test_json_is_finite_and_stable() -> None:
    """The JSON holds no NaN, undefined values are null, and two runs give the same bytes."""
    matrix = matrix_of(noisy(coders=3))
    matrix.Y[:, :, 1] = False
    one, two = (json.dumps(agree(matrix, MACHINE).to_json(), allow_nan=False) for _ in range(2))
    assert one == two
    row = next(r for r in json.loads(one)["rows"] if r["code"] == "c1")
    assert (row["kappa"]["value"], row["kappa"]["reason"]) == (None, "no_variance")


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (decided(np.zeros((1, 4, 1), dtype=bool)), None, "needs two coders"),
        (decided(np.zeros((2, 4, 1), dtype=bool), 1, np.eye(2, dtype=bool).repeat(2, 1)), None, "share no document"),
        (noisy(), AgreementOptions(machines=("robot",)), "machine 'robot'"),
    ],
)
def test_what_cannot_be_compared_is_refused(data: Decisions, options: AgreementOptions | None, message: str) -> None:
    """One coder, coders without a shared document, an unknown machine: one clear line each."""
    with pytest.raises(StudyError, match=message) as caught:
        agree_on(data, options)
    assert "\n" not in str(caught.value)
