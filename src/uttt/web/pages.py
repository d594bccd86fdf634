"""The web client's files: which there are, how long browsers may keep them, what they may do.

The files are made by the build (`client/`, `hatch_build.py`). Nothing here looks outside of the
list that was made at the start, so no path in a request can lead anywhere else.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

CLIENT: Final = Path(__file__).parent / "client"
_COMPRESSED: Final = (".br", ".gz")
_PAGES_OF_THE_CLIENT: Final = ("/challenge/",)
"""Addresses below these are pages that the client itself makes."""

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self' ws: wss:; manifest-src 'self'; worker-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_EACH_TIME: Final = {"Cache-Control": "no-cache"}


class Pages:
    """Answers requests for the web client."""

    def __init__(self, directory: Path = CLIENT) -> None:
        self._files = {
            f"/{path.relative_to(directory).as_posix()}": path
            for path in directory.rglob("*")
            if path.is_file() and path.suffix not in _COMPRESSED
        }

    def find(self, path: str) -> web.StreamResponse:
        """Return the answer to a GET of `path`. Raises HTTPNotFound.

        aiohttp sends the .br or .gz variant of a file to whoever accepts it.
        """
        if path == "/" or path.startswith(_PAGES_OF_THE_CLIENT):
            path = "/index.html"
        file = self._files.get(path)
        if file is None:
            raise web.HTTPNotFound(text="There is nothing here.\n", headers=SECURITY_HEADERS)
        # the build puts a hash of the content into the name of everything in assets
        caching = _FOREVER if path.startswith("/assets/") else _ASK_EACH_TIME
        return web.FileResponse(file, headers={**SECURITY_HEADERS, **caching})
