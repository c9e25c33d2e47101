"""A methods and a results paragraph ready to paste, each number with the table it stands in: Word, Markdown, LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from autocode.agreement.render import REFERENCES, methods_paragraph, results_paragraph
from autocode.dossier.blocks import REFERENCE, Block, Title, View, Words
from autocode.dossier.findings import Findings

_NAMED = 3  # codes of the results paragraph that are named with their counts
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "−": "$-$",
        "–": "--",
        "›": r"\textrangle{}",
    }
)


def methods(view: View, findings: Findings, known: Mapping[str, str]) -> str:
    """How the study was made: sample, material, codebook, coders, agreement, the machine."""
    said = view.record.record
    sentences = [said.approach, said.sampling if len(said.sampling.split()) > 1 else "", said.recruitment]
    if known["size"]:
        words = sum(len(d.text.split()) for d in view.interviews)
        length = f" They took {known['duration'].rstrip('.')}." if known["duration"] else ""
        table = " (⟨Participants⟩)" if known["described"] else ""
        sentences.append(f"The material is {known['size'].rstrip('.')}{table}, {words:,} words of transcript.{length}")
    sentences += [said.interview_guide, said.recording, said.ethics, said.consent]
    if view.used:
        sentences.append(
            f"It was coded with a codebook of {len(view.themes)} themes and {len(view.used)} codes (⟨Codes⟩, ⟨codemap⟩)."
        )
    sentences += [said.themes_derived, said.who_coded, said.coder_training, said.calibration, said.disagreements]
    if findings.report:
        sentences.append(f"{methods_paragraph(findings.report)} Each value stands in ⟨Agreement⟩.")
    sentences.append(f"The analysis was assisted by {known['software'].split('; ')[1].rstrip('.')}. {known['declared']}")
    return " ".join(text.strip() for text in sentences if text.strip())


def results(view: View, findings: Findings, known: Mapping[str, str]) -> str:
    """What was found: how many segments, the themes, the commonest codes, agreement, saturation."""
    sentences = []
    if view.codings:
        themes = sorted(view.themes, key=lambda t: -len(view.under(t)))
        named = [f"{view.name(t)} ({len(view.under(t)):,})" for t in themes[:6]]
        more = f" and {len(themes) - 6} more" if len(themes) > 6 else ""
        sentences.append(
            f"{len(view.codings):,} coded segments ({view.basis}) fall under {len(view.themes)} themes: "
            f"{', '.join(named)}{more} (⟨Codes⟩)."
        )
        codes = sorted(view.used, key=lambda c: -len(view.of(c)))[:_NAMED]
        told = [f"{view.name(c)} ({len(view.of(c)):,} segments, {view.people(view.of(c))} participants)" for c in codes]
        sentences.append(f"The codes given most often were {', '.join(told)}.")
    if findings.report:
        sentences.append(f"{results_paragraph(findings.report)} (⟨Agreement⟩).".replace(". (", " ("))
    if known["saturation"]:
        sentences.append(known["saturation"].rstrip(".") + " (⟨saturation⟩).")
    return " ".join(sentences)


def blocks(view: View, findings: Findings, known: Mapping[str, str]) -> Iterator[Block]:
    """Both paragraphs with the works they cite; the same stand in dossier-paragraphs.md and .tex."""
    yield Title("Methods")
    yield Words(methods(view, findings, known))
    yield Title("Results")
    yield Words(results(view, findings, known))
    if findings.report:
        yield Title("References", 4)
        yield from (Words(work, "soft") for work in REFERENCES.values())


def markdown(blocks: tuple[Block, ...]) -> str:
    """The section of paragraphs as Markdown; "Table 2" stays in words."""
    lines = [f"## {b.text}" if isinstance(b, Title) else b.text for b in blocks if isinstance(b, Title | Words)]
    lines = [line.replace("\u00a0", " ") for line in lines]
    return "\n\n".join(re.sub(r"([*_`<])", r"\\\1", line) if not line.startswith("#") else line for line in lines) + "\n"


def latex(blocks: tuple[Block, ...]) -> str:
    r"""The section of paragraphs as LaTeX: "Table 2" becomes Table~\ref{tab:2}, to be set as \label beside the caption."""
    made = ["% Give each table \\label{tab:N} and each figure \\label{fig:N}, N as in the dossier."]
    for b in blocks:
        if isinstance(b, Title):
            made.append(rf"\subsection*{{{b.text.translate(_LATEX)}}}")
        elif isinstance(b, Words):
            text = b.text.translate(_LATEX)
            made.append(REFERENCE.sub(lambda m: rf"{m[1]}~\ref{{{m[1][:3].lower()}:{m[2]}}}", text))
    return "\n\n".join(made) + "\n"
