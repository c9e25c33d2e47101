"""What a person has to read to find what there is to code, measured on documents that the model had not seen.

Reading in the order of the codings expected of a segment is stopped when a stated share of the coders' codings is found:
work saved over sampling (Cohen, Hersh, Peterson and Yen 2006, JAMIA 13(2), 206-219), told as the share read. Its interval
is the bootstrap of documents (Field and Welsh 2007, JRSS B 69(3), 369-390).
"""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

FOUND = 0.9
"""The share of the coders' codings that is to be found."""

LEAST_CODINGS, LEAST_DOCUMENTS = 20, 5
"""Below these nothing is said."""

_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Workload:
    """What it takes to find `FOUND` of the coders' codings in new documents; nan where there is not enough to say.

    Attributes:
        share: Of the segments to be read, those first of which the machine expects most.
        low: Lower limit of its 95% interval.
        high: Upper limit.
        questions: Codes shown beside a segment (suggested or asked) for each one that a coder gave.
        answered: Share of the coders' codings among the codes shown.
    """

    share: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    questions: float = float("nan")
    answered: float = float("nan")

    def to_array(self) -> FloatArray:
        """The five numbers."""
        return np.array(astuple(self))

    def to_json(self) -> dict[str, float | None]:
        """JSON-ready mapping; None where there is not enough to say."""
        return {name: None if v != v else round(v, 4) for name, v in asdict(self).items()}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell a reader, a sentence each; none where there is not enough to say."""
        if self.share != self.share:
            return ()
        read = f"{self.share:.0%} of the segments (95% CI {100 * self.low:.0f} to {100 * self.high:.0f}%)"
        told = [f"To find {FOUND:.0%} of what you would code, read {read}, where the model expects most."]
        if self.questions == self.questions:
            asked = f"{self.questions:.1f} codes for each that you would give"
            told.append(f"It shows {asked}, and so finds {self.answered:.0%} of them.")
        return tuple(told)


def workload(P: FloatArray, Y: FloatArray, shown: NDArray[np.bool_], groups: NDArray[np.integer], seed: int = 0) -> Workload:
    """Measure what a person has to read.

    Args:
        P: (n, K) probabilities, out of document.
        Y: (n, K) shares of the coders who gave the code.
        shown: (n, K) whether the code is suggested or asked about.
        groups: (n,) document of each segment.
        seed: Of the bootstrap.
    """
    total, documents = float(Y.sum()), np.unique(groups, return_inverse=True)[1]
    if total < LEAST_CODINGS or documents.max(initial=-1) + 1 < LEAST_DOCUMENTS:
        return Workload()
    order = np.argsort(-np.round(P.sum(axis=1), 9), kind="stable")
    codings, owner = Y.sum(axis=1)[order], documents[order]
    draws = np.random.default_rng(seed).multinomial(owner.max() + 1, np.full(owner.max() + 1, 1 / (owner.max() + 1)), _DRAWS)
    drawn = np.array([_share(codings, weights[owner]) for weights in draws])
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    hits = float((Y * shown).sum())
    questions = float(shown.sum()) / hits if hits else float("nan")
    return Workload(_share(codings, np.ones(len(owner))), float(low), float(high), questions, hits / total)


def _share(codings: FloatArray, weights: FloatArray) -> float:
    """Share of the segments, in their order, that holds `FOUND` of the codings; nan without codings."""
    gained = np.cumsum(codings * weights)
    if not gained[-1]:
        return float("nan")
    last = int(np.searchsorted(gained, FOUND * gained[-1] - 1e-9))
    return float(np.cumsum(weights)[last] / weights.sum())
