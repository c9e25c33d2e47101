"""What the verbs share: how they begin, and how they speak."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import typer

from autocode.classify.heads import learning_by
from autocode.cli.options import listed, refuse
from autocode.config import Config, Effort
from autocode.desk.jobs import MARK, PROGRESS
from autocode.dossier.record import NAME, Record, load_record
from autocode.encode.encoders import needs_export
from autocode.encode.weights import added_encoders
from autocode.errors import AutocodeError, ConfigError, InputError, StudyError, counted, did_you_mean
from autocode.footprint import touched_studies, written_paths
from autocode.model import CodingModel
from autocode.model.batch import on_ray
from autocode.model.saved import MANIFEST, remember_studies
from autocode.store import STORE
from autocode.store.backups import backup, cloud_of
from autocode.store.ledger import entries, last_written
from autocode.store.records import journal, record_taken
from autocode.study import Progress, Study
from autocode.trail import Entry
from autocode.trail.review import Reviewed, independent, reviewed

PATIENCE = 60.0
"""Seconds without progress after which that is said."""


def with_effort(config: Config, effort: str, minutes: float | None) -> Config:
    """The settings with an effort level; `full` tries fine-tuning within some minutes, and every encoder added to this
    computer, unless some are named.

    Raises:
        ConfigError: Minutes are given where none would be spent, or nothing is left to try.
    """
    level = cast(Effort, effort or config.classify.effort)
    if minutes is not None and level != "full":
        raise ConfigError(f"--minutes {minutes:g}", "only --effort full spends minutes", "Add --effort full, or leave it out.")
    more = config.encode.more or (added_encoders() if level == "full" else ())
    encode = replace(config.encode, more=more, minutes=config.encode.minutes if minutes is None else minutes)
    if level == "full":
        tried = [*(["fine-tuning"] if encode.minutes else []), *more]
        if not tried:
            raise ConfigError(
                "--effort full --minutes 0",
                "without fine-tuning and further encoders nothing is left to try",
                "Give it minutes.",
            )
        tell(f"Full effort tries {' and '.join(tried)}: minutes, not seconds. It is kept only if it improves held-out results.")
    return replace(config, classify=replace(config.classify, effort=level), encode=encode)


def blank_model(config: Config) -> CodingModel:
    """A model that has learnt nothing yet; says so where its encoder must be prepared first."""
    if needs_export(config.encode.model):
        tell("Preparing the encoder, once on this computer: about half a minute ...")
    return CodingModel.from_config(config)


@contextmanager
def learning_on(engine: str, workers: int | None) -> Iterator[None]:
    """Learn by the threads of this process, or by processes on Ray; what is learnt is the same to the bit."""
    refuse(workers if engine != "ray" else None, "--workers", "it goes with --engine ray")
    with learning_by(on_ray(workers or 2)) if engine == "ray" else nullcontext():
        yield


def each_once(study: Path, found: Study, named: list[str] | None, also: list[str] | None = None) -> list[str] | None:
    """Whose codings count: those named, else every human coder (None); a person's later round, as dossier.toml has it, is
    left out, and said so: two rounds of one coder are not two coders.

    Args:
        also: Taken in beside the others, a later round or not.
    """
    if named:
        return named
    once = tuple(dict.fromkeys((*record_of(study).humans(found), *(found.choose(also) if also else ()))))
    later = [coder for coder in found.humans if coder not in once]
    if not later or not once:
        return None
    tell(f"Left out, as {NAME} has them as a later round: {', '.join(later)}. To take them in, name them: --coders.")
    return list(once)


def record_of(study: Path) -> Record:
    """What dossier.toml beside a study says; empty where there is none."""
    return load_record((study if study.is_dir() else study.parent) / NAME)


def ledger_of(study: Path) -> tuple[list[Entry], int]:
    """The decisions on record in a study's folder, and the number of the last one ever written."""
    path = study / STORE
    return (entries(path), last_written(path)) if path.is_file() else ([], 0)


