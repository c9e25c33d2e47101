"""What stands before every request: the local machine only, one browser only, small bodies only.

Recipe: loopback address and a fixed list of hosts against DNS rebinding; a one-time token that
becomes an HttpOnly, SameSite=Strict cookie; Sec-Fetch-Site, else Origin, against cross-site
requests (the rule of Datasette and of the Fetch Metadata specification); a content security
policy without any `unsafe-` word; nothing cached, nothing framed, no referrer.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode.agreement.estimate import apa
from autocode.desk.advice import ReviewSession
from autocode.desk.jobs import plainly
from autocode.errors import InputError
from autocode.store.backups import RECORDINGS
from autocode.store.records import MIME, Recording

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request
    from starlette.responses import Response


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; everything put into them is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("autocode.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals |= {"apa": apa}
    found.filters["plainly"] = plainly
    return found


def fragment(template: str, **values: Any) -> str:
    """A template filled in; everything is escaped."""
    return environment().get_template(template).render(**values)


def html(text: str, status: int = 200) -> Response:
    """A page."""
    from starlette.responses import HTMLResponse

    return HTMLResponse(text, status)


def data(values: Any, status: int = 200) -> Response:
    """JSON for the page's own script."""
    from starlette.responses import JSONResponse

    return JSONResponse(values, status)


def plain(text: str, status: int) -> Response:
    """A refusal in one line."""
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(text, status)


def moved(place: str) -> Response:
    """Go and look there (303)."""
    from starlette.responses import RedirectResponse

    return RedirectResponse(place, 303)


if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LONGEST = 4000  # characters of a note
_TURN = 30_000  # characters of a turn with its words corrected
LARGEST = 64 * 1024
"""Bytes of a request body."""

UPLOAD = "/upload"
"""How the addresses end to which files are sent."""

LARGEST_FILE = 200 * 2**20
"""Bytes of a file sent."""


def _limit(path: str) -> int:
    return LARGEST_FILE if path.endswith(UPLOAD) else LARGEST


HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


async def read_json(request: Request) -> object:
    """The JSON of a request.

    Raises:
        InputError: It is none, or is nested too deeply.
    """
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise InputError("the request", "it is not what this page sends", "Reload the page.") from error


@dataclass(frozen=True, slots=True)
class Ask:
    """What the page sends: everything in it is untrusted.

    Attributes:
        do: One of `ACTS`.
        document: Id of the document; `unit` is the id of the segment.
        code: Path of a code; `suggested` that of a suggestion.
        text: A note.
        edge: start or end, for `move`; `by` is the number of words.
        first: Where the words begin that a coding shall have, for `span`; `last` where they end.
        view: The key of the tab's order and filters.
        codes: For `agree`.
        least: Probability for `bulk`; `digest` is that of the preview.
    """

    do: str
    document: str = ""
    unit: str = ""
    code: str = ""
    suggested: str = ""
    text: str = ""
    start: int = -1
    end: int = -1
    edge: str = ""
    first: int = -1
    last: int = -1
    by: int = 0
    view: str = ""
    codes: tuple[str, ...] = ()
    least: float = 1.0
    digest: str = ""
    seconds: float = 0.0
    request: str = ""


def asked(row: object) -> Ask:
    """Check what the page sent.

    Raises:
        InputError: A field is unknown, of the wrong kind or too long.
    """
    wrong = InputError("the request", "it is not what this page sends", "Reload the page.")
    if not isinstance(row, dict) or not isinstance(row.get("do"), str):
        raise wrong
    kinds = {f.name: type(f.default) if f.name != "do" else str for f in fields(Ask)}
    made: dict[str, Any] = {}
    for name, value in row.items():
        kind = kinds.get(name)
        if kind is tuple and isinstance(value, list) and len(value) <= 200 and all(isinstance(v, str) for v in value):
            made[name] = tuple(value)
        elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            made[name] = min(max(float(value), 0.0), 36_000.0) if value == value else 0.0
        elif kind in (str, int) and type(value) is kind and len(str(value)) <= (_TURN if name == "text" else _LONGEST):
            made[name] = value
        else:
            raise wrong
    return Ask(**made)


@dataclass(frozen=True, slots=True)
class Place:
    """What one tab looks at; it is in the tab's own address, as numbers and random words that say nothing.

    Attributes:
        document: Id of the document; `unit` is the id of the segment.
        order: In which order segments that ask come.
        filters: What the segments shown have in common.
        key: What stands for order and filters in the address.
    """

    document: str = ""
    unit: str = ""
    order: str = "document"
    filters: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(slots=True)
