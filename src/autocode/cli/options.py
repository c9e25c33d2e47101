"""What the verbs take: studies, models and files by name or path, coders, settings, and where to write.

Everything is looked at before work starts. A word without a slash is a name: a model's in models/, a study's in
corpora/; anything else is a path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from autocode.config import Config, Effort, Unit, load_config
from autocode.errors import ConfigError, InputError, ModelError, StudyError, did_you_mean
from autocode.formats.staged import is_ours, remember
from autocode.formats.tables.participants import kind_of
from autocode.model.saved import MANIFEST
from autocode.store import STORE

MODELS, STUDIES = Path("models"), Path("corpora")
_ENDING = re.compile(r"\.[A-Za-z]\w{0,7}")
_ELSEWHERE = {
    ".pdf": "Write .html, open it in a browser and print it as a PDF.",
    ".doc": "Word reads .docx: autocode report STUDY --out FOLDER writes one.",
    ".docx": "A Word file is written by: autocode report STUDY --out FOLDER.",
    ".htm": "Did you mean .html?",
    ".xls": "Did you mean .xlsx?",
    ".txt": "Did you mean .csv?",
    ".json": "For JSON add --json instead.",
}


def _is_name(text: str) -> bool:
    return not re.search(r"[/\\]|^[.~]", text)


def _folders(place: Path, holding: str = "") -> list[str]:
    found = place.iterdir() if place.is_dir() else ()
    return sorted(p.name for p in found if p.is_dir() and p.name[:1] != "." and (p / holding).exists())


def new_model(text: str) -> Path:
    """Where a model is to be saved: a name means models/NAME, a path that place."""
    return MODELS / text if _is_name(text) else Path(os.path.normpath(text))


def known_model(text: str) -> Path:
    """The folder of a model that is there, by its name or its path.

    Raises:
        ModelError: There is no such model, it is something else, or two places have one of that name.
    """
    places = [MODELS / text, Path(text)] if _is_name(text) else [Path(text)]
    found = [p for p in places if (p / MANIFEST).is_file() or p.with_name(f".{p.name}.old").is_dir()]
    if len(found) > 1:
        raise ModelError(f"model '{text}'", f"{found[0]} and .{'/'}{text} are both models", "Write the path that you mean.")
    if found:
        return found[0]
    if (path := known_path(text)) and (path.name == STORE or (path / STORE).is_file()):
        raise ModelError(f"'{text}'", "it is a study, not a model", _models(Path(text).name))
    if path:
        there = _folders(MODELS, MANIFEST)
        first = f"The model comes first, then what it reads: autocode suggest {there[0] if len(there) == 1 else 'MODEL'} {text}"
        raise ModelError(f"'{text}'", f"it is a {'file' if path.is_file() else 'folder'}, not a model", first)
    raise ModelError(f"model '{text}'", "there is no such model", _models(Path(text).name))


def _models(name: str) -> str:
    there = _folders(MODELS, MANIFEST)
    if not there:
        return "None is trained here yet: autocode train STUDY."
    return " ".join(filter(None, (did_you_mean(name, there), f"Models here: {', '.join(there)}.")))


def known_path(text: str) -> Path | None:
    """What a study's name or path leads to: the path where there is such a file or folder, else corpora/NAME."""
    places = [Path(text), STUDIES / text] if _is_name(text) else [Path(text)]
    return next((p for p in places if p.exists()), None)


def known_study(text: str) -> Path:
    """A study's folder or file that is there, by its name or its path.

    Raises:
        StudyError: There is none, or it is a model.
    """
    found = known_path(text)
    if found is None:
        if any((p / MANIFEST).is_file() for p in (Path(text), MODELS / text)):
            raise StudyError(f"'{text}'", "it is a model, not a study", _studies(Path(text).name))
        beside = [str(Path(text).parent / n) for n in _beside(Path(text))]
        near = did_you_mean(text, [*beside, *_folders(STUDIES)])
        raise StudyError(f"study '{text}'", "there is no such file or folder", near or _studies())
    if (found / MANIFEST).is_file():
        raise StudyError(f"'{text}'", "it is a model, not a study", _studies(Path(text).name))
    return found


def known_other(text: str) -> Path:
    """A model, or a study, that is there.

    Raises:
        StudyError: There is neither.
    """
    models = [MODELS / text, Path(text)] if _is_name(text) else [Path(text)]
    return next((p for p in models if (p / MANIFEST).is_file()), None) or known_study(text)


def _beside(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir() if p.name[:1] != ".") if path.parent.is_dir() else []


