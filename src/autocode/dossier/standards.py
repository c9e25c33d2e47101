"""Reporting standards filled from the record and the ledger: COREQ, SRQR, GAMER, the musts on language models; use of AI.

Sources of the items, whose wording here is shortened: Tong, A., Sainsbury, P. & Craig, J. (2007), COREQ, International
Journal for Quality in Health Care 19(6), 349-357. O'Brien, B. C. et al. (2014), SRQR, Academic Medicine 89(9), 1245-1251.
Luo, X. et al. (2025), the GAMER statement, BMJ Evidence-Based Medicine, doi 10.1136/bmjebm-2025-113825. Baltes, S. et al.
(2025), guidelines for empirical studies involving large language models, arXiv 2508.15503.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autocode.dossier.blocks import Block, Cell, Points, Table, View, Words
from autocode.dossier.findings import Findings, software
from autocode.dossier.matrices import Saturation
from autocode.dossier.record import QUESTIONS, where_said
from autocode.dossier.reliability import pooled
from autocode.errors import counted

Items = tuple[tuple[str, tuple[str, ...]], ...]
"""The items of a standard in their order: what is asked for, and the facts or statements that answer it."""

COREQ: Items = (
    ("Interviewer", ("interviewers",)),
    ("Credentials", ("interviewers",)),
    ("Occupation", ("interviewers",)),
    ("Gender of the researchers", ("interviewers",)),
    ("Experience and training", ("interviewers",)),
    ("Relationship established", ("relationship",)),
    ("Participants' knowledge of the interviewer", ("relationship",)),
    ("Interviewer characteristics", ("reflexivity",)),
    ("Methodological orientation and theory", ("approach",)),
    ("Sampling", ("sampling",)),
    ("Method of approach", ("recruitment",)),
    ("Sample size", ("size",)),
    ("Non-participation", ("refusals",)),
    ("Setting of data collection", ("setting",)),
    ("Presence of non-participants", ("setting",)),
    ("Description of sample", ("described", "collected")),
    ("Interview guide", ("interview_guide",)),
    ("Repeat interviews", ("collected",)),
    ("Recording", ("recording",)),
    ("Field notes", ("recording",)),
    ("Duration", ("duration",)),
    ("Data saturation", ("saturation",)),
    ("Transcripts returned", ("returned", "member_checking")),
    ("Number of coders", ("coders", "who_coded")),
    ("Description of the coding tree", ("tree",)),
    ("Derivation of themes", ("themes_derived",)),
    ("Software", ("software",)),
    ("Participant checking", ("returned", "member_checking")),
    ("Quotations presented", ("quotations",)),
    ("Data and findings consistent", ("traceable",)),
    ("Clarity of major themes", ("themes",)),
    ("Clarity of minor themes", ("minor",)),
)
SRQR: Items = (
    ("Title", ()),
    ("Abstract", ()),
    ("Problem formulation", ()),
    ("Purpose or research question", ("question",)),
    ("Qualitative approach and paradigm", ("approach",)),
    ("Researchers' characteristics and reflexivity", ("reflexivity", "interviewers")),
    ("Context", ("setting",)),
    ("Sampling strategy", ("sampling", "saturation")),
    ("Ethical issues", ("ethics", "consent")),
    ("Data collection methods", ("collected",)),
    ("Instruments and technologies", ("interview_guide", "recording")),
    ("Units of study", ("size", "described")),
    ("Data processing", ("transcripts_checked", "coders")),
    ("Data analysis", ("themes_derived", "agreement", "disagreements")),
    ("Techniques to enhance trustworthiness", ("trust",)),
    ("Synthesis and interpretation", ("themes", "tree")),
    ("Links to empirical data", ("quotations", "traceable")),
    ("Integration with prior work", ()),
    ("Limitations", ("limitations",)),
    ("Conflicts of interest", ("interests",)),
    ("Funding", ("funding",)),
)
GAMER: Items = (
    ("General declaration", ("declared",)),
    ("Tool specifications", ("tool",)),
    ("Prompting techniques", ("no_prompt",)),
    ("Tool's role in the study", ("role",)),
    ("New models developed", ("learnt",)),
    ("Sections of the manuscript with AI", ("ai_use",)),
    ("Verification of content", ("decided", "verified")),
    ("Data privacy", ("privacy", "consent")),
    ("Impact on conclusions", ("impact",)),
)
LANGUAGE_MODELS: Items = (
    ("Use and role declared", ("declared", "role")),
    ("Versions, configuration, date", ("tool", "learnt", "dates")),
    ("Architecture of the tool", ("architecture",)),
    ("Prompts and interaction logs", ("no_prompt", "logged")),
    ("Human validation", ("decided", "machine_shown")),
    ("An open model as baseline", ("open",)),
    ("Baselines and metrics", ("agreement", "against_humans")),
    ("Limits and mitigations", ("impact", "limitations")),
)
STANDARDS = {
    "COREQ": ("COREQ", "COREQ-style checklist", "Tong, Sainsbury & Craig, 2007", COREQ),
    "SRQR": ("SRQR", "SRQR-style checklist", "O'Brien et al., 2014", SRQR),
    "GAMER": ("GAMER", "GAMER: generative AI in research, item by item", "Luo et al., 2025", GAMER),
    "LLM": ("Language models", "What must be reported of language models", "Baltes et al., 2025", LANGUAGE_MODELS),
}
"""Sheet, caption, source and items of each standard; the key stands before a number in dossier.toml."""


def facts(view: View, findings: Findings, came: Saturation) -> dict[str, str]:
    """What the data, the ledger and the researchers say, by name; "" where they are silent."""
    said = {key: getattr(view.record.record, key) for key in QUESTIONS}
    known = {key: text for key, text in said.items() if isinstance(text, str)}
    return known | _of_data(view, findings, came) | _of_machine(view, findings)


def _of_data(view: View, findings: Findings, came: Saturation) -> dict[str, str]:
    people, book = {view.participant[d.id] for d in view.interviews}, view.study.codebook
    names = dict.fromkeys(name.replace("_", " ") for d in view.interviews for name in d.variables)
    answers = {view.participant.get(m.document, m.document): m.answer for m in findings.members}
    rare = sum(f.count("") <= 3 for f in view.frequencies if f.count(""))
    quoting = bool(view.codings) and view.record.report.quotes
    lengths = view.minutes
    return {
        "size": f"{counted(len(people), 'participant')} in {counted(len(view.interviews), 'interview')}." if people else "",
        "described": f"⟨Participants⟩: {', '.join(names)}." if names else "",
        "duration": f"{min(lengths):.0f} to {max(lengths):.0f} minutes, {sum(lengths) / 60:.1f} hours in all."
        if lengths
        else "",
        "saturation": came.told() if came.codes else "",
        "returned": f"{len(answers)} letters came back, {sum(a != 'no answer' for a in answers.values())} with an answer."
        if answers
        else "",
        "coders": f"{len(view.humans)} human coders ({', '.join(view.humans)})."
        + (" A machine was set beside them." if findings.evaluation else "")
        if view.humans
        else "",
        "tree": f"{view.sized} given; {sum(bool(c.definition) for c in book)} of {len(book)} have a definition; ⟨codemap⟩."
        if view.used
        else "",
        "software": software(),
        "quotations": "Quotes by theme and code, each with its participant and group." if quoting else "",
        "traceable": f"Every count is a count of rows of the sheet Coded segments; negative cases: {len(view.record.negative)}."
        if view.codings
        else "",
        "themes": f"{counted(len(view.themes), 'theme')}: ⟨Codes⟩ and ⟨codemap⟩." if view.themes else "",
        "minor": f"{counted(rare, 'code was', 'codes were')} given three times at most, and kept in ⟨Codes⟩; contested and "
        "contrasting quotes are offered."
        if view.used
        else "",
        "agreement": _kappa(findings, "human-human", "between the human coders"),
        "trust": "Credibility, transferability, dependability and confirmability, each with its evidence, in this dossier.",
    }


def _kappa(findings: Findings, kind: str, who: str) -> str:
    row = findings.report.overall(kind) if findings.report else None
    if row is None or row.kappa.value is None:
        return ""
    return f"Pooled kappa {who}: {pooled(row)}."


def _of_machine(view: View, findings: Findings) -> dict[str, str]:
    """What is true of the machine here: it is no generator, and has learnt from this team's codings alone."""
    made, trail = findings.model, findings.trail
    machine = bool(made or findings.evaluation or findings.suggestions or view.accepted)
    name = f"{findings.encoder[0]} (hash {findings.encoder[1][:12]})" if findings.encoder else "not on record"
    dated = sorted({*(r.at[:10] for r in trail.imports), *(at[:10] for at, _, _ in trail.entries)} - {""})
    decisions = ", ".join(f"{n} {what}" for what, n in sorted(trail.decisions.items()))
    other = view.record.record.ai_use
    learnt = (
        f"A classifier learnt from {counted(made['codings'], 'coding')} of "
        f"{counted(made['segments'], 'unit')} by {', '.join(made['coders'])}, "
        f"codebook {str(made['codebook']['sha256'])[:12]}; nothing else was learnt from."
        if made
        else "A classifier learnt from this team's own codings, anew for each document held out; nothing else was learnt from."
    )
    kappa = _kappa(findings, "machine-human", "of the machine with the human coders, on documents it had not seen")
    suggested = len({s.segment.document for s in findings.suggestions})
    role = [view.began]
    role += ["A machine was set beside the human coders as one more coder."] if findings.evaluation else []
    role += (
        [f"{suggested} new {'document was' if suggested == 1 else 'documents were'} given suggestions."] if suggested else []
    )
    return {
        "declared": "No generative AI: autocode finds nearest coded segments and classifies; it writes no text."
        + (f" Other uses: {other}" if other else ""),
        "tool": f"{software().split('; ')[1]}; sentence encoder {name}; codebook {view.study.codebook.sha256[:12]}, study "
        f"{view.study.sha256[:12]}."
        if machine
        else "No machine was used.",
        "no_prompt": "None: there is no prompt, and nothing is generated.",
        "role": " ".join(role),
        "learnt": learnt if machine else "None.",
        "decided": "A suggestion becomes a coding only when a human accepts it"
        + (f"; decisions on record: {decisions}." if decisions else "; no decision is on record."),
        "verified": "0 invented quotes: every quote is cut from a transcript, by its place (⟨?Quotes⟩).",
        "privacy": "autocode ran on the researchers' own computers, without a service; it sent no transcript to anybody.",
        "impact": f"The tables count {view.basis}; {view.began} {kappa}".strip(),
        "dates": f"Imports and decisions are dated {' to '.join(dict.fromkeys((dated[0], dated[-1])))}." if dated else "",
        "architecture": "Transcripts are cut into units, a sentence encoder makes a vector of each, a calibrated classifier "
        "gives each code a probability; what is uncertain is left to humans.",
        "logged": f"{len(trail.entries):,} entries of the audit trail, chained by hashes." if trail.entries else "",
        "open": "The encoder and the classifier are open and run offline; no closed model was used.",
        "against_humans": kappa,
    }


