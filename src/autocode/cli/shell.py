"""What the verbs share: the app, their common options, and how they speak."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from autocode.config import Config, Effort, load_config
from autocode.encode.joined import needs_export
from autocode.encode.weights import added_encoders
from autocode.errors import ConfigError
from autocode.formats.tables.participants import kind_of
from autocode.model.coding_model import CodingModel
from autocode.store import STORE
from autocode.store.ledger import entries, last_written
from autocode.study import Progress, Study
from autocode.trail import Entry
from autocode.trail.independence import Reviewed, independent, reviewed

app = typer.Typer(
    help="Pre-code interviews: learn from coded segments, suggest codes, compare with the coders. Offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Sources = Annotated[list[Path], typer.Argument(help="Transcripts, tables, or folders of them.")]
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's folder, such as corpora/NAME.")]
Coders = Annotated[str, typer.Option(help="Whose codings, parted by commas; all human coders by default.")]
ConfigPath = Annotated[Path | None, typer.Option("--config", help="Settings, such as configs/default.toml.")]
Segments = Annotated[
    str, typer.Option(help="Segments to code: auto, given, turn, paragraph, sentence, window.", show_default="auto")
]
Kind = Annotated[
    str,
    typer.Option(
        help="Only documents of this kind: interview, literature, field note.",
        callback=lambda kind: kind_of(kind) if kind else "",
        show_default=False,
    ),
]
Independent = Annotated[
    bool, typer.Option("--independent", help="Only what was coded without a suggestion on the screen, by the ledger.")
]
EffortLevel = Annotated[
    str,
    typer.Option(
        "--effort", help="quick, or full: try fine-tuning and further encoders, kept where they help.", show_default="quick"
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes", min=0, show_default="30", help="For fine-tuning at full effort, reckoned by the words to read; 0: none."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def settings(path: Path | None, segments: str = "", overlap: str = "") -> Config:
    """The settings of a file with what the command line says on top.

    Raises:
        ConfigError: The file or an option is not valid.
    """
    found = load_config(path)
    found = found.with_unit(segments) if segments else found
    return found.with_overlap(overlap) if overlap else found


def with_effort(config: Config, effort: str, minutes: float | None) -> Config:
    """The settings with an effort level; `full` tries fine-tuning within some minutes, and every encoder added to this
    computer, unless some are named.

    Raises:
        ConfigError: There is no such level.
    """
    if effort not in ("", *get_args(Effort)):
        raise ConfigError(f"effort '{effort}'", f"known levels are {', '.join(get_args(Effort))}", "Choose one of these.")
    level = cast(Effort, effort or config.classify.effort)
    more = config.encode.more or (added_encoders() if level == "full" else ())
    if level == "full":
        tried = " and ".join(["fine-tuning", *more])
        tell(f"Full effort tries {tried}: minutes, not seconds. It is kept only where documents not seen speak for it.")
    encode = replace(config.encode, more=more, minutes=config.encode.minutes if minutes is None else minutes)
    return replace(config, classify=replace(config.classify, effort=level), encode=encode)


def blank_model(config: Config) -> CodingModel:
    """A model that has learnt nothing yet; says so where its encoder must be prepared first."""
    if needs_export(config.encode.model):
        tell("Preparing the encoder, once on this computer: about half a minute ...")
    return CodingModel.from_config(config)


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
    if learn or not (told.prompted or told.rejected):
        tell(f"Of the review: {told.prompted:,} codings given beside a suggestion, {told.unprompted:,} without one.")
        return found, told
    tell(
        f"Left out: {told.prompted:,} codings given, {told.rejected:,} refused beside a suggestion on the screen. "
        "--reviewed learns from them too."
    )
    return independent(found, written), told


def listed(names: str) -> list[str] | None:
    """Names parted by commas; None where there are none."""
    return [n.strip() for n in names.split(",") if n.strip()] or None


def show(value: Any, as_json: bool) -> None:
    """Print a result on stdout, for a reader or for a program."""
    print(json.dumps(value.to_json(), ensure_ascii=False, indent=2) if as_json else value)


def tell(message: str) -> None:
    """Say something to the person at the keyboard, beside the data."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def working(what: str) -> Iterator[Progress]:
    """Show progress on stderr: a bar in a terminal, one line elsewhere."""
    if not sys.stderr.isatty():
        tell(f"{what} ...")
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
