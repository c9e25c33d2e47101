"""The verbs `review` and `audit` of the command line."""

from __future__ import annotations

import contextlib
import json
import webbrowser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.exchange import MOVED
from autocode.cli.options import Json, ModelOption, Overwrite, StudyPath, out
from autocode.cli.shell import tell
from autocode.desk.advice import advise
from autocode.desk.figures import Wanted, figures, narrowed
from autocode.desk.guard import Auth
from autocode.desk.server import Server, answers, listen, serve
from autocode.desk.session import Desk
from autocode.errors import StoreError
from autocode.formats.files import csv_text, write_atomic
from autocode.model.coding_model import CodingModel
from autocode.store import STORE, load, receipts
from autocode.store.ledger import close_desk, desks, entries, held, last_written, open_desk
from autocode.store.records import ReceiptRow
from autocode.trail import COLUMNS, Entry, row, undone, verify


def review(
    study: StudyPath,
    model: ModelOption = None,
    coder: Annotated[str, typer.Option("--coder", "--coders", help="Who codes; the page asks where it is left out.")] = "",
    blind: Annotated[bool, typer.Option(help="Begin in blind mode: no suggestions, no other coder's codings.")] = False,
    control: Annotated[float, typer.Option(min=0, max=1, help="Share of segments decided before suggestions show.")] = 0.1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for the review page.", show_default="any free port")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the local page on which you decide what the model suggests."""
    path = study / STORE
    found = load(path)
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
    tell("Reading the transcripts ...")
    advice = advise(found, CodingModel.load(model) if model else None, model.name if model else "")
    door = Auth(chosen, lambda token: tell(f"For another browser: http://127.0.0.1:{chosen}/?token={token}"))
    server = Server(Desk(path, advice), door, control, coder, blind)
    open_desk(path, chosen)
    address = f"http://127.0.0.1:{chosen}/?token={door.token}"
    print(address, flush=True)
    tell("The address lets one browser in, once. Ctrl-C ends the review; every decision is saved as it is made.")
    if browser:
        webbrowser.open_new_tab(address)
    try:
        with contextlib.suppress(KeyboardInterrupt), held(path):  # Ctrl-C is how a review ends
            serve(server, bound)
    finally:
        close_desk(path, chosen)
    tell(f"Next: autocode audit {study}")


def audit(
    study: StudyPath,
    coder: Annotated[str, typer.Option("--coder", "--coders", help="Only decisions of this coder.")] = "",
    code: Annotated[str, typer.Option(help="Only decisions on this code: its path, or a name that is unique.")] = "",
    document: Annotated[str, typer.Option(help="Only decisions in this document.")] = "",
    action: Annotated[str, typer.Option(help="Only decisions of this kind: accept, reject, undo, ...")] = "",
    how: Annotated[bool, typer.Option(help="Tell how each coding found by --document and --code was made.")] = False,
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
            print(_line(entry, undone(written)) + (_made_with(entry) if how else ""))
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
    by = f" (model: {d.suggested}, {d.probability:.2f})" if d.probability is not None else ""
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


def _made_with(entry: Entry) -> str:
    """Which model and codebook a decision was made with, by the beginning of their hashes."""
    d = entry.decision
    return f"  [model {d.model[:8] or 'none'}, codebook {d.codebook[:8] or 'none'}, {d.seconds:.1f} s]"