def _studies(name: str = "") -> str:
    there = _folders(STUDIES)
    if not there:
        return "Bring one in: autocode import FILES --study corpora/NAME."
    return " ".join(filter(None, (did_you_mean(name, there), f"Studies in {STUDIES}: {', '.join(there)}.")))


def new_study(text: str) -> Path:
    """The folder of a study to import into: a path, or the name of a study in corpora/ that is there already.

    Raises:
        StudyError: It is a file, or a model.
    """
    path = known_path(text) or Path(text)
    if path.is_file():
        raise StudyError(
            f"--study {text}",
            "it is a file, and --study names the study's folder",
            f"Write: autocode import {text} --study corpora/NAME",
        )
    if (path / MANIFEST).is_file():
        raise StudyError(f"--study {text}", "it is a model, not a study", "Choose another folder, such as corpora/NAME.")
    return path


def known_source(text: str) -> Path:
    """A file or folder to read, which must be there.

    Raises:
        InputError: There is no such file or folder; the nearest name beside it is given.
    """
    path = Path(text)
    if not path.exists():
        near = did_you_mean(path.name, _beside(path), "Check the name and the folder.")
        raise InputError(text, "there is no such file or folder", near)
    return path


WHICH, HOW, OUTPUT = "Which codings count", "Settings", "Output"
"""Groups of the options that verbs share, in the order in which help shows them."""


def out(what: str, *endings: str, name: str = "--out", folder: str | None = None, more: str = "") -> Any:
    """The option that says where to write; it knows its endings and is checked before work starts.

    Args:
        what: What is written, as a sentence begins: "A comparison".
        endings: Endings of a file's name, with their points.
        name: The option.
        folder: None: only a file. Else a folder too, and which files (a glob, "" for none) would be replaced in it.
        more: What else the help says.
    """
    kinds = " or ".join(filter(None, (", ".join(endings[:-1]), *endings[-1:])))
    form = f" as {kinds}{', or into a folder' if folder is not None else ''}" if endings else " into a folder"

    def checked(ctx: typer.Context, path: Path | None) -> Path | None:
        """The path, if it may be written; errors as `_checked`."""
        return path and _checked(ctx, path, (what, endings, folder))

    told = f"Write {what[:1].lower()}{what[1:]}{form}.{more and f' {more}'}"
    return typer.Option(name, help=told, callback=checked, rich_help_panel=OUTPUT)


_FOLDERS = (".qda", ".hf")
"""Endings of what is a folder: a QualCoder project, a data set."""


def _checked(ctx: typer.Context, path: Path, known_as: tuple[str, Sequence[str], str | None]) -> Path:
    what, endings, folder = known_as
    known = path.suffix.lower() in endings
    path = path.with_suffix(path.suffix.lower()) if known and not path.exists() else path
    kinds = [*endings, *(["a folder (a name without an ending)"] if folder is not None else [])]
    forms = " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
    if path.is_dir() and (folder is None or (known and path.suffix not in _FOLDERS)):
        raise InputError(str(path), "it is a folder", f"Name a file in it: {path / 'NAME'}{endings[0] if endings else ''}")
    if not path.is_dir() and not known and (folder is None or _ENDING.fullmatch(path.suffix)):
        named = f"Such as {path}{kinds[0]}." if not path.suffix else "Choose one of these."
        one = f"Name it {path.with_suffix(kinds[0])}." if len(kinds) == 1 and folder is None else named
        hint = _ELSEWHERE.get(path.suffix.lower(), one)
        if path.suffix.lower() == ".docx" and ctx.info_name == "report":
            hint = f"Name a folder: --out {path.with_suffix('')} --only docx"
        raise InputError(str(path), f"{what[:1].lower()}{what[1:].rstrip(',')} can be written as {forms}", hint)
    if blocked := next((p for p in (*([] if known else [path]), *path.parents) if p.is_file()), None):
        raise InputError(str(path), f"{blocked} is a file, not a folder", "Choose another place.")
    there = partial(_files, path, folder)
    foreign = [] if ctx.meta.get("autocode.overwrite") else [p for p in there() if not is_ours(p)]
    if foreign:
        why = "it is there already, and autocode did not write it or somebody has changed it since"
        raise InputError(str(foreign[0]), why, "Choose another name, or add --overwrite.")
    before = {p: p.stat().st_mtime_ns for p in there()}
    ctx.call_on_close(lambda: remember(p for p in there() if before.get(p) != p.stat().st_mtime_ns))
    return path


def _files(path: Path, folder: str | None) -> list[Path]:
    """What stands where something is to be written."""
    return (
        [path] if path.is_file() else sorted(p for p in path.rglob(folder) if p.is_file()) if folder and path.is_dir() else []
    )


