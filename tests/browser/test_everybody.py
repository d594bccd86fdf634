"""For everybody: axe finds nothing, nothing overflows; languages, motion, screen readers."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.visitor import DESKTOP, PHONE, Visitor, fresh_name

from .conftest import MakeVisitor

AXE = Path(__file__).parents[2] / "client" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 3840, "height": 2160}


def violations(page: Page) -> list[Any]:
    page.wait_for_timeout(400)  # colours fade in; axe would measure half-way
    # by the debugging protocol: the page's own content policy does not let scripts in
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE.read_text()})
    options = json.dumps({"runOnly": TAGS, "resultTypes": ["violations"]})
    found = page.evaluate(f"axe.run({options})")["violations"]
    return [(v["id"], [node["target"] for node in v["nodes"]][:3]) for v in found]


def assert_fits(page: Page) -> None:
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} scrolls sideways: {widths}"


def walk(visitor: MakeVisitor, person: Visitor, name: str) -> "list[tuple[str, Any]]":
    """Lead a person through all main screens; returns what to do to come to each."""
    opponent = visitor()

    def account() -> None:
        person.log_in(name, "secret")
        expect(person.mark("rating")).to_be_visible()

    def game() -> None:
        opponent.be_guest(fresh_name("opp")).invite(name)
        opponent.mark("cell-4-2").click()
        person.mark("nav-play").click()
        person.open_match()
        expect(person.page.locator(".legal")).to_have_count(9)

    def end() -> None:
        person.mark("end-match").click()
        person.mark("end-yes").click()
        expect(person.mark("to-matches")).to_be_visible()

    return [
        ("start", person.open),
        ("lobby", account),
        ("game", game),
        ("dialog", lambda: person.mark("end-match").click()),
        ("end", lambda: (person.mark("keep").click(), end())),
        ("top", lambda: person.mark("nav-top").click()),
        ("settings", lambda: person.mark("nav-settings").click()),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_main_screens(visitor: MakeVisitor, screens: Path, scheme: str, size: str) -> None:
    viewport = PHONE if size == "phone" else DESKTOP
    person = visitor(viewport=viewport, color_scheme=scheme, has_touch=size == "phone")
    for number, (screen, go) in enumerate(walk(visitor, person, fresh_name("eve"))):
        go()
        assert violations(person.page) == [], screen
        assert_fits(person.page)
        person.page.screenshot(path=screens / f"{size}-{scheme}-{number}-{screen}.png")


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_overflows(visitor: MakeVisitor, viewport: dict[str, int], direction: str) -> None:
    person = visitor(viewport=viewport, locale="de")
    for screen, go in walk(visitor, person, fresh_name("long-name")):
        go()
        person.page.evaluate(f"document.documentElement.dir = '{direction}'")
        assert_fits(person.page)
        assert screen


def test_german(visitor: MakeVisitor) -> None:
    person = visitor(locale="de-DE").open()
    expect(person.page.locator("html")).to_have_attribute("lang", "de")
    expect(person.mark("play")).to_have_text("Spielen")
    person.be_guest(fresh_name("hans"))
    person.mark("nav-settings").click()
    person.mark("language").select_option("en")
    expect(person.page.locator("html")).to_have_attribute("lang", "en")


def test_no_motion_for_who_wants_none(visitor: MakeVisitor) -> None:
    person = visitor(reduced_motion="reduce").open()
    person.mark("play-local").click()
    person.mark("cell-4-4").click()
    longest = person.page.evaluate(
        """Math.max(0, ...document.getAnimations({subtree: true})
             .map((each) => Number(each.effect.getComputedTiming().duration) || 0))"""
    )
    assert longest <= 1


def test_what_a_screen_reader_hears(visitor: MakeVisitor) -> None:
    name = fresh_name("ear")
    listener = visitor().be_guest(name)
    other = visitor().be_guest(fresh_name("voice"))
    other.invite(name)
    label = other.mark("cell-0-4").get_attribute("aria-label") or ""
    assert "north-west board, centre" in label
    assert "sends to the centre board" in label
    other.mark("cell-0-4").click()
    listener.open_match()
    other.mark("cell-0-4").focus()
    listener.mark("cell-4-0").click()
    expect(other.mark("spoken")).to_contain_text("centre board, north-west")
