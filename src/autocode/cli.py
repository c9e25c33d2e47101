"""The command line: one verb a function, each a thin shell over the library.

Progress and messages go to stderr, data to stdout. A failed job exits with 1, wrong usage with
2, and neither prints a traceback.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from autocode import cli_review
from autocode.agreement import AgreementReport, agree as compare_coders
from autocode.config import Config, load_config
from autocode.doctor import examine
from autocode.encode import add_encoder
from autocode.errors import AutocodeError, InputError
from autocode.evaluate import compare, hold_out, write_held_out
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.files import write_atomic
from autocode.formats.suggestions import write_suggestions
from autocode.matrix import coding_matrix
from autocode.merging import merge
from autocode.model import CodingModel
from autocode.report import Findings, described, study_html, suggestions_html, to_json
from autocode.store import STORE, load, update
from autocode.study import Progress, Study, Suggestion

app = typer.Typer(
    help="Pre-code interviews: learn from coded segments, suggest codes, compare with the coders. Offline.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
encoder_app = typer.Typer(help="Encoders: the models that turn text into numbers.", no_args_is_help=True)
app.add_typer(encoder_app, name="encoder")

Sources = Annotated[list[Path], typer.Argument(help="Transcripts, tables, or folders of them.")]
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's folder, such as corpora/NAME.")]
Coders = Annotated[str, typer.Option(help="Whose codings, parted by commas; all human coders by default.")]
ConfigPath = Annotated[Path | None, typer.Option("--config", help="Settings, such as configs/default.toml.")]
UnitName = Annotated[str, typer.Option(help="Unit of analysis: auto, given, turn, paragraph, sentence, window.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command("import")
def import_(
    sources: Sources,
    study: Annotated[Path, typer.Option(help="The study's folder; made where it is missing.")],
    coder: Annotated[str, typer.Option(help="Who coded, where the table does not say.")] = "",
    encoding: Annotated[str, typer.Option(help="Of text files, where it is guessed wrongly.")] = "",
    add_codes: Annotated[bool, typer.Option(help="Add codes that the codebook lacks.")] = False,
) -> None:
    """Bring transcripts, codings and codebooks into a study; originals are never changed."""
    store = study / STORE
    known = load(store).codebook if store.exists() else ReadOptions().codebook
    new, receipts = read_all(sources, ReadOptions(coder, encoding, add_codes, known, open_files=True))
    stored = update(store, lambda old: merge(replace(old, name=old.name or new.name or study.name), new))
    for receipt in receipts:
        print(receipt)
    tell(f"{store} now holds {len(stored.documents):,} documents and {len(stored.codings):,} codings.")
    tell(f"Next: autocode describe {study}")


@app.command()
def describe(study: StudyPath, as_json: Json = False) -> None:
    """Say what is in a study: documents, coders, codebook, who coded what."""
    found = read(study)
    print(_json(to_json(found)) if as_json else described(found))
    tell(f"Next: autocode {'agree' if len(found.humans) > 1 else 'train'} {study}")


@app.command()
def agree(
    study: StudyPath, coders: Coders = "", config: ConfigPath = None, unit: UnitName = "", as_json: Json = False
) -> None:
    """Measure how far the human coders agree, per code and pooled."""
    found, settings = read(study), _settings(config, unit)
    report = compare_coders(coding_matrix(found, settings, found.choose(_listed(coders))))
    _print_report(report, as_json)
    tell(f"Next: autocode train {study} --out models/{study.name}")


@app.command()
def train(
    study: StudyPath,
    out: Annotated[Path | None, typer.Option(help="The model's folder; models/STUDY by default.")] = None,
    coders: Coders = "",
    config: ConfigPath = None,
    unit: UnitName = "",
    quotes: Annotated[bool, typer.Option(help="Keep the words of coded segments as evidence.")] = True,
) -> None:
    """Learn from coded segments and save the model."""
    found, folder = read(study), out or Path("models") / study.name
    model = CodingModel.from_config(_settings(config, unit))
    with working("Learning") as progress:
        model = model.fit(found, _listed(coders), progress)
    model.save(folder, quotes)
    for code, why in model.silent.items():
        print(f"silent: {code}: {why}")
    tell(f"{folder} has learnt {len(model.codes) - len(model.silent)} codes; {len(model.silent)} stay silent (above).")
    tell(f"Next: autocode suggest {folder} NEW_TRANSCRIPTS --out suggestions.html")


@app.command()
def suggest(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The model's folder.")],
    sources: Sources,
    out: Annotated[Path, typer.Option(help="Where to: .csv, .jsonl or .html.")],
    everything: Annotated[bool, typer.Option("--all", help="Every unit and code, suggested or not.")] = False,
    plain: Annotated[bool, typer.Option(help="CSV for programs: no byte order mark, no guard.")] = False,
) -> None:
    """Suggest codes for new transcripts, each with the coded segments that speak for it."""
    if out.suffix not in (".csv", ".jsonl", ".html"):
        raise InputError(str(out), "suggestions are written as .csv, .jsonl or .html", "Choose one of these.")
    new, _ = read_all(sources)
    loaded = CodingModel.load(model)
    with working("Reading the transcripts") as progress:
        found = loaded.suggest(new, everything, progress)
    _write_suggestions(out, found, new, loaded, plain)
    likely = sum(s.suggested for s in found)
    asked = sum(s.band == "ask" for s in found)
    tell(f"{out}: {likely:,} codes suggested, {asked:,} to look at, {len(loaded.silent)} codes silent by evidence.")


@app.command()
def evaluate(
    study: StudyPath,
    coders: Coders = "",
    config: ConfigPath = None,
    unit: UnitName = "",
    out: Annotated[Path | None, typer.Option(help="Write every held-out prediction here (.csv).")] = None,
    as_json: Json = False,
) -> None:
    """Compare the machine with the human coders, on documents it has not seen."""
    found = read(study)
    with working("Judging each document without having seen it") as progress:
        held = hold_out(CodingModel.from_config(_settings(config, unit)), found, _listed(coders), progress)
    if out:
        write_held_out(out, held)
    _print_report(compare(held), as_json)
    tell(f"Next: autocode report {study} --out report.html")


@app.command()
def report(
    study: StudyPath,
    out: Annotated[Path, typer.Option(help="The page to write (.html).")],
    model: Annotated[Path | None, typer.Option(help="A model that suggests codes for --new.")] = None,
    new: Annotated[list[Path] | None, typer.Option(help="New transcripts; may be repeated.")] = None,
    config: ConfigPath = None,
    machine: Annotated[bool, typer.Option(help="Set the machine beside the human coders.")] = True,
) -> None:
    """Write the study's tables, code map, agreement and suggestions as one page."""
    found, settings = read(study), load_config(config)
    findings = Findings(command=" ".join(["autocode", *sys.argv[1:]]))
    if machine:
        with working("Judging each document without having seen it") as progress:
            held = hold_out(CodingModel.from_config(settings), found, None, progress)
        findings = replace(findings, evaluation=compare(held))
    elif len(found.humans) > 1:
        findings = replace(findings, agreement=compare_coders(coding_matrix(found, settings, found.humans)))
    write_atomic(out, study_html(found, _with_suggestions(findings, model, new or [])))
    tell(f"{out} is written. Open it in a browser; it needs no network.")


