"""The verbs `review` and `audit` of the command line."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import webbrowser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autocode.agreement.estimate import apa
from autocode.cli.options import Json, ModelOption, Overwrite, StudyPath, out
from autocode.cli.shell import bundled, tell
from autocode.desk.guard import Auth
from autocode.desk.jobs import Tools
from autocode.desk.server import Server, answers, listen, serve
from autocode.desk.studies import Studies
from autocode.encode import cache_folder
from autocode.errors import InputError, StoreError
from autocode.formats import read_all
from autocode.formats.files import csv_text, read_csv, write_atomic
from autocode.model import CodingModel, saved
from autocode.model.saved import MANIFEST
from autocode.store import STORE, load, receipts
from autocode.store.ledger import close_desk, desks, entries, last_written, open_desk
from autocode.store.records import MOVED, ReceiptRow
from autocode.trail import COLUMNS, Entry, row, undone, verify
from autocode.trail.review import Wanted, figures, narrowed

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port for the page (default: any free port).")]
Control = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="SHARE", help="Share of segments, 0 to 1, that you decide on before suggestions are shown."
    ),
]
Browser = Annotated[bool, typer.Option(help="Open the page in the browser.")]


def open_(
    place: Annotated[Path, typer.Argument(metavar="STUDY", help="A study's folder, or a folder of studies.")] = Path(),
    control: Control = 0.1,
    port: Port = 0,
    browser: Browser = True,
) -> None:
    """Open the desk: the whole work on your studies in one window of your browser."""
    if not place.is_dir():
        raise InputError(str(place), "there is no such folder", "Make it first, or name another.")
    one = (place / STORE).is_file()
    studies = Studies(place.resolve().parent if one else place, _tools(control))
    first = studies.add(place).base if one else "/"
    for folder in _recent():
        studies.add(folder)
    _serve(studies, listen(port), browser, first=first)


_LATELY = 8  # studies that the first page offers from elsewhere


def _recent() -> list[Path]:
    """The studies opened lately that are still there, the latest first; kept beside the cache, by their folders alone."""
    try:
        folders = [Path(row.get("folder", "")) for row in read_csv(cache_folder() / "recent.csv").rows]
    except InputError:
        return []
    return [f for f in folders if (f / STORE).is_file()][:_LATELY]


def _remember(folder: Path) -> None:
    kept = dict.fromkeys([folder, *_recent()])
    with contextlib.suppress(InputError):  # a desk that cannot remember is a desk all the same
        write_atomic(cache_folder() / "recent.csv", csv_text(("folder",), [(str(f),) for f in kept], plain=True))


def review(
    study: StudyPath,
    model: ModelOption = None,
    coder: Annotated[
        str, typer.Option("--coder", "--coders", metavar="NAME", help="Who codes; by default the page asks.")
    ] = "",
    blind: Annotated[
        bool, typer.Option(help="Begin in blind mode: without suggestions and without other coders' codings.")
    ] = False,
    control: Control = 0.1,
    port: Port = 0,
    browser: Browser = True,
) -> None:
    """Open the desk at the room in which you decide what the model suggests."""
    path = study / STORE
    load(path)
    if model and not (model / MANIFEST).is_file():
        CodingModel.load(model)  # says what is wrong with it
    bound = listen(port)
    chosen = int(bound.getsockname()[1])
    for other, since in desks(path):
        if other != chosen and answers(other):
            tell(
                f"Another review holds this study since {since}, on port {other}. "
                "This one joins it: the decisions of both are kept."
            )
        else:
            close_desk(path, other)
    studies = Studies(study.resolve().parent, _tools(control))
    found = studies.add(study, model)
    open_desk(path, chosen)
    try:
        _serve(studies, bound, browser, (coder, blind), f"{found.base}/code")
    finally:
        close_desk(path, chosen)
    tell(f"Next: autocode audit {study}")


def _tools(control: float) -> Tools:
    """What the desk is handed."""
    source = bundled()
    return Tools(
        load=CodingModel.load,
        cut=lambda folder: saved.read(folder).config.segment,
        command=(sys.executable, "-m", "autocode"),
        take_in=read_all,
        card=saved.card_text,
        share=control,
        bundled=source if source.is_dir() else None,
        remember=_remember,
    )


def _serve(
    studies: Studies, bound: socket.socket, browser: bool, who: tuple[str, bool] = ("", False), first: str = "/"
) -> None:
    """Serve the page until Ctrl-C."""
    port = int(bound.getsockname()[1])
    door = Auth(port, lambda token: tell(f"For another browser: http://127.0.0.1:{port}/?token={token}"))
    address = f"http://127.0.0.1:{port}/?token={door.token}"
    print(address, flush=True)
    tell("The address lets one browser in, once. Ctrl-C ends the desk; every decision is saved as it is made.")
    if browser:
        webbrowser.open_new_tab(address)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how the desk ends
        serve(Server(studies, door, *who, first=first), bound)


_STARTERS = {
    "win32": (".bat", '@echo off\r\n"{python}" -m autocode open "{place}"\r\n'),
    "darwin": (".command", '#!/bin/sh\nexec "{python}" -m autocode open "{place}"\n'),
    "linux": (
        ".desktop",
        "[Desktop Entry]\nType=Application\nName=autocode\nTerminal=true\nExec={python} -m autocode open {place}\n",
    ),
}
"""By system: the ending and the text of a file that opens the desk on a double click."""


def shortcut(
    place: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of your studies, or one study.")] = Path(),
    out: Annotated[Path | None, typer.Option(help="Where to put the file; by default on the desktop, if there is one.")] = None,
) -> None:
    """Make a file that opens the desk on a double click, without a terminal."""
    ending, text = _STARTERS.get(sys.platform, _STARTERS["linux"])
    desktop = Path.home() / "Desktop"
    target = out or (desktop if desktop.is_dir() else Path()) / f"autocode{ending}"
    here = str(place.resolve())
    bad = {"win32": '"%\r\n', "darwin": '"$`\\\n', "linux": '"$`\\\n%'}.get(sys.platform, '"\n')
    if any(c in bad for c in here + sys.executable):
        raise InputError(here, "its name has signs that such a file cannot hold", "Rename the folder.")
    quoted = {"python": sys.executable, "place": here}
    if ending == ".desktop":
        quoted = {name: f'"{value}"' for name, value in quoted.items()}
    if target.exists():
        raise InputError(str(target), "there is a file of that name", "Delete it, or name another with --out.")
    write_atomic(target, text.format(**quoted))
    target.chmod(0o700)
    print(target)
    tell("A double click on it opens the desk.")


def audit(
    study: StudyPath,
    coder: Annotated[str, typer.Option("--coder", "--coders", metavar="NAME", help="Only this coder's decisions.")] = "",
    code: Annotated[str, typer.Option(help="Only decisions on this code: its path, or its name if only one code has it.")] = "",
    document: Annotated[str, typer.Option(help="Only decisions in this document.")] = "",
    action: Annotated[str, typer.Option(help="Only decisions of this kind, such as accept, reject or undo.")] = "",
    how: Annotated[bool, typer.Option(help="Say how each coding found by --document and --code came about.")] = False,
    to: Annotated[Path | None, out("The trail", ".csv", ".jsonl")] = None,
    as_json: Json = False,
    overwrite: Overwrite = False,
) -> None:
    """Show the trail of decisions, check that nothing in it was changed, and sum it up."""
    path = study / STORE
    found, written = load(path), entries(path)
    faults = verify(written, last_written(path))
    wanted = Wanted(coder, found.codebook.resolve(code) if code else "", document, action)
    chosen = narrowed(found, written, wanted, how)
    summary = figures(written)
    if to:
        _export(to, chosen, written)
    moved = _moved(written, receipts(path))
    if as_json:
        last = written[-1].sha256 if written else ""
        print(json.dumps({"faults": faults, "last": last, "replaced": moved, **summary.to_json()}, indent=2))
    else:
        for entry in chosen:
            d = entry.decision
            made = f"  [model {d.model[:8] or 'none'}, codebook {d.codebook[:8] or 'none'}, {d.seconds:.1f} s]"
            print(_line(entry, undone(written)) + (made if how else ""))
        print(summary)
        for document, count in moved.items():
            print(f"{document}: its transcript was replaced since; offsets of {count:,} earlier entries are of the old text")
        print(
            f"Chain: {'broken' if faults else 'whole'}, {len(written):,} entries"
            + (f", last {written[-1].sha256[:16]}" if written else "")
        )
    if faults:
        raise StoreError(str(path), f"the ledger is damaged ({faults[0]}; {len(faults)} in all)", "Restore a copy.")


def _moved(written: Sequence[Entry], kept: Sequence[ReceiptRow]) -> dict[str, int]:
    """Documents whose transcript was replaced, with how many entries were written before that.

    The ledger is never rewritten, so the offsets in these entries count in the text of their day.
    """
    replaced = {r.source: r.at[:19] for r in kept if r.what == MOVED}  # both in UTC, to the second
    before = Counter(e.decision.document for e in written if e.at[:19] <= replaced.get(e.decision.document, ""))
    return dict(sorted(before.items()))


def _export(path: Path, chosen: list[Entry], written: list[Entry]) -> None:
    gone = undone(written)
    rows = [row(e, gone) for e in chosen]
    if path.suffix == ".jsonl":
        write_atomic(path, "".join(json.dumps(dict(zip(COLUMNS, r, strict=True))) + "\n" for r in rows))
    else:
        write_atomic(path, csv_text(COLUMNS, rows))


def _line(entry: Entry, gone: frozenset[int]) -> str:
    d = entry.decision
    by = f" (model: {d.suggested}, {apa(d.probability)})" if d.probability is not None else ""
    hidden = ", suggestions hidden" if d.hidden else ""
    back = ", undone" if entry.seq in gone else f", takes back {', '.join(map(str, d.undoes))}" if d.undoes else ""
    place = f"{d.document} {d.segment}".strip()
    return f"{entry.seq:>6}  {entry.at[:19]}  {d.coder}  {d.action}  {place}  {d.code}{by}{_words(entry)}{hidden}{back}"


def _words(entry: Entry) -> str:
    """What a correction of words did, without the words."""
    effects = entry.decision.effects
    if not effects.words:
        return ""
    w, lost = effects.words, ", ".join(f"{c.code} by {c.coder}" for c in effects.lost)
    return f"characters {w.start} to {w.end} now {w.length} long" + (f"; set aside: {lost}" if lost else "")
