"""The rooms around the coding: the first page, the overview of a study, model, dossier and sending back."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autocode.desk.guard import Session, data, fragment, html, moved, read_json
from autocode.desk.jobs import plainly
from autocode.desk.session import Desk, agreed_coder, pair_of
from autocode.desk.studies import OpenStudy, Studies
from autocode.desk.view import between, compared, people
from autocode.dossier.record import NAME, QUESTIONS, later_rounds, record_of, state
from autocode.encode.multilingual import NAME as SEVERAL
from autocode.encode.weights import added_encoders
from autocode.errors import AutocodeError, InputError, StoreError, StudyError
from autocode.formats.files import read_text as file_text
from autocode.formats.receipt import ReadOptions
from autocode.store import update
from autocode.store.backups import backups
from autocode.trail import standing

if TYPE_CHECKING:
    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request, OpenStudy, Session], Awaitable[Response]]

TUTORIAL = "Tutorial microcredentials"
FORMS = {
    "maxqda": (
        "MAXQDA, NVivo, ATLAS.ti or QualCoder",
        ".qdpx",
        "a REFI-QDA project: texts, codes, every coder’s passages",
    ),
    "taguette": ("Taguette", ".sqlite3", "a Taguette project, to be imported there"),
    "codebook": ("Any program, the codebook alone", ".qdc", "codes with their definitions, without texts"),
    "excel": ("Excel", ".xlsx", "the whole study as sheets"),
    "table": ("R, SPSS or Python", ".csv", "one long table of coded passages"),
}
"""From the word in the form: for which program, the ending, and what that program will show."""


def home(studies: Studies, seat: Session) -> str:
    """The first page: every study as a card."""
    cards = [(s, *_sized(s)) for s in studies.listed()]
    bundled = studies.tools.bundled is not None and not any(s.folder.name == TUTORIAL for s, *_ in cards)
    return fragment("home.html", cards=cards, seat=seat, home=studies.folder.resolve(), bundled=bundled)


def _sized(study: OpenStudy) -> tuple[Mapping[str, int], str]:
    """What a study holds, in numbers; and why its file cannot be read, "" where it can."""
    try:
        return study.sizes(), ""
    except StoreError as error:
        return {}, plainly(str(error), str(study.folder.resolve()))


async def new(request: Request, studies: Studies, seat: Session) -> Response:
    """A new study, into which files are brought next."""
    row = await read_json(request)
    study = studies.new(row.get("name", "") if isinstance(row, dict) and isinstance(row.get("name"), str) else "")
    return data({"go": f"{study.base}/bring"})


async def tutorial(request: Request, studies: Studies, seat: Session) -> Response:
    """The bundled study as one of one's own, to try things out on."""
    from starlette.concurrency import run_in_threadpool

    source = studies.tools.bundled
    if source is None:
        raise StudyError("the tutorial", "it did not come with this program", "Bring in files of your own.")
    study = studies.new(TUTORIAL)
    found, _ = await run_in_threadpool(studies.tools.take_in, [source], ReadOptions(open_files=True))
    await run_in_threadpool(update, study.store, lambda _: found)
    return data({"go": study.base})


