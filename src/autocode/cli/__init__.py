"""The command line: one verb a function, each a thin shell over the library.

Progress and messages go to stderr, data to stdout. A failed job exits with 1, wrong usage with
2, and neither prints a traceback. A verb's module is imported when the verb is called, so that
`autocode --help` does not wait for all of them.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import traceback
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from autocode.errors import AutocodeError, did_you_mean
from autocode.footprint import guard, touched_studies, written_paths

VERBS: dict[str, dict[str, tuple[str, str]]] = {
    "Begin": {
        "open": ("autocode.cli.review:open_", "Open the desk: all work on your studies in one window."),
        "demo": ("autocode.cli.importing:demo", "Run the main job on the bundled study."),
        "import": ("autocode.cli.importing:import_", "Bring transcripts, codings and codebooks into a study."),
        "describe": ("autocode.cli.study:describe", "Say what is in a study, and who coded what."),
        "rename": ("autocode.cli.study:rename", "Give a study another name."),
        "shortcut": ("autocode.cli.review:shortcut", "Make a file that opens the desk on a double click."),
    },
    "Agree and code": {
        "agree": ("autocode.cli.agreement:agree", "Measure how far the coders agree."),
        "train": ("autocode.cli.train:train", "Learn from coded segments and save the model."),
        "suggest": ("autocode.cli.suggest:suggest", "Suggest codes for new transcripts."),
        "review": ("autocode.cli.review:review", "Decide on suggestions, in the desk."),
        "next": ("autocode.cli.suggest:next_", "Say what to code next, and why."),
        "evaluate": ("autocode.cli.agreement:evaluate", "Compare the machine with the coders, on documents new to it."),
        "align": ("autocode.cli.train:align", "Propose which codes of two codebooks mean the same."),
    },
    "Look again": {
        "second-look": ("autocode.cli.second_look:second_look_", "List codings that the team might decide otherwise."),
        "meet": ("autocode.cli.second_look:meet", "Make the agenda of a meeting of two coders."),
        "clinic": ("autocode.cli.second_look:clinic_", "Say why codes are weak, and which ones overlap."),
        "plan": ("autocode.cli.second_look:plan_", "Say how much to code twice, and when it is enough."),
        "stability": ("autocode.cli.second_look:stability_", "Say which findings hold whoever coded."),
        "frequencies": ("autocode.cli.agreement:frequencies", "Count codes, corrected for the machine's errors."),
    },
    "Report": {
        "report": ("autocode.cli.study:report", "Write the dossier: tables, figures, agreement, verdict."),
        "export": ("autocode.cli.study:export", "Write a study to a file for other tools."),
        "members": ("autocode.cli.study:MEMBERS", "Check with participants: send letters, bring in answers."),
        "audit": ("autocode.cli.review:audit", "Show the trail of decisions, and check that it is whole."),
    },
    "Keep safe": {
        "pseudonymise": ("autocode.cli.keeping:pseudonymise", "Propose pseudonyms, or apply those you have checked."),
        "forget": ("autocode.cli.keeping:forget", "Erase a participant who withdraws."),
        "backup": ("autocode.cli.keeping:backup", "Make a copy of a study as it stands."),
        "restore": ("autocode.cli.keeping:restore", "Put an earlier copy back in a study's place."),
        "doctor": ("autocode.cli.keeping:doctor", "Check the installation, a study, a model, and privacy."),
        "encoder": ("autocode.cli.train:ENCODER", "Add, list or remove encoders, which turn text into numbers."),
    },
}
"""Every verb by the part of the work that it belongs to: where its function lives, and what it does in a line."""

_PLAIN: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}
_PLACES = {verb: place for verbs in VERBS.values() for verb, (place, _) in verbs.items()}

_MEANT = {
    "import": "add init load new create upload",
    "describe": "info show list ls status stats summary",
    "agree": "kappa agreement reliability irr icr compare alpha",
    "train": "learn fit teach",
    "suggest": "predict code autocode classify label annotate apply run",
    "evaluate": "test validate score check benchmark",
    "report": "dossier docx write",
    "export": "save convert qdpx",
    "review": "accept decide start gui",
    "audit": "log trail history ledger",
    "pseudonymise": "pseudonymize anonymise anonymize",
    "forget": "delete remove erase withdraw",
}


class Verb(TyperCommand):
    """A verb whose help reads as English: words in capitals stand for what is typed, options stand in groups."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The verb's line of usage: what must be typed, then the options."""
        given = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        return [*(_word(p) if p.required else f"[{_word(p)}]" for p in given), "[OPTIONS]"]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what the verb takes: its own options first, then those that verbs share, in groups where they are many."""
        given: list[Any] = [p for p in self.get_params(ctx) if p.name != "help"]
        sizes = Counter(getattr(p, "rich_help_panel", None) for p in given)
        groups: dict[str, list[Any]] = {title: [] for title in ("Arguments", "Options", *SHARED)}
        for param in given:
            shared = getattr(param, "rich_help_panel", None)
            own = "Arguments" if param.param_type_name == "argument" else "Options"
            groups[shared if shared and len(given) > FEW and sizes[shared] > 1 else own].append(param)
        last = next((group for title, group in reversed(groups.items()) if group and title != "Arguments"), groups["Options"])
        last.extend(p for p in self.get_params(ctx) if p.name == "help")
        for title, params in groups.items():
            if params:
                form = _word if title == "Arguments" else _form
                with formatter.section(title):
                    formatter.write_dl([(form(param), f"{param.help}{_remark(param)}") for param in params])


FEW = 8
"""Arguments and options that help shows in one list."""
SHARED = ("Which codings count", "Settings", "Output")
"""The groups of options that verbs share (`autocode.cli.options`), in the order in which help shows them."""
_KINDS = {int: "N", float: "NUMBER", Path: "FILE"}


def _word(param: Any) -> str:
    """What stands for a value in help: STUDY, FILE, a number, or a word."""
    if param.metavar:
        return str(param.metavar)
    if param.param_type_name == "argument":
        return str(param.name.upper())
    own = max(param.opts, key=len).lstrip("-").upper()
    return "FILE" if "--out" in param.opts else _KINDS.get(param.type_descriptor.annotation, own if len(own) < 9 else "WORD")


def _form(param: Any) -> str:
    """How an option is written; of a switch only the way that changes something."""
    if not param.is_flag:
        return f"{', '.join(param.opts)} {_word(param)}"
    both = param.secondary_opts and (param.default or param.required)
    return " / ".join([*param.opts, *param.secondary_opts]) if both else ", ".join(param.opts)


def _remark(param: Any) -> str:
    """The default, or that there is none."""
    if param.required:
        return "  [required]" if param.param_type_name == "option" else ""
    told = param.show_default if isinstance(param.show_default, str) else param.default
    if told in (None, "", False) or not param.show_default:
        return ""
    return f"  [default: {'yes' if told is True else told}]"


class Verbs(TyperGroup):
    """The verbs; a word that other programs use for one of them leads to it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs' names, in the order of the work."""
        return list(_PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A verb by its name, from its module; None where there is none."""
        if cmd_name not in _PLACES:
            return None
        module, _, name = _PLACES[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        line = next(verbs[cmd_name][1] for verbs in VERBS.values() if cmd_name in verbs)
        made = typer.Typer(help=line, no_args_is_help=isinstance(found, dict), **_PLAIN)
        for word, function in found.items() if isinstance(found, dict) else [(cmd_name, found)]:
            made.command(word, cls=Verb)(function)
        return typer.main.get_command(made)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each verb with what it does, by the part of the work."""
        for title, verbs in VERBS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{verb:<12}", line) for verb, (_, line) in verbs.items()])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that is meant.

        Raises:
            UsageError: There is no such verb; it names the one that may be meant.
        """
        if args and args[0][:1] != "-" and args[0] not in _PLACES:
            meant = next((f"Did you mean '{verb}'?" for verb, words in _MEANT.items() if args[0].lower() in words.split()), "")
            mend = meant or did_you_mean(args[0], _PLACES, "autocode --help lists them.")
            ctx.fail(f"No such command '{args[0]}'. {mend}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb that is named.

        Raises:
            UsageError: It is used wrongly; what mends it is said.
        """
        words = [*ctx._protected_args, *ctx.args]
        try:
            return super().invoke(ctx)
        except Exception as error:
            if hasattr(error, "message") and getattr(error, "ctx", None):
                error.message = _mended(error, words)
            raise


_NOT_HERE = {
    ("evaluate", "--model"): "evaluate learns anew for each document that it judges: leave the model out.",
    ("agree", "--model"): "To set a machine beside the coders: autocode evaluate STUDY",
    ("describe", "--coders"): "Every coder is described; to compare some: autocode agree STUDY --coders ana,ben",
}
"""Options that are looked for where they are not, and what to do instead."""


def _mended(error: Any, words: list[str]) -> str:
    """What a wrong use is told: what is missing and how it is written, or how words are given that stand loose."""
    said, verb, kind = str(error.message), error.ctx.info_name, type(error).__name__
    if kind == "MissingParameter":
        param = error.param
        if param.param_type_name == "argument":
            return str(param.help)
        if "--out" not in param.opts:
            return f"{param.help} {' or '.join([*param.opts, *param.secondary_opts])}"
        ending = re.search(r"\.\w+", param.help)
        example = {"report": "dossier", "suggest": "suggestions.html"}.get(verb, "NAME" + (ending[0] if ending else ""))
        return f"{param.help} Such as: --out {example}"
    if kind == "NoSuchOption":
        wanted = error.option_name.lstrip("-")
        alone = next((p for p in error.ctx.command.params if p.param_type_name == "argument" and wanted == p.name), None)
        told = f"{alone.metavar} stands by itself: {error.ctx.get_usage().removeprefix('Usage: ')}" if alone else ""
        told = told or _NOT_HERE.get((verb, error.option_name.replace("--coder", "--coders").replace("ss", "s")), "")
        return f"{said}. {told}" if told else said
    if "unexpected extra argument" in said:
        names = said.rpartition("(")[2].rstrip(").").split()
        option = next((i for i, word in enumerate(words) if word in ("--coders", "--coder")), None)
        names = [*words[option + 1 : option + 2], *names] if option is not None else names
        return f"{said.rstrip('.')}. Name coders with --coders {','.join(names)}; other words need their option."
    return said


app = typer.Typer(
    cls=Verbs,
    help="Pre-code interviews: learn from coded segments, suggest codes, compare with the coders. Offline.",
    no_args_is_help=True,
    **_PLAIN,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"autocode {import_module('autocode').__version__}")
        raise typer.Exit()


@app.callback()
def _door(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Say which version this is.")
    ] = False,
) -> None:
    """What can be said without a verb."""