def blocks(view: View, known: Mapping[str, str]) -> Iterator[Block]:
    """The checklists as tables: what the record says on each item, or that it is silent."""
    yield Words(
        "Filled from the record as far as it goes. What is open is for the researchers: answer the questions of the "
        "desk, under Dossier, or of the file dossier.toml; there an item can be said outright, under [checklist], as "
        '22 = "text" for COREQ, or "SRQR 3" = "text".',
        "soft",
    )
    for key, (sheet, caption, source, items) in STANDARDS.items():
        rows: list[tuple[Cell, ...]] = []
        for number, (item, asked) in enumerate(items, 1):
            own = view.record.checklist.get(f"{key} {number}") or (
                view.record.checklist.get(str(number)) if key == "COREQ" else ""
            )
            answers = [known.get(name, "") for name in asked]
            text = own or " ".join(dict.fromkeys(filter(None, answers)))
            whole = bool(own) or bool(text and all(answers))
            if item == "Data saturation" and not own:
                whole = "; flat by the rule" in text
            rows.append((number, item, "yes" if whole else "part" if text else "open", text or "Not on record."))
        done, open_ = (sum(row[2] == word for row in rows) for word in ("yes", "open"))
        note = f"After {source}; {done} of {len(rows)} items are on record, {len(rows) - done - open_} in part, {open_} open."
        yield Table(sheet, caption, ("No.", "Item", "On record", "What the record says"), tuple(rows), "nttt", note)


