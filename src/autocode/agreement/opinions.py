"""Second opinions on a machine: the alternative-annotator test, and alpha without each coder in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autocode.agreement.alttest import AltTest, alt_test_on
from autocode.agreement.counts import Decisions, cluster
from autocode.agreement.leave_out import LeftOut, leave_one_coder_out, outliers
from autocode.agreement.options import AgreementOptions
from autocode.errors import StudyError


@dataclass(frozen=True)
class Opinion:
    """What two other methods say of one machine.

    Attributes:
        machine: Id of the machine.
        tests: The restricted alternative-annotator test of all codes as sets ("") and of each code;
            None where two humans do not share enough with the machine.
        left_out: Alpha of all coders without each of them, pooled and per code.
        odd: The coder without whom alpha is highest, beyond chance; "" where there is none.
    """

    machine: str
    tests: dict[str, AltTest | None]
    left_out: tuple[LeftOut, ...]
    odd: str

    def lines(self) -> Iterator[str]:
        """The opinions on all codes together, one a line."""
        test = self.tests[""]
        if test is not None:
            word = "passes" if test.passes else "does not pass"
            kind = "; with two humans only indicative" if test.indicative else ""
            yield f"alternative-annotator test: {word} (omega {test.omega:.2f}, rho {test.rho:.2f}{kind})"
        for x in self.left_out:
            if not x.code and x.coder == self.machine and x.without.value is not None and x.gain.value is not None:
                ends = "" if x.gain.low is None else f" ({x.gain.low:+.2f} to {x.gain.high:+.2f})"
                yield f"alpha of the humans alone {x.without.value:.2f}, {x.gain.value:+.2f}{ends} against all with the machine"
        yield f"coder who stands apart from all others: {self.odd or 'none'}"

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: the tests and alphas of all codes together (code "") and of each code."""
        return asdict(self)


def opinions(data: Decisions, options: AgreementOptions) -> list[Opinion]:
    """Second opinions on every machine of the options; none without a machine.

    Raises:
        StudyError: Fewer than two coders, or none of their units are shared.
    """
    data = cluster(data, dict(options.clusters))
    left_out = tuple(leave_one_coder_out(data, options.confidence)) if options.machines else ()
    odd = outliers(list(left_out)) if left_out else []
    return [
        Opinion(machine, _tests(_with_one(data, machine, options.machines), machine), left_out, "".join(odd))
        for machine in options.machines
    ]


def _with_one(data: Decisions, machine: str, machines: Sequence[str]) -> Decisions:
    """The humans and one machine."""
    rows = [r for r, coder in enumerate(data.coders) if coder == machine or coder not in machines]
    return Decisions(
        tuple(data.coders[r] for r in rows), data.codes, data.documents, data.groups, data.Y[rows],
        data.seen[rows], data.weight)  # fmt: skip


def _tests(data: Decisions, machine: str) -> dict[str, AltTest | None]:
    found: dict[str, AltTest | None] = {}
    for code in ("", *data.codes):
        try:
            found[code] = alt_test_on(data, machine, code or None)
        except StudyError:
            found[code] = None
    return found
