"""Playing with the computer, and the analysis of a finished match, at a browser."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from support.server import Server, running
from support.visitor import DESKTOP, PHONE, Visitor, fresh_name, play_game
from uttt.rules.notation import coordinates, parse_game

from .conftest import MakeVisitor
from .test_everybody import NARROW, assert_fits, violations

ANALYSIS_LIMIT = 120_000
"""Milliseconds that an analysis of a game may take on a busy machine."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its bots do not dawdle, and its analyses are not deep."""
    settings = {
        "UTTT_BOT_DELAY": "50ms",
        "UTTT_BOT_OFFER_AFTER": "1s",
        "UTTT_ANALYSIS_TIME": "50ms",
    }
    with running(tmp_path_factory.mktemp("server"), **settings) as server:
        yield server


def meet(person: Visitor, bot: str = "bot-chick") -> Visitor:
    """From the start screen into a match against a bot."""
    person.open()
    person.mark("name").fill(fresh_name("guest"))
    person.mark("play-computer").click()
    person.mark(f"play-{bot}").click()
    expect(person.mark("big-board")).to_be_visible()
    return person


def play_out(person: Visitor, seed: int) -> None:
    """Play legal moves until the match is over; the bot has answered all of them."""
    chance = random.Random(seed)
    over = person.mark("rematch")
    legal = person.page.locator(".legal")
    for _ in range(81):
        legal.first.or_(over).wait_for()
        if over.is_visible():
            return
        legal.nth(chance.randrange(legal.count())).click()
    raise AssertionError("the match did not end")


def analysed(visitor: MakeVisitor, **options: object) -> Visitor:
    """Somebody who looks at the analysis of a match that he has just played."""
    person = meet(visitor(**options))
    play_out(person, seed=7)
    person.mark("analyse").click()
    expect(person.mark("review")).to_be_visible(timeout=ANALYSIS_LIMIT)
    return person


def number(text: Locator) -> int:
    """The number of the move that is shown."""
    found = re.search(r"Move (\d+)", text.inner_text())
    return int(found.group(1)) if found else 0


def test_from_the_start_screen_to_the_analysis(visitor: MakeVisitor) -> None:
    person = meet(visitor())
    expect(person.mark("player-2")).to_contain_text("Pip the chick")
    expect(person.mark("analyse")).to_have_count(0)
    play_out(person, seed=3)
    person.mark("analyse").click()
    expect(person.mark("review")).to_be_visible(timeout=ANALYSIS_LIMIT)
    move, keys = person.mark("review-move"), person.page.keyboard
    keys.press("End")
    last = number(move)
    assert last == person.page.locator("[data-testid='review-moves'] li").count()
    assert person.marks() == last
    keys.press("ArrowLeft")
    assert number(move) == last - 1
    assert person.marks() == last - 1
    cell = person.page.locator("button.last").get_attribute("data-testid") or ""
    expect(person.mark("spoken")).to_contain_text(f"Move {last - 1} of {last}")
    keys.press("Home")
    expect(move).to_have_text("Before the first move")
    assert person.marks() == 0
    keys.press("ArrowRight")
    assert number(move) == 1
    person.mark(cell).click(force=True)  # nothing may be placed there, but it leads to its move
    assert number(move) == last - 1
    person.mark("to-match").click()
    expect(person.mark("rematch")).to_be_visible()


def test_what_is_said_of_a_mistake_and_the_line_instead(visitor: MakeVisitor) -> None:
    """A game of random moves has mistakes."""
    person = analysed(visitor)
    person.mark("to-start").click()
    person.mark("next-mistake").click()
    ply = number(person.mark("review-move"))
    expect(person.mark("judgement")).to_contain_text("was better")
    expect(person.mark("best-mark")).to_be_visible()
    assert person.mark("mistake-mark").count() > 0
    person.mark("line-1").click()
    expect(person.mark("line-1")).to_have_attribute("aria-pressed", "true")
    expect(person.mark("best-mark")).to_have_count(0)
    assert person.marks() == ply
    if person.mark("line-2").count():
        person.page.keyboard.press("ArrowRight")
        assert person.marks() == ply + 1
    person.page.keyboard.press("Escape")
    assert number(person.mark("review-move")) == ply
    expect(person.mark("to-game")).to_have_count(0)


