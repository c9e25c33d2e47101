"""The server of the desk: Starlette, on this computer alone.

Requests are handled one after another in one thread, so that a decision is never interleaved with
another. An address never holds anything about a study; nothing is logged.
"""

from __future__ import annotations

import gc
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from autocode.desk import again, bring, codes, coding, compare, people, rooms, second_look
from autocode.desk.acts import act, digest_of, new_code
from autocode.desk.advice import ReviewSession
from autocode.desk.guard import Ask, Auth, Guard, Session, asked, data, fragment, html, moved, read_json
from autocode.desk.jobs import plainly
from autocode.desk.session import Desk
from autocode.desk.studies import OpenStudy, Studies, seated, sit
from autocode.errors import AutocodeError, InputError, StoreError, StudyError
from autocode.footprint import temporary_folder
from autocode.formats.staged import Incoming
from autocode.store.backups import attach_copy, backup
from autocode.store.records import attach, detach
from autocode.trail import Decision

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request, OpenStudy, Session], Awaitable[Response]]

_STATIC = Path(__file__).parent / "static"
_WANTED = ("codes", "codes/tables", "memos", "compare", "second", "second/twice")


async def login_page(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Who are you?"""
    desk = study.desk()
    names = [c.name or c.id for c in desk.study.coders if c.kind == "human"]
    asked_ = {name: request.query_params.get(name, "") for name in ("to", "blind")}
    return html(fragment("login.html", study=study, desk=desk, names=names, seat=seat, **asked_))


async def login(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Sit down under a name."""
    try:
        form = parse_qs((await request.body()).decode(), max_num_fields=5)
    except ValueError as error:
        raise InputError("the form", "it cannot be read", "Go back and try again.") from error
    sit(study, seat, form.get("coder", [""])[0], "blind" in form)
    to = form.get("to", [""])[0]  # the room that one came for
    return moved(f"{study.base}/{to if to in _WANTED else 'code'}")


async def logout(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Let another coder sit down at this browser."""
    seat.seats.pop(study.number, None)
    return data({"go": f"{study.base}/login"})


_MASS = ("bulk", "rest", "agree-all")  # before which a dated copy of the study is made


async def do(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Write a decision; the answer comes after it is on the disk."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    if desk.standing.repeated(ask.request):
        return data({"reload": True, "saved": seat.saved})
    decisions = decided(desk, sitting, ask)
    if (lost := decisions[0].effects.lost if ask.do == "correct" else ()) and ask.digest != digest_of(lost):
        return data(coding.losing(desk, lost, digest_of(lost)))
    if ask.do in _MASS:
        backup(desk.path, "mass act")
    desk.write(decisions, seat.name)
    seat.saved = datetime.now().strftime("%H:%M:%S")
    if ask.view == "again":
        answer = again.after(study, sitting, ask)
    elif ask.view == "meeting":
        answer = second_look.after_talk(study, ask)
    elif ask.do in ("agree", "agree-all"):
        answer = compare.resolved(desk, ask)
    elif ask.do in codes.STEPS or ask.edge == "page":
        last = decisions[-1]
        answer = {"reload": True, **({"told": coding.taken_back(desk, last)} if last.undoes else {})}
    elif ask.do == "remark":
        answer = {"say": "Memo kept."}
    else:
        answer = coding.after(study, seat, sitting, decisions, ask)
        if ask.do not in ("undo", "redo") and study.finished(decisions[-1].document, sitting) and not sitting.blind:
            answer |= {"learning": True}
    return data({**answer, "saved": seat.saved})


def decided(desk: Desk, sitting: ReviewSession, ask: Ask) -> Sequence[Decision]:
    """The decisions that a request stands for, from whichever room it comes.

    Raises:
        AutocodeError: The request does not fit the study as it is.
    """
    if ask.do == "agree":
        return compare.agree(desk, sitting, ask)
    if ask.do == "agree-all":
        return compare.agree_all(desk, sitting, ask)
    if found := {**again.ACTS, **second_look.ACTS}.get((ask.do, ask.view)):
        return found(desk, sitting, ask)
    if ask.do == "remark":
        return [codes.remark(desk, sitting, ask)]
    if ask.do == "new":
        return new_code(desk, sitting, ask, codes.step(desk, sitting, Ask("code-add", code=ask.suggested, text=ask.text)))
    return [codes.step(desk, sitting, ask)] if ask.do in codes.STEPS else act(desk, sitting, ask)


async def audio(request: Request, study: OpenStudy, seat: Session) -> Response:
    """An attached recording, whole or the part asked for; no other file."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import FileResponse

    if not study.sitting(seat):
        return html(fragment("closed.html"), 403)
    found = await run_in_threadpool(study.audio.file, study.desk().recordings, request.path_params["name"])
    return FileResponse(found[0], media_type=found[1]) if found else html("", 404)


async def bring_recording(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The recording of a document, streamed into the study's folder and attached; an earlier one stays in its place there."""
    from starlette.concurrency import run_in_threadpool

    seated(study, seat)
    document, incoming = study.key_of(request.headers.get("x-document", "")), Incoming()
    try:
        path = incoming.begin(unquote(request.headers.get("x-name", "")))
        async for chunk in request.stream():
            if chunk:
                await run_in_threadpool(incoming.add, path, chunk)
        await run_in_threadpool(attach_copy, study.store, document, path)
    finally:
        incoming.close()
    return data({"reload": True})


async def keep_recording(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Take a recording away from its document, or attach one that lies in the study's folder."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    row = row if isinstance(row, dict) else {}
    seated(study, seat)
    document = study.key_of(str(row.get("document")))
    if row.get("do") == "remove":
        detach(study.store, [document])
    elif found := next((p for p in study.audio.loose(study.desk().recordings) if p.name == row.get("file")), None):
        await run_in_threadpool(attach, study.store, document, found)
    else:
        raise InputError("this recording", "it is no longer in the study's folder", "Choose the file again.")
    return data({"reload": True})


PAGES: dict[str, Handler] = {
    "/login": login_page,
    **coding.PAGES,
    **codes.PAGES,
    **compare.PAGES,
    **again.PAGES,
    **second_look.PAGES,
    "/audio/{name}": audio,
    **bring.PAGES,
    **rooms.PAGES,
    **people.PAGES,
}
"""What can be looked at in a study; nothing of it changes anything."""

POSTS: dict[str, Handler] = {
    "/login": login,
    "/logout": logout,
    "/do": do,
    "/recording": keep_recording,
    "/recording/upload": bring_recording,
    **coding.POSTS,
    **codes.POSTS,
    **compare.POSTS,
    **again.POSTS,
    **second_look.POSTS,
    **bring.POSTS,
    **rooms.POSTS,
    **people.POSTS,
    "/work": rooms.working({**rooms.WORK, **people.WORK}),
}
"""What can be asked of a study."""


BLIND = frozenset(
    {"/login", "/logout", "/do", "/job", "/audio/{name}", *coding.PAGES, *coding.POSTS, *codes.PAGES, *codes.POSTS}
)
"""What a person in blind mode may look at and ask for: nothing that rests on others' codings or on the model."""


class Server:
    """The routes over the studies of a folder.

    Attributes:
        coder: Whom to let sit down without asking, "" where the page asks.
        first: Where a browser that comes in goes first.
    """

    def __init__(self, studies: Studies, door: Auth, coder: str = "", blind: bool = False, first: str = "/") -> None:
        """Serve the studies to those who come in by a door."""
        self.studies, self.door, self.coder, self.blind, self.first = studies, door, coder, blind, first

    @property
    def app(self) -> Starlette:
        """The application, guarded."""
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.routing import Mount, Route
        from starlette.staticfiles import StaticFiles

        routes: list[Any] = [Route("/", self.home, methods=["GET"])]
        routes += [Route(path, self._answering(handler), methods=["POST"]) for path, handler in rooms.HOME.items()]
        routes += [Route(f"/s/{{study}}{p}", self._page(p, h), methods=["GET"]) for p, h in PAGES.items()]
        routes += [Route(f"/s/{{study}}{p}", self._post(p, h), methods=["POST"]) for p, h in POSTS.items()]
        routes.append(Mount("/static", StaticFiles(directory=_STATIC)))
        return Starlette(routes=routes, middleware=[Middleware(Guard, door=self.door)])

    def seat(self, request: Request) -> Session | None:
        """Who holds the request's cookie."""
        return self.door.seat(request.cookies.get(self.door.cookie))

    def _study(self, request: Request, seat: Session) -> OpenStudy:
        number = request.path_params["study"]
        study = self.studies.of(int(number) if number.isdecimal() and len(number) < 6 else 0)
        if study.away:
            raise StudyError("this study", "an earlier copy is being put in its place", "Reload the page in a moment.")
        if self.coder and study.number not in seat.seats and study.store.is_file():
            with suppress(StoreError):  # one that is damaged is told of where it is needed; its copies can be put back
                sit(study, seat, self.coder, self.blind)
        return study

    async def home(self, request: Request) -> Response:
        """The studies; or, with the token of the printed address, the cookie for them."""
        if token := request.query_params.get("token"):
            cookie = self.door.enter(token)
            if cookie:
                answer = moved(self.first)
                answer.set_cookie(self.door.cookie, cookie, httponly=True, samesite="strict", path="/")
                return answer
        seat = self.seat(request)
        if not seat:
            return html(fragment("closed.html"), 403)
        try:
            return html(rooms.home(self.studies, seat))
        except Exception as error:  # the last resort: said in one line, without a word of data
            return html(fragment("fault.html", said=said(error)), 500)

    def _page(self, path: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Show strangers nothing, and every fault as one line."""

        async def page(request: Request) -> Response:
            """Answer with the page, or with a page that says what is wrong."""
            seat = self.seat(request)
            if not seat:
                return html(fragment("closed.html"), 403)
            try:
                study = self._study(request, seat)
                if _kept_from(study, seat, path):
                    return moved(f"{study.base}/code")
                return await handler(request, study, seat)
            except Exception as error:
                status = 404 if isinstance(error, AutocodeError) and "address" in str(error) else 500
                copies = f"/s/{request.path_params['study']}/copies" if isinstance(error, StoreError) else ""
                return html(fragment("fault.html", said=said(error), copies=copies), status)

        return page

    def _post(self, path: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Refuse strangers, and turn every fault into one line."""

        async def in_study(request: Request, seat: Session) -> Response:
            """Answer for the study that the path names."""
            study = self._study(request, seat)
            if _kept_from(study, seat, path):
                raise StudyError("this room", "blind mode keeps it from you", "Log in without blind mode.")
            return await handler(request, study, seat)

        return self._guarded(in_study)

    def _answering(
        self, handler: Callable[[Request, Studies, Session], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def at_home(request: Request, seat: Session) -> Response:
            """Answer for all studies."""
            return await handler(request, self.studies, seat)

        return self._guarded(at_home)

    def _guarded(self, handler: Callable[[Request, Session], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        from starlette.requests import ClientDisconnect

        async def guarded(request: Request) -> Response:
            """Answer a person who is logged in; a fault is said in one line of JSON."""
            seat = self.seat(request)
            if not seat:
                return data({"error": "This page is closed. Open the desk again."}, 403)
            try:
                return await handler(request, seat)
            except ClientDisconnect:
                return data({"error": "The request is too large."}, 413)
            except AutocodeError as error:
                return data({"error": said(error)}, 400 if isinstance(error, InputError) else 409)
            except Exception as error:  # the last resort: said in one line, without a word of data
                return data({"error": said(error)}, 500)

        return guarded


def _kept_from(study: OpenStudy, seat: Session, path: str) -> bool:
    """Whether the person sits in blind mode and the room would show what that mode hides."""
    found = seat.seats.get(study.number)
    return found is not None and found.blind and path not in BLIND


def said(error: Exception) -> str:
    """A fault in one line, without a word of data."""
    if isinstance(error, AutocodeError):
        return plainly(str(error))
    return f"A fault of the program itself ({type(error).__name__}). Nothing is lost; reload the page."


def listen(port: int) -> socket.socket:
    """A socket on the loopback address alone; port 0 takes any that is free.

    Raises:
        InputError: The port is taken.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(64)
    except (OSError, OverflowError) as error:
        found.close()
        raise InputError(f"port {port}", "it cannot be used (taken or not allowed)", "Leave --port out.") from error
    return found


def answers(port: int) -> bool:
    """Whether a server listens on a loopback port."""
    try:
        with closing(socket.create_connection(("127.0.0.1", port), 0.3)):
            return True
    except OSError:
        return False


def settle() -> None:
    """Tell the collector of garbage to leave the desk alone: it stays, and looking through it halts a key press."""
    gc.collect()
    gc.freeze()


def serve(server: Server, bound: socket.socket) -> None:
    """Run until interrupted; work that is not finished then is stopped, and files dropped on a killed desk are gone."""
    import uvicorn

    temporary_folder()
    settle()
    config = uvicorn.Config(
        server.app, log_level="critical", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=1
    )
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        for study in server.studies.all():
            study.close()
