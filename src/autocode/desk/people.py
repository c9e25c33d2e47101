"""The room of the people studied: letters to them, pseudonyms for them, and forgetting one who withdraws."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocode.desk.guard import Session, html
from autocode.desk.studies import OpenStudy
from autocode.desk.view import fragment
from autocode.errors import InputError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request, OpenStudy, Session], Awaitable[Response]]

Work = tuple[str, Sequence[str]]  # a title, and the words of the command line

LETTERS, NAMES = "letters", "pseudonyms"
"""Folders in the study's folder."""

KINDS = ("letters", "pseudonyms", "replace", "forgetting", "forget")
"""The kinds of work that belong to this room."""


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Members' letters, pseudonyms and forgetting, each with what it can and cannot do."""
    job = study.jobs.last if study.jobs.last and study.jobs.last.kind in KINDS else None
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
            letters=study.written(LETTERS),
            proposals=study.written(NAMES),
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


def _replace(study: OpenStudy, row: Mapping[str, Any]) -> Work:
    key = study.folder.resolve().parent / f"Key of {study.folder.name}.csv"
    file = study.folder.resolve() / NAMES / "proposals.csv"
    return "Replacing names", ["pseudonymise", str(study.folder.resolve()), "--apply", str(file), "--key", str(key)]


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


WORK: dict[str, Callable[[OpenStudy, Mapping[str, Any]], Work]] = {
    "letters": _letters,
    "pseudonyms": _propose,
    "replace": _replace,
    "forgetting": _forgetting,
    "forget": _forget,
}
"""From what the page asks for to the verb of the command line that does it."""

PAGES: dict[str, Handler] = {"/people": show}