def _overwriting(ctx: typer.Context, overwrite: bool) -> bool:
    ctx.meta["autocode.overwrite"] = overwrite
    return overwrite


def one_of(option: str, allowed: Iterable[str], others: str = "") -> Callable[[str], str]:
    """What checks an option's word before work starts; "" stands for the default.

    Args:
        option: Its name.
        allowed: The words.
        others: What else may be meant, as an option of another kind.
    """
    known = tuple(allowed)

    def check(word: str) -> str:
        """The word.

        Raises:
            ConfigError: It is none of those allowed.
        """
        if word in ("", *known):
            return word
        told = f"it is {', '.join(known[:-1])} or {known[-1]}"
        raise ConfigError(f"{option} {word}", told, did_you_mean(word, known, others or "Choose one of these."))

    return check


def refuse(given: object, option: str, why: str) -> None:
    """Refuse an option that would have no effect.

    Raises:
        ConfigError: It is given.
    """
    if given not in (None, "", False, [], ()):
        raise ConfigError(option, why, "Leave it out, or change the other options.")


def listed(names: Iterable[str] | str | None) -> list[str] | None:
    """Names given one by one or parted by commas; None where there are none."""
    given = [names] if isinstance(names, str) else names or ()
    return [n.strip() for part in given for n in part.split(",") if n.strip()] or None


def _config(text: str) -> Path:
    load_config(text)
    return Path(text)


UNITS = get_args(Unit)

StudyPath = Annotated[
    Path, typer.Argument(metavar="STUDY", parser=known_study, help="The study: its folder, or its name in corpora/.")
]
ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", parser=known_model, help="The model: its name in models/, or its folder.")
]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="MODEL", parser=known_model, help="A model: its name in models/, or its folder."),
]
Sources = Annotated[
    list[Path], typer.Argument(metavar="FILES...", parser=known_source, help="Transcripts, tables, or folders of them.")
]
Coders = Annotated[
    list[str] | None,
    typer.Option(
        "--coders",
        "--coder",
        metavar="NAMES",
        help="Whose codings, such as ana,ben; all human coders by default.",
        rich_help_panel=WHICH,
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        help="Where the work is done: local, or ray for many processes or computers.",
        rich_help_panel=HOW,
        callback=one_of("--engine", ("local", "ray")),
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes, with --engine ray.", rich_help_panel=HOW, show_default="2")
]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        parser=_config,
        help="Settings: a file, or one of default, quick and multilingual.",
        rich_help_panel=HOW,
    ),
]
Segments = Annotated[
    str,
    typer.Option(
        help=f"How transcripts are cut into segments: {', '.join(UNITS[:-1])} or {UNITS[-1]}.",
        metavar="UNIT",
        rich_help_panel=HOW,
        show_default="auto",
        callback=one_of("--segments", UNITS),
    ),
]
Kind = Annotated[
    str,
    typer.Option(
        help="Only documents of this kind: interview, literature or field note.",
        rich_help_panel=WHICH,
        callback=lambda kind: kind_of(kind) if kind else "",
        show_default=False,
    ),
]
Independent = Annotated[
    bool,
    typer.Option("--independent", help="Only what was coded while no suggestion was on the screen.", rich_help_panel=WHICH),
]
EffortLevel = Annotated[
    str,
    typer.Option(
        "--effort",
        help="quick; or full: also try fine-tuning and further encoders, kept only if they improve held-out results.",
        rich_help_panel=HOW,
        show_default="quick",
        callback=one_of("--effort", get_args(Effort)),
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes",
        min=0,
        show_default="30",
        help="With --effort full: about how long fine-tuning may take, estimated from the words to read; 0 for none.",
        rich_help_panel=HOW,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.", rich_help_panel=OUTPUT)]
Everything = Annotated[bool, typer.Option("--all", help="Print every table, not only the answer.", rich_help_panel=OUTPUT)]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        is_eager=True,
        callback=_overwriting,
        help="Replace a file that autocode did not write.",
        rich_help_panel=OUTPUT,
    ),
]
AlignmentPath = Annotated[
    Path | None,
    typer.Option(
        "--alignment",
        parser=known_source,
        metavar="FILE",
        help="Which codes mean the same: the table of autocode align, with your decisions.",
        rich_help_panel=HOW,
    ),
]


def settings(path: Path | None, segments: str = "", overlap: str = "") -> Config:
    """The settings of a file with what the command line says on top.

    Raises:
        ConfigError: The file or an option is not valid.
    """
    found = load_config(path)
    found = found.with_unit(segments) if segments else found
    return found.with_overlap(overlap) if overlap else found
