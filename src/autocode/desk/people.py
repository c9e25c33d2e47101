"""The room of the people studied: letters, pseudonyms, forgetting one who withdraws; and the copies that keep work safe."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode.desk.guard import Session, data, fragment, html, read_json
from autocode.desk.jobs import plainly
from autocode.desk.studies import OpenStudy
from autocode.dossier.record import later_rounds
from autocode.errors import AutocodeError, InputError, StudyError
from autocode.ethics.answers import ANSWERED, load_answers, read_answers, take
from autocode.ethics.pseudonyms import is_yes
from autocode.formats.files import csv_text, read_csv, unguarded, write_atomic
from autocode.store.backups import backups, restore
from autocode.study import Study

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request, OpenStudy, Session], Awaitable[Response]]

Work = tuple[str, Sequence[str]]  # a title, and the words of the command line

LETTERS, NAMES = "letters", "pseudonyms"
"""Folders in the study's folder."""

KINDS = ("letters", "answers", "pseudonyms", "replace", "forgetting", "forget")
"""The kinds of work that belong to this room."""


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Members' letters, pseudonyms and forgetting, each with what it can and cannot do."""
    job = study.jobs.last if study.jobs.last and study.jobs.last.kind in KINDS else None
    letters: dict[str, list[tuple[str, str]]] = {}
    for address, name, _ in study.written(LETTERS):
        letters.setdefault(Path(name).stem, []).append((address, name))
    try:
        answers, fault = load_answers(study.folder / ANSWERED), ""
    except InputError as error:
        answers, fault = [], plainly(str(error).replace(str(study.folder / ANSWERED), "The answers kept with the study"))
    looked = job.title.removeprefix(_LOOKING) if job and (job.kind, job.state) == ("forgetting", "done") else ""
    return html(
        fragment(
            "people.html",
            study=study,
            seat=seat,
            room="people",
            documents=study.desk().study.documents,
            job=job,
            looked=looked,
            letters=letters,
            answers=answers,
            fault=fault,
            proposals=_proposals(study)[1],
        )
    )


_LOOKING = "Looking for what there is of "


def _letters(study: OpenStudy, row: Mapping[str, Any]) -> Work:
    more = ["--summary"] if row.get("summary") is True else []
    home = study.folder.resolve()
    return "Writing the letters", ["members", "export", str(home), "--out", str(home / LETTERS), *more]


def _propose(study: OpenStudy, row: Mapping[str, Any]) -> Work:
    more = ["--perhaps"] if row.get("perhaps") is True else []
    to = study.folder.resolve() / NAMES / "proposals.csv"
    return "Looking for names", ["pseudonymise", str(study.folder.resolve()), "--out", str(to), *more]


def _proposals(study: OpenStudy) -> tuple[list[str], list[dict[str, str]]]:
    """What was found that may need a pseudonym: the columns, and a row for each; none where nobody has looked, or found any."""
    try:
        table = read_csv(study.folder / NAMES / "proposals.csv")
        table.need("apply", "found", "replacement")
    except InputError:  # no list, an empty one, or one that was spoilt by hand: a new one can be made
        return [], []
    rows = [{k: unguarded(v) for k, v in row.items()} for row in table.rows]
    return list(table.columns), [r | {"apply": "yes" if is_yes(r["apply"]) else ""} for r in rows]


