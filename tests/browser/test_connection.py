"""The network and the server go away and come back; two tabs stay right."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from support import games
from support.server import Server, running
from support.visitor import cell_id, fresh_name, play_game

from .conftest import MakeVisitor


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for each test, since it is killed."""
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


def test_the_server_is_killed_and_comes_back(
    visitor: MakeVisitor, server: Server, expected_errors: list[str]
) -> None:
    # Chromium itself writes a line for each attempt while nobody listens
    expected_errors += ["WebSocket connection to", "ERR_CONNECTION_REFUSED", "Failed to load"]
    name = fresh_name("bob")
    second = visitor().be_guest(name)
    first = visitor().be_guest(fresh_name("ann"))
    first.invite(name)
    second.open_match()
    first.play((1, 1, 0, 0))
    expect(second.mark(cell_id((1, 1, 0, 0)))).to_have_attribute("data-mark", "1")
    server.kill()
    expect(first.mark("banner")).not_to_be_empty()
    server.start()
    for each in (first, second):
        expect(each.mark("banner")).to_be_empty(timeout=30_000)
        assert each.marks() == 1
    second.play((0, 0, 1, 1))
    expect(first.mark(cell_id((0, 0, 1, 1)))).to_have_attribute("data-mark", "2")


def test_a_new_version_is_noticed(
    visitor: MakeVisitor, server: Server, expected_errors: list[str]
) -> None:
    expected_errors += ["WebSocket connection to", "ERR_CONNECTION_REFUSED", "Failed to load"]
    person = visitor().be_guest(fresh_name("old"))
    person.context.route("**/version.json", lambda route: route.fulfill(json={"build": "newer"}))
    server.restart()
    expect(person.mark("notice-info")).to_contain_text("new version", timeout=30_000)


def test_what_ended_while_one_was_away_is_shown(visitor: MakeVisitor) -> None:
    name = fresh_name("away")
    person = visitor().be_guest(name)
    other = visitor().be_guest(fresh_name("win"))
    other.invite(name)
    person.open_match()
    play_game(other, person, games.WON_BY_A[:-1])
    person.page.goto("about:blank")
    other.play(games.WON_BY_A[-1])
    expect(other.mark("headline")).to_have_text("You won!")
    person.open()
    expect(person.mark("ended")).to_contain_text("won")


def test_two_tabs_stay_right(visitor: MakeVisitor) -> None:
    name = fresh_name("bob")
    other = visitor().be_guest(name)
    person = visitor().be_guest(fresh_name("ann"))
    person.invite(name)
    tab = person.tab()
    tab.goto(person.page.url)
    tab.get_by_test_id("cell-4-4").click()
    expect(person.mark("cell-4-4")).to_have_attribute("data-mark", "1")
    other.open_match()
    other.mark("cell-4-0").click()
    for page in (person.page, tab):
        expect(page.get_by_test_id("cell-4-0")).to_have_attribute("data-mark", "2")


def test_a_refused_move_goes_back_with_its_reason(visitor: MakeVisitor) -> None:
    """The second tab has not heard of the move of the first one when it plays, too."""
    name = fresh_name("bob")
    visitor().be_guest(name)
    person = visitor()
    person.page.add_init_script(_MISSES_UPDATES)
    person.be_guest(fresh_name("ann"))
    person.invite(name)
    tab = person.tab()
    tab.goto(person.page.url)
    expect(tab.get_by_test_id("big-board")).to_be_visible()
    person.page.evaluate("window.missing = 1")
    tab.get_by_test_id("cell-4-4").click()
    expect(tab.get_by_test_id("cell-4-4")).to_have_attribute("data-mark", "1")
    person.page.wait_for_function("window.missing === 0")
    person.mark("cell-0-0").click()
    expect(person.mark("notice-error")).to_contain_text("taken back")
    expect(person.mark("cell-0-0")).to_have_attribute("data-mark", "0")
    expect(person.mark("cell-4-4")).to_have_attribute("data-mark", "1")


_MISSES_UPDATES = """
const Real = window.WebSocket;
window.WebSocket = class extends Real {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", (event) => {
      if (window.missing > 0 && JSON.parse(event.data).type === "match_update") {
        window.missing -= 1;
        event.stopImmediatePropagation();
      }
    }, true);
  }
};
"""
