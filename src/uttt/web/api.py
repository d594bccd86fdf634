"""The JSON API, for who does not hold a WebSocket: the analyses of finished matches.

Nobody logs in here. Whoever knows the id of a match, 128 random bits, has it from one of its
players. What is asked and answered is decided elsewhere; here it becomes statuses and JSON.
"""

from http import HTTPStatus
from typing import Final, assert_never

import msgspec
from aiohttp import web

from uttt.domain.refusals import Code, Refused
from uttt.service.analyst import Analyst, Asker, Progress, Report
from uttt.service.limits import RateLimit
from uttt.storage.failures import Unavailable
from uttt.web.addresses import Addresses
from uttt.wire.analysis import ProgressData, analysis_data

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_STATUSES: Final = {
    Code.UNKNOWN_MATCH: HTTPStatus.NOT_FOUND,
    Code.NOT_ANALYSED: HTTPStatus.NOT_FOUND,
    Code.MATCH_RUNNING: HTTPStatus.CONFLICT,
    Code.TOO_FAST: HTTPStatus.TOO_MANY_REQUESTS,
    Code.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Of refusals; all others are faults of ours."""
_PATIENCE: Final = {Code.BUSY: 60, Code.UNAVAILABLE: 5}
"""Seconds after which it may be worth while to ask again."""
_ASK_AGAIN_AFTER: Final = 1
"""Seconds between two questions how far an analysis has come."""


class Api:
    """The request handlers of the JSON API."""

    def __init__(self, analyst: Analyst, addresses: Addresses, requests: RateLimit) -> None:
        """`requests`: how many each address may make; the analyst counts those that may begin
        something.
        """
        self._analyst = analyst
        self._addresses = addresses
        self._requests = requests

    async def get_analysis(self, request: web.Request) -> web.Response:
        """Answer with the analysis that there is, or how far it has come."""
        return await self._answer(request, begin=False)

    async def post_analysis(self, request: web.Request) -> web.Response:
        """Have a match analysed, unless it is already."""
        return await self._answer(request, begin=True)

    async def _answer(self, request: web.Request, *, begin: bool) -> web.Response:
        address = self._addresses.of(request, request.remote)
        public_id = request.match_info["id"]
        if not begin and not self._requests.take(address):
            return _refusal(Refused(Code.TOO_FAST), self._requests.patience)
        try:
            if begin:
                found = await self._analyst.request(public_id, Asker(address))
            else:
                found = await self._analyst.look(public_id)
        except Refused as refused:
            return _refusal(refused, self._patience(refused.code))
        except Unavailable:
            return _refusal(Refused(Code.UNAVAILABLE), _PATIENCE[Code.UNAVAILABLE])
        match found:
            case Report():
                return _json(HTTPStatus.OK, analysis_data(*found))
            case Progress():
                return _json(HTTPStatus.ACCEPTED, ProgressData(*found), _ASK_AGAIN_AFTER)
            case _:
                assert_never(found)

    def _patience(self, code: Code) -> int | None:
        return self._analyst.patience if code is Code.TOO_FAST else _PATIENCE.get(code)


def _refusal(refused: Refused, patience: int | None) -> web.Response:
    status = _STATUSES.get(refused.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    return _json(status, {"code": refused.code.value, "msg": refused.msg}, patience)


def _json(status: HTTPStatus, content: object, patience: int | None = None) -> web.Response:
    headers = _HEADERS if patience is None else {**_HEADERS, "Retry-After": str(patience)}
    return web.Response(
        status=status,
        body=msgspec.json.encode(content),
        content_type="application/json",
        headers=headers,
    )