def test_the_graph_is_a_slider_and_follows_the_pointer(visitor: MakeVisitor) -> None:
    person = analysed(visitor)
    graph, move = person.mark("graph"), person.mark("review-move")
    total = int(graph.get_attribute("aria-valuemax") or 0)
    graph.focus()
    person.page.keyboard.press("End")
    expect(graph).to_have_attribute("aria-valuenow", str(total))
    expect(graph).to_have_attribute("aria-valuetext", re.compile(f"Move {total} of {total}"))
    person.page.keyboard.press("PageDown")
    expect(graph).to_have_attribute("aria-valuenow", str(total - 5))
    box = graph.bounding_box()
    assert box is not None
    middle = {"x": box["width"] / 2, "y": box["height"] / 2}
    graph.hover(position=middle)  # type: ignore[arg-type]
    pointed = number(move)
    assert abs(pointed - total / 2) <= 1
    person.page.mouse.move(0, 0)
    assert number(move) == total - 5
    graph.click(position=middle)  # type: ignore[arg-type]
    person.page.mouse.move(0, 0)
    assert number(move) == pointed


def test_a_running_match_is_not_analysed(visitor: MakeVisitor) -> None:
    person = meet(visitor())
    address = person.page.url
    person.page.goto(address.replace("#/match/", "#/analysis/"))
    expect(person.mark("analysis-failed")).to_contain_text("once it is over")
    expect(person.mark("analysis-retry")).to_have_count(0)
    person.page.goto(person.url + "#/analysis/00000000000000000000000000000000")
    expect(person.mark("analysis-failed")).to_be_visible()
    person.mark("analysis-retry").click()
    expect(person.mark("analysis-failed")).to_be_visible()


def test_the_analysis_is_there_again_after_a_reload(visitor: MakeVisitor) -> None:
    person = analysed(visitor)
    person.page.reload()
    expect(person.mark("review")).to_be_visible()
    expect(person.page).to_have_title(re.compile("^Analysis"))


def test_a_bot_is_offered_to_who_waits(visitor: MakeVisitor) -> None:
    person = visitor().be_guest(fresh_name("wait"))
    person.mark("search").click()
    expect(person.mark("bot-offer")).to_contain_text("Nobody is here yet.")
    person.mark("decline-offer").click()
    expect(person.mark("bot-offer")).to_have_count(0)
    expect(person.mark("searching")).to_be_visible()
    person.mark("cancel-search").click()
    person.mark("search").click()
    person.mark("accept-offer").click()
    expect(person.mark("big-board")).to_be_visible()
    person.mark("nav-play").click()
    expect(person.mark("search")).to_be_visible()
    expect(person.mark("match-card")).to_have_count(1)
    expect(person.mark("match-card")).to_contain_text("computer")


def test_whoever_comes_ends_the_offer(visitor: MakeVisitor) -> None:
    person = visitor().be_guest(fresh_name("wait"))
    person.mark("search").click()
    expect(person.mark("bot-offer")).to_be_visible()
    other = visitor().be_guest(fresh_name("come"))
    other.mark("search").click()
    for each in (person, other):
        expect(each.mark("big-board")).to_be_visible()
    person.mark("nav-play").click()
    expect(person.mark("bot-offer")).to_have_count(0)