def disclosure(view: View, findings: Findings, known: Mapping[str, str]) -> Iterator[Block]:
    """What a machine did in the study, and what it did not."""
    yield Words("A draft of the disclosure that journals ask for; every sentence is from the record.", "soft")
    hidden = {
        True: "Coders saw no suggestions before they coded.",
        False: "Coders saw suggestions before they coded.",
        None: "",
    }
    shown_first = hidden[view.record.record.suggestions_hidden]
    machine_made = sum(c.coder in {k.id for k in view.study.coders if k.kind == "machine"} for c in view.study.codings)
    apart = (
        (f" {counted(machine_made, 'coding is', 'codings are')} by a machine, kept apart and not counted.")
        if machine_made
        else ""
    )
    points = (
        ("What was used.", f"{known['declared'].partition(' Other uses: ')[0]} {known['tool']}"),
        ("What it learnt from.", known["learnt"]),
        ("When.", known["dates"] or "No date is on record."),
        ("For what.", known["role"] + apart),
        ("Who decided.", f"Codes and themes were set by the researchers. {known['decided']} The tables count {view.basis}."),
        ("How it was checked.", known["against_humans"] or "The machine was not compared with the human coders."),
        ("Quotes.", known["verified"]),
        ("Data.", known["privacy"]),
    )
    said = (
        ("Independence of human coding.", shown_first, "suggestions_hidden"),
        ("What was shown to whom.", known["machine_shown"], "machine_shown"),
        ("Other uses of AI.", known["ai_use"], "ai_use"),
    )
    yield Points(
        (
            *(("", head, text) for head, text in points),
            *(("" if text else "no", head, text or f"Not on record ({where_said(key)}).") for head, text, key in said),
        )
    )


def statements(view: View) -> Iterator[Block]:
    """What the researchers said, question by question; what is open stands in the file of open questions."""
    said = view.record.record
    words = {True: "Yes.", False: "No."}
    rows = [
        (text, words.get(value, value)) for key, text in QUESTIONS.items() if (value := getattr(said, key)) not in ("", None)
    ]
    open_ = len(QUESTIONS) - len(rows)
    yield Words(
        f"{len(rows)} of {len(QUESTIONS)} questions are answered (in the desk, under Dossier, or in the file dossier.toml)."
        + (f" The {open_} open ones stand in dossier-questions.toml beside this dossier, too." if open_ else ""),
        "soft",
    )
    if rows:
        yield Table("Statements", "What the researchers say of their study", ("Question", "Answer"), tuple(rows), "tt")
