"""The model card: what a model learnt from, how far to believe it, and a licence per code with the evidence that allows it.

`suggest`: a share of its suggestions is promised to be right. `assist only`: it points to segments that a
human should look at. `silent`: it says nothing of the code. A code on which the humans themselves do not agree
is named a codebook problem: no machine can learn what they do not share.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np

from autocode.agreement.estimate import apa
from autocode.classify.bands import BASES
from autocode.classify.calibration import Reliability, Workload, calibration_error
from autocode.classify.material import FloatArray
from autocode.config import ClassifyConfig
from autocode.errors import counted
from autocode.model.saved import DIAGRAM

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
        c, recalled = self.config, sum(bool(row.ask_basis) for row in self.rows)
        recall = f"{recalled} codes with the promise to find {c.recall:.0%}" if recalled else "no promise of recall"
        told = {
            "suggest": f"at least {c.precision:.0%} of the suggestions are right, {c.confidence:.0%} sure"
            + _bases(row.suggest_basis for row in self.suggesting),
            "assist only": f"shown for a human to look at; {recall}",
            "silent": why_silent([row.why for row in self.rows if row.why]),
        }
        lines = [f"{name:<12}{count[name]:>5}  {told[name] if count[name] else ''}".rstrip() for name in LICENCES]
        lines.append(f"A segment is asked about {self.asks:.1f} codes on average.")
        lines += self.workload.sentences
        if near := "; ".join(f"{code} (about {more:,.0f})" for more, code in self.nearest[:3]):
            lines.append(f"Nearest to a promise of precision, with so many more coded segments: {near}")
        if named := "; ".join(f"{row.code} ({apa(row.human[0])})" for row in self.rows if row.codebook_problem):
            lines.append(f"Codebook problems, the coders agree below {apa(HUMAN_FLOOR, 1)}: {named}")
        ranked = Counter(row.why for row in self.rows if row.why).most_common()
        silent = (f"silent: {why}: {'; '.join(row.code for row in self.rows if row.why == why)}" for why, _ in ranked)
        return "\n".join([*lines, *silent])

    @property
    def nearest(self) -> list[tuple[float, str]]:
        """How many more coded segments a code that is asked about needs to be suggested by itself, the fewest first; only
        what is within reach.
        """
        asked = [(row.reachable(0), row.code) for row in self.rows if row.licence == "assist only"]
        return sorted((more, code) for more, code in asked if more)


def why_silent(whys: Collection[str]) -> str:
    """Why codes are silent, with how many there are where the reasons differ."""
    chance = sum("no better than chance" in why for why in whys)
    counts = {"too little coded": len(whys) - chance, "no better than chance on documents not seen": chance}
    return ", ".join(f"{n:,} {why}" if n < len(whys) else why for why, n in counts.items() if n)


def _bases(bases: Iterator[str]) -> str:
    count = Counter(bases)
    shared = [f"{count[b]} {_WHOSE[b].replace('its', 'their')}" for b in ("theme", "all") if count[b]]
    alone = f"{count['code']} by themselves"
    return f" ({', '.join([alone, *shared])})" if shared else ""


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


_SIDE, _LEFT, _TOP, _RIGHT, _BELOW = 320, 64, 16, 16, 52
_INK, _FAINT, _BLUE = "#333333", "#bbbbbb", "#0072b2"


def diagram(bins: FloatArray) -> str:
    """An SVG with a title and a description for screen readers.

    Args:
        bins: (B, 5) decisions, mean probability, share coded and its limits; see `reliability_bins`.
    """
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BELOW
    parts = [*_frame(), *(part for row in bins[bins[:, 0] > 0] for part in _point(row))]
    return (
        f'<svg role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12"><title>Reliability diagram</title>'
        f"<desc>{escape(described(bins))}</desc>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def described(bins: FloatArray) -> str:
    """The diagram in one sentence, for those who do not see it."""
    filled = bins[bins[:, 0] > 0]
    if not len(filled):
        return "No probabilities."
    worst = filled[np.argmax(np.abs(filled[:, 1] - filled[:, 2]))]
    return (
        f"Share coded by the humans against the probability the model gave, out of document, in {len(filled)} bins; "
        f"expected calibration error {apa(calibration_error(bins), 3)}, largest distance where it said {apa(worst[1])} "
        f"and {apa(worst[2])} were coded."
    )


def _place(probability: float, share: float) -> tuple[float, float]:
    return _LEFT + probability * _SIDE, _TOP + (1 - share) * _SIDE


def _frame() -> Iterator[str]:
    """Axes, their marks and the line on which a perfect model lies."""
    for mark in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x, y0), (_, y1) = _place(mark, 0), _place(mark, 1)
        (x0, y), (x1, _) = _place(0, mark), _place(1, mark)
        yield f'<path d="M{x:.0f} {y0:.0f}V{y1:.0f}M{x0:.0f} {y:.0f}H{x1:.0f}" stroke="{_FAINT}" stroke-width=".5"/>'
        yield f'<text x="{x:.0f}" y="{y0 + 18:.0f}" text-anchor="middle" fill="{_INK}">{apa(mark)}</text>'
        yield f'<text x="{x0 - 8:.0f}" y="{y + 4:.0f}" text-anchor="end" fill="{_INK}">{apa(mark)}</text>'
    (x0, y0), (x1, y1) = _place(0, 0), _place(1, 1)
    yield f'<path d="M{x0:.0f} {y0:.0f}L{x1:.0f} {y1:.0f}" stroke="{_INK}" stroke-dasharray="5 4" fill="none"/>'
    middle = (x0 + x1) / 2
    yield f'<text x="{middle:.0f}" y="{y0 + 40:.0f}" text-anchor="middle" fill="{_INK}">probability the model gave</text>'
    turned = f'transform="rotate(-90 18 {(y0 + y1) / 2:.0f})"'
    yield f'<text x="18" y="{(y0 + y1) / 2:.0f}" text-anchor="middle" fill="{_INK}" {turned}>share the coders coded</text>'


def _point(row: FloatArray) -> Iterator[str]:
    """One bin: its interval and its mean."""
    _, said, true, low, high = row.tolist()
    (x, y), (_, top), (_, bottom) = _place(said, true), _place(said, high), _place(said, low)
    yield f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="{_BLUE}" stroke-width="1.5"/>'
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_BLUE}"/>'


def card(found: Licences, known: Reliability, made: Mapping[str, Any]) -> str:
    """The card as Markdown.

    Args:
        found: What each code may be used for.
        known: The out-of-document evidence.
        made: Hashes and counts of what the model was made from.
    """
    return "\n".join(
        [*_head(made), "", *_promises(found), "", *_table(found), "", *_believed(known), "", *_plain(found, known), ""]
    )


def _head(made: Mapping[str, Any]) -> Iterator[str]:
    study = made["study"]
    yield f"# Model for {study['name'] or 'a study'}"
    if study["notice"]:
        yield f"\n> {study['notice']}"
    yield (
        f"\nLearnt from {counted(made['codings'], 'coding')} of "
        f"{counted(made['segments'], 'segment')} in {counted(made['documents'], 'document')} "
        f"by {', '.join(made['coders'])}, with the encoder {made['encoder']['name']}."
    )
    if made.get("effort"):
        yield "\n" + effort_note(made)
    yield (
        "\nIt suggests; a researcher decides. It was checked on documents it had not seen, as the tables show. "
        "It speaks for interviews like these, coded with this codebook, and for no others."
    )
    yield (
        "\nThis folder holds words of the transcripts (precedents.jsonl) unless it was saved without quotes, and "
        "its numbers are made from them: keep it as safe as the transcripts."
    )


def _promises(found: Licences) -> Iterator[str]:
    c = found.config
    yield "## Licences"
    yield (
        f"\n- **suggest**: at least {c.precision:.0%} of what stands in the band `suggest` is right.\n"
        f"- **assist only**: the code is asked about, never suggested; with a promise, `suggest` and `ask` find at "
        f"least {c.recall:.0%} of what coders code.\n- **silent**: nothing is said of it.\n"
    )
    yield (
        f"Each promise is made at {c.confidence:.0%} confidence, for new documents like these. It rests on the "
        "code's own evidence, or where that is too little on its theme, or on all such codes, taken together: then it "
        "holds for them together, not for each. A segment that half of its coders gave the code is half right. "
        "Numbers of further segments suppose coding like the present; better definitions may need fewer. "
        f"A segment is asked about {found.asks:.1f} codes on average."
    )
    if found.workload.sentences:
        yield "\n" + " ".join(found.workload.sentences) + " Measured on documents it had not seen."
    problems = [row for row in found.rows if row.codebook_problem]
    if problems:
        yield (
            "\n"
            + f"**Codebook problems**, the coders agree below {apa(HUMAN_FLOOR, 1)}: "
            + ", ".join(f"{row.code} ({apa(row.human[0])})" for row in problems)
            + ". Mend the definition before the machine."
        )


def _table(found: Licences) -> Iterator[str]:
    yield (
        "| Code | Licence | Coded segments | Documents | Suggestions right (95%) | Coverage | Found with ask (95%) | "
        "Asked, of all segments | Kappa between coders | Remark |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for row in sorted(found.rows, key=lambda r: LICENCES.index(r.licence)):
        licence = row.licence + {"theme": " (theme)", "all": " (together)"}.get(row.suggest_basis, "")
        rates = (_limits(row.precision), apa(row.coverage), _limits(row.found), f"{row.asked:.0%}", _limits(row.human))
        yield "| " + " | ".join((row.code, licence, f"{row.segments}", f"{row.documents}", *rates, note(row))) + " |"


def _limits(values: tuple[float | None, ...]) -> str:
    value, low, high = values
    return apa(value) + (f" ({apa(low)} to {apa(high)})" if value is not None and None not in (low, high) else "")


def _believed(known: Reliability) -> Iterator[str]:
    yield "## How far to believe a probability"
    yield f"\n![{described(known.bins)}]({DIAGRAM})\n"
    yield f"Expected calibration error, out of document: {apa(calibration_error(known.bins), 3)}.\n"
    yield "| Probability given | Decisions | Mean probability | Share coded | 95% limits |"
    yield "|---|---:|---:|---:|---:|"
    for b, (count, said, true, low, high) in enumerate(known.bins.tolist()):
        width = 1 / len(known.bins)
        numbers = f"{apa(said, 3)} | {apa(true, 3)} | {apa(low, 3)} to {apa(high, 3)}" if count else "- | - | -"
        yield f"| {apa(b * width, 1)} to {apa((b + 1) * width, 1)} | {count:,.0f} | {numbers} |"


def _plain(found: Licences, known: Reliability) -> Iterator[str]:
    yield "## The machine as one more coder"
    yield (
        "\nAt the threshold of best agreement, which is what `autocode evaluate` compares with the coders; out of document.\n"
    )
    yield "| Code | Average precision | Precision | Recall |"
    yield "|---|---:|---:|---:|"
    rates = zip(known.average_precision, known.precision, known.recall, strict=True)
    for row, values in zip(found.rows, rates, strict=False):
        yield f"| {row.code} | " + " | ".join(apa(float(v)) for v in values) + " |"


def effort_note(made: Mapping[str, Any]) -> str:
    """What a model's record says of the effort `full`, in a sentence or two; "" where nothing was tried."""
    found = made.get("effort")
    if not found:
        return ""
    said = []
    if "mean" in found:
        no, doubt = ("", "") if found["kept"] else ("not ", "not clearly ")
        said.append(
            f"Full effort tried {found['name']}: {no}kept, for on documents not seen it was {doubt}less wrong "
            f"(log loss of a decision {found['plain']:.4f}, lower by {found['mean']:.5f}, standard error {found['error']:.5f})."
        )
    if found.get("minutes"):
        said.append(
            f"Fine-tuning was left out: it would take about {found['minutes']:.0f} minutes, more than --minutes allows "
            "(`minutes` under [encode])."
        )
    return " ".join(said)