def test_a_host_without_bots(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path, UTTT_BOTS="off") as bare:
        person = Visitor(browser, f"http://127.0.0.1:{bare.port}/").open()
        person.mark("play-computer").click()
        expect(person.mark("no-bots")).to_be_visible()
        person.mark("nav-play").click()
        expect(person.mark("search")).to_be_visible()
        expect(person.mark("bots")).to_have_count(0)
        person.mark("nav-settings").click()
        person.mark("log-out").click()
        person.mark("log-out-yes").click()
        expect(person.mark("play")).to_be_visible()
        expect(person.mark("play-computer")).to_have_count(0)
        person.close()
    assert person.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_screens(visitor: MakeVisitor, screens: Path, scheme: str, size: str) -> None:
    person = visitor(
        viewport=PHONE if size == "phone" else DESKTOP,
        color_scheme=scheme,
        has_touch=size == "phone",
    )

    def look(screen: str) -> None:
        assert violations(person.page) == [], screen
        assert_fits(person.page)
        person.page.mouse.move(0, 0)
        person.page.screenshot(path=screens / f"{size}-{scheme}-computer-{screen}.png")

    person.be_guest(fresh_name("anna"))
    expect(person.mark("bots")).to_be_visible()
    look("home")
    person.mark("search").click()
    expect(person.mark("bot-offer")).to_be_visible()
    look("offer")
    person.mark("cancel-search").click()
    person.mark("all-bots").click()
    expect(person.mark("play-bot-dragon")).to_be_visible()
    look("choice")
    person.mark("play-bot-chick").click()
    expect(person.mark("big-board")).to_be_visible()
    play_out(person, seed=11)
    look("end")
    person.mark("analyse").click()
    expect(person.mark("review").or_(person.mark("analysis-progress"))).to_be_visible()
    look("progress")
    expect(person.mark("review")).to_be_visible(timeout=ANALYSIS_LIMIT)
    person.mark("to-start").click()
    person.mark("next-mistake").click()
    look("mistake")
    person.mark("line-1").click()
    look("line")
    person.page.keyboard.press("Escape")
    person.mark("to-end").click()
    look("review-end")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_overflows(visitor: MakeVisitor, direction: str) -> None:
    person = visitor(viewport=NARROW, locale="de", has_touch=True)
    person.open()
    person.page.evaluate(f"document.documentElement.dir = '{direction}'")
    person.mark("play-computer").click()
    person.mark("play-bot-chick").click()
    play_out(person, seed=5)
    assert_fits(person.page)
    person.mark("analyse").click()
    expect(person.mark("review")).to_be_visible(timeout=ANALYSIS_LIMIT)
    person.mark("next-mistake").click()
    for key in ("Home", "ArrowRight", "End"):
        person.page.keyboard.press(key)
        assert_fits(person.page)
    assert violations(person.page) == []
    person.mark("nav-play").click()
    names = person.mark("bots").locator("strong")
    expect(names.first).to_be_visible()
    assert_fits(person.page)
    for box in (names.nth(index).bounding_box() for index in range(names.count())):
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW["width"]


def test_no_motion_for_who_wants_none(visitor: MakeVisitor) -> None:
    person = analysed(visitor, reduced_motion="reduce")
    person.page.keyboard.press("ArrowLeft")
    longest = person.page.evaluate(
        """Math.max(0, ...document.getAnimations({subtree: true})
             .map((each) => Number(each.effect.getComputedTiming().duration) || 0))"""
    )
    assert longest <= 1


GAME = """
e5 d4 b3 e8 f4 i2 i6 h9 f9 i9 g9 c7 i3 i8 g5 a5 c4 h2 e6 d9 a7 b2 e4 d3 a9 c9 i7 g2 c6 h8 c8 g6 b7
f1 a3 a8 c5 i5 h5 c2 g4
"""


def test_a_picture_of_an_analysis(visitor: MakeVisitor, screens: Path) -> None:
    """The guide for players shows it: `docs/analysis-light.png` and `-dark.png` are copies."""
    second = visitor(color_scheme="dark").be_guest("ben")
    first = visitor().be_guest("anna")
    first.invite("ben")
    second.open_match()
    moves = parse_game(" ".join(GAME.split()))[1]
    play_game(first, second, tuple(coordinates(move) for move in moves))
    for each, scheme in ((first, "light"), (second, "dark")):
        each.mark("analyse").click()
        expect(each.mark("review")).to_be_visible(timeout=ANALYSIS_LIMIT)
        assert number(each.mark("review-move")) > 0
        each.page.mouse.move(0, 0)
        each.page.wait_for_timeout(500)
        each.page.screenshot(path=screens / f"analysis-{scheme}.png")
    assert first.marks() == second.marks()
