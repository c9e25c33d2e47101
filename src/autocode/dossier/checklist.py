"""A COREQ-style reporting checklist and a disclosure of AI use, filled as far as the record goes.

Source of the items: Tong, A., Sainsbury, P. & Craig, J. (2007). Consolidated criteria for reporting
qualitative research (COREQ): a 32-item checklist for interviews and focus groups. International
Journal for Quality in Health Care 19(6), 349-357. The wording here is shortened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autocode.dossier.blocks import Block, Cell, Points, Table, View, Words, shown
from autocode.dossier.findings import Findings

_ITEMS = (
    "Interviewer",
    "Credentials",
    "Occupation",
    "Gender of the researchers",
    "Experience and training",
    "Relationship established",
    "Participants' knowledge of the interviewer",
    "Interviewer characteristics",
    "Methodological orientation and theory",
    "Sampling",
    "Method of approach",
    "Sample size",
    "Non-participation",
    "Setting of data collection",
    "Presence of non-participants",
    "Description of sample",
    "Interview guide",
    "Repeat interviews",
    "Recording",
    "Field notes",
    "Duration",
    "Data saturation",
    "Transcripts returned",
    "Number of coders",
    "Description of the coding tree",
    "Derivation of themes",
    "Software",
    "Participant checking",
    "Quotations presented",
    "Data and findings consistent",
    "Clarity of major themes",
    "Clarity of minor themes",
)
"""The 32 items of COREQ, shortened; an item's number is its place, from 1."""


def blocks(view: View, findings: Findings) -> Iterator[Block]:
    """The checklist as a table: what the record says on each item, or that it is silent."""
    rows: list[tuple[Cell, ...]] = []
    for number, item in enumerate(_ITEMS, 1):
        known = _FILLED.get(number)
        said = view.record.checklist.get(str(number), "") or (known(view, findings) if known else "")
        rows.append((number, item, "yes" if said else "open", said or "Not on record."))
    open_ = sum(row[2] == "open" for row in rows)
    yield Words(
        f"After COREQ (Tong, Sainsbury & Craig 2007). {len(rows) - open_} of {len(rows)} items are "
        "filled from the record; "
        f"{open_} are for the researchers: say them under [checklist] in dossier.toml, NUMBER = "
        '"text".',
        "soft",
    )
    yield Table("Checklist", "COREQ-style checklist", ("No.", "Item", "On record", "What the record says"), tuple(rows), "nttt")


def _size(view: View, findings: Findings) -> str:
    people = {view.participant[d.id] for d in view.interviews}
    return f"{len(people)} participants in {len(view.interviews)} interviews." if people else ""


def _described(view: View, findings: Findings) -> str:
    names = dict.fromkeys(name for d in view.interviews for name in d.variables)
    return f"Table of participants: {', '.join(n.replace('_', ' ') for n in names)}." if names else ""


def _duration(view: View, findings: Findings) -> str:
    found = view.minutes
    return f"{min(found):.0f} to {max(found):.0f} minutes, {sum(found) / 60:.1f} hours in all." if found else ""


def _saturation(view: View, findings: Findings) -> str:
    first: dict[str, int] = {}
    place = {d.id: i for i, d in enumerate(view.interviews)}
    for c in view.codings:
        if c.document in place:
            first[c.code] = min(first.get(c.code, len(place)), place[c.document])
    late = sum(i >= len(place) - 3 for i in first.values())
    return f"Curve of new codes per interview; {late} of {len(first)} codes first came up in the last three." if first else ""


def _returned(view: View, findings: Findings) -> str:
    people = {view.participant.get(m.document, m.document): m.answer for m in findings.members}
    answered = sum(answer != "no answer" for answer in people.values())
    return f"{len(people)} letters came back, {answered} of them with an answer." if people else ""


def _coders(view: View, findings: Findings) -> str:
    humans, machine = view.humans, bool(findings.evaluation)
    return (
        f"{len(humans)} human coders ({', '.join(humans)})" + (", and a machine set beside them." if machine else ".")
        if humans
        else ""
    )


