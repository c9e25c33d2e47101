"""Gamma: coders who cut and code the text themselves, compared by the best alignment of their segments.

Through the library pygamma-agreement (an extra: `autocode[gamma]`). Gamma is 1 - disorder / disorder by
chance; chance is the mean of segmentations drawn at random, so the value depends on the seed. 1 is
complete agreement, 0 is chance; there is no interval.

Source: Mathet, Y., Widlöcher, A. & Métivier, J.-P. (2015). The unified and holistic method gamma for
inter-annotator agreement measure and alignment. Computational Linguistics 41, 437-479.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from autocode.agreement.estimate import Estimate, number
from autocode.agreement.spans import Span
from autocode.errors import StudyError

ALPHA, BETA, EMPTY = 1.0, 1.0, 1.0  # weight of place, weight of code, cost of a segment without a counterpart


@dataclass(frozen=True, slots=True)
class Draws:
    """How chance is drawn.

    Attributes:
        samples: Random segmentations.
        seed: Same seed, same value.
    """

    samples: int = 30
    seed: int = 0


def gamma(coders: Mapping[str, Sequence[Span]], draws: Draws = Draws()) -> Estimate:
    """Gamma of one document.

    Args:
        coders: The coded segments of each coder who read the document, by the coder's id; codes of
            one coder may overlap. Place is measured in characters.
        draws: How chance is drawn.

    Returns:
        The value; undefined (`no_pairs`) where fewer than two coders coded anything.

    Raises:
        StudyError: The library is not installed.
    """
    if sum(any(s.length > 0 for s in spans) for spans in coders.values()) < 2:
        return Estimate(None, reason="no_pairs")
    library, segments = _library()
    with _quiet(), _seeded(draws.seed):
        continuum = library.Continuum()
        for coder, spans in coders.items():
            continuum.add_annotator(coder)
            for span in sorted(s for s in spans if s.length > 0):
                continuum.add(coder, segments.Segment(span.start, span.end), span.code)
        costs = library.CombinedCategoricalDissimilarity(alpha=ALPHA, beta=BETA, delta_empty=EMPTY)
        found = continuum.compute_gamma(costs, n_samples=draws.samples)
        value = number(found.gamma)
    return Estimate(value, reason="" if value is not None else "no_variance")


def mean_gamma(values: Sequence[Estimate]) -> Estimate:
    """Plain mean over the documents where gamma is defined."""
    defined = [e.value for e in values if e.value is not None]
    return Estimate(float(np.mean(defined))) if defined else Estimate(None, reason="no_pairs")


def _library() -> tuple[ModuleType, ModuleType]:
    """pygamma-agreement and the segments it takes."""
    try:
        with _quiet():
            import pyannote.core
            import pygamma_agreement
    except ImportError as error:
        raise StudyError(
            "gamma", f"it needs the library pygamma-agreement, which cannot be loaded ({error.name or error})",
            'Install it: pip install "autocode[gamma]"') from error  # fmt: skip
    return pygamma_agreement, pyannote.core


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the solver's remarks, one for each alignment, away from the screen."""
    root, before = logging.getLogger(), logging.root.manager.disable
    handlers = root.handlers[:]
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        root.handlers[:] = handlers


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which the library draws from, and put it back afterwards."""
    state: Any = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)
