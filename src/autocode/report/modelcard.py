"""The model card in the dossier: what the model learnt from, how far each code can be trusted.

Source of the idea: Mitchell, M. et al. (2019). Model cards for model reporting. FAT* '19, 220-229.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autocode.classify import Reliability
from autocode.report.blocks import Block, Cell, Points, Table, Title
from autocode.report.counting import View
from autocode.report.findings import Findings


def blocks(view: View, findings: Findings) -> list[Block]:
    """The card of the model that stands beside the coders; nothing where there is none."""
    made = findings.model
    if not made:
        return []
    found: list[Block] = [Title("Model card"), Points(tuple(_points(view, made)))]
    return [*found, _codes(view, made, findings)] if findings.reliability else found


def _points(view: View, made: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    same = made["study"]["sha256"] == view.study.sha256
    encoder, book = made["encoder"], made["codebook"]
    standing = ("the study as it stands" if same else
                f"not the study as it stands (hash {str(made['study']['sha256'])[:12]})")  # fmt: skip
    versions = "; ".join(f"{name} {number}" for name, number in made.get("versions", {}).items())
    return [
        ("", "Made from.", f"{made['study']['name'] or 'A study'}: {standing}; {made['codings']:,} codings of "
                           f"{made['segments']:,} units in {made['documents']} documents by "
                           f"{', '.join(made['coders'])}."),
        ("", "Encoder.", f"{encoder['name']}, {encoder['dimension']} dimensions, hash {str(encoder['sha256'])[:12]}."),
        ("", "Codebook.", f"{book['name'] or 'Without a name'}, hash {str(book['sha256'])[:12]}"
                          + ("." if book["sha256"] == view.study.codebook.sha256 else
                             "; the study has another one now: suggestions need a model trained again.")),
        ("", "For what.", "It suggests codes for interviews like these, coded with this codebook; a researcher decides. "
                          "Its numbers are made from the transcripts: keep it as safe as these."),
        *([("", "Made with.", f"{versions}.")] if versions else []),
    ]  # fmt: skip


def _codes(view: View, made: Mapping[str, Any], findings: Findings) -> Table:
    """Each code with what its out-of-document evidence says, themes as rows of their own."""
    known, silent = findings.reliability, findings.silent or {}
    listed = [c for c in made["codes"] if c in view.study.codebook]
    at = {code: i for i, code in enumerate(made["codes"])}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme in dict.fromkeys(view.theme(code) for code in listed):
        if view.study.codebook.is_theme(theme):
            heads.add(len(rows))
            rows.append((view.name(theme), *[""] * 6))
        own = (c for c in listed if view.theme(c) == theme)
        rows += [(view.name(c), *_evidence(known, at[c]), silent.get(c, "")) for c in own if known]
    note = ("Out of document, at the threshold from which it suggests: precision is the share of its suggestions that a "
            "coder had given too, recall the share of what coders gave that it suggests. A silent code is never "
            "suggested.")  # fmt: skip
    header = ("Theme and code", "Coded segments", "Documents", "Average precision", "Precision", "Recall",
              "Silent because")  # fmt: skip
    return Table("Model card", "The model's evidence for each code", header, tuple(rows), "tnnkkkt", note, frozenset(heads))


def _evidence(known: Reliability, k: int) -> tuple[Cell, ...]:
    rates = (known.average_precision[k], known.precision[k], known.recall[k])
    return (int(known.segments[k]), int(known.documents[k]), *(None if np.isnan(r) else float(r) for r in rates))
