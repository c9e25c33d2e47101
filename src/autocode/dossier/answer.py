"""The first page of a dossier: what was found, how far it holds, what limits it; and the four criteria in one table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from autocode.agreement.render import REFERENCES, methods_paragraph, results_paragraph
from autocode.dossier.blocks import REFERENCE, Block, Cell, Points, Table, Title, View, Words, shown
from autocode.dossier.findings import VERDICTS, Findings
from autocode.dossier.matrices import Saturation
from autocode.dossier.record import where_said
from autocode.errors import counted

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
        sentences.append(f"The material is {known['size'].rstrip('.')}{table}, {counted(words, 'word')} of transcript.{length}")
    sentences += [said.interview_guide, said.recording, said.ethics, said.consent]
    if view.used:
        sentences.append(f"It was coded with {view.sized} (⟨Codes⟩, ⟨codemap⟩).")
    sentences += [said.themes_derived, said.who_coded, said.coder_training, said.calibration, said.disagreements]
    if findings.report:
        sentences.append(f"{methods_paragraph(findings.report)} Each value stands in ⟨Agreement⟩.")
    sentences.append(f"The analysis was assisted by {known['software'].split('; ')[1].rstrip('.')}. {known['declared']}")
    return " ".join(text.strip() for text in sentences if text.strip())


def results(view: View, findings: Findings, known: Mapping[str, str]) -> str:
    """What was found: how many segments, the themes, the commonest codes, agreement, saturation."""
    sentences = []
    if view.codings:
        often = sorted(filter(None, view.strands), key=lambda t: -len(view.under(t)))
        named = [f"{view.name(t)} ({len(view.under(t)):,})" for t in often[:6]]
        outside = f"{len(view.under('')):,} in none" if "" in view.strands else ""
        more = "; ".join(filter(None, (f"{len(often) - 6} more" if len(often) > 6 else "", outside)))
        what = counted(len(often), "theme" if view.themes else "code")
        sentences.append(
            f"{counted(len(view.codings), 'coded segment')} ({view.basis}) fall under {what}: "
            f"{', '.join(named)}{more and f'; {more}'} (⟨Codes⟩)."
        )
        codes = sorted(view.used, key=lambda c: -len(view.of(c)))[:_NAMED]
        told = [
            f"{view.name(c)} ({counted(len(view.of(c)), 'segment')}, {counted(view.people(view.of(c)), 'participant')})"
            for c in codes
        ]
        sentences.append(f"The codes given most often were {', '.join(told)}.")
    if findings.report:
        sentences.append(f"{results_paragraph(findings.report)} (⟨Agreement⟩).".replace(". (", " ("))
    if known["saturation"]:
        sentences.append(known["saturation"].rstrip(".") + " (⟨saturation⟩).")
    return " ".join(sentences)


def paragraph_blocks(view: View, findings: Findings, known: Mapping[str, str]) -> Iterator[Block]:
    """Both paragraphs with the works they cite; the same stand in dossier-paragraphs.md and .tex."""
    yield Title("Methods")
    yield Words(methods(view, findings, known))
    yield Title("Results")
    yield Words(results(view, findings, known))
    if findings.report:
        yield Title("References", 4)
        yield from (Words(work, "soft") for work in REFERENCES.values())


def markdown(paragraph_blocks: tuple[Block, ...]) -> str:
    """The section of paragraphs as Markdown; "Table 2" stays in words."""
    lines = [f"## {b.text}" if isinstance(b, Title) else b.text for b in paragraph_blocks if isinstance(b, Title | Words)]
    lines = [line.replace("\u00a0", " ") for line in lines]
    return "\n\n".join(re.sub(r"([*_`<])", r"\\\1", line) if not line.startswith("#") else line for line in lines) + "\n"


def latex(paragraph_blocks: tuple[Block, ...]) -> str:
    r"""The section of paragraphs as LaTeX: "Table 2" becomes Table~\ref{tab:2}, to be set as \label beside the caption."""
    made = ["% Give each table \\label{tab:N} and each figure \\label{fig:N}, N as in the dossier."]
    for b in paragraph_blocks:
        if isinstance(b, Title):
            made.append(rf"\subsection*{{{b.text.translate(_LATEX)}}}")
        elif isinstance(b, Words):
            text = b.text.translate(_LATEX)
            made.append(REFERENCE.sub(lambda m: rf"{m[1]}~\ref{{{m[1][:3].lower()}:{m[2]}}}", text))
    return "\n\n".join(made) + "\n"


Criterion = tuple[str, str, tuple[tuple[str, str, str], ...]]
"""Name of a criterion, the question it asks, and its points: mark, heading, text."""
_WEAK = 0.6  # below this kappa, a code is named among the limits


def blocks(view: View, findings: Findings, known: Mapping[str, str], criteria: Sequence[Criterion]) -> Iterator[Block]:
    """The answer on one page."""
    yield Words(_found(view), "lead")
    yield Points(tuple(("", head, text) for head, text in _points(view, findings, known, criteria) if text))


def _found(view: View) -> str:
    if not view.codings:
        return "Nothing is coded yet: there is no finding to report."
    first = max(filter(None, view.strands), key=lambda t: len(view.under(t)))
    which = "largest theme" if view.themes else "commonest code"
    people = len({view.participant[d.id] for d in view.interviews})
    spoke = (
        f", spoken of by {view.people(view.under(first))} of {counted(people, 'participant')} (⟨?Participants⟩)"
        if people
        else ""
    )
    share = 100 * len(view.under(first)) / len(view.codings)
    where = counted(len(view.study.documents), "document")
    return (
        f"{counted(len(view.codings), 'coded segment')} in {where}, under {view.sized}. The {which} is "
        f"{view.name(first)}: {counted(len(view.under(first)), 'segment')} ({share:.0f}%){spoke} (⟨Codes⟩, ⟨codemap⟩)."
    )


def _points(
    view: View, findings: Findings, known: Mapping[str, str], criteria: Sequence[Criterion]
) -> Iterator[tuple[str, str]]:
    for strand in sorted(filter(None, view.strands), key=lambda t: -len(view.under(t)))[:6]:
        people = f" of {counted(n, 'participant')}" if (n := view.people(view.under(strand))) else ""
        codes = sorted(view.by_theme[strand], key=lambda c: -len(view.of(c)))[:3] if view.themes and view.headed(strand) else []
        told = ", ".join(f"{view.called(c)} ({len(view.of(c)):,})" for c in codes)
        yield (
            f"{view.name(strand)}.",
            f"{counted(len(view.under(strand)), 'segment')}{people}{told and f', most of them {told}'}.",
        )
    yield "How far the coders agree.", known["agreement"] and f"{known['agreement']} Code by code in ⟨Agreement⟩."
    verdict = findings.report.verdict() if findings.report else None
    if verdict:
        told = f" It agrees with them at {shown(verdict.machine_humans.value, 'k')}, they with one another at "
        told += f"{shown(verdict.humans.value, 'k')}." if verdict.humans.value is not None else "no defined value."
        yield "May the machine stand in as a coder?", VERDICTS[verdict.label] + told
    yield "Saturation.", known["saturation"]
    marks = {"yes": "on record", "part": "in part", "no": "missing"}
    marked = []
    for name, _, points in criteria:
        told = ", ".join(f"{n} {word}" for mark, word in marks.items() if (n := sum(p[0] == mark for p in points)))
        marked.append(f"{name.lower()}: {told}")
    yield "Trustworthiness.", f"{'; '.join(marked)}".capitalize() + " (⟨?Trustworthiness⟩)."


def limitations(view: View, findings: Findings, came: Saturation) -> list[tuple[str, str]]:
    """Limits that the findings themselves show, each with its figures, then what the researchers add."""
    found: list[tuple[str, str]] = []
    rare = sum(len(view.of(c)) <= 3 for c in view.used)
    if rare:
        was = "was" if rare == 1 else "were"
        found.append(("Rare codes.", f"{rare} of {counted(len(view.used), 'code')} {was} given at most three times (⟨Codes⟩)."))
    small = [g for g in view.groups if sum(v == g for v in view.group.values()) < view.record.report.small]
    if small:
        found.append(
            (
                "Small groups.",
                f"{', '.join(small)}: fewer than {counted(view.record.report.small, 'interview')}; differences between "
                "groups are not evidence.",
            )
        )
    if came.codes and not came.reached:
        found.append(("Saturation not shown.", came.told()))
    found += _of_agreement(view, findings)
    if len(view.kinds) == 1:
        found.append(
            ("One kind of source.", f"{counted(len(view.study.documents), 'document')}, all of one kind: {view.kinds[0]}.")
        )
    if not view.record.record.sampling:
        found.append(("Sampling not on record.", "Whether the findings hold elsewhere cannot be judged without it."))
    if not findings.members and not view.record.record.member_checking:
        found.append(("No member check.", "No participant was asked whether the findings hold."))
    if view.record.record.limitations:
        found.append(("What the figures do not show.", view.record.record.limitations))
    return found


def _of_agreement(view: View, findings: Findings) -> Iterator[tuple[str, str]]:
    report = findings.report
    if report is None:
        yield "One coder.", "No two coders share documents, so that agreement is unknown."
        return
    rows = [r for r in report.rows if r.code and r.kind == "human-human" and not r.first]
    weak = sorted(
        (r.kappa.value, r.code) for r in rows if r.kappa.shown and r.kappa.value is not None and r.kappa.value < _WEAK
    )
    if weak:
        named = ", ".join(f"{view.name(code)} ({shown(value, 'k')})" for value, code in weak[:5])
        more = f" and {len(weak) - 5} more" if len(weak) > 5 else ""
        yield "Codes on which coders agree little.", f"Kappa below {shown(_WEAK, 'k')}: {named}{more} (⟨Agreement⟩)."
    unknown = sum(not r.kappa.shown or r.kappa.value is None for r in rows)
    if unknown:
        yield (
            "Codes whose agreement is unknown.",
            f"{unknown} of {counted(len(rows), 'code')} {'was' if unknown == 1 else 'were'} given too rarely to say.",
        )
    verdict = report.verdict()
    if verdict and verdict.label != "supported":
        yield "The machine.", VERDICTS[verdict.label]


def limitation_blocks(found: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """The limits as a list."""
    if found:
        yield Words(f"Drawn from the findings. What else limits the study is {where_said('limitations')}.", "soft")
        yield Points(tuple(("", head, text) for head, text in found))


def criteria_table(criteria: Sequence[Criterion]) -> Table:
    """The four criteria of Lincoln and Guba in one table, each point with its evidence."""
    words = {"yes": "on record", "part": "in part", "no": "missing", "": ""}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for name, question, points in criteria:
        heads.add(len(rows))
        rows.append((name, "", question))
        rows += [(head.rstrip("."), words[mark], text) for mark, head, text in points]
    note = "After Lincoln & Guba (1985)."
    header = ("Criterion", "On record", "Evidence")
    return Table(
        "Trustworthiness",
        "Trustworthiness: four criteria with their evidence",
        header,
        tuple(rows),
        "ttt",
        note,
        frozenset(heads),
    )


def recommendations(view: View) -> Iterator[Block]:
    """What the researchers recommend, theme by theme, with how much stands behind it; or where to write it."""
    said: dict[str, list[str]] = {}
    for r in view.record.recommendations:
        said.setdefault(view.theme(r.theme), []).append(r.text)
    if not said:
        yield Words(
            "For the researchers to fill; nothing is written for them. Here, or in the study's file dossier.toml, under "
            '[[recommendations]]: theme = "...", text = "...".',
            "soft",
        )
    for theme in dict.fromkeys([*view.themes, *said]):
        yield Title(view.name(theme))
        people = counted(view.people(view.under(theme)), "participant")
        ground = f"Rests on {counted(len(view.under(theme)), 'coded segment')} of {people} (⟨Codes⟩)."
        yield Words(ground, "soft")
        yield from (Words(text) for text in said.get(theme, ()))