async def replace_names(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Replace the names that were ticked on the page, each by what stands beside it; the others stay."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    wanted = row.get("names") if isinstance(row, dict) else None
    if not isinstance(wanted, dict) or not all(isinstance(v, str) and len(v) < 200 for v in wanted.values()):
        raise InputError("the names", "they are not what this page sends", "Reload the page.")
    if not wanted:
        raise InputError("no name", "none is ticked", "Tick what is to be replaced.")
    if study.jobs.running:
        raise StudyError("this", "other work on the study is not finished", "Wait for it, or stop it first.")
    columns, rows = _proposals(study)
    if not set(wanted) <= {r["found"] for r in rows}:
        raise InputError("these names", "the list is another one now", "Reload the page.")
    for r in rows:
        r |= {"apply": "yes" if r["found"] in wanted else "", "replacement": wanted.get(r["found"], r["replacement"])}
    file, home = study.folder.resolve() / NAMES / "proposals.csv", study.folder.resolve()
    write_atomic(file, csv_text(columns, [[r[c] for c in columns] for r in rows]))
    key = home.parent / f"Key of {home.name}.csv"
    words = ["pseudonymise", str(home), "--apply", str(file), "--key", str(key)]
    await run_in_threadpool(study.jobs.start, "replace", "Replacing names", words)
    return data({"reload": True})


def _participant(study: OpenStudy, row: Mapping[str, Any]) -> str:
    asked = row.get("participant")
    if asked not in study.desk().study.by_id:
        raise InputError("this participant", "the study has no document of that name", "Choose one of the list.")
    return str(asked)


def _forgetting(study: OpenStudy, row: Mapping[str, Any]) -> Work:
    who = _participant(study, row)
    return f"{_LOOKING}{who}", ["forget", str(study.folder.resolve()), who, "--models", str(study.model.parent.resolve())]


def _forget(study: OpenStudy, row: Mapping[str, Any]) -> Work:
    """Refused until the person has looked, and has typed the name by hand."""
    who, last = _participant(study, row), study.jobs.last
    if not last or (last.kind, last.state, last.title) != ("forgetting", "done", f"{_LOOKING}{who}"):
        raise InputError("this step", "what would be erased was not looked at just now", "Look at it first.")
    if row.get("again") != who:
        raise InputError("this step", "the name typed is another one", f"Type {who}.")
    words = ["forget", str(study.folder.resolve()), who, "--models", str(study.model.parent.resolve()), "--yes"]
    return "Forgetting", [*words, "--out", str(study.folder.resolve() / "certificate of forgetting.txt")]


@dataclass(frozen=True, slots=True)
class Reply:
    """A letter that came back, and what taking it over would do; no words of it.

    Attributes:
        file: Its name.
        what: For each interview in it, its name, what was answered, passages corrected, comments, codings that move along.
        lost: The codings whose words the participant took out: the code and the coder of each.
        fault: Why it cannot be read, "" where it can.
    """

    file: str
    what: tuple[tuple[str, str, int, int, int], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def replies(known: Study, paths: Sequence[Path]) -> list[Reply]:
    """What letters that came back hold, each beside what those before it would have changed; nothing is written."""
    names, found = {c.id: c.name or c.id for c in known.coders}, []
    for path in sorted(paths):
        what, lost, after = [], [], known
        try:
            for answer in read_answers(path):
                taken = take(after, answer)
                after = taken.study
                called = known.by_id[answer.document].name or answer.document
                what.append((called, answer.answer, len(taken.corrected), len(answer.comments), len(taken.moved)))
                lost += [(c.code, names.get(c.coder, c.coder)) for c in taken.lost]
        except AutocodeError as error:
            found.append(Reply(path.name, fault=str(error)))
            continue
        known = after
        found.append(Reply(path.name, tuple(what), tuple(lost)))
    return found


def _batch(study: OpenStudy, key: object) -> Any:
    if str(key) not in study.batches:
        raise InputError("these letters", "the desk no longer has them", "Drop them again.")
    return study.batches[str(key)]


async def look_at_replies(request: Request, study: OpenStudy, seat: Session) -> Response:
    """What letters that came back would change; those that cannot be read stay out."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    batch = _batch(study, row.get("batch") if isinstance(row, dict) else "")
    found = await run_in_threadpool(replies, study.desk().study, list(batch.incoming.paths))
    for reply in found:
        if reply.fault:
            batch.incoming.drop(next(path for path in batch.incoming.paths if path.name == reply.file))
    batch.digest = secrets.token_urlsafe(8) if batch.incoming.paths else ""
    return data({"parts": {"preview": fragment("replies.html", study=study, replies=found, digest=batch.digest)}})


async def take_replies(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Bring the letters that were looked at into the study, beside the page; they are gone from here afterwards."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    row = row if isinstance(row, dict) else {}
    batch = _batch(study, row.get("batch"))
    if not batch.digest or batch.digest != row.get("digest"):
        raise InputError("these letters", "they are not as they were shown", "Look at them again.")
    words = ["members", "import", str(batch.incoming.paths[0].parent), "--study", str(study.folder.resolve())]
    then = lambda _: batch.incoming.close()  # noqa: E731
    await run_in_threadpool(study.jobs.start, "answers", "Taking over what was answered", words, then)
    return data({"reload": True})


async def show_copies(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The dated copies of a study, also of one that cannot be opened any more."""
    return html(
        fragment("copies-page.html", study=study, copies=backups(study.store), now=None, later=later_rounds(study.folder))
    )


async def put_back(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Put a dated copy in the study's place, after a copy of how it is now; nobody decides anything meanwhile."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    name = row.get("copy") if isinstance(row, dict) else None
    copy = next((c for c in backups(study.store) if c.path.name == name), None)
    if copy is None:
        raise InputError("this copy", "it is no longer there", "Reload the page and look again.")
    if study.jobs.running:
        raise StudyError("this copy", "work is going on beside the page", "Wait until it is done, or stop it.")
    study.away = True
    try:
        await run_in_threadpool(study.jobs.stop_aside)
        study.close()
        await run_in_threadpool(restore, study.store, copy.path)
    finally:
        study.away = False
    found = [c.path.name for c in backups(study.store)]
    return data({"go": f"{study.base}?back={found.index(copy.path.name) + 1}"})


WORK: dict[str, Callable[[OpenStudy, Mapping[str, Any]], Work]] = {
    "letters": _letters,
    "pseudonyms": _propose,
    "forgetting": _forgetting,
    "forget": _forget,
}
"""From what the page asks for to the verb of the command line that does it."""

PAGES: dict[str, Handler] = {"/people": show, "/copies": show_copies}
POSTS: dict[str, Handler] = {
    "/replies": look_at_replies,
    "/answers": take_replies,
    "/names": replace_names,
    "/restore": put_back,
}
