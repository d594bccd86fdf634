"""Asks the JSON API as any program would: one request, one connection, no WebSocket."""

import asyncio
import http.client
import json
from typing import Any, NamedTuple

from support.server import Server

PATIENCE = 90.0
"""Seconds for an analysis to be there; only a broken server makes a test wait so long."""


class Answer(NamedTuple):
    """What the API has answered. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    data: Any


def path_of(match_id: str) -> str:
    return f"/api/matches/{match_id}/analysis"


async def ask(server: Server, method: str, path: str, **headers: str) -> Answer:
    """Make a request; an underscore in the name of a header stands for a hyphen."""
    return await asyncio.to_thread(_ask, server, method, path, headers)


def _ask(server: Server, method: str, path: str, headers: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=sent)
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        body = response.read()
        is_json = names.get("content-type", "").startswith("application/json")
        return Answer(response.status, names, json.loads(body) if is_json else body)
    finally:
        connection.close()


async def wait_for_analysis(server: Server, match_id: str) -> list[Answer]:
    """Look again and again until there is something else than progress; return all answers."""
    answers = [await ask(server, "GET", path_of(match_id))]
    async with asyncio.timeout(PATIENCE):
        while answers[-1].status == 202:
            await asyncio.sleep(0.1)
            answers.append(await ask(server, "GET", path_of(match_id)))
    return answers
