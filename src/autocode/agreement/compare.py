"""agree(): from a coding matrix to an agreement report.

A machine is just another coder: every pair goes through the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autocode.agreement.coefficients.binary import mean_kappa
from autocode.agreement.counts import Decisions, by_theme, check_coders, cluster, decisions, of_frame
from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.judgement.verdict import verdicts
from autocode.agreement.pairs import KINDS, all_rows, coder_pairs, crossed, pair_rows, stack
from autocode.agreement.render import to_text
from autocode.agreement.rows import Findings
from autocode.errors import StudyError
from autocode.study.matrix import CodingMatrix

BETTER_BY_THEME = 0.2  # in kappa, from which the reader is pointed to themes


def agree(coded: CodingMatrix | Any, options: AgreementOptions | None = None) -> AgreementReport:
    """Compare all coders of a matrix or a table, code by code.

    Args:
        coded: Decisions (R, n, K) of R coders and what each has seen; or a tidy table (pandas DataFrame) with the columns
            coder, unit and code, or coder, document, segment and code (`of_frame`).
        options: Machines among the coders, margin, confidence; the defaults where None.

    Returns:
        Rows for every code and pair of coders, for all pairs together, and a verdict on each
        machine.

    Raises:
        StudyError: One coder only, coders who share no document, or an unknown machine.
    """
    return agree_on(of_frame(coded) if hasattr(coded, "columns") else decisions(coded), options)


def agree_on(data: Decisions, options: AgreementOptions | None = None) -> AgreementReport:
    """Compare all coders on decisions of any unit: segments, documents, stretches of text.

    Raises:
        StudyError: One coder only, coders who share no document, or an unknown machine.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> truth = rng.random((200, 1)) < 0.3
        >>> Y = np.stack([truth ^ (rng.random((200, 1)) < 0.05) for _ in range(2)])
        >>> row = agree_on(Decisions.of(Y, np.arange(200) // 20)).row()
        >>> [round(x, 2) for x in (row.kappa.value, row.kappa.low, row.kappa.high)]
        [0.86, 0.75, 0.93]
    """
    chosen = options or AgreementOptions()
    check_coders(data)
    for machine in chosen.machines:
        if machine not in data.coders:
            raise StudyError(
                f"machine '{machine}'", f"the coders are {', '.join(data.coders)}", "Name one of these as the machine."
            )
    data = cluster(data, dict(chosen.clusters))
    pairs = coder_pairs(data, chosen.machines)
    apart = tuple((data.coders[p.first], data.coders[p.second]) for p in pairs if not p.documents)
    pairs = [pair for pair in pairs if pair.documents]
    columns = [all_rows(data, [p for p in pairs if p.kind == kind], chosen) for kind in KINDS[:2]]
    columns += [pair_rows(data, pair, chosen) for pair in pairs]
    shared = data.seen.sum(0) >= 2
    return AgreementReport(
        coders=data.coders,
        options=chosen,
        units=int(data.weight[shared].sum()),
        documents=len(np.unique(data.groups[shared])),
        codes=data.codes,
        rows=tuple(column[c] for c in range(1 + len(data.codes)) for column in columns if column),
        verdicts=verdicts(data, chosen),
        apart=apart,
        notes=tuple(_notes(data, chosen)),
    )


def _notes(data: Decisions, options: AgreementOptions) -> Iterator[str]:
    """What may lie behind low agreement: names that are nearly the same, a theme given for one of its codes."""
    alike: dict[str, list[str]] = {}
    for code in data.codes:
        alike.setdefault(" ".join(code.casefold().split()), []).append(code)
    for codes in alike.values():
        if len(codes) > 1:
            named = " and ".join(f"'{code}'" for code in codes)
            yield f"{named} differ only in capital letters or blanks and are compared as different codes: merge them."
    humans = [pair for pair in coder_pairs(data, options.machines) if pair.documents and pair.kind == KINDS[0]]
    themes = by_theme(data)
    if not humans or len(themes.codes) == len(data.codes):
        return
    broad = [pair for pair in coder_pairs(themes, options.machines) if pair.documents and pair.kind == KINDS[0]]
    fine, coarse = (float(mean_kappa(stack(p, crossed(p)).sum(0)[:, 0])) for p in (humans, broad))
    if coarse >= fine + BETTER_BY_THEME:
        yield (
            f"The coders agree on themes more than on their codes (kappa {coarse:.2f}, by code {fine:.2f}): a theme given "
            "where the other gave one of its codes counts as a difference. Compare themes with --by theme."
        )


@dataclass(frozen=True)
class AgreementReport(Findings):
    """Agreement between coders, machine or human, over documents both have seen.

    `str(report)` is a table at most 100 wide, `report.to_json()` a JSON-ready mapping; the
    attributes are those of `Findings`.
    """

    def __str__(self) -> str:
        """The table as plain text."""
        return to_text(self)
