"""What stands before every request: the local machine only, one browser only, small bodies only.

Recipe: loopback address and a fixed list of hosts against DNS rebinding; a one-time token that
becomes an HttpOnly, SameSite=Strict cookie; Sec-Fetch-Site, else Origin, against cross-site
requests (the rule of Datasette and of the Fetch Metadata specification); a content security
policy without any `unsafe-` word; nothing cached, nothing framed, no referrer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autocode.desk.view import Session

if TYPE_CHECKING:
    from starlette.responses import Response


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

LARGEST = 64 * 1024
"""Bytes of a request body."""

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
        await self._app(scope, _limited(receive), dressed)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        from starlette.datastructures import Headers

        headers, method = Headers(scope=scope), scope["method"]
        if headers.getlist("host") not in [[h] for h in self._door.hosts]:
            return 400, "This server answers to 127.0.0.1 and localhost only."
        if method not in ("GET", "HEAD", "POST"):
            return 405, "Only GET and POST are known here."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST:
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


def _limited(receive: Receive) -> Receive:
    """A body that grows beyond the limit without having said so is cut off."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return {"type": "http.disconnect"} if read > LARGEST else message

    return limited


def _dressing(send: Send) -> Send:
    from starlette.datastructures import MutableHeaders

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return dressed
