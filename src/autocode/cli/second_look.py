"""The verbs of the second look: second-look, meet, clinic, plan, stability."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from autocode.agreement.counts import decisions
from autocode.agreement.estimate import apa
from autocode.agreement.judgement.plan import EXPECTED, Design, design_of, plan, progressed
from autocode.cli.answers import print_lines
from autocode.cli.options import (
    Coders,
    ConfigPath,
    Everything,
    Json,
    Overwrite,
    Segments,
    StudyPath,
    known_source,
    known_study,
    listed,
    out,
    settings,
)
from autocode.cli.shell import blank_model, each_once, groups_by, record_of, tell, two_coders, working
from autocode.config import Config
from autocode.dossier.blocks import Table
from autocode.dossier.html import page_html
from autocode.dossier.second_look import (
    agenda_answer,
    agenda_blocks,
    clinic_answer,
    clinic_blocks,
    look_answer,
    look_summary,
    plan_answer,
    relook_answer,
)
from autocode.errors import StudyError, counted
from autocode.evaluate import HeldOut, hold_out, probabilities, stands
from autocode.evaluate.clinic import RARE, clinic
from autocode.evaluate.double_coding import (
    BlindItem,
    Drawn,
    blind_relook,
    read_blind,
    read_drawn,
    relook_round,
    relooked,
    write_blind,
)
from autocode.evaluate.meeting import MINUTES, agenda, compare_since
from autocode.evaluate.second_look import CoderLook, second_look
from autocode.evaluate.stability import CLOSE, CODER, FEW, LITTLE, STANDS, Stability
from autocode.formats import read
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.files import read_text as file_text
from autocode.store import STORE
from autocode.store.ledger import append, entries
from autocode.study import Study
from autocode.study.codebook import evened
from autocode.study.matrix import CodingMatrix, coding_matrix
from autocode.study.merge import merge_by_text

_EACH = 3  # coders whose lists fit a screen


def second_look_(
    study: StudyPath,
    coders: Coders = None,
    blind: Annotated[Path | None, out("A blind sheet for one coder", ".csv", name="--blind")] = None,
    answers: Annotated[Path | None, typer.Option(parser=known_source, help="A blind sheet that a coder has filled in.")] = None,
    config: ConfigPath = None,
    segments: Segments = "",
    to: Annotated[Path | None, out("The lists", ".csv", ".html")] = None,
    overwrite: Overwrite = False,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """List the codings that your team would probably decide otherwise, for a second look by each coder."""
    found = _read(study)
    humans = each_once(study, found, None, listed(coders))
    with working("Judging each document without having seen it") as progress:
        held = hold_out(blank_model(settings(config, segments)), found, humans, progress)
    if answers:
        _answers(study, held.matrix, read_blind(answers, held.matrix), as_json)
        return
    looks = second_look(held.matrix, np.asarray(held.held.P, np.float64), listed(coders))
    if blind:
        own = looks.coders[0]
        if len(looks.coders) != 1:
            raise StudyError("--blind", "a blind sheet is for one coder", f"Add --coder {own.coder}.")
        write_blind(blind, found, blind_relook(held.matrix, own), own.coder)
        tell(f"Written: {blind}. Fill in the column 'answer' with 1 or 0, without looking at the first coding.")
        tell(f"Then: autocode second-look {study} --coder {own.coder} --answers {blind}")
        return
    if as_json:
        told = [c.to_json() | {"answer": [*look_summary(c, True)]} for c in looks.coders]
        print(json.dumps(looks.to_json() | {"coders": told}, ensure_ascii=False, indent=2))
    else:
        print_lines(_lists(looks.coders, everything), everything)
    if to:
        header, rows = looks.table(found)
        _write(to, _table("Second look", header, rows, found))
    further = f"{'clinic' if len(held.matrix.coders) > 1 else 'stability'} {study}"
    blinds = (f"second-look {study} --coder {c.coder} --blind again.csv" for c in looks.coders if c.looks)
    tell(f"Next: autocode {next(blinds, further)}")


def _lists(looks: Sequence[CoderLook], everything: bool) -> Iterator[str]:
    """Each coder in a few lines; of many coders one line each."""
    if everything or len(looks) <= _EACH:
        yield from (line for look in looks for line in look_answer(look, everything, len(looks)))
        return
    listed_ = counted(sum(len(x.looks) for x in looks), "decision")
    yield f"{len(looks)} coders: {listed_} for a second look. --coder NAME shows one coder's list, --all every one."
    for x in looks:
        chance = f", of which chance could bring {min(len(x.looks), round(x.by_chance))}" if x.looks else ""
        yield f"  {x.coder} ({counted(x.codings, 'coding')}): {counted(len(x.looks), 'decision')}{chance}"


def _answers(study: Path, matrix: CodingMatrix, filled: tuple[str, list[tuple[BlindItem, bool]]], as_json: bool) -> None:
    """Tell what a blind re-look found, and put its answers into the ledger as a round of their own."""
    coder, answers = filled
    found = relooked(matrix, coder, answers)
    path = study / STORE
    if path.is_file():
        known = {e.decision.request for e in entries(path)}
        append(path, [d for d in relook_round(coder, answers) if d.request not in known])
    if as_json:
        print(json.dumps({"coder": coder} | {n: getattr(found, n) for n in found.__slots__}, indent=2))
        return
    print(*relook_answer(coder, found), "The first coding stays as it is.", sep="\n")


def meet(
    first: Annotated[Path, typer.Argument(metavar="A", parser=known_study, help="The study of one coder.")],
    second: Annotated[
        Path | None,
        typer.Argument(metavar="B", parser=known_study, help="The study of the other coder; leave it out if A holds both."),
    ] = None,
    coders: Coders = None,
    minutes: Annotated[float, typer.Option(min=2, help="How long the meeting is to be.")] = MINUTES,
    since: Annotated[
        Path | None,
        typer.Option(parser=known_source, help="The .json file of an earlier meeting, to see what has changed since."),
    ] = None,
    config: ConfigPath = None,
    segments: Segments = "",
    to: Annotated[Path | None, out("The agenda", ".html", ".json", ".csv")] = None,
    overwrite: Overwrite = False,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Make the agenda of a meeting of two coders who coded blind: what to talk about first."""
    studies = [_read(path, not coders) for path in dict.fromkeys((first, second)) if path]
    found = merge_by_text(*studies) if len(studies) == 2 else studies[0]
    books = [{evened(code) for code in (*s.codebook.by_path, *(c.code for c in s.codings))} for s in studies]
    if alone := sorted({c.code for c in found.codings if not all(evened(c.code) in book for book in books)}):
        told = "; ".join(alone[:5]) + (" ..." if len(alone) > 5 else ".")
        tell(f"The codebooks differ by {counted(len(alone), 'code')} that only one of the two has: {told}")
    pair = two_coders(found, coders)
    matrix = coding_matrix(found, settings(config, segments), pair)
    if since:
        _since(matrix, found, since, as_json)
        return
    made = agenda(matrix, found.documents, pair, minutes)
    if as_json:
        print(json.dumps(made.to_json() | {"answer": [*agenda_answer(made, False)][:2]}, ensure_ascii=False, indent=2))
    else:
        print_lines(agenda_answer(made, everything), everything)
    if to:
        page = partial(page_html, "Agenda of the meeting", agenda_blocks(made, found), found.notice)
        kept = partial(json.dumps, made.to_json(), ensure_ascii=False, indent=2)
        _write(to, {".html": page, ".json": lambda: f"{kept()}\n", ".csv": lambda: csv_text(*made.table(found))})
    record, keep = (to, "") if to and to.suffix == ".json" else ("meeting.json", "keep the agenda (--out meeting.json), and ")
    tell(f"Next: {keep}meet. Then: autocode meet {f'{first} {second}' if second else first} --since {record}")