def _tree(view: View, findings: Findings) -> str:
    book = view.study.codebook
    defined = sum(bool(c.definition) for c in book)
    return (
        f"{len(view.themes)} themes, {len(view.used)} codes given; {defined} of {len(book)} have a definition; code map."
        if len(book)
        else ""
    )


def _quotations(view: View, findings: Findings) -> str:
    return (
        "Quotes by theme and code, each with its participant and position."
        if view.codings and view.record.report.quotes
        else ""
    )


def _themes(view: View, findings: Findings) -> str:
    return f"Table of themes and codes, code map: {len(view.themes)} themes." if view.themes else ""


def _minor(view: View, findings: Findings) -> str:
    rare = sum(f.count("") <= 3 for f in view.frequencies if f.count(""))
    return (
        f"{rare} codes given three times or fewer are kept in every table; contested and contrasting quotes."
        if view.used
        else ""
    )


_FILLED: dict[int, Callable[[View, Findings], str]] = {
    10: lambda view, findings: view.record.record.sampling,
    12: _size,
    14: lambda view, findings: view.record.record.setting,
    16: _described,
    21: _duration,
    22: _saturation,
    23: _returned,
    24: _coders,
    25: _tree,
    27: lambda view, findings: "autocode, with the versions given at the end.",
    28: _returned,
    29: _quotations,
    31: _themes,
    32: _minor,
}
"""What the record can say on an item, by its number."""


def disclosure(view: View, findings: Findings) -> Iterator[Block]:
    """What a machine did in the study, and what it did not."""
    yield Words("A draft of the disclosure that journals ask for; every sentence is from the record.", "soft")
    yield Points(tuple(_disclosed(view, findings)))


def _disclosed(view: View, findings: Findings) -> Iterator[tuple[str, str, str]]:
    machine_made = [c for c in view.study.codings if _kind(view, c.coder) == "machine"]
    yield (
        "",
        "What was used.",
        (
            "autocode: a sentence encoder and a classifier trained on this study's own coded segments, on the "
            "researchers' computer. "
            "No text generator was used by autocode; no transcript left the computer."
        ),
    )
    yield "", "For what.", _purpose(view, findings, len(machine_made))
    yield (
        "",
        "Who decided.",
        (
            "Codes and themes were set by the researchers. A suggestion becomes a coding only when a human accepts "
            "it. The tables "
            f"count {view.basis}."
        ),
    )
    yield "", "How it was checked.", _how_checked(findings)
    said = view.record.record
    hidden = {True: "Coders saw no suggestions before they coded.", False: "Coders saw suggestions before they coded."}
    known = "" if said.suggestions_hidden is None else hidden[said.suggestions_hidden]
    yield (
        ("" if known else "no"),
        "Independence of human coding.",
        known or "Not on record: suggestions_hidden under [record] in dossier.toml.",
    )
    yield (
        ("" if said.ai_use else "no"),
        "Other uses of AI.",
        said.ai_use or ("Not on record: say under ai_use whether AI transcribed, translated or wrote anything."),
    )


def _kind(view: View, coder: str) -> str:
    return next((c.kind for c in view.study.coders if c.id == coder), "human")


def _purpose(view: View, findings: Findings, machine_made: int) -> str:
    parts = [view.began]
    if machine_made:
        parts.append(f"{machine_made:,} codings are by a machine; they stand apart and are not counted.")
    if findings.evaluation:
        parts.append("A machine was set beside the human coders as one more coder, on documents it had not seen.")
    if findings.suggestions:
        parts.append(f"{len({s.segment.document for s in findings.suggestions})} new documents were given suggestions.")
    return " ".join(parts)


def _how_checked(findings: Findings) -> str:
    report = findings.evaluation
    row = report.overall("machine-human") if report else None
    if row is None or row.kappa.value is None:
        return "The machine was not compared with the human coders."
    kappa = shown(row.kappa.value, "k")
    return f"Pooled kappa of the machine with the human coders: {kappa}; per code in the table of agreement."
