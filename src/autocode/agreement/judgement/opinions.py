"""Second opinions on a machine: the alternative-annotator test, and alpha without each coder in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autocode.agreement.coefficients import BINARY, coefficient_of, krippendorff_alpha
from autocode.agreement.counts import Decisions, check_coders, cluster, coincidence_counts, pair_counts, uses, with_pooled
from autocode.agreement.estimate import AgreementOptions, Estimate, apa
from autocode.agreement.intervals import Evidence, evidence, jackknife, plain, spread
from autocode.agreement.judgement.alternative_annotator import AltTest, alt_test_on
from autocode.agreement.rows import estimates, measure
from autocode.errors import StudyError
from autocode.study.matrix import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Alpha of one code without one coder.

    Attributes:
        code: Path of the code, "" for all codes pooled.
        coder: The coder left out.
        without: Alpha of the other coders.
        gain: Alpha without the coder minus alpha of all; positive where the coder lowers it.
    """

    code: str
    coder: str
    without: Estimate
    gain: Estimate


def leave_one_coder_out(data: Decisions, confidence: float = 0.95) -> list[LeftOut]:
    """Alpha without each coder in turn, pooled and for every code.

    Raises:
        StudyError: Fewer than two coders, or none of their units are shared.

    Example:
        >>> data = Decisions.of([[[1], [0], [1], [0]], [[1], [0], [1], [0]], [[0], [1], [1], [0]]])
        >>> [(x.coder, round(x.without.value, 2)) for x in leave_one_coder_out(data) if not x.code]
        [('c1', 0.12), ('c2', 0.12), ('c3', 1.0)]
    """
    check_coders(data)
    everyone = list(range(len(data.coders)))
    whole = with_pooled(coincidence_counts(data, everyone))
    found = evidence(with_pooled(uses(data, everyone)[:, :, None])[:, :, 0], int((whole[:, 0].sum(-1) > 0).sum()))
    result = []
    for r in everyone:
        rest = with_pooled(coincidence_counts(data, [i for i in everyone if i != r]))
        without, gain = _compare(whole, rest, found, confidence)
        result += [LeftOut(code, data.coders[r], without[c], gain[c]) for c, code in enumerate(("", *data.codes))]
    return result


def _compare(whole: FloatArray, rest: FloatArray, found: Evidence, confidence: float) -> tuple[list[Estimate], list[Estimate]]:
    """Alpha of the rest, and what it gains over the whole, document by document."""
    both = np.stack([whole, rest], axis=1)
    both = both[both.sum((1, 2, 3)) > 0]
    alone = {"krippendorff_alpha": krippendorff_alpha}
    gain = jackknife(both, _gain)
    reason = "no_variance" if rest.any() else "no_pairs"
    return (
        measure(both[:, 1], found, alone, AgreementOptions(confidence=confidence))["krippendorff_alpha"],
        estimates(gain, plain(gain, confidence), found, reason),
    )


def _gain(tables: FloatArray) -> FloatArray:
    alpha = krippendorff_alpha(tables)
    difference: FloatArray = alpha[..., 1, :] - alpha[..., 0, :]
    return difference


def alpha_change(data: Decisions, machine: str, confidence: float = 0.95) -> list[LeftOut]:
    """What the machine does to the reliability of the humans, pooled and for every code.

    `gain` is positive where alpha is higher without the machine.
    """
    return [x for x in leave_one_coder_out(data, confidence) if x.coder == machine]


def outliers(left_out: list[LeftOut], code: str = "") -> list[str]:
    """Coders without whom alpha is higher than without any other, beyond chance (one or none)."""
    rows = [x for x in left_out if x.code == code and x.without.value is not None]
    if len(rows) < 2:
        return []
    worst = max(rows, key=lambda x: x.without.value or 0.0)
    return [worst.coder] if worst.gain.low is not None and worst.gain.low > 0 else []


def details(
    data: Decisions, first: str, second: str, options: AgreementOptions | None = None
) -> dict[str, dict[str, Estimate]]:
    """All coefficients of 2 x 2 tables (`binary.BINARY`, and one of your own in the options) with intervals.

    Returns:
        For "" (all codes pooled) and every code, estimates by the coefficient's name.

    Raises:
        StudyError: There is no such coder, or the two share no unit.

    Example:
        >>> Y = np.array([[[1, 0], [0, 1], [1, 0], [0, 0]], [[1, 0], [0, 1], [0, 1], [0, 0]]])
        >>> data = Decisions.of(Y)
        >>> round(details(data, 'c1', 'c2')['']['gwet_ac1'].value, 3)
        0.529
    """
    for coder in (first, second):
        if coder not in data.coders:
            raise StudyError(f"coder '{coder}'", f"the coders are {', '.join(data.coders)}", "Name one of these.")
    chosen = options or AgreementOptions()
    data = cluster(data, dict(chosen.clusters))
    pair = [data.coders.index(c) for c in (first, second)]
    counts = with_pooled(pair_counts(data, pair[0], pair[1]))
    kept = counts[counts[:, 0].sum(-1) > 0]
    if not len(kept):
        raise StudyError(
            "agreement",
            f"{first} and {second} share no document: no unit was seen by both",
            "Name coders who saw the same documents.",
        )
    places = with_pooled(uses(data, pair)[:, :, None])[:, :, 0]
    own = (
        {}
        if isinstance(chosen.coefficient, str) and ":" not in chosen.coefficient
        else {chosen.coefficient_key: coefficient_of(chosen.coefficient)}
    )
    found = measure(kept, evidence(places, len(kept)), {**BINARY, **own}, chosen)
    return {code: {name: values[c] for name, values in found.items()} for c, code in enumerate(("", *data.codes))}


