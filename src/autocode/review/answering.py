"""What the review page answers with; Starlette comes with the first answer, so that other verbs start at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
