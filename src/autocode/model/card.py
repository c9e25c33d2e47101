"""The model card: what a model learnt from, what each code may be used for, how far to believe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np

from autocode.agreement.estimate import apa
from autocode.classify.calibration import Reliability, calibration_error
from autocode.classify.material import FloatArray
from autocode.config import ClassifyConfig
from autocode.model.licence import HUMAN_FLOOR, LICENCES, Licence, Licences, note
from autocode.model.saved import DIAGRAM

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
        f"\nLearnt from {made['codings']:,} codings of {made['segments']:,} units in {made['documents']} documents "
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
        yield "| " + " | ".join(_cells(row, found.config)) + " |"


def _cells(row: Licence, config: ClassifyConfig) -> tuple[str, ...]:
    marks = {"theme": " (theme)", "all": " (together)"}
    return (
        row.code,
        row.licence + marks.get(row.suggest_basis, ""),
        f"{row.segments}",
        f"{row.documents}",
        _limits(row.precision),
        apa(row.coverage),
        _limits(row.found),
        f"{row.asked:.0%}",
        _limits(row.human),
        note(row),
    )


def _limits(values: tuple[float | None, ...]) -> str:
    value, low, high = values
    return apa(value) + (f" ({apa(low)} to {apa(high)})" if value is not None and None not in (low, high) else "")


def _believed(known: Reliability) -> Iterator[str]:
    yield "## How far to believe a probability"
    yield f"\n![{described(known.bins)}]({DIAGRAM})\n"
    yield f"Expected calibration error, out of document: {apa(calibration_error(known.bins), 3)}.\n"
    yield "| Probability given | Decisions | Mean probability | Share coded | 95% limits |"
    yield "|---|---:|---:|---:|---:|"
    for b, (count, said, true, low, high) in enumerate(_rows(known.bins)):
        width = 1 / len(known.bins)
        numbers = f"{apa(said, 3)} | {apa(true, 3)} | {apa(low, 3)} to {apa(high, 3)}" if count else "- | - | -"
        yield f"| {apa(b * width, 1)} to {apa((b + 1) * width, 1)} | {count:,.0f} | {numbers} |"


def _rows(bins: FloatArray) -> list[list[float]]:
    return [[float(v) for v in row] for row in bins]


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
    left = (
        (
            f"Fine-tuning was left out: it would take about {found['minutes']:.0f} minutes, more than --minutes allows "
            "(`minutes` under [encode])."
        )
        if found.get("minutes")
        else ""
    )
    no, doubt = ("", "") if found["kept"] else ("not ", "not clearly ")
    said = (
        (
            f"Full effort tried {found['name']}: {no}kept, for on documents not seen it was {doubt}less wrong "
            f"(log loss of a decision {found['plain']:.4f}, lower by {found['mean']:.5f}, standard error {found['error']:.5f})."
        )
        if "mean" in found
        else ""
    )
    return " ".join(filter(None, (said, left)))