def _since(matrix: Any, study: Study, path: Path, as_json: bool) -> None:
    record: Any = None  # what is no agenda is refused as one
    with suppress(ValueError):
        record = json.loads(file_text(path)[0])
    made = compare_since(matrix, study.documents, record if isinstance(record, dict) else {})
    if as_json:
        print(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
        return
    new = "On text coded apart: nothing yet. Code new text apart: only agreement on that is reliability."
    if made.apart_units and made.apart is not None:
        new = f"On text coded apart: kappa {apa(made.apart)} ({counted(made.apart_units, 'unit')}). This alone is reliability."
    yielded = "; ".join(f"{who} changed {counted(n, 'decision')}" for who, n in made.yielded.items())
    told = f"On the text discussed: kappa {apa(made.before)} before the meeting, {apa(made.after)} now."
    print_lines([told, new, f"{made.discussed - made.open} of {counted(made.discussed, 'disagreement')} settled: {yielded}."])


def clinic_(
    study: StudyPath,
    coders: Coders = None,
    config: ConfigPath = None,
    segments: Segments = "",
    machine: Annotated[bool, typer.Option("--machine/--no-machine", help="Show the machine's view as well.")] = True,
    to: Annotated[Path | None, out("What the clinic found", ".csv", ".html")] = None,
    overwrite: Overwrite = False,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Say why a code is weak, and which codes the codebook does not divide."""
    found = _read(study)
    chosen, humans = settings(config, segments), each_once(study, found, listed(coders))
    pair = two_coders(found, humans)
    held = _machine(found, chosen, humans) if machine and (as_json or to) else None  # it is seen in what is kept alone
    known = held if held and set(pair) <= set(held.matrix.coders) else None
    matrix = known.matrix if known else coding_matrix(found, chosen, pair)
    seen = (np.asarray(known.held.P, np.float64), known.held.coded) if known else None
    fixed = all(d.segments for d in found.documents)
    half = None if fixed else lambda: coding_matrix(found, chosen.with_overlap("half"), pair, matrix.codes)
    made = clinic(matrix, *pair, seen, half)
    if as_json:
        told = [line for line in clinic_answer(made, False) if not line.startswith(" ")]
        print(json.dumps(made.to_json() | {"answer": told}, ensure_ascii=False, indent=2))
    else:
        print_lines(clinic_answer(made, everything), everything)
    if to:
        header = ("code", "kappa", "low", "high", "uses", "cause", "evidence", "others")
        rows = [(w.code, w.kappa, w.low, w.high, w.uses, w.cause, w.evidence, "|".join(w.others)) for w in made.weak]
        page = partial(page_html, "Clinic for the codebook", clinic_blocks(made, found), found.notice)
        _write(to, {".html": page, ".csv": partial(csv_text, header, rows)})
    weak = any(w.cause != RARE for w in made.weak) or any(p.sure for p in made.pairs)
    tell(f"Next: {'revise the definitions, then ' * weak}autocode meet {study}")


def plan_(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="STUDY", parser=known_study, help="A study whose figures are used, or that is to be checked."),
    ] = None,
    units: Annotated[int | None, typer.Option(min=1, help="Decisions in a document: segments times codes.")] = None,
    prevalence: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of these decisions that are codings, 0 to 1.")
    ] = None,
    kappa: Annotated[
        float | None, typer.Option(metavar="KAPPA", help="Agreement that you expect between the coders, as kappa.")
    ] = None,
    likeness: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="How alike segments of one document are: the intraclass correlation, 0 to 1."),
    ] = None,
    width: Annotated[float, typer.Option(help="Half the width of the interval that you want.")] = 0.1,
    above: Annotated[float, typer.Option(metavar="KAPPA", help="The kappa that you want to show you exceed.")] = 0.6,
    drawn: Annotated[
        Path | None,
        typer.Option(parser=known_source, help="The table of autocode next --second-coder: has enough of it been coded?"),
    ] = None,
    looks: Annotated[int, typer.Option(min=1, max=10, help="How often you mean to look at the result before you stop.")] = 3,
    coders: Coders = None,
    config: ConfigPath = None,
    segments: Segments = "",
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Say how much to code twice: before you start, and whether it is enough by now."""
    if drawn and study is None:
        raise StudyError("--drawn", "it is looked at beside its study", "Name the study: autocode plan STUDY --drawn FILE.")
    if drawn and study:
        _enough(study, read_drawn(drawn), (width, looks), coders, settings(config, segments), as_json)
        return
    design = Design(
        units or 60, prevalence or 0.05, EXPECTED if kappa is None else kappa, 0.05 if likeness is None else likeness
    )
    if study:
        found = _read(study)
        chosen = found.choose(each_once(study, found, listed(coders)))
        pair = two_coders(found, chosen) if len(chosen) > 1 else chosen
        seen = design_of(decisions(coding_matrix(found, settings(config, segments), pair)), 0, 1 if len(pair) > 1 else None)
        design = Design(
            units or seen.units,
            prevalence or seen.prevalence,
            seen.kappa if kappa is None else kappa,
            seen.likeness if likeness is None else likeness,
        )
    made = plan(design, width, above)
    if as_json:
        print(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
        return
    print_lines(plan_answer(made, everything))
    tell(f"Next: autocode next {study or 'STUDY'} --second-coder  (what the second coder should read)")


def _enough(study: Path, drawn: Drawn, aims: tuple[float, int], coders: Coders, config: Config, as_json: bool) -> None:
    found = _read(study)
    humans = found.choose(each_once(study, found, None, listed(coders)))
    pair = two_coders(found, coders or ([drawn.first, drawn.second] if drawn.second else humans), drawn.first)
    matrix = coding_matrix(found, config, pair)
    chances = drawn.chances(matrix)
    left = int((~matrix.seen[1] & (chances > 0)).sum())
    held = None if left else _machine(found, config, [c for c in humans if c != pair[1]])
    said = progressed(decisions(matrix), (0, 1), chances, aims, probabilities(held, matrix) if held else None)
    sentence = said.sentence()
    if left:  # what is read of a draw is no draw: the figure stands for all only when all drawn is read
        said = replace(said, kappa=None, low=None, high=None, more=None)
        are = f"{counted(len(drawn.rows), 'passage')} drawn {'is' if left == 1 else 'are'}"
        sentence = f"Not yet: {left} of the {are} still to be read. No code is an answer too: Decided, or a row without one."
    if as_json:
        print(json.dumps({n: getattr(said, n) for n in said.__slots__} | {"sentence": sentence}, indent=2))
        return
    ends = f" [{apa(said.low)}, {apa(said.high)}]" if said.low is not None else ""
    kappa = "" if said.kappa is None else f"; kappa as if all were read twice: {apa(said.kappa)}{ends}"
    where = f"passages in {counted(said.documents, 'document')}"
    print_lines([sentence, f"{pair[1]} has read {said.read or 'none'} of {said.units:,} {where}{kappa}."])


def stability_(
    study: StudyPath,
    by: Annotated[str, typer.Option(metavar="VARIABLE", help="A variable of the participants, to compare groups.")] = "",
    coders: Coders = None,
    machine: Annotated[
        bool,
        typer.Option(
            "--machine/--no-machine", help="Include documents that nobody coded: by the machine, its errors corrected."
        ),
    ] = True,
    config: ConfigPath = None,
    segments: Segments = "",
    to: Annotated[Path | None, out("Every finding", ".csv", ".html")] = None,
    overwrite: Overwrite = False,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Say which findings stand, and which depend on who coded or on one or two interviews."""
    found = _read(study, not coders)
    groups = groups_by(found, by) if by else None
    chosen = settings(config, segments)
    with working("Checking whether each finding stands") as progress:
        try:
            made = stands(found, chosen, listed(coders), groups, (blank_model(chosen), progress) if machine else None)
        except StudyError as error:
            made = stands(found, chosen, listed(coders), groups)
            tell(f"Of the coded documents alone, without the machine: {error}")
    if as_json:
        print(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
    else:
        print_lines(_findings(made, everything), everything)
    if to:
        header = ("kind", "finding", "verdict", "why", "difference", "support")
        rows = [(f.kind, f.text, f.verdict, f.why, f.value, f.support) for f in made.findings]
        _write(to, _table("Do the findings stand", header, rows, found))
    known = min((name for d in found.documents for name in d.variables), default="")
    variable = f"; with groups: --by {known}" if known and not by else ""
    tell(f"Next: autocode report {study} --out dossier{variable}")


def _findings(made: Stability, everything: bool) -> Iterator[str]:
    """The answer, and the findings that need a look first."""
    yield made.sentence()
    if little := made.count(LITTLE):
        yield f"For {counted(little, 'comparison')} there is not enough data to say."
    for verdict, most in ((CODER, 3), (FEW, 3), (STANDS, 2), (CLOSE, 2)):
        rows = [f for f in made.findings if f.verdict == verdict]
        for f in rows[: None if everything else most]:
            yield f"  {f.text[:1].upper()}{f.text[1:]}: {f.verdict} ({f.why})."


def _read(path: Path, once: bool = False) -> Study:
    """The study, by the name of its file where it has none; `once` leaves out what its people coded in a later round."""
    found = read(path)
    if once and each_once(path, found, None):
        found = record_of(path).once(found)
    return found if found.name else replace(found, name=path.stem)


def _machine(study: Study, config: Config, coders: Sequence[str] | None) -> HeldOut | None:
    """What the machine says of each document without having seen it; None where it cannot learn, which is said."""
    try:
        with working("Judging each document without having seen it") as progress:
            return hold_out(blank_model(config), study, listed(coders), progress)
    except StudyError as error:
        tell(f"Without the machine's view: {error}")
        return None


def _table(title: str, header: tuple[str, ...], rows: Sequence[Sequence[Any]], study: Study) -> Mapping[str, Callable[[], str]]:
    """A table in the forms that it can be written in."""
    shown = tuple(h.capitalize() for h in header), tuple(map(tuple, rows)), "t" * len(header)
    page = partial(page_html, title, [Table(title, title, *shown)], study.notice)
    return {".html": page, ".csv": partial(csv_text, header, rows)}


def _write(path: Path, forms: Mapping[str, Callable[[], str]]) -> None:
    """Write the form that the file's ending asks for; no other is made."""
    write_atomic(path, forms[path.suffix.lower()]())
    tell(f"Written: {path}.")
