"""May the machine stand in as a coder?"""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement import agree_on
from autocode.agreement.counts import Decisions
from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.judgement import benjamini_yekutieli
from autocode.agreement.rows import Verdict
from autocode.errors import ConfigError
from tests.agreement.made import decided, noisy

MACHINE = AgreementOptions(machines=("c",))


def judged(data: Decisions, code: str = "", options: AgreementOptions = MACHINE) -> Verdict:
    """The verdict on coder c."""
    found = agree_on(data, options).verdict(code)
    assert found is not None
    return found


def with_machine(data: Decisions, machine: np.ndarray) -> Decisions:
    """The two humans of `data` and this machine (n, K)."""
    return decided(np.concatenate([data.Y[:2], machine[None]]), len(data.documents))


def test_a_machine_like_the_humans_is_supported() -> None:
    """Same errors as the humans, 30 documents: supported, delta near 0, bounds around it."""
    v = judged(noisy(documents=30))
    assert v.label == "supported"
    assert v.delta.value == pytest.approx(0, abs=0.05)
    assert v.lower is not None
    assert v.upper is not None
    assert v.lower < (v.delta.value or 0.0) < v.upper


def test_a_machine_equal_to_one_human() -> None:
    """kappa(M, H1) is 1, so delta is (1 + kappa_HH) / 2 - kappa_HH, and the echo is flagged."""
    data = noisy(documents=20, coders=2)
    v = judged(with_machine(data, data.Y[0]))
    hh = v.humans.value
    assert hh is not None
    assert v.delta.value == pytest.approx((1 + hh) / 2 - hh)
    assert "echo:a" in v.flags


@pytest.mark.parametrize("seed", range(5))
def test_a_machine_that_never_codes_is_never_supported(seed: int) -> None:
    """Its kappa with every human is 0, delta is -kappa_HH, and no code finds it on par."""
    data = noisy(seed, documents=20, coders=2)
    report = agree_on(with_machine(data, np.zeros_like(data.Y[0])), MACHINE)
    assert all(v.label in ("not_supported", "inconclusive") for v in report.verdicts)
    pooled = report.verdict()
    assert pooled is not None
    assert pooled.machine_humans.value == 0.0
    assert pooled.delta.value == pytest.approx(-(pooled.humans.value or 0.0))
    assert "under_use" in pooled.flags


def test_poor_humans_are_the_first_thing_to_mend() -> None:
    """On par with humans who hardly agree means: fix the codebook first."""
    v = judged(noisy(documents=40, noise=0.25))
    assert (v.label, "humans_unreliable" in v.flags) == ("on_par_but_low", True)
    better = judged(noisy(documents=40, noise=0.055))
    assert better.humans.value is not None
    assert better.humans.value > 0.60
    lenient = AgreementOptions(machines=("c",), human_floor=better.humans.value + 0.05)
    assert judged(noisy(documents=40, noise=0.055), options=lenient).label == "on_par_but_humans_unreliable"


def apart(documents: int, machine: str, joint: int = 0) -> Decisions:
    """Humans who never give the code together but in the first `joint` documents, and a machine of one kind."""
    Y = np.zeros((3, documents * 40, 1), bool)
    for g in range(documents):
        Y[0, g * 40 + 3] = True
        Y[1, g * 40 + (3 if g < joint else 9)] = True
    Y[2] = {"never": False, "always": True, "random": np.random.default_rng(0).random((documents * 40, 1)) < 0.03}[machine]
    return decided(Y, documents)


@pytest.mark.parametrize("machine", ["never", "always", "random"])
def test_without_joint_uses_there_is_no_verdict(machine: str) -> None:
    """Humans who hardly ever meet on a code are no measure for a machine: not assessable, and no bound on delta."""
    v = judged(apart(12, machine, joint=2), "c0")
    assert (v.label, v.reason, v.joint_uses) == ("not_assessable", "few_joint_uses", 2)
    assert v.delta.low is None


@pytest.mark.parametrize("machine", ["never", "always", "random"])
def test_a_machine_at_chance_is_never_on_par(machine: str) -> None:
    """However little the humans agree, a machine that chance explains gets no favourable verdict."""
    v = judged(apart(60, machine, joint=4), "c0")
    assert v.label in ("not_supported", "inconclusive")
    if v.label == "not_supported" and (v.upper or 0.0) >= -0.10:
        assert v.reason == "at_chance"


def test_few_documents_are_not_assessable() -> None:
    """With seven documents there is no verdict, and the reason is given."""
    v = judged(noisy(documents=7))
    assert (v.label, v.reason) == ("not_assessable", "few_documents")


def test_rare_codes_are_not_assessable() -> None:
    """A code that humans gave fewer than ten times, or in four documents, gets no verdict."""
    data = noisy(documents=20, each=20)
    data.Y[:, :, 0] = False
    data.Y[:, :9, 0] = True
    assert judged(data, "c0").reason == "few_uses"
    data.Y[:, :30, 0] = True
    assert judged(data, "c0").reason == "few_coded_documents"


def test_inconclusive_says_how_many_documents_are_needed() -> None:
    """The lower bound would reach the margin with the number of documents given."""
    found = [judged(noisy(seed, documents=8, each=12, noise=0.12)) for seed in range(12)]
    open_ones = [v for v in found if v.label == "inconclusive" and v.needed]
    assert open_ones
    for v in open_ones:
        assert v.needed is not None
        assert v.needed > v.documents
        half = (v.delta.value or 0.0) - (v.lower or 0.0)
        assert half * (v.documents / v.needed) ** 0.5 <= (v.delta.value or 0.0) + 0.10 + 1e-9


