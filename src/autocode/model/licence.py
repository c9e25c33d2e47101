"""A licence per code: what the machine may be used for, and the evidence that allows it.

`suggest`: a share of its suggestions is promised to be right. `assist only`: it points to segments that a
human should look at. `silent`: it says nothing of the code. A code on which the humans themselves do not agree
is named a codebook problem: no machine can learn what they do not share.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autocode.agreement.estimate import apa
from autocode.classify.bands import BASES
from autocode.classify.calibration import Reliability
from autocode.classify.workload import Workload
from autocode.config import ClassifyConfig
from autocode.errors import counted

LICENCES = ("suggest", "assist only", "silent")
HUMAN_FLOOR = 0.4
"""Kappa between humans below which a code is a codebook problem (fair at best: Landis & Koch 1977) ..."""
HUMAN_DOUBT = 0.667
"""... if its 95% interval also ends below this (Krippendorff 2004, limit of tentative conclusions)."""
REACH = 3
"""As many times its coded segments a code may be asked to gain; more is not attainable by coding more."""
_WHOSE = {"theme": "with its theme", "all": "together with other codes"}


@dataclass(frozen=True, slots=True)
class Licence:
    """What the machine may be used for on one code; shares are out of document, None where undefined.

    Attributes:
        code: Path of the code.
        licence: One of `LICENCES`.
        segments: Segments to which any coder gave the code.
        documents: Documents among them.
        precision: Share of its suggestions that is right, and its limits.
        coverage: Share of the coders' codings that stands in `suggest`.
        found: Share of the coders' codings in `suggest` or `ask`, and its limits.
        asked: Share of all segments in `ask`.
        suggest_basis: On whose evidence the promise of `suggest` rests (code, theme, all); "" for none.
        ask_basis: The same of `ask`.
        needed: Further coded segments, roughly, for promises of its own (suggest, ask); None: unknown.
        human: Kappa between the human coders, and its limits.
        codebook_problem: Whether the humans do not agree on it.
        why: Why it is silent, "" where it is not.
    """

    code: str
    licence: str
    segments: int
    documents: int
    precision: tuple[float | None, ...]
    coverage: float | None
    found: tuple[float | None, ...]
    asked: float
    suggest_basis: str
    ask_basis: str
    needed: tuple[float | None, ...]
    human: tuple[float | None, ...]
    codebook_problem: bool
    why: str

    def reachable(self, which: int) -> float | None:
        """Further coded segments for a promise of its own (0 suggest, 1 ask); None where no number within reach would do."""
        more = self.needed[which]
        return more if more is not None and 0 < more <= REACH * self.segments else None


@dataclass(frozen=True, slots=True)
class Licences:
    """The licences of all codes; printed, a short summary."""

    rows: tuple[Licence, ...]
    config: ClassifyConfig
    workload: Workload = Workload()

    @property
    def suggesting(self) -> tuple[Licence, ...]:
        """The codes with the licence `suggest`."""
        return tuple(row for row in self.rows if row.licence == "suggest")

    @property
    def asks(self) -> float:
        """Codes that a segment is asked about, on average."""
        return sum(row.asked for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        c = self.config
        return {
            "promise": {"precision": c.precision, "recall": c.recall, "confidence": c.confidence},
            "codes": [asdict(row) for row in self.rows],
            "asks_per_segment": round(self.asks, 3),
            "workload": self.workload.to_json(),
        }

    def __str__(self) -> str:
        """Counts per licence, codebook problems, silent codes by reason."""
        count = Counter(row.licence for row in self.rows)
        c = self.config
        told = {
            "suggest": f"at least {c.precision:.0%} of the suggestions are right, {c.confidence:.0%} sure"
            + _bases(row.suggest_basis for row in self.suggesting),
            "assist only": "shown for a human to look at; " + self._recall(),
            "silent": "too little evidence",
        }
        lines = [f"{name:<12}{count[name]:>5}  {told[name] if count[name] else ''}".rstrip() for name in LICENCES]
        lines.append(f"A segment is asked about {self.asks:.1f} codes on average.")
        lines += [*self.workload.sentences, *self._nearest(), *self._problems()]
        lines += [f"silent: {why}: {'; '.join(codes)}" for why, codes in _by_reason(self.rows)]
        return "\n".join(lines)

    @property
    def nearest(self) -> list[tuple[float, str]]:
        """How many more coded segments a code that is asked about needs to be suggested by itself, the fewest first; only
        what is within reach.
        """
        asked = [(row.reachable(0), row.code) for row in self.rows if row.licence == "assist only"]
        return sorted((more, code) for more, code in asked if more)

    def _recall(self) -> str:
        with_promise = sum(bool(row.ask_basis) for row in self.rows)
        c = self.config
        return f"{with_promise} codes with the promise to find {c.recall:.0%}" if with_promise else "no promise of recall"

    def _nearest(self) -> Iterator[str]:
        if near := self.nearest[:3]:
            told = "; ".join(f"{code} (about {more:,.0f})" for more, code in near)
            yield f"Nearest to a promise of precision, with so many more coded segments: {told}"

    def _problems(self) -> Iterator[str]:
        named = [f"{row.code} ({apa(row.human[0])})" for row in self.rows if row.codebook_problem]
        if named:
            yield f"Codebook problems, the coders agree below {apa(HUMAN_FLOOR, 1)}: {'; '.join(named)}"


def _bases(bases: Iterator[str]) -> str:
    count = Counter(bases)
    shared = [f"{count[b]} {_WHOSE[b].replace('its', 'their')}" for b in ("theme", "all") if count[b]]
    alone = f"{count['code']} by themselves"
    return f" ({', '.join([alone, *shared])})" if shared else ""


def _by_reason(rows: Sequence[Licence]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.why:
            found.setdefault(row.why, []).append(row.code)
    return sorted(found.items(), key=lambda item: -len(item[1]))


def licences(
    codes: Sequence[str], known: Reliability, silent: Mapping[str, str], humans: Mapping[str, Mapping[str, Any]]
) -> tuple[Licence, ...]:
    """The licence of each code that the model learnt, and of those it did not.

    Args:
        codes: Paths of the K codes learnt.
        known: Their out-of-document evidence.
        silent: Codes that stay silent, with the reason.
        humans: Kappa between humans by code (value, low, high), where two coders can be compared.
    """
    learnt = [_licence(code, k, known, silent.get(code, ""), humans.get(code, {})) for k, code in enumerate(codes)]
    none = (None, None, None)
    unused = (
        Licence(code, "silent", 0, 0, none, None, none, 0.0, "", "", none[:2], none, False, why)
        for code, why in silent.items()
        if code not in codes
    )
    return (*learnt, *unused)


def _licence(code: str, k: int, known: Reliability, why: str, human: Mapping[str, Any]) -> Licence:
    human = {} if "counts_only" in human.get("flags", ()) else human
    kappa, high = human.get("value"), human.get("high")
    problem = kappa is not None and high is not None and kappa < HUMAN_FLOOR and high < HUMAN_DOUBT
    suggests = bool(known.suggest_basis[k])
    return Licence(
        code=code,
        licence="silent" if why else "suggest" if suggests else "assist only",
        segments=int(known.segments[k]),
        documents=int(known.documents[k]),
        precision=_numbers(known.suggested[k]),
        coverage=_numbers([known.coverage[k]])[0],
        found=_numbers(known.found[k]),
        asked=float(known.asked[k]),
        suggest_basis=BASES[known.suggest_basis[k]],
        ask_basis=BASES[known.ask_basis[k]],
        needed=_numbers(known.needed[k]),
        human=tuple(human.get(name) for name in ("value", "low", "high")),
        codebook_problem=bool(problem),
        why=why,
    )


def _numbers(values: Any) -> tuple[float | None, ...]:
    return tuple(float(v) if math.isfinite(v) else None for v in values)


def note(row: Licence) -> str:
    """What a reader should know of a code, in one line; "" where there is nothing to add."""
    if row.why:
        return row.why
    parts = ["codebook problem: the coders themselves do not agree"] if row.codebook_problem else []
    if row.suggest_basis != "code":
        parts.append(f"to suggest by itself: {_needs(row, 0, 'not precise enough yet')}")
    if not row.ask_basis:
        parts.append(f"to promise with ask: {_needs(row, 1, 'would ask too much')}")
    return "; ".join(parts)


def _needs(row: Licence, which: int, never: str) -> str:
    if row.needed[which] is None:
        return never
    more = row.reachable(which)
    return "not attainable by coding more" if more is None else f"about {counted(int(more), 'more coded segment')}"