HOME: dict[str, Callable[[Request, Studies, Session], Awaitable[Response]]] = {"/new": new, "/tutorial": tutorial}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the job, how it stands, and the room in which it is done.

    Attributes:
        state: done, next, open or stale.
    """

    name: str
    state: str
    said: str
    room: str
    action: str = ""


def left(desk: Desk, pair: tuple[str, str]) -> dict[str, int]:
    """By document, on how many segments the two differ and nobody has resolved it."""
    third, rows = agreed_coder(desk), between(desk, pair)
    touched = {c.document for c in desk.study.codings if c.coder == third}
    touched |= {r.document for r in desk.study.readings if r.coder == third}
    return {
        d: sum(r.open for r in compared(desk, d, pair)) if d in touched else sum(a != b for _, a, b, *_ in found)
        for d, found in rows.items()
    }


def path_of(study: OpenStudy) -> list[Step]:
    """The path of the job with the state of each step; at most one is the next."""
    desk = study.desk()
    found = desk.study
    coded = {c.coder for c in found.codings} & set(desk.people)
    count = len(found.documents)
    steps = [Step("Transcripts", "done" if count else "open", _counted(count, "document"), "bring", "Bring in transcripts")]
    if coded:
        codings = sum(c.coder in coded for c in found.codings)
        said = f"{_counted(len(coded), 'coder')} with {_counted(codings, 'coding')}"
        steps.append(Step("Coders", "done", said, "bring"))
    else:
        steps.append(Step("Coders", "open", "nobody has coded yet", "code", "Code the first interviews"))
    if len(coded) > 1:
        pair = pair_of(desk)
        differ = sum(left(desk, pair).values())
        said = f"{_counted(differ, 'disagreement')} open" if differ else "no disagreement is open"
        steps.append(Step("Agreement", "open" if differ else "done", said, "compare", "Look at the disagreements"))
    steps.append(_model_step(study))
    if study.has_model:
        steps.append(_review_step(desk))
    made = len(study.written("dossier"))
    said = "written" if made else "not written yet"
    steps.append(Step("Dossier", "done" if made else "open", said, "dossier", "Write the dossier"))
    at = next((n for n, s in enumerate(steps) if s.state in ("open", "stale")), None)
    return [replace(s, state="next") if n == at and s.state == "open" else s for n, s in enumerate(steps)]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}" if number else f"no {noun} yet"


def _review_step(desk: Desk) -> Step:
    coded = {c.document for c in desk.study.codings} | desk.advice.learnt
    new = sum(d.id not in coded for d in desk.study.documents)
    decided = sum(e.decision.action in ("accept", "reject", "other") for e in standing(desk.standing.entries))
    if not (new or decided):
        return Step("Review", "open", "no new interview yet: bring some in", "bring", "Bring in new interviews")
    said = f"{decided:,} suggestion{'s' * (decided != 1)} decided"
    said += f", {_counted(new, 'interview')} not looked at" if new else ""
    return Step("Review", "open" if new else "done", said, "code", "Review suggestions")


def _model_step(study: OpenStudy) -> Step:
    reading = study.reading
    if not study.has_model:
        return Step("Model", "open", "not trained yet", "model", "Train the model")
    if reading and reading.fault:
        return Step("Model", "stale", reading.fault, "model", "Train the model again")
    if study.changed:
        return Step("Model", "stale", "the codebook has changed since it was trained", "model", "Train the model again")
    return Step("Model", "done", "trained", "model")


async def overview(request: Request, study: OpenStudy, seat: Session) -> Response:
    """What a study holds, and what comes next."""
    if not study.store.is_file():
        return moved(f"{study.base}/bring")
    steps = path_of(study)
    going = next((s for s in steps if s.state in ("next", "stale")), None)
    notice, sizes = study.desk().study.notice, study.sizes()
    copies, back = backups(study.store), request.query_params.get("back", "")
    return html(
        fragment(
            "overview.html",
            study=study,
            seat=seat,
            room="overview",
            steps=steps,
            going=going,
            sizes=sizes,
            now=sizes,
            copies=copies,
            later=later_rounds(study.folder),
            back=next((c for n, c in enumerate(copies, 1) if str(n) == back), None),
            notice=notice,
            job=study.jobs.last,
        )
    )


async def model(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Train the model, see how good it is."""
    desk = study.desk()
    known = people(desk)
    coders = known["humans"]
    counts = {c.id: sum(x.coder == c.id for x in desk.study.codings) for c in coders}
    return html(
        fragment(
            "model.html",
            study=study,
            seat=seat,
            room="model",
            coders=[c for c in coders if counts[c.id]],
            counts=counts,
            later=known["later"],
            card=_readable(study.tools.card(study.model)) if study.has_model else "",
            job=study.jobs.of("model", "evaluate", "encoder"),
            reading=study.reading,
            new=sum(d.id not in {c.document for c in desk.study.codings} for d in desk.study.documents),
            several="used" if _settings(study) else SEVERAL in added_encoders(),
        )
    )


def _readable(text: str) -> Markup:
    """A model card as a page shows it: its Markdown with headings and tables; everything else in it stays words."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    said = re.sub(r"^!\[.*\]\(.*\)$", "", plainly(text), flags=re.MULTILINE)  # its figure tells what the table below it tells
    page = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link"]).render(said)
    return Markup(page.replace(' style="text-align:right"', ' class="number"'))  # noqa: S704 (the policy forbids style within a page)


async def dossier(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Say what only the researchers know, and write the dossier."""
    record, fault = record_of(study.folder)
    asked = {} if fault else QUESTIONS
    said = [(name, text.removesuffix(" true or false"), getattr(record.record, name)) for name, text in asked.items()]
    return html(
        fragment(
            "dossier.html",
            study=study,
            seat=seat,
            room="dossier",
            said=said,
            files=study.written("dossier"),
            job=study.jobs.of("dossier"),
        )
    )


