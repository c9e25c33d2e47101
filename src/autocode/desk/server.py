"""The server of the review page: Starlette, on this computer alone.

Requests are handled one after another in one thread, so that a decision is never interleaved with
another. An address never holds anything about the study; nothing is logged.
"""

from __future__ import annotations

import gc
import json
import socket
import unicodedata
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from autocode.desk.acts import ACTS, act, asked, preview
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Auth, Guard, data, html, moved
from autocode.desk.pages import AudioFiles, Heard, after, editor, fragment, login_page, losing, page, previewed
from autocode.desk.queue import ORDERS
from autocode.desk.recode import STEPS, agree, step
from autocode.desk.session import Desk
from autocode.desk.view import FILTERS, Session, following, listed, pane
from autocode.desk.wording import digest_of
from autocode.errors import AutocodeError, InputError, StudyError
from autocode.trail import BACK

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    _Handler = Callable[[Request, Session], Awaitable[Response]]

_LONGEST_NAME = 80
_STATIC = Path(__file__).parent / "static"


class Server:
    """The routes over a desk.

    Attributes:
        share: Of the segments whose suggestions are hidden until decided.
        coder: Id of the coder who is logged in without asking, "" where the page asks.
    """

    def __init__(self, desk: Desk, door: Auth, share: float = 0.1, coder: str = "", blind: bool = False) -> None:
        """Serve a desk to those who come in by a door."""
        self.desk, self.door, self.share, self.coder, self.blind = desk, door, share, coder, blind
        self.shelf = AudioFiles(desk.path)

    @property
    def app(self) -> Starlette:
        """The application, guarded."""
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.routing import Mount, Route
        from starlette.staticfiles import StaticFiles

        posts = {
            "/login": self.login,
            "/logout": self.logout,
            "/view": self.look,
            "/pane": self.pane,
            "/next": self.next,
            "/preview": self.preview,
            "/edit": self.edit,
            "/do": self.do,
        }
        routes: list[Any] = [Route("/", self.show, methods=["GET"]), Route("/audio/{name}", self.audio, methods=["GET"])]
        routes += [Route(path, self._guarded(handler), methods=["POST"]) for path, handler in posts.items()]
        routes.append(Mount("/static", StaticFiles(directory=_STATIC)))
        return Starlette(routes=routes, middleware=[Middleware(Guard, door=self.door)])

    def seat(self, request: Request) -> Session | None:
        """Who holds the request's cookie; a coder named at the start sits down at once."""
        seat = self.door.seat(request.cookies.get(self.door.cookie))
        if seat and not seat.sitting and self.coder:
            self._sit(seat, self.coder, self.blind)
        return seat

    async def show(self, request: Request) -> Response:
        """The page; or, with the token of the printed address, the cookie for it."""
        if token := request.query_params.get("token"):
            cookie = self.door.enter(token)
            if cookie:
                answer = moved("/")
                answer.set_cookie(self.door.cookie, cookie, httponly=True, samesite="strict", path="/")
                return answer
        seat = self.seat(request)
        if not seat:
            return html(fragment("closed.html"), 403)
        try:
            self.desk.refresh()
            shown = page(self.desk, seat, self._heard) if seat.sitting else login_page(self.desk, self.blind)
            return html(shown)
        except Exception as error:
            return html(fragment("fault.html", said=_said(error)), 500)

    def _heard(self, document: str) -> Heard | None:
        return self.shelf.heard(self.desk.recordings, document)

    async def audio(self, request: Request) -> Response:
        """An attached recording, whole or the part asked for; no other file."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import FileResponse

        seat = self.seat(request)
        if not seat or not seat.sitting:
            return html(fragment("closed.html"), 403)
        found = await run_in_threadpool(self.shelf.file, self.desk.recordings, request.path_params["name"])
        return FileResponse(found[0], media_type=found[1]) if found else html("", 404)

    def _guarded(self, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
        """Refuse strangers, and turn every fault into one line."""
        from starlette.requests import ClientDisconnect

        async def guarded(request: Request) -> Response:
            seat = self.seat(request)
            if not seat:
                return data({"error": "This page is closed. Open the address that the terminal shows."}, 403)
            try:
                self.desk.refresh()
                return await handler(request, seat)
            except ClientDisconnect:
                return data({"error": "The request is too large."}, 413)
            except AutocodeError as error:
                return data({"error": _said(error)}, 400 if isinstance(error, InputError) else 409)
            except Exception as error:  # the last resort: said in one line, without a word of data
                return data({"error": _said(error)}, 500)

        return guarded

    async def login(self, request: Request, seat: Session) -> Response:
        """Sit down under a name."""
        try:
            form = parse_qs((await request.body()).decode(), max_num_fields=5)
        except ValueError as error:
            raise InputError("the form", "it cannot be read", "Go back and try again.") from error
        self._sit(seat, form.get("coder", [""])[0], "blind" in form)
        return moved("/")

    def _sit(self, seat: Session, name: str, blind: bool) -> None:
        known = {c.name or c.id: c for c in self.desk.study.coders} | {c.id: c for c in self.desk.study.coders}
        name = unicodedata.normalize("NFC", name.strip())
        found = known.get(name)
        control = any(unicodedata.category(c) in ("Cc", "Cs", "Cf") for c in name)
        if not name or len(name) > _LONGEST_NAME or control or (found and found.kind != "human"):
            raise StudyError("this name", "a coder's name has 1 to 80 letters and is no machine's", "Choose another.")
        seat.sitting = ReviewSession(found.id if found else name, blind, self.share, self.desk.advice.model)
        seat.name = (found.name or found.id) if found else name

    async def logout(self, request: Request, seat: Session) -> Response:
        """Let another coder sit down at this browser."""
        seat.sitting, seat.current, seat.page = None, {}, "code"
        return data({"reload": True})

    async def look(self, request: Request, seat: Session) -> Response:
        """Change what is on the screen; nothing in the study."""
        row = await _body(request)
        if not isinstance(row, dict) or not all(isinstance(v, str) and len(v) < 4000 for v in row.values()):
            raise InputError("the request", "it is not what this page sends", "Reload the page.")
        if row.get("order") in ORDERS:
            seat.order = row["order"]
        if row.get("page") in ("code", "compare", "codebook"):
            seat.page = row["page"]
        seat.filters |= {k: v for k, v in row.items() if k in FILTERS}
        if "clear" in row:
            seat.filters = {}
        if row.get("document") in self.desk.advice.items:
            seat.document = row["document"]
        elif seat.filters and (found := listed(self.desk, seat)) and seat.document not in {d.id for d in found}:
            seat.document = found[0].id
        if "first" in row or "second" in row:
            seat.pair = row.get("first", seat.pair[0]), row.get("second", seat.pair[1])
        return data({"reload": True})

    async def pane(self, request: Request, seat: Session) -> Response:
        """Look at another segment."""
        ask, sitting = asked(await _body(request)), _sitting(seat)
        item = self.desk.item((ask.document, ask.unit))
        return self._look(seat, sitting, item)

    def _look(self, seat: Session, sitting: ReviewSession, item: Item) -> Response:
        seat.document, seat.current[item.segment.document] = item.segment.document, item.segment.id
        shown = fragment("pane.html", desk=self.desk, seat=seat, **pane(self.desk, seat, sitting, item))
        return data({"parts": {"pane": shown}, "current": self.desk.number(item)})

    async def next(self, request: Request, seat: Session) -> Response:
        """Go to the next segment that asks, in the seat's order."""
        ask, sitting = asked(await _body(request)), _sitting(seat)
        item = following(self.desk, seat, sitting, self.desk.item((ask.document, ask.unit)))
        if item is None:
            return data({"say": "All segments that asked for you are decided."})
        if item.segment.document != seat.document:
            seat.document, seat.current[item.segment.document] = item.segment.document, item.segment.id
            return data({"reload": True})
        return self._look(seat, sitting, item)

    async def preview(self, request: Request, seat: Session) -> Response:
        """Show what accepting in bulk would code."""
        ask, sitting = asked(await _body(request)), _sitting(seat)
        found, digest = preview(self.desk, sitting, ask)
        return data({"parts": {"previewed": previewed(self.desk, ask, found, digest)}})

    async def edit(self, request: Request, seat: Session) -> Response:
        """Open or close the field in which the words of a segment are corrected."""
        ask, sitting = asked(await _body(request)), _sitting(seat)
        return data(editor(self.desk, sitting, self.desk.item((ask.document, ask.unit)), ask.edge == "open"))

    async def do(self, request: Request, seat: Session) -> Response:
        """Write a decision; the answer comes after it is on the disk."""
        ask, sitting = asked(await _body(request)), _sitting(seat)
        if self.desk.standing.repeated(ask.request):
            return data({"reload": True, "saved": seat.saved})
        if ask.do == "agree":
            decisions = agree(self.desk, sitting, ask)
        elif ask.do in STEPS:
            decisions = [step(self.desk, sitting, ask)]
        else:
            decisions = act(self.desk, sitting, ask)
        if (lost := decisions[0].effects.lost if ask.do == "correct" else ()) and ask.digest != digest_of(lost):
            return data(losing(self.desk, lost, digest_of(lost)))
        self.desk.write(decisions, seat.name)
        seat.saved = _clock()
        if ask.do not in ACTS and ask.do not in BACK:
            return data({"reload": True, "saved": seat.saved})
        return data({**after(self.desk, seat, sitting, decisions), "saved": seat.saved})


def _sitting(seat: Session) -> ReviewSession:
    if not seat.sitting:
        raise StudyError("this page", "nobody has logged in", "Reload the page.")
    return seat.sitting


async def _body(request: Request) -> object:
    """The JSON of a request.

    Raises:
        InputError: It is none, or is nested too deeply.
    """
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise InputError("the request", "it is not what this page sends", "Reload the page.") from error


def _clock() -> str:
    return datetime.now().strftime("%H:%M:%S")


def _said(error: Exception) -> str:
    if isinstance(error, AutocodeError):
        return str(error)
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
    """Run until interrupted."""
    import uvicorn

    settle()
    config = uvicorn.Config(
        server.app, log_level="critical", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[bound])