class Session:
    """A browser at the desk, and who sits there. Lives in memory only.

    Attributes:
        seats: Under which conditions the person codes, by the number of the study.
        views: Orders and filters, by the key that stands for them in an address.
        saved: When this browser's last decision was saved.
    """

    name: str = ""
    seats: dict[int, ReviewSession] = field(default_factory=dict)
    views: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    saved: str = ""

    def place(self, key: str, document: str = "", unit: str = "") -> Place:
        """The place that an address names; without filters where the key is not known."""
        order, filters = self.views.get(key, ("document", {}))
        return Place(document, unit, order, filters, key if key in self.views else "")

    def view(self, order: str, filters: dict[str, str]) -> str:
        """The key for an order and filters, "" for none."""
        kept = {k: v for k, v in filters.items() if v}
        if not kept and order == "document":
            return ""
        for key, value in self.views.items():
            if value == (order, kept):
                return key
        self.views[key := secrets.token_urlsafe(6)] = order, kept
        return key


@dataclass(slots=True)
class Auth:
    """The tokens and the browsers that came in by them.

    Attributes:
        port: The server's.
        announce: Told the next one-time token, each time one is used up.
    """

    port: int
    announce: Callable[[str], None]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    seats: dict[str, Session] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        """Name of the cookie: cookies know no ports, so the name does."""
        return f"autocode-{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a request may call this server."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def enter(self, token: str) -> str | None:
        """The cookie for a right token, which is used up thereby; None for any other."""
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return None
        self.token, cookie = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.seats[cookie] = Session()
        self.announce(self.token)
        return cookie

    def seat(self, cookie: str | None) -> Session | None:
        """Who holds the cookie."""
        return self.seats.get(cookie or "")


class Guard:
    """Refuses what does not come from the page itself, and dresses every answer."""

    def __init__(self, app: ASGIApp, door: Auth) -> None:
        """Stand before an application."""
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        dressed = _dressing(send)
        if refusal:
            await plain(refusal[1], refusal[0])(scope, receive, dressed)
            return
        await self._app(scope, _limited(receive, _limit(scope["path"])), dressed)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        from starlette.datastructures import Headers

        headers, method = Headers(scope=scope), scope["method"]
        if headers.getlist("host") not in [[h] for h in self._door.hosts]:
            return 400, "This server answers to 127.0.0.1 and localhost only."
        if method not in ("GET", "HEAD", "POST"):
            return 405, "Only GET and POST are known here."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _limit(scope["path"]):
            return 413, "The request is too large."
        if method == "POST" and not self._own(headers):
            return 403, "The request comes from another page."
        return None

    def _own(self, headers: Headers) -> bool:
        """Whether a POST comes from our own page."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if origin is not None and origin != f"http://{headers['host']}":
            return False
        return site == "same-origin" if site is not None else origin is not None


def _limited(receive: Receive, limit: int) -> Receive:
    """A body that grows beyond the limit without having said so is cut off."""
    read = 0

    async def limited() -> Message:
        """The next part of the body; beyond the limit the client is told that the connection has ended."""
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return {"type": "http.disconnect"} if read > limit else message

    return limited


def _dressing(send: Send) -> Send:
    from starlette.datastructures import MutableHeaders

    async def dressed(message: Message) -> None:
        """Send a message, with the headers for safety on the first."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return dressed


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as the page knows it.

    Attributes:
        address: Where the page gets it: a random name, for no address holds anything of the study.
        fault: Why it cannot be played, "" where it can.
    """

    address: str
    fault: str = ""


@dataclass(slots=True)
class AudioFiles:
    """The recordings that the server gives out, and no other file.

    Attributes:
        store: The study file.
    """

    store: Path
    _names: dict[str, str] = field(default_factory=dict)
    _checked: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def heard(self, known: Mapping[str, Recording], document: str, base: str) -> Heard | None:
        """The recording of a document; None where none is attached."""
        if document not in known:
            return None
        name = self._names.setdefault(document, secrets.token_urlsafe(16))
        return Heard(f"{base}/audio/{name}", known[document].fault(self.store))

    def loose(self, known: Mapping[str, Recording]) -> list[Path]:
        """The recordings in the study's folder that no document has, as after one was taken away from its document."""
        taken = {r.file(self.store) for r in known.values()}
        return [
            p for p in sorted((self.store.parent / RECORDINGS).glob("[!.]*.*")) if p.suffix.lower() in MIME and p not in taken
        ]

    def file(self, known: Mapping[str, Recording], name: str) -> tuple[Path, str] | None:
        """The file under a random name and its MIME type; None where it is not the file that was attached."""
        recording = next((known[d] for d, n in self._names.items() if n == name and d in known), None)
        if recording is None or recording.fault(self.store):
            return None
        path = recording.file(self.store)
        changed = path.stat().st_mtime_ns
        if self._checked.get(recording.sha256, (0, False))[0] != changed:
            self._checked[recording.sha256] = changed, recording.holds(self.store)
        return (path, MIME[path.suffix.lower()]) if self._checked[recording.sha256][1] else None
