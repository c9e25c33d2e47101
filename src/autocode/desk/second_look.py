"""The views of the second look: whether to decide again, the clinic, coding twice, and whether findings stand.

Each shows what a verb of the command line found (`WORK`); the meeting and the re-look have rooms of their own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocode.desk.guard import Session, data, html, read_json
from autocode.desk.jobs import FOLDER, Kept, keeper, kept
from autocode.desk.session import Desk
from autocode.desk.studies import OpenStudy
from autocode.desk.view import fragment, pair_of, people
from autocode.dossier.drawing import svg
from autocode.dossier.findings import findings_chart
from autocode.errors import InputError, StudyError
from autocode.evaluate.stability import LITTLE
from autocode.study import Study

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def _number(row: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A number of a form; None where its field is empty.

    Raises:
        InputError: It is none, or out of range.
    """
    said = str(row.get(name) or "").strip()
    try:
        value = float(said) if said else None
    except ValueError:
        value = float("nan")
    if value is not None and not low <= value <= high:
        raise InputError(f"the field '{name}'", f"it takes a number from {low:g} to {high:g}", "Write another.")
    return value


def _pair(study: OpenStudy, row: Mapping[str, Any]) -> list[str]:
    pair = pair_of(study.desk(), str(row.get("first", "")), str(row.get("second", "")))
    if not pair[1]:
        raise StudyError("this view", "it needs two people who coded", "Bring in a second coder's codings.")
    return [f"--coder={c}" for c in pair]


def _folder(study: OpenStudy) -> str:
    return str(study.folder.resolve())


def _look(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return "Looking for codings that your team would decide otherwise", ["second-look", _folder(study), "--json"]


def _meet(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    minutes = _number(row, "minutes", 2, 600) or 45
    return "Making the agenda", ["meet", _folder(study), "--json", f"--minutes={minutes:g}", *_pair(study, row)]


def _clinic(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return "Looking at every code of the codebook", ["clinic", _folder(study), "--json", *_pair(study, row)]


def _plan(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    ranges = {
        "units": (1, 100_000),
        "prevalence": (0.0001, 0.9999),
        "kappa": (0, 0.999),
        "width": (0.01, 0.5),
        "above": (0, 0.99),
    }
    given = {name: _number(row, name, *ends) for name, ends in ranges.items()}
    options = [f"--{name}={value:g}" for name, value in given.items() if value is not None]
    whole = all(given[name] is not None for name in ("units", "prevalence", "kappa"))
    return "Simulating studies like this one", ["plan", *([] if whole else [_folder(study)]), "--json", *options]


def _draw(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    units = _number(row, "passages", 1, 1_000_000)
    options = [f"--units={units:.0f}"] if units else []
    out = str(study.folder.resolve() / FOLDER / "second-coder.csv")
    return "Choosing what a second coder reads", ["next", _folder(study), "--second-coder", f"--out={out}", *options]


def _enough(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    drawn = study.folder.resolve() / FOLDER / "second-coder.csv"
    if not drawn.is_file():
        raise StudyError("this question", "nothing is drawn yet", "Draw the passages for the second coder first.")
    return "Asking whether it is enough", ["plan", _folder(study), f"--drawn={drawn}", "--json"]


def _findings(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    by = str(row.get("by") or "")
    if by and by not in variables(study.desk().study):
        raise InputError("the group", "the participants have no such variable", "Reload the page.")
    options = [f"--by={by}"] if by else []
    return "Asking of each finding whether it stands", ["stability", _folder(study), "--json", *options]


WORK: dict[str, Callable[[OpenStudy, Mapping[str, Any]], tuple[str, Sequence[str]]]] = {
    "look": _look,
    "meeting": _meet,
    "clinic": _clinic,
    "plan": _plan,
    "draw": _draw,
    "enough": _enough,
    "findings": _findings,
}
"""From what a view asks for to the verb of the command line that finds it."""


def variables(study: Study) -> list[str]:
    """The variables of the participants by which findings can be contrasted."""
    return sorted({name for d in study.documents for name, value in d.variables.items() if value})


async def clinic(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Which codes the codebook does not divide, and passages that may divide them."""
    desk = study.desk()
    last = kept(desk.path, desk.study, "clinic")
    pairs = [(p, [_divided(desk, last, p, side) for side in (0, 1)]) for p in last.found["pairs"]] if last else []
    return _page(study, seat, "clinic.html", {"kept": last, "pairs": pairs}, "clinic")


def _divided(desk: Desk, last: Kept, pair: Mapping[str, Any], side: int) -> dict[str, Any]:
    """One code of a pair: its rules, the passages that are clearly its own, and a sentence to begin a rule with."""
    mine, other = (pair["first"], pair["second"])[:: 1 if side == 0 else -1]
    own, theirs = (
        [(s, w) for s in pair[key] if (w := last.words(desk.study, s)) is not None]
        for key in (("divide_first", "divide_second")[:: 1 if side == 0 else -1])
    )
    quote = " ".join(theirs[0][1].split()) if theirs else ""
    quote = quote if len(quote) <= 160 else quote[:159].rstrip() + "…"
    name = other.rpartition(" > ")[2]
    sentence = f"Not for passages such as “{quote}”: that is {name}." if quote else f"Not for … : that is {name}."
    return {"path": mine, "code": desk.study.codebook.by_path.get(mine), "passages": own, "sentence": sentence}


async def twice(request: Request, study: OpenStudy, seat: Session) -> Response:
    """How much to code twice, before and during the work."""
    desk = study.desk()
    drawn = study.folder / FOLDER / "second-coder.csv"
    file = ""
    if drawn.is_file():
        file = next((k for k, p in study.files.items() if p == drawn), "") or uuid.uuid4().hex
        study.files[file] = drawn
    told = {"kept": kept(desk.path, desk.study, "plan"), "enough": kept(desk.path, desk.study, "enough"), "file": file}
    return _page(study, seat, "twice.html", told, "plan", "draw", "enough")


async def findings(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Which findings stand, and which depend on who coded or on a few interviews."""
    desk = study.desk()
    last = kept(desk.path, desk.study, "findings")
    rows = [f for f in last.found["findings"] if f["verdict"] != LITTLE] if last else []
    little = len(last.found["findings"]) - len(rows) if last else 0
    charts = [svg(d) for d in findings_chart([(f["text"], f["verdict"], f["support"]) for f in rows])] if rows else []
    told = {"kept": last, "rows": rows, "little": little, "charts": charts, "variables": variables(desk.study)}
    return _page(study, seat, "findings.html", told, "findings")


def _page(study: OpenStudy, seat: Session, template: str, told: Mapping[str, Any], *kinds: str) -> Response:
    desk = study.desk()
    more = {"sitting": study.sitting(seat), "job": study.jobs.of(*kinds), **people(desk), **told}
    return html(fragment(template, study=study, desk=desk, seat=seat, room="second", **more))


async def find(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Begin the work of a view; what it finds is kept beside the study."""
    row = await read_json(request)
    made = WORK.get(str(row.get("do"))) if isinstance(row, dict) else None
    if made is None or not isinstance(row, dict):
        raise InputError("the request", "it is not what this page sends", "Reload the page.")
    title, arguments = made(study, row)
    study.jobs.start(str(row["do"]), title, arguments, keeper(study.store, study.desk().study, str(row["do"])))
    return data({"reload": True})


PAGES = {"/second/clinic": clinic, "/second/twice": twice, "/second/findings": findings}

POSTS = {"/find": find}
"""The requests of these views."""