class _Listener(io.FileIO):
    """What is printed to; where it takes no more (`autocode import ... | head`, a full disk), the work goes on."""

    lost = ""

    def write(self, words: Any) -> int:
        """Hand the bytes over, or let them go: who stopped reading wanted no more, anything else is kept to be told."""
        try:
            return super().write(words)
        except OSError as error:
            if error.errno != (errno.EINVAL if os.name == "nt" else errno.EPIPE):
                self.lost = str(error.strerror).lower()
            return memoryview(words).nbytes


def _heard(stream: Any) -> Any:
    """A stream to print on: old consoles know few letters (the others are written as their numbers), pipes may be closed."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="backslashreplace")
    if type(stream) is not io.TextIOWrapper or stream.isatty():
        return stream
    listener = io.BufferedWriter(_Listener(stream.fileno(), "wb", closefd=False))
    at_once = stream.line_buffering or stream.write_through
    return io.TextIOWrapper(listener, stream.encoding, stream.errors, line_buffering=at_once)


def main() -> None:
    """Run the command line; every fault of the input is one line and exit code 1."""
    guard()
    sys.stdout, sys.stderr = _heard(sys.stdout), _heard(sys.stderr)
    if os.environ.get("AUTOCODE_PROGRESS"):  # the desk began this work
        import_module("autocode.desk.jobs").ends_with_the_desk()
    try:
        app(sys.argv[1:] or ["open"], prog_name="autocode")  # alone, it opens the desk
    except AutocodeError as error:
        typer.echo(f"autocode: {error}", err=True)
        sys.exit(1)
    except Exception as error:  # the last resort: a fault of ours is said in one line too, without a word of data
        at = traceback.extract_tb(error.__traceback__)[-1]
        typer.echo(
            f"autocode: a fault of the program itself ({type(error).__name__} in {Path(at.filename).name}, "
            f"line {at.lineno}). Your files are as they were. Please report this line.",
            err=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("autocode: stopped. Nothing is lost; run the command again to go on.", err=True)
        sys.exit(130)
    finally:
        if touched_studies() or written_paths():
            verb = next((word for word in sys.argv[1:] if word[:1] != "-"), "")
            if stopped := import_module("autocode.cli.shell").afterwards(verb):
                import_module("autocode.cli.keeping").go_on(stopped)
        sys.stdout.flush()
        if lost := getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "lost", ""):
            typer.echo(f"autocode: the work is done; what it printed could not be written ({lost}).", err=True)
            sys.exit(1)
