"""The model card: what a model learnt from, what each code may be used for, how far to believe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autocode.classify import FloatArray, Reliability, calibration_error
from autocode.config import ClassifyConfig
from autocode.model.diagram import described
from autocode.model.effort import effort_note
from autocode.model.licence import HUMAN_FLOOR, LICENCES, Licence, Licences, note
from autocode.model.saved import DIAGRAM


def card(found: Licences, known: Reliability, made: Mapping[str, Any]) -> str:
    """The card as Markdown.

    Args:
        found: What each code may be used for.
        known: The out-of-document evidence.
        made: Hashes and counts of what the model was made from.
    """
    return "\n".join([*_head(made), "", *_promises(found), "", *_table(found), "", *_believed(known), "",
                      *_plain(found, known), ""])  # fmt: skip


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
    problems = [row for row in found.rows if row.codebook_problem]
    if problems:
        yield "\n" + f"**Codebook problems**, the coders agree below {HUMAN_FLOOR}: " + ", ".join(
            f"{row.code} ({row.human[0]:.2f})" for row in problems) + ". Mend the definition before the machine."  # fmt: skip


def _table(found: Licences) -> Iterator[str]:
    yield ("| Code | Licence | Coded segments | Documents | Suggestions right (95 %) | Coverage | Found with ask (95 %) | "
           "Asked, of all segments | Kappa between coders | Remark |")  # fmt: skip
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for row in sorted(found.rows, key=lambda r: LICENCES.index(r.licence)):
        yield "| " + " | ".join(_cells(row, found.config)) + " |"


def _cells(row: Licence, config: ClassifyConfig) -> tuple[str, ...]:
    marks = {"theme": " (theme)", "all": " (together)"}
    return (
        row.code, row.licence + marks.get(row.suggest_basis, ""), f"{row.segments}", f"{row.documents}",
        _limits(row.precision), _shown(row.coverage), _limits(row.found), f"{row.asked:.0%}", _limits(row.human), note(row),
    )  # fmt: skip


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def _limits(values: tuple[float | None, ...]) -> str:
    value, low, high = values
    return _shown(value) + (f" ({low:.2f} to {high:.2f})" if value is not None and None not in (low, high) else "")


def _believed(known: Reliability) -> Iterator[str]:
    yield "## How far to believe a probability"
    yield f"\n![{described(known.bins)}]({DIAGRAM})\n"
    yield f"Expected calibration error, out of document: {calibration_error(known.bins):.3f}.\n"
    yield "| Probability given | Decisions | Mean probability | Share coded | 95 % limits |"
    yield "|---|---:|---:|---:|---:|"
    for b, (count, said, true, low, high) in enumerate(_rows(known.bins)):
        width = 1 / len(known.bins)
        numbers = f"{said:.3f} | {true:.3f} | {low:.3f} to {high:.3f}" if count else "- | - | -"
        yield f"| {b * width:.1f} to {(b + 1) * width:.1f} | {count:,.0f} | {numbers} |"


def _rows(bins: FloatArray) -> list[list[float]]:
    return [[float(v) for v in row] for row in bins]


def _plain(found: Licences, known: Reliability) -> Iterator[str]:
    yield "## The machine as one more coder"
    yield ("\nAt the threshold of best agreement, which is what `autocode evaluate` compares with the coders; out of "
           "document.\n")  # fmt: skip
    yield "| Code | Average precision | Precision | Recall |"
    yield "|---|---:|---:|---:|"
    rates = zip(known.average_precision, known.precision, known.recall, strict=True)
    for row, values in zip(found.rows, rates, strict=False):
        yield f"| {row.code} | " + " | ".join(_shown(float(v) if v == v else None) for v in values) + " |"
