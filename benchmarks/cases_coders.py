"""Published examples given as spans, segments, coders or a batch: from a name to its value."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from rho import recall_from_kappa

from autocode.agreement.coefficients import BINARY, cohen_kappa, krippendorff_alpha
from autocode.agreement.counts import Decisions, coincidence_counts, pair_counts, with_pooled
from autocode.agreement.judgement import corrected as frequencies
from autocode.agreement.judgement.alternative_annotator import AltTestOptions, alt_test
from autocode.agreement.judgement.conventions import Coded, maxqda_segments
from autocode.agreement.spans import (
    Span,
    boundary_similarity,
    character_table,
    merge,
    of_code,
    segmentation_similarity,
    unitizing,
)
from autocode.agreement.spans import unitizing as unitizing1995
from autocode.study.matrix import FloatArray

Data = Mapping[str, Any]

FAMILY = {
    "u_alpha": unitizing.u_alpha,
    "binary_u_alpha": unitizing.binary_u_alpha,
    "cu_alpha": unitizing.cu_alpha,
}


def spans(name: str, data: Data) -> Any:
    """A coefficient of coded spans."""
    coders = [[Span(s["start"], s["end"], s.get("code", "")) for s in own] for own in data["raters"].values()]
    length = data["length"]
    if name in FAMILY:
        return FAMILY[name](_continuum(length, coders))
    if name == "ku_alpha":
        return unitizing.ku_alpha(_continuum(length, coders), data["code"])[0]
    if name.startswith("alpha_u_1995"):
        return _alpha_u(name, length, coders, data.get("code"))
    if name == "maxqda_segment":
        return _maxqda(length, coders, data)
    kept = [[s for s in own if data.get("code", s.code) == s.code] for own in coders]
    table = character_table(length, *(merge(Span(s.start, s.end) for s in own) for own in kept))
    return float(BINARY["cohen_kappa" if "kappa" in name else "percent_agreement"](table))


def _continuum(length: int, coders: list[list[Span]]) -> unitizing.Continuum:
    """The sums of the family, spans of one code that overlap within a coder made one."""
    codes = sorted({s.code for own in coders for s in own})
    apart = [[s for c in codes for s in merge(of_code(own, c), touching=False)] for own in coders]
    return unitizing.continuum(length, apart)


def _alpha_u(name: str, length: int, coders: list[list[Span]], code: str | None) -> Any:
    if name.endswith("_all_codes"):
        return unitizing1995.alpha_u(length, coders)
    chosen = code or min(s.code for own in coders for s in own)
    if name.endswith("_Do"):
        return unitizing1995.observed_disagreement(length, coders, chosen)
    if name.endswith("_De"):
        return unitizing1995.expected_disagreement(length, coders, chosen)
    return unitizing1995.alpha_u(length, coders, chosen)


def _maxqda(length: int, coders: list[list[Span]], data: Data) -> dict[str, Any]:
    coded = Coded("", length, tuple(coders[0]), tuple(coders[1]))
    found = maxqda_segments([coded], data["min_overlap"], data.get("overlap", "iou"))
    return {
        "agreements": found.agreements,
        "disagreements": found.disagreements,
        "po": found.percent.value,
        "pc": found.chance,
        "kappa": found.kappa.value,
    }


def masses(name: str, data: Data) -> Any:
    """A similarity of two lists of segment lengths."""
    function = boundary_similarity if name == "boundary_similarity" else segmentation_similarity
    return function(data["a"], data["b"], data["n_t"])


def alternative(name: str, data: Data) -> dict[str, Any]:
    """The alternative-annotator test on single labels, units taken as independent."""
    humans, machine = data["humans"], data["machine"]
    items = sorted({i for own in (*humans.values(), machine) for i in own}, key=str)
    coders = [*humans.values(), machine]
    seen = np.array([[i in own for i in items] for own in coders])
    same = np.array([[[float(a[i] == b[i]) if i in a and i in b else 0.0 for i in items] for b in coders] for a in coders])
    options = AltTestOptions(data["epsilon"], data.get("q_fdr", 0.05), by_document=False)
    found = alt_test(same, seen, list(humans), options)
    return {"omega": found.omega, "rho": found.rho, "p_values": list(found.p_values)}


def ppi(name: str, data: Data) -> dict[str, Any]:
    """A corrected share with its interval."""
    arrays = (np.array(data[k], dtype=np.float64) for k in ("y_labelled", "f_labelled", "f_unlabelled"))
    function = {
        "ppi_mean": frequencies.ppi_mean,
        "ppi_pp_mean": frequencies.ppi_plus_mean,
        "difference_estimator_fpc": frequencies.difference_estimator,
    }[name]
    found = function(frequencies.Checked(*arrays), data["confidence"])
    return {"estimate": found.value, "se": found.se, "ci": [found.low, found.high]}


def params(name: str, data: Data) -> float:
    """A value that follows from parameters alone."""
    if name != "recall_from_kappa":
        raise KeyError(name)
    return recall_from_kappa(data["kappa"], data["base_rate"], data["precision"])


def coded_units(name: str, data: Data) -> dict[str, Any]:
    """Two humans and a machine (last), per code and pooled."""
    decided = _decisions(data)
    names, codes = data["raters"], data["codes"]
    pairs = list(combinations(range(len(names)), 2))
    kappas = {f"{names[i]}_{names[j]}": cohen_kappa(with_pooled(pair_counts(decided, i, j)).sum(0)) for i, j in pairs}
    alphas = {
        "alpha_" + "_".join(names[r] for r in chosen): krippendorff_alpha(coincidence_counts(decided, list(chosen)).sum(0))
        for chosen in (range(len(names)), range(len(names) - 1))
    }
    delta = _delta(kappas, names)
    per_code = {
        code: {f"kappa_{k}": _none(v[c + 1]) for k, v in kappas.items()}
        | {k: _none(v[c]) for k, v in alphas.items()}
        | {"delta": _none(delta[c + 1])}
        for c, code in enumerate(codes)
    }
    pooled = {f"kappa_{k}": _none(v[0]) for k, v in kappas.items()} | {"delta": _none(delta[0])}
    macro = {k: _none(_mean_defined(v[1:])) for k, v in kappas.items()}
    return {"per_code": per_code, "pooled": pooled, "macro_mean_kappa": macro}


def _decisions(data: Data) -> Decisions:
    codes, units = data["codes"], data["units"]
    Y = np.array([[[c in given for c in codes] for given in unit["codes"]] for unit in units])
    documents = list(dict.fromkeys(unit["doc"] for unit in units))
    groups = np.array([documents.index(unit["doc"]) for unit in units])
    R, n = Y.shape[1], len(units)
    return Decisions(
        tuple(data["raters"]),
        tuple(codes),
        tuple(map(str, documents)),
        groups,
        Y.transpose(1, 0, 2),
        np.ones((R, n), bool),
        np.ones(n),
    )


def _delta(kappas: Mapping[str, FloatArray], names: list[str]) -> FloatArray:
    mixed = [v for k, v in kappas.items() if k.endswith("_" + names[-1])]
    within = [v for k, v in kappas.items() if not k.endswith("_" + names[-1])]
    change: FloatArray = np.mean(mixed, axis=0) - np.mean(within, axis=0)
    return change


def _mean_defined(values: FloatArray) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
