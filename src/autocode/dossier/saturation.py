"""Saturation: how new codes come up as interviews go on, by a stated rule, and how many codes are still to come.

Sources: Guest, G., Namey, E. & Chen, M. (2020). A simple method to assess and report thematic saturation in
qualitative research. PLoS ONE 15(5), e0232076: new information in a run of interviews beside that of a base. Chao, A.
(1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics 43, 783-791:
codes not yet seen from those seen in one and in two interviews, with a log-normal interval.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from autocode.dossier.blocks import Cell, Figure, Table, View
from autocode.dossier.charts import curve

BASE, RUN, SHARE = 4, 3, 0.05
"""Interviews of the base, of the run, and the new codes of the run, as a share of the base's, that still count as flat."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """How codes came up over the interviews that were read.

    Attributes:
        rows: Document, codes in it, new codes, codes so far, in the order of the study.
        once: Codes found in one interview only.
        twice: Codes found in exactly two.
    """

    rows: tuple[tuple[str, int, int, int], ...]
    once: int
    twice: int

    @property
    def codes(self) -> int:
        """Codes seen in all."""
        return self.rows[-1][3] if self.rows else 0

    @property
    def share(self) -> float | None:
        """New codes of the last run as a share of those of the base; None for fewer interviews than both."""
        if len(self.rows) < BASE + RUN or not self.rows[BASE - 1][3]:
            return None
        return sum(row[2] for row in self.rows[-RUN:]) / self.rows[BASE - 1][3]

    @property
    def reached(self) -> bool:
        """Whether the curve is flat by the rule."""
        return self.share is not None and self.share <= SHARE

    @property
    def to_come(self) -> tuple[float, float, float] | None:
        """Codes still to come, with the ends of their 95 % interval; None where it cannot be said.

        Chao's estimator for codes by interviews, bias-corrected. It is a lower bound where interviews differ much.
        """
        m, f1, f2 = len(self.rows), self.once, self.twice
        if m < 2 or not self.codes:
            return None
        a = (m - 1) / m
        value = a * f1 * (f1 - 1) / (2 * (f2 + 1))
        if not value:
            return None
        variance = value + a * a * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
        variance += a * a * f1 * f1 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
        factor = math.exp(1.96 * math.sqrt(math.log(1 + variance / value**2)))
        return value, value / factor, value * factor

    def told(self) -> str:
        """The rule, whether it is met, and what is still to come, in a sentence or two."""
        new = sum(row[2] for row in self.rows[-RUN:])
        if self.share is None:
            return f"Fewer than {BASE + RUN} coded interviews: whether new codes still come up cannot be judged."
        rule = (
            f"The last {RUN} interviews brought {new} new {'code' if new == 1 else 'codes'}, {100 * self.share:.0f} % of the "
            f"{self.rows[BASE - 1][3]} that the first {BASE} had brought; "
            f"{'flat' if self.reached else 'not flat'} by the rule of at most {100 * SHARE:.0f} % (Guest et al., 2020)."
        )
        if self.to_come is None:
            return f"{rule} {self.once} codes were found in one interview only: too few to estimate codes still to come."
        value, low, high = self.to_come
        return (
            f"{rule} From the {self.once} codes found in one interview only, about {value:.0f} more codes are to be expected "
            f"of interviews like these (95 % interval {low:.0f} to {high:.0f}; Chao, 1987)."
        )


def saturation(view: View) -> Saturation:
    """Count new codes interview by interview, in the order of the study; interviews nobody has read yet are left out."""
    used: dict[str, set[str]] = {}
    for c in view.codings:
        used.setdefault(c.document, set()).add(c.code)
    read = {r.document for r in view.study.readings} | used.keys()
    documents = [d for d in view.interviews if d.id in read]
    known: set[str] = set()
    rows = []
    for d in documents:
        new = used.get(d.id, set()) - known
        known |= new
        rows.append((d.id, len(used.get(d.id, ())), len(new), len(known)))
    spread = Counter(Counter(code for d in documents for code in used.get(d.id, ())).values())
    return Saturation(tuple(rows), spread[1], spread[2])


def saturation_figure(found: Saturation) -> Figure | None:
    """The curve of codes over interviews; None for fewer than three interviews."""
    if len(found.rows) < 3 or not found.codes:
        return None
    header = ("Document", "Codes in it", "New codes", "Codes so far")
    rows: tuple[tuple[Cell, ...], ...] = found.rows
    data = Table("Saturation", "New codes per interview", header, rows, "tnnn", sheet_only=True)
    fresh, totals = [row[2] for row in found.rows], [row[3] for row in found.rows]
    said = f"{totals[-1]} codes after {len(rows)} interviews; {sum(fresh[-RUN:])} of them came in the last {RUN}."
    drawing = curve([row[0] for row in found.rows], totals, fresh, ("Saturation", said, "codes"))
    caption = f"Saturation: {said} {found.told()} Interviews in the order of the study, which may not be that of the field."
    return Figure("saturation", caption, (drawing,), data)
