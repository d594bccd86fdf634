"""A person at a browser: what he can do on the web client, and what he sees.

Uses the marks (`data-testid`) that client/README.md lists. Every visitor's errors are collected; a
test fails if there are any that it did not expect.
"""

import re
from itertools import count

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from support.naive import Move

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
_numbers = count()
_LEGAL = re.compile(r"\blegal\b")


def fresh_name(stem: str) -> str:
    """A name that no test had before."""
    return f"{stem}-{next(_numbers)}"


def cell_id(move: Move) -> str:
    sub_x, sub_y, x, y = move
    return f"cell-{3 * sub_y + sub_x}-{3 * y + x}"


class Visitor:
    """One browser profile with one page; further pages are further tabs."""

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        usual: dict[str, object] = {"viewport": DESKTOP, "locale": "en", "color_scheme": "light"}
        self.url = url
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.context: BrowserContext = browser.new_context(**{**usual, **options})  # type: ignore[arg-type]
        self.context.set_default_timeout(15_000)
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("websocket", lambda socket: self.hosts.add(socket.url.split("/")[2]))
        return page

    def mark(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def open(self, path: str = "") -> "Visitor":
        self.page.goto(self.url + path)
        return self

    def be_guest(self, name: str) -> "Visitor":
        """Come in without an account and without looking for an opponent."""
        self.open()
        self.mark("name").fill(name)
        self.mark("play-friend").click()
        expect(self.mark("challenge-link")).to_be_visible()
        return self

    def log_in(self, name: str, password: str) -> "Visitor":
        """Try to log in or register; does not wait for the answer."""
        self.open()
        if not self.mark("password").is_visible():
            self.mark("toggle-account").click()
        self.mark("name").fill(name)
        self.mark("password").fill(password)
        self.mark("log-in").click()
        return self

    def invite(self, name: str) -> None:
        self.mark("invite-name").fill(name)
        self.mark("invite").click()
        expect(self.mark("big-board")).to_be_visible()

    def open_match(self) -> None:
        """Go to the one match that there is."""
        if not self.mark("big-board").is_visible():
            self.mark("match-card").first.click()
        expect(self.mark("big-board")).to_be_visible()

    def play(self, move: Move) -> None:
        cell = self.mark(cell_id(move))
        expect(cell).to_have_class(_LEGAL)
        cell.click()

    def marks(self) -> int:
        """How many marks are on the board."""
        return self.page.locator("[data-mark='1'], [data-mark='2']").count()

    def close(self) -> None:
        try:
            self.context.close()
        except Error:
            self.errors.append("the browser had gone before the test ended")


def play_game(first: Visitor, second: Visitor, game: tuple[Move, ...]) -> None:
    """Play all moves; each one is seen by the opponent before he answers."""
    players = (first, second)
    for ply, move in enumerate(game):
        players[ply % 2].play(move)
        seen = players[1 - ply % 2].mark(cell_id(move))
        expect(seen).to_have_attribute("data-mark", str(1 + ply % 2))