def on_ratings(data: Decisions, coefficient: Callable[[IntArray], float], confidence: float = 0.95) -> dict[str, Estimate]:
    """Any coefficient of ratings, with intervals that leave out one document at a time.

    Args:
        data: Decisions of R coders.
        coefficient: From (n, R) decisions 1, 0 or -1 for not seen to a number, NaN where undefined. It is called once for
            each code and document.
        confidence: Coverage, on the plain scale.

    Returns:
        For "" (all codes pooled) and every code, an estimate.

    Example:
        >>> data = Decisions.of([[[1], [0], [1], [0]], [[1], [0], [0], [0]]])
        >>> on_ratings(data, lambda r: float((r[:, 0] == r[:, 1]).mean()))[""].value
        0.75
    """
    check_coders(data)
    states = np.where(data.seen[:, :, None], data.Y, -1).astype(np.int64)
    shared = data.seen.sum(0) >= 2
    documents = np.unique(data.groups[shared])
    places = with_pooled(uses(data, list(range(len(data.coders))))[:, :, None])[:, :, 0]
    columns = [states, *(states[:, :, [k]] for k in range(len(data.codes)))]

    def of(kept: BoolArray) -> list[float]:
        """Values of all codes and each, on some units."""
        return [float(coefficient(c[:, kept].reshape(len(data.coders), -1).T)) for c in columns]

    value = np.array(of(shared))
    left_out = np.array([of(shared & (data.groups != g)) for g in documents])
    found = spread(value, left_out)
    ends = plain(found, confidence)
    rows = estimates(found, ends, evidence(places, len(documents)), "no_variance")
    return dict(zip(("", *data.codes), rows, strict=True))


def mean_over_codes(values: dict[str, dict[str, Estimate]], name: str = "cohen_kappa") -> tuple[Estimate, int, int]:
    """Unweighted mean over the codes where a coefficient is defined and rests on more than 3 units.

    Returns:
        The mean, the number of codes it is over, and the number of codes.
    """
    codes = [estimates[name] for code, estimates in values.items() if code]
    defined = [e.value for e in codes if e.value is not None and e.shown and "no_variance" not in e.flags]
    mean = Estimate(float(np.mean(defined))) if defined else Estimate(None, reason="no_variance")
    return mean, len(defined), len(codes)


@dataclass(frozen=True)
class Opinion:
    """What two other methods say of one machine.

    Attributes:
        machine: Id of the machine.
        tests: The restricted alternative-annotator test of all codes as sets ("") and of each code;
            None where two humans do not share enough with the machine.
        left_out: Alpha of all coders without each of them, pooled and per code.
        odd: The coder without whom alpha is highest, beyond chance; "" where there is none.
    """

    machine: str
    tests: dict[str, AltTest | None]
    left_out: tuple[LeftOut, ...]
    odd: str

    def lines(self) -> Iterator[str]:
        """The opinions on all codes together, one a line."""
        test = self.tests[""]
        if test is not None:
            word = "passes" if test.passes else "does not pass"
            kind = "; with two humans only indicative" if test.indicative else ""
            yield f"alternative-annotator test: {word} (omega {apa(test.omega)}, rho {apa(test.rho)}{kind})"
        for x in self.left_out:
            if not x.code and x.coder == self.machine and x.without.value is not None and x.gain.value is not None:
                ends = "" if x.gain.low is None else f" [{apa(x.gain.low, plus=True)}, {apa(x.gain.high, plus=True)}]"
                gain = apa(x.gain.value, plus=True)
                yield f"alpha of the humans alone {apa(x.without.value)}, {gain}{ends} against all with the machine"
        yield f"coder who stands apart from all others: {self.odd or 'none'}"

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: the tests and alphas of all codes together (code "") and of each code."""
        return asdict(self)


def opinions(data: Decisions, options: AgreementOptions) -> list[Opinion]:
    """Second opinions on every machine of the options; none without a machine.

    Raises:
        StudyError: Fewer than two coders, or none of their units are shared.
    """
    data = cluster(data, dict(options.clusters))
    left_out = tuple(leave_one_coder_out(data, options.confidence)) if options.machines else ()
    odd = outliers(list(left_out)) if left_out else []
    return [
        Opinion(machine, _tests(_with_one(data, machine, options.machines), machine), left_out, "".join(odd))
        for machine in options.machines
    ]


def _with_one(data: Decisions, machine: str, machines: Sequence[str]) -> Decisions:
    """The humans and one machine."""
    rows = [r for r, coder in enumerate(data.coders) if coder == machine or coder not in machines]
    return Decisions(
        tuple(data.coders[r] for r in rows), data.codes, data.documents, data.groups, data.Y[rows], data.seen[rows], data.weight
    )


def _tests(data: Decisions, machine: str) -> dict[str, AltTest | None]:
    found: dict[str, AltTest | None] = {}
    for code in ("", *data.codes):
        try:
            found[code] = alt_test_on(data, machine, code or None)
        except StudyError:
            found[code] = None
    return found