def test_a_number_of_documents_is_given_on_either_side_of_the_margin() -> None:
    """A difference beyond the margin, not yet surely so, is settled by more documents as well: against the machine."""
    found = []
    for seed in range(30):
        data = noisy(seed, documents=8, each=12, noise=0.05)
        data.Y[2] ^= np.random.default_rng(seed).random(data.Y.shape[1:]) < 0.08
        found.append(judged(data))
    below = [v for v in found if v.label == "inconclusive" and (v.delta.value or 0.0) < -0.1]
    assert below
    for v in below:
        assert v.needed is not None
        assert v.needed > v.documents
        half = (v.upper or 0.0) - (v.delta.value or 0.0)
        assert (v.delta.value or 0.0) + half * (v.documents / v.needed) ** 0.5 <= -0.10 + 1e-9


def test_one_human_alone_gives_no_verdict() -> None:
    """A machine beside one human is compared but not judged."""
    report = agree_on(noisy(coders=2), AgreementOptions(machines=("b",)))
    assert {v.reason for v in report.verdicts} == {"no_humans"}


def test_only_units_of_two_humans_are_compared() -> None:
    """Units that one human alone coded do not enter delta, however bad the machine is there."""
    data = noisy(documents=20)
    seen = data.seen.copy()
    alone = data.groups >= 12
    seen[1, alone] = False
    Y = data.Y.copy()
    Y[2, alone] = ~Y[0, alone]
    Y[1, alone] = False
    v = judged(decided(Y, 20, seen))
    assert v.documents == 12
    assert v.delta.value == pytest.approx(judged(data.select(~alone)).delta.value)


def test_rotating_coders_are_compared_on_the_same_weight() -> None:
    """Two coders, or five, on a document: units with more coders weigh alike for both kappas."""
    rng = np.random.default_rng(4)
    truth = rng.random((600, 1)) < 0.3
    Y = np.stack([truth ^ (rng.random(truth.shape) < 0.05) for _ in range(7)])
    seen = np.zeros((7, 600), dtype=bool)
    seen[6] = True
    groups = np.arange(600) // 20
    for g in range(30):
        for r in range(2 if g % 2 else 5):
            seen[(g + r) % 6, groups == g] = True
    data = decided(Y & seen[:, :, None], 30, seen)
    v = judged(data, options=AgreementOptions(machines=("g",)))
    assert v.delta.value == pytest.approx(0, abs=0.03)
    assert v.documents == 30


def test_over_use_is_flagged() -> None:
    """A machine that gives the code twice as often as the humans is told apart."""
    data = noisy(documents=20, coders=2)
    rng = np.random.default_rng(1)
    assert "over_use" in judged(with_machine(data, data.Y[0] | (rng.random(data.Y[0].shape) < 0.3))).flags


def test_adjusted_p_values() -> None:
    """Benjamini-Yekutieli: monotone, never below the raw value, at most 1; worked example of three."""
    assert benjamini_yekutieli([0.01, 0.04, 0.03]) == pytest.approx([0.055, 0.07333333, 0.07333333])
    assert benjamini_yekutieli([]) == []
    v = judged(noisy(documents=20), "c0")
    assert v.p is not None
    assert v.p_adjusted is not None
    assert v.p <= v.p_adjusted


def test_the_margin_decides() -> None:
    """A looser margin can only help the machine."""
    data = noisy(2, documents=12)
    strict = judged(data, options=AgreementOptions(machines=("c",), margin=0.001))
    assert strict.label == "inconclusive"
    assert judged(data, options=AgreementOptions(machines=("c",), margin=0.3)).label == "supported"


def test_the_verdict_on_alpha_compares_alphas() -> None:
    """With coefficient alpha the same algorithm takes each pair's alpha: its delta is theirs, and the text says so."""
    data = noisy(documents=20)
    report = agree_on(data, AgreementOptions(machines=("c",), coefficient="alpha"))
    verdict = report.verdict("c0")
    rows = [report.row("c0", *pair) for pair in (("a", "c"), ("b", "c"), ("a", "b"))]
    first, second, humans = (row.alpha.value or 0 for row in rows if row)
    assert verdict is not None
    assert verdict.delta.value == pytest.approx((first + second) / 2 - humans, abs=1e-12)
    kappa = agree_on(data, AgreementOptions(machines=("c",))).verdict("c0")
    assert kappa is not None
    assert verdict.delta.value != kappa.delta.value
    assert "(Krippendorff's alpha, margin .10, fixed beforehand)" in " ".join(str(report).split())


def own_kappa(table: np.ndarray) -> float:
    """A coefficient of one table of four counts, written by a user who knows no arrays of tables."""
    a, b, c, d = table
    return 2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d))


@pytest.mark.parametrize("given", [own_kappa, f"{__name__}:own_kappa", "cohen_kappa"])
def test_a_coefficient_of_one_s_own(given: object) -> None:
    """A function of a 2 x 2 table, or module:name of one, decides the verdict as the built-in coefficients do."""
    data = noisy(documents=20)
    own = agree_on(data, AgreementOptions(machines=("c",), coefficient=given))  # type: ignore[arg-type]
    built_in = judged(data)
    verdict = own.verdict()
    assert verdict is not None
    assert verdict.delta.value == pytest.approx(built_in.delta.value)
    assert verdict.label == built_in.label
    assert own.to_json()["options"]["coefficient"] in ("own_kappa", "cohen_kappa")


@pytest.mark.parametrize("given", ["nothing", "no.such.module:f", "math:pi", lambda table: table])
def test_what_is_no_coefficient_is_refused_in_a_line(given: object) -> None:
    """A name nobody knows, a module that is not there, and a function that gives no number are refused."""
    with pytest.raises(ConfigError):
        agree_on(noisy(), AgreementOptions(machines=("c",), coefficient=given))  # type: ignore[arg-type]
