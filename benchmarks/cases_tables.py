"""Published examples given as tables, ratings or counts: from a coefficient's name to its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autocode.agreement.coefficients import BINARY, cohen_kappa, krippendorff, nominal
from autocode.agreement.coefficients.krippendorff import SET_DISTANCES, WEIGHTS, krippendorff_se
from autocode.agreement.coefficients.nominal import Terms
from autocode.agreement.estimate import Estimate
from autocode.agreement.intervals import fisher, jackknife, plain
from autocode.study.matrix import FloatArray, IntArray

Data = Mapping[str, Any]

TWO_CODERS: Mapping[str, Callable[[FloatArray], Any]] = {
    "percent_agreement": nominal.percent_agreement,
    "percent_agreement_max": nominal.percent_agreement_max,
    "cohen_kappa": nominal.cohen_kappa,
    "cohen_kappa_pe": nominal.cohen_kappa_chance,
    "cohen_kappa_max": nominal.cohen_kappa_max,
    "cohen_kappa_se_fce1969": nominal.cohen_kappa_se,
    "scott_pi": nominal.scott_pi,
    "scott_pi_pe": nominal.scott_pi_chance,
    "bennett_s": nominal.brennan_prediger,
    "brennan_prediger": nominal.brennan_prediger,
    "gwet_ac1": nominal.gwet_ac,
    "gwet_ac1_pe": nominal.gwet_ac_chance,
}
"""Coefficients of a (q, q) table; with _linear or _quadratic at the end, weighted."""

MANY_CODERS: Mapping[str, Callable[[Terms], Any]] = {
    "percent_agreement": nominal.percent_of_many,
    "fleiss_kappa": nominal.fleiss_kappa,
    "fleiss_kappa_pe": nominal.fleiss_chance,
    "randolph_kappa": nominal.brennan_prediger_of_many,
    "brennan_prediger": nominal.brennan_prediger_of_many,
    "bennett_s": nominal.brennan_prediger_of_many,
    "gwet_ac1": nominal.gwet_ac_of_many,
}
"""Coefficients of (n, q) counts of coders; with _linear or _quadratic at the end, weighted."""


def _weighted(name: str, q: int) -> tuple[str, FloatArray | None]:
    """The plain name and the weights that its ending asks for."""
    for kind in ("linear", "quadratic"):
        if name.endswith("_" + kind):
            plain_name = name.removesuffix("_" + kind).removesuffix("_weighted")
            return plain_name.replace("ac2", "ac1"), WEIGHTS[kind](q)
    return name, None


def contingency(name: str, data: Data) -> Any:
    """A coefficient of a table, rows one coder and columns the other."""
    table = np.array(data["table"], dtype=np.float64)
    if name in BINARY and name not in TWO_CODERS and name != "krippendorff_alpha":
        return float(BINARY[name](table.reshape(-1)))
    if name == "cohen_kappa_custom_distance":
        return nominal.cohen_kappa(table, 1 - np.array(data["distance"], dtype=np.float64))
    if name == "krippendorff_alpha_custom_distance":
        distance = np.array(data["distance"], dtype=np.float64)
        return krippendorff.alpha_from_coincidences(table + table.T, distance)
    short, weights = _weighted(name, len(table))
    if short in TWO_CODERS:
        function: Callable[..., Any] = TWO_CODERS[short]
        return function(table) if weights is None else function(table, weights)
    i, j = np.nonzero(table)
    pairs = np.repeat(np.stack([i, j], 1), table[i, j].astype(int), axis=0)
    return _many(name, pairs, data["categories"])


def ratings(name: str, data: Data) -> Any:
    """A coefficient of units x coders, None where missing."""
    values = data["values"]
    found = {v for unit in values for v in unit if v is not None}
    numeric = all(isinstance(v, int | float) for v in found)
    categories = data.get("categories") or sorted(found, key=None if numeric else str)
    place = {v: k for k, v in enumerate(categories)}
    index = np.array([[-1 if v is None else place[v] for v in unit] for unit in values])
    return _many(name, index, categories)


def _many(name: str, index: IntArray, categories: Sequence[Any]) -> Any:
    """A coefficient of (n, r) category indices, -1 where missing."""
    q = len(categories)
    short, weights = _weighted(name, q)
    if short in ("conger_kappa", "hubert_kappa"):
        return nominal.conger_kappa(index, q, weights)
    if short == "light_kappa":
        return nominal.light_kappa(index, q)
    if index.shape[1] == 2 and short in TWO_CODERS and short not in MANY_CODERS:
        table = nominal.pair_table(index[:, 0], index[:, 1], q)
        function: Callable[..., Any] = TWO_CODERS[short]
        return function(table) if weights is None else function(table, weights)
    if short == "cohen_kappa":
        return nominal.light_kappa(index, q)
    return _of_counts(name, nominal.count_ratings(index, q), categories)


def counts(name: str, data: Data) -> Any:
    """A coefficient of units x categories."""
    values = np.array(data["values"], dtype=np.float64)
    return _of_counts(name, values, data.get("categories") or list(range(values.shape[1])))


def _of_counts(name: str, values: FloatArray, categories: Sequence[Any]) -> Any:
    if name.endswith("_se_gwet"):
        return _standard_error(name.removesuffix("_se_gwet"), values, categories)
    if name == "fleiss_kappa_per_category":
        found = nominal.fleiss_by_category(values)
        return {str(c): e.value for c, e in zip(categories, found, strict=True)}
    if name == "krippendorff_alpha_expected_agreement":
        return krippendorff.expected_agreement(values)
    if name.startswith("krippendorff_alpha_"):
        return krippendorff.alpha(values, categories, name.removeprefix("krippendorff_alpha_"))
    short, weights = _weighted(name, values.shape[1])
    return MANY_CODERS["fleiss_kappa" if short == "scott_pi" else short](nominal.terms(values, weights))


def _standard_error(name: str, values: FloatArray, categories: Sequence[Any]) -> float | None:
    if name == "krippendorff_alpha_nominal":
        return krippendorff_se(values).se
    found: Estimate = _of_counts(name, values, categories)
    return found.se


SETS: Mapping[str, Callable[[krippendorff.Sets], Estimate]] = {
    "percent_agreement": krippendorff.exact_match,
    "dice_item_mean_empty0": lambda units: krippendorff.mean_over_pairs(units, krippendorff.dice),
    "any_overlap_share_empty0": lambda units: krippendorff.mean_over_pairs(units, krippendorff.overlap),
}
"""Coefficients of sets of codes that are no alpha."""


def ratings_sets(name: str, data: Data) -> Any:
    """A coefficient of units x coders, each a list of codes or None."""
    if name in SETS:
        return SETS[name](data["values"])
    distance = name.removeprefix("krippendorff_alpha_").removeprefix("set_")
    return krippendorff.set_alpha(data["values"], distance)


def set_pair(name: str, data: Data) -> float:
    """A distance between two sets of codes."""
    return SET_DISTANCES[name.removesuffix("_distance")](data["a"], data["b"])


def holsti(name: str, data: Data) -> Estimate:
    """Holsti's index."""
    return nominal.holsti(data["agreements"], data["n1"], data["n2"])


def doc_counts(name: str, data: Data) -> dict[str, Any]:
    """Delete-one-document jackknife of a binary coefficient."""
    tables = np.array(data["values"], dtype=np.float64)
    statistic = BINARY.get(name.removeprefix("cluster_jackknife_"), cohen_kappa)
    found = jackknife(tables, statistic)
    confidence = data.get("confidence", 0.95)
    on_scale, as_is = fisher(found, confidence), plain(found, confidence)
    return {
        "estimate": float(found.value),
        "se": float(found.se),
        "ci_t": [max(-1.0, float(as_is[0])), min(1.0, float(as_is[1]))],
        "ci_fisher": [float(end) for end in on_scale],
    }