@app.command()
def doctor(
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="A study to check as well.")] = None,
    as_json: Json = False,
) -> None:
    """Check versions, the encoder's hash, the network and a study's integrity."""
    findings = examine(study / STORE if study else None)
    print(_json(findings.to_json()) if as_json else findings)
    if findings.faults:
        raise typer.Exit(1)


for verb in (cli_review.review, cli_review.audit):
    app.command()(verb)

@encoder_app.command("add")
def encoder_add(name: Annotated[str, typer.Argument(help="A sentence-transformers model, by its name.")]) -> None:
    """Download an encoder: the one command that uses the network."""
    tell(f"This downloads {name} from the Hugging Face hub. No transcript leaves this computer.")
    tell(f"Added: {add_encoder(name)}")


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo puts its files.")] = Path(),
) -> None:
    """Run the main job on the bundled study, from import to report."""
    source, study, model = bundled(), folder / "corpora/microcredentials", folder / "models/microcredentials"
    results, started = folder / "demo", time.monotonic()
    for step, action in (
        ("1 of 6  Import the bundled study", lambda: import_([source], study)),
        ("2 of 6  What is in it", lambda: describe(study)),
        ("3 of 6  Learn from both coders", lambda: train(study, model)),
        ("4 of 6  Suggest codes for four new interviews", lambda: _demo_suggest(model, source / "new", results)),
        ("5 of 6  Compare the machine with both coders", lambda: evaluate(study, out=results / "held-out.csv")),
        ("6 of 6  Write the report", lambda: report(study, results / "report.html", model, [source / "new"])),
    ):
        tell(f"\n{step}")
        action()
    tell(f"\nDone in {time.monotonic() - started:.0f} s. Open first: {results / 'report.html'}")
    tell(f"Then: {results / 'suggestions.html'}, suggestions.csv and held-out.csv beside it.")
    tell("Your own study: autocode import YOUR_FOLDER --study corpora/NAME")


def _demo_suggest(model: Path, new: Path, results: Path) -> None:
    for suffix in (".html", ".csv"):
        suggest(model, [new], results / f"suggestions{suffix}")


def bundled() -> Path:
    """The folder of the bundled study: beside the package when installed, else in the project."""
    installed = Path(__file__).parent / "corpora" / "microcredentials"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "corpora" / "microcredentials"


def _with_suggestions(findings: Findings, model: Path | None, new: list[Path]) -> Findings:
    if model is None:
        return findings
    loaded = CodingModel.load(model)
    study, _ = read_all(new)
    with working("Reading the new transcripts") as progress:
        found = loaded.suggest(study, progress=progress)
    return replace(findings, suggestions=found, new=study.by_id, silent=loaded.silent)


def _write_suggestions(
    out: Path, found: list[Suggestion], new: Study, model: CodingModel, plain: bool
) -> None:
    if out.suffix == ".html":
        notice = (model.provenance or {})["study"]["notice"]
        write_atomic(out, suggestions_html(found, new.by_id, notice))
    else:
        write_suggestions(out, found, new.by_id, plain)


def _print_report(report: AgreementReport, as_json: bool) -> None:
    print(_json(report.to_json()) if as_json else report)


def _settings(path: Path | None, unit: str) -> Config:
    settings = load_config(path)
    return settings.with_unit(unit) if unit else settings


def _listed(names: str) -> list[str] | None:
    return [n.strip() for n in names.split(",") if n.strip()] or None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


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


def main() -> None:
    """Run the command line; every fault of the input is one line and exit code 1."""
    try:
        app()
    except AutocodeError as error:
        tell(f"autocode: {error}")
        sys.exit(1)
    except Exception as error:  # the last resort: a fault of ours is said in one line too, without a word of data
        at = traceback.extract_tb(error.__traceback__)[-1]
        tell(f"autocode: a fault of the program itself ({type(error).__name__} in {Path(at.filename).name}, "
             f"line {at.lineno}). Your files are as they were. Please report this line.")  # fmt: skip
        sys.exit(1)
    except KeyboardInterrupt:
        tell("autocode: stopped. Nothing is lost; run the command again to go on.")
        sys.exit(130)