async def record(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Write what the researchers said into dossier.toml."""
    row = await read_json(request)
    if not isinstance(row, dict) or not set(row) <= QUESTIONS.keys():
        raise InputError("the form", "it is not what this page sends", "Reload the page.")
    for name, value in row.items():
        flag = name in ("independent", "suggestions_hidden")
        if not (value is None or isinstance(value, bool) if flag else isinstance(value, str) and len(value) < 8000):
            raise InputError("the form", "an answer is too long or of the wrong kind", "Shorten it.")
    state(study.folder / NAME, row)
    return data({"told": "Written down; it stands in the dossier when that is written again.", "parts": {}})


async def send(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Give the study back to the program it came from."""
    return html(
        fragment(
            "send.html",
            study=study,
            seat=seat,
            room="send",
            forms=FORMS,
            files=study.written("export"),
            job=study.jobs.of("send"),
        )
    )


async def file(request: Request, study: OpenStudy, seat: Session) -> Response:
    """A file that was written for the study; no other."""
    from starlette.responses import FileResponse

    path = study.files.get(request.path_params["name"])
    if path is None or not path.is_file():
        return html(fragment("fault.html", said="This file is no longer there. Write it again."), 404)
    return FileResponse(path, filename=path.name, content_disposition_type="attachment")


async def job(request: Request, study: OpenStudy, seat: Session) -> Response:
    """How the work beside the page stands, and how far the model has read."""
    last = study.jobs.last
    if study.learnt:
        study.desk()  # notices the new model
    reading = study.reading
    fields = ("done", "total", "fault", "whole")
    told = {k: getattr(reading, k) for k in fields} | {"of": study.made[0]} if reading else None
    return data({"job": last.to_json() if last else None, "reading": told, "learning": study.learning, "learnt": study.learnt})


async def learning(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Say whether the model is trained again after each interview reviewed."""
    row = await read_json(request)
    wanted = row.get("wanted") if isinstance(row, dict) else None
    if not isinstance(wanted, bool):
        raise InputError("the request", "it is not what this page sends", "Reload the page.")
    study.set_learns(wanted)
    return data({"say": "Kept.", "saved": seat.saved})


def working(known: Mapping[str, Callable[[OpenStudy, Mapping[str, Any]], tuple[str, Sequence[str]]]]) -> Handler:
    """What begins long work beside the page, or stops it.

    Args:
        known: From what the page asks for to the title and the words of the command line that do it.
    """

    async def work(request: Request, study: OpenStudy, seat: Session) -> Response:
        """Begin, stop or tell of work, as the page asks."""
        from starlette.concurrency import run_in_threadpool

        row = await read_json(request)
        row = row if isinstance(row, dict) else {}
        asked = row.get("do")
        if asked == "cancel":
            study.jobs.cancel()
        elif isinstance(asked, str) and asked in known:
            title, arguments = known[asked](study, row)
            await run_in_threadpool(study.jobs.start, asked, title, arguments)
        else:
            raise InputError("the request", "it is not what this page sends", "Reload the page.")
        return data({"reload": True})

    return work


def _settings(study: OpenStudy) -> list[str]:
    """The settings that the study's model was trained with, for what is done anew beside it."""
    try:
        known = json.loads(file_text(study.model / "manifest.json")[0])["encoder"]["name"]
    except (AutocodeError, ValueError, KeyError, TypeError):
        return []
    return ["--config", SEVERAL] if known == SEVERAL else []


def _train(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    if study.named:
        raise StudyError("this model", "the desk was opened with it, and leaves it as it is", "Open the study without a model.")
    chosen = row.get("coders", [])
    known = set(study.desk().people)
    if not isinstance(chosen, list) or not set(map(str, chosen)) <= known:
        raise InputError("the coders", "the study does not have them", "Reload the page.")
    options = ["--coders", ",".join(map(str, chosen))] if chosen and len(chosen) < len(known) else []
    options += ["--effort", "full"] if row.get("effort") == "full" else []
    options += ["--config", SEVERAL] if row.get("language") == "several" else []
    return "Training the model", ["train", str(study.folder.resolve()), "--out", str(study.model.resolve()), *options]


def _evaluate(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return "Comparing the model with the coders", ["evaluate", str(study.folder.resolve()), *_settings(study)]


def _report(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    options = _settings(study) if row.get("machine") is True else ["--no-machine"]
    options += ["--size", "journal"] if row.get("size") == "journal" else []
    return "Writing the dossier", [
        "report",
        str(study.folder.resolve()),
        "--out",
        str(study.folder.resolve() / "dossier"),
        *options,
    ]


def _export(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    form = FORMS.get(str(row.get("form")))
    if form is None:
        raise InputError("the program", "it is none of the list", "Reload the page.")
    options = ["--model", str(study.model.resolve())] if row.get("suggestions") is True and study.has_model else []
    options += ["--table", "codings"] if row.get("form") == "table" else []
    out = study.folder.resolve() / "export" / f"{study.folder.name}{form[1]}"
    return f"Writing a file for {form[0]}", ["export", str(study.folder.resolve()), "--out", str(out), *options]


WORK: dict[str, Callable[[OpenStudy, Mapping[str, Any]], tuple[str, Sequence[str]]]] = {
    "model": _train,
    "evaluate": _evaluate,
    "encoder": lambda study, row: ("Fetching the encoder for several languages", ["encoder", "add", SEVERAL]),
    "dossier": _report,
    "send": _export,
}
"""From what the page asks for to the verb of the command line that does it."""

PAGES: dict[str, Handler] = {
    "": overview,
    "/model": model,
    "/dossier": dossier,
    "/send": send,
    "/file/{name}": file,
    "/job": job,
}
POSTS: dict[str, Handler] = {"/record": record, "/learning": learning}
