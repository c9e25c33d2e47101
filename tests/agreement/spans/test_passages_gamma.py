"""Gamma through its library, and without it."""

from __future__ import annotations

import builtins
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autocode.agreement.spans import Span
from autocode.agreement.spans.passages import Draws, gamma, mean_gamma
from autocode.errors import StudyError

CODED = {
    "ana": [Span(0, 10, "x"), Span(20, 30, "y"), Span(40, 60, "x")],
    "ben": [Span(0, 12, "x"), Span(21, 30, "y"), Span(45, 60, "y")],
}


class _Continuum:
    """Remembers what it was given; its gamma is a draw, so that the seed shows."""

    def __init__(self) -> None:
        self.given: list[tuple[str, float, float, str]] = []

    def add_annotator(self, name: str) -> None:
        """A coder, also one who coded nothing."""

    def add(self, coder: str, segment: Any, code: str) -> None:
        """One coded segment."""
        self.given.append((coder, segment.start, segment.end, code))

    def compute_gamma(self, costs: object, n_samples: int) -> SimpleNamespace:
        """As loud as the real one."""
        sys.stdout.write("solver not installed\n")
        return SimpleNamespace(gamma=len(self.given) + np.random.random() / n_samples)


@pytest.fixture
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny stand-in for the library."""
    fake = ModuleType("pygamma_agreement")
    fake.__dict__.update(Continuum=_Continuum, CombinedCategoricalDissimilarity=lambda **kind: kind)
    core, package = ModuleType("pyannote.core"), ModuleType("pyannote")
    core.__dict__["Segment"] = lambda start, end: SimpleNamespace(start=start, end=end)
    package.__dict__["core"] = core
    for name, module in {"pygamma_agreement": fake, "pyannote": package, "pyannote.core": core}.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("_library")
def test_every_segment_is_handed_over_and_the_seed_decides(capsys: pytest.CaptureFixture[str]) -> None:
    """All segments reach the library, nothing reaches the screen, and numpy's generator is left as it was."""
    np.random.seed(7)
    before = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    one, again, other = gamma(CODED), gamma(CODED), gamma(CODED, Draws(seed=1))
    assert 6 < (one.value or 0) < 7
    assert (one == again, one == other) == (True, False)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index, union-attr]
    assert capsys.readouterr() == ("", "")


def test_one_coder_alone_has_no_gamma() -> None:
    """Where fewer than two coders coded anything there is nothing to align, with or without the library."""
    assert gamma({"ana": CODED["ana"], "ben": []}).reason == "no_pairs"
    assert mean_gamma([gamma({})]).reason == "no_pairs"


def test_without_the_library_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one error names the library and the command."""
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name.startswith(("pygamma", "pyannote")):
            raise ImportError(name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(StudyError, match='pip install "autocode\\[gamma\\]"'):
        gamma(CODED)


def test_the_real_library_agrees_with_itself() -> None:
    """With the extra installed: equal codings give 1, others less, the same seed the same value."""
    pytest.importorskip("pygamma_agreement", reason="the extra autocode[gamma] is not installed")
    assert gamma({"ana": CODED["ana"], "ben": CODED["ana"]}).value == pytest.approx(1)
    found = gamma(CODED)
    assert found == gamma(CODED)
    assert found.value == pytest.approx(0.65, abs=0.1)