def with_review(found: Study, study: Path, learn: bool) -> tuple[Study, Reviewed | None]:
    """A study with or without what was decided beside suggestions, and how much that is; None without a review."""
    written, _ = ledger_of(study)
    told = reviewed(found, written)
    if not (told.prompted or told.unprompted or told.rejected):
        return found, None
    if not (told.prompted or told.rejected):
        return found, told
    if learn:
        tell(f"Of the review: {counted(told.prompted, 'coding')} given beside a suggestion, {told.unprompted:,} without one.")
        return found, told
    tell(
        f"Left out: {counted(told.prompted, 'coding')} given, {told.rejected:,} refused beside a suggestion on the screen. "
        "--reviewed learns from them too."
    )
    return independent(found, written), told


def two_coders(study: Study, coders: Sequence[str] | None, first: str = "") -> tuple[str, str]:
    """Two coders: those named, or the two humans who share most documents.

    Raises:
        StudyError: There is no second one.
    """
    chosen = list(study.choose(listed(coders)))
    if first and first in chosen:
        chosen = [first, *(c for c in chosen if c != first)]
    if len(chosen) < 2:
        others = [c for c in study.humans if c != chosen[0]]
        mend = f"Name two: --coders {chosen[0]},{others[0]}" if others else "Import a second coder's codings."
        raise StudyError("this comparison", f"it needs two coders, and there is {chosen[0]}", mend)
    if len(chosen) == 2:
        return chosen[0], chosen[1]
    read_by = {c: {r.document for r in study.readings if r.coder == c} for c in chosen}
    a, b = max(combinations(chosen, 2), key=lambda p: len(read_by[p[0]] & read_by[p[1]]))
    tell(f"Of {counted(len(chosen), 'coder')} {a} and {b} are compared, who share most documents; --coders names others.")
    return a, b


def groups_by(study: Study, variable: str, more: Sequence[str] = ()) -> dict[str, str]:
    """What a variable of the participants is in each document, by its id; "" where it is not known.

    Args:
        study: Documents with variables.
        variable: The name asked for with --by.
        more: What else --by takes.

    Raises:
        StudyError: No participant has such a variable.
    """
    known = sorted({name for d in study.documents for name in d.variables})
    if variable not in known:
        why = f"the participants' variables are {', '.join(known)}" if known else "no participant is described by a variable"
        other = f"Choose {', '.join(more)} or one of these." if more else "Choose one of these."
        mend = did_you_mean(variable, (*more, *known), other if known else "Import a table of the participants first.")
        raise StudyError(f"--by {variable}", why, mend)
    return {d.id: d.variables.get(variable, "") for d in study.documents}


def show(value: Any, as_json: bool) -> None:
    """Print a result on stdout, for a reader or for a program."""
    if as_json:
        told = value if isinstance(value, dict | list) else value.to_json()
        plain = "utf" not in (sys.stdout.encoding or "utf-8").lower()  # JSON has its own way to write what a console lacks
        print(json.dumps(told, ensure_ascii=plain, indent=2))
    else:
        print(value)


def further(told: bool, written: Path | None, example: str) -> None:
    """Say where the tables are that an answer leaves out."""
    if written:
        tell(f"{written} is written.")
    elif not told:
        tell(f"Every table: --all. As a workbook, a page or a picture: --out {example}")


def tell(message: str) -> None:
    """Say something to the person at the keyboard, beside the data."""
    print(message, file=sys.stderr, flush=True)


def _for_the_desk(what: str) -> Progress:
    """Progress as lines that the page reads, five in a second at most."""
    said = 0.0

    def progress(done: int, total: int | None) -> None:
        """Print a step, unless one was printed just now."""
        nonlocal said
        if time.monotonic() - said > 0.2 or done == total:
            said = time.monotonic()
            tell(f"{MARK}{done} {total or 0} {what}")

    progress(0, None)
    return progress


