"""Two browsers play: to a win, to a draw, to an abandonment; on one device; by keyboard alone."""

import re
from pathlib import Path

from playwright.sync_api import expect

from support import games
from support.visitor import PHONE, Visitor, cell_id, fresh_name, play_game

from .conftest import MakeVisitor


def two_guests(visitor: MakeVisitor) -> tuple[Visitor, Visitor]:
    """A and B in a match that A asked for by name, both at the board."""
    name = fresh_name("bob")
    second = visitor().be_guest(name)
    first = visitor().be_guest(fresh_name("ann"))
    first.invite(name)
    second.open_match()
    return first, second


def two_accounts(visitor: MakeVisitor) -> tuple[Visitor, Visitor]:
    name = fresh_name("dan")
    second = visitor().log_in(name, "secret")
    expect(second.mark("rating")).to_contain_text("1000")
    first = visitor().log_in(fresh_name("cat"), "secret")
    expect(first.mark("rating")).to_contain_text("1000")
    first.invite(name)
    second.open_match()
    return first, second


def test_win_between_guests(visitor: MakeVisitor) -> None:
    first, second = two_guests(visitor)
    play_game(first, second, games.WON_BY_A)
    expect(first.mark("headline")).to_have_text("You won!")
    expect(second.mark("headline")).to_contain_text("won.")
    first.mark("rematch").click()
    expect(second.mark("turn-count").or_(second.mark("match-tab").first)).to_be_visible()


def test_win_of_the_second_changes_ratings(visitor: MakeVisitor) -> None:
    first, second = two_accounts(visitor)
    play_game(first, second, games.WON_BY_B)
    expect(second.mark("headline")).to_have_text("You won!")
    expect(second.mark("sentence")).to_contain_text("1010")
    expect(first.mark("sentence")).to_contain_text("990")


def test_draw(visitor: MakeVisitor) -> None:
    first, second = two_accounts(visitor)
    play_game(first, second, games.DRAWN_BY_WINNING)
    for each in (first, second):
        expect(each.mark("headline")).to_have_text("A draw.")
        expect(each.mark("sentence")).to_contain_text("1000")


def test_abandoning_warns_of_the_rating_it_costs(visitor: MakeVisitor) -> None:
    first, second = two_accounts(visitor)
    play_game(first, second, games.WON_BY_A[:2])
    first.mark("end-match").click()
    expect(first.mark("dialog")).to_contain_text("you lose rating")
    first.mark("keep").click()
    expect(first.mark("dialog")).to_be_hidden()
    first.mark("end-match").click()
    first.mark("end-yes").click()
    for each in (first, second):
        expect(each.mark("headline")).to_contain_text("abandoned")
    expect(first.mark("sentence")).to_contain_text("990")
    expect(second.mark("sentence")).to_contain_text("1010")


def test_rejecting_an_invitation_costs_nothing(visitor: MakeVisitor) -> None:
    first, second = two_accounts(visitor)
    first.play(games.WON_BY_A[0])
    expect(second.mark(cell_id(games.WON_BY_A[0]))).to_have_attribute("data-mark", "1")
    expect(second.mark("end-match")).to_have_text("Reject")
    second.mark("end-match").click()
    expect(second.mark("dialog")).to_contain_text("costs no rating")
    second.mark("end-yes").click()
    first.mark("to-matches").click()
    expect(first.mark("rating")).to_contain_text("1000")


def test_where_one_may_play_and_why(visitor: MakeVisitor) -> None:
    first, second = two_guests(visitor)
    expect(first.mark("sentence")).to_contain_text("You begin")
    expect(first.page.locator(".legal")).to_have_count(81)
    first.mark("cell-0-2").hover()
    expect(first.mark("sentence")).to_have_text("Sends to the top-right board.")
    first.mark("cell-0-2").click()
    expect(second.mark("sentence")).to_contain_text("sent you to the top-right board")
    expect(second.page.locator(".legal")).to_have_count(9)
    second.mark("cell-4-4").click(force=True)
    expect(second.mark("cell-4-4")).to_have_attribute("data-mark", "0")


def test_two_taps_when_moves_are_to_be_confirmed(visitor: MakeVisitor) -> None:
    guest = visitor(viewport=PHONE, has_touch=True).be_guest(fresh_name("tap"))
    guest.mark("nav-settings").tap()
    guest.mark("confirm-moves").tap()
    other = visitor().be_guest(fresh_name("other"))
    guest.mark("nav-play").tap()
    other.invite(guest.page.evaluate("localStorage.getItem('uttt.name')").strip('"'))
    other.mark("cell-4-4").click()
    guest.open_match()
    guest.mark("cell-4-0").tap()
    expect(guest.mark("sentence")).to_contain_text("Tap the same cell again")
    expect(guest.mark("cell-4-0")).to_have_attribute("data-mark", "0")
    guest.mark("cell-4-0").tap()
    expect(other.mark("cell-4-0")).to_have_attribute("data-mark", "2")


def test_two_on_one_device_even_offline(visitor: MakeVisitor) -> None:
    person = visitor().open()
    person.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    person.page.reload()
    person.context.set_offline(True)
    person.page.reload()
    person.mark("play-local").click()
    for move in games.WON_BY_A:
        person.play(move)
    expect(person.mark("headline")).to_contain_text("X wins")
    person.mark("undo").click()
    expect(person.mark("headline")).not_to_contain_text("wins")
    person.context.set_offline(False)


def test_by_keyboard_alone(visitor: MakeVisitor) -> None:
    other = visitor().be_guest(fresh_name("mouse"))
    name = other.page.evaluate("localStorage.getItem('uttt.name')").strip('"')
    person = visitor().open(f"challenge/{name}")
    keys = person.page.keyboard
    person.mark("name").focus()
    keys.press("Control+A")
    keys.type(fresh_name("keys"))
    keys.press("Enter")
    expect(person.mark("big-board")).to_be_visible()
    expect(person.page.locator("main")).to_be_focused()  # where a new view puts the focus
    keys.press("f")
    focused = person.page.locator(":focus")
    expect(focused).to_have_attribute("data-testid", re.compile("^cell-"))
    keys.press("Home")
    keys.press("ArrowRight")
    keys.press("ArrowDown")
    where = str(focused.get_attribute("data-testid"))
    keys.press("Enter")
    expect(person.mark(where)).to_have_attribute("data-mark", "1")
    target = int(where[-1])
    other.open_match()
    other.mark(f"cell-{target}-8").click()
    expect(person.mark("headline")).to_have_text("Your turn")
    keys.press("f")
    expect(focused).to_have_attribute("data-testid", re.compile("^cell-8-"))
    keys.press("Enter")
    expect(person.page.locator("[data-mark='1']")).to_have_count(2)


def test_a_picture_of_a_game_in_progress(visitor: MakeVisitor, screens: Path) -> None:
    """The README shows it: `docs/game-light.png` and `docs/game-dark.png` are copies."""
    viewport = {"width": 1100, "height": 700}
    second = visitor(viewport=viewport, color_scheme="dark").be_guest("ben")
    first = visitor(viewport=viewport).be_guest("anna")
    first.invite("ben")
    second.open_match()
    play_game(first, second, games.DRAWN[:40])
    for each, scheme in ((first, "light"), (second, "dark")):
        each.page.mouse.move(0, 0)
        each.page.wait_for_timeout(500)
        each.page.screenshot(path=screens / f"game-{scheme}.png")
    assert first.marks() == second.marks()
