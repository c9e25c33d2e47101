"""The examples in docstrings run and print what they say."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src"
WITH_EXAMPLES = sorted(p for p in SOURCE.rglob("*.py") if re.search(r"^ +>>> ", p.read_text(encoding="utf-8"), re.M))
COEFFICIENTS = {
    "coefficients/__init__": {"swap", "symmetric", "mean_kappa", "mean_defined", "cells", "coefficient_of"},
    "coefficients/nominal": {
        "corrected",
        "observed_agreement",
        "percent_agreement_max",
        "cohen_kappa_chance",
        "scott_pi_chance",
        "gwet_ac_chance",
        "terms",
        "fleiss_chance",
        "count_ratings",
        "pair_table",
        "unit_error",
    },
    "coefficients/krippendorff": {
        "identity_weights",
        "linear_weights",
        "quadratic_weights",
        "nominal_distance",
        "interval_distance",
        "ratio_distance",
        "ordinal_distance",
        "passonneau2004_distance",
        "dkpro_masi_distance",
        "coincidences",
        "alpha_from_coincidences",
        "set_counts",
        "distance_matrix",
    },
    "spans/unitizing": {"continuum", "observed_disagreement", "expected_disagreement"},
    "spans/__init__": {
        "edits",
        "boundaries",
        "of_code",
        "merge",
        "edges",
        "covered",
        "character_table",
        "iou",
        "overlap_of_shorter",
    },
    "judgement/conventions": set(),
    "spans/passages": {
        "domains_of",
        "coded_documents",
        "decisions_on_text",
        "gamma",
        "mean_gamma",
        "opened_documents",
        "passages",
        "similarity_of_boundaries",
        "gamma_by_document",
        "offsets_by_code",
    },
}
"""Modules of coefficients, and the functions in them that only prepare or take apart."""


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda p: ".".join(p.relative_to(SOURCE).with_suffix("").parts))
def test_examples_print_what_they_say(path: Path) -> None:
    """Every `>>>` of a module gives the output written below it."""
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"np": np})
    assert (found.failed, found.attempted > 0) == (0, True)


@pytest.mark.parametrize("module", COEFFICIENTS)
def test_every_coefficient_has_an_example(module: str) -> None:
    """Every public coefficient function shows itself at work."""
    path = SOURCE / "autocode" / "agreement" / f"{module}.py"
    functions = [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef)]
    public = [f for f in functions if not f.name.startswith("_") and f.name not in COEFFICIENTS[module]]
    assert public
    assert not [f.name for f in public if ">>>" not in (ast.get_docstring(f) or "")]