@contextmanager
def working(what: str) -> Iterator[Progress]:
    """Show progress on stderr: a bar in a terminal, one line elsewhere, once the work has begun.

    Work that makes no step for a minute says so, and where it stands.
    """
    with _bar(what) as step, _watched(what) as seen:

        def progress(done: int, total: int) -> None:
            """Pass a step on to the bar and to the watch."""
            seen(done, total)
            step(done, total)

        yield progress


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    if os.environ.get(PROGRESS):
        yield _for_the_desk(what)
        return
    if not sys.stderr.isatty():
        said: list[str] = []

        def once(done: int, total: int) -> None:
            """Say what is done when its first step comes."""
            if not said:
                said.append(what)
                tell(f"{what} ...")

        yield once
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(row, completed=done, total=total)


@contextmanager
def _watched(what: str) -> Iterator[Progress]:
    """Say where work stands that makes no progress for `PATIENCE` seconds."""
    steps, over = ["and no step is told of it yet"], threading.Event()

    def watch() -> None:
        """Say it when a whole period has passed without a step."""
        last = steps[0]
        while not over.wait(PATIENCE):
            if steps[0] == last:
                tell(f"{what}: no progress for {PATIENCE:.0f} seconds, {last}. It goes on; Ctrl-C stops it, nothing is lost.")
            last = steps[0]

    def seen(done: int, total: int) -> None:
        """Note a step."""
        steps[0] = f"at step {done:,} of {total:,}"

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield seen
    finally:
        over.set()


def bundled() -> Path:
    """The folder of the bundled study: beside the package when installed, else in the project."""
    package = Path(__file__).parents[1]
    installed = package / "corpora" / "microcredentials"
    return installed if installed.is_dir() else package.parents[1] / "corpora" / "microcredentials"


def before_replacing(store: Path, known: Study, merged: Study, agreed: bool) -> None:
    """Ask before codings go, for whoever replaces a transcript may not expect it; copy the study before it changes much.

    A new study in a folder that other computers see is warned of.

    Raises:
        InputError: Codings would go, and there is nobody to ask.
    """
    if (cloud := cloud_of(store)) and not store.exists():
        tell(
            f"{store.parent} lies in a cloud folder ({cloud}): its transcripts are copied to other computers, and two at once "
            "make two studies of it. A folder of this computer alone is safer."
        )
    lost = len(known.codings) - len(merged.codings)
    if lost > 0 and not agreed:
        what = f"{lost:,} of {counted(len(known.codings), 'coding')} would lose their place and be set aside"
        if not sys.stdin.isatty():
            raise InputError(str(store), what, "Look at them above. To go on, add --yes; a copy of the study is made first.")
        typer.confirm(f"{what}. A copy of the study is made first. Go on?", abort=True)
    if any(d.text != known.by_id[d.id].text for d in merged.documents if d.id in known.by_id):
        backup(store, "import")


def mind_places(study: Path, documents: set[str]) -> None:
    """Say which places in dossier.toml a change of words may have moved."""
    record = load_record(study / NAME)
    places = {*(p.document for p in record.pinned), *(n.document for n in record.negative)}
    named = sorted(places & documents)
    if named:
        tell(f"{study / NAME} names places in {', '.join(named)}, whose words changed: look them up again.")


def afterwards(verb: str) -> list[Path]:
    """What comes after every verb: its outputs go on lists; the study files in which a forgetting was stopped are named."""
    stores = touched_studies()
    try:
        for folder in written_paths():
            if (folder / MANIFEST).is_file():
                remember_studies(folder, stores)
        for line in record_taken(verb):
            tell(line)
        return [s for s in stores if verb != "forget" and s.name == STORE and s.is_file() and journal(s)]
    except AutocodeError as error:
        tell(f"autocode: {error}")
        return []
