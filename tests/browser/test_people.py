"""Coming, going, coming back; friends, search, links, the top list."""

import re

from playwright.sync_api import expect

from support.visitor import fresh_name

from .conftest import MakeVisitor


def test_registration_wrong_password_and_back(
    visitor: MakeVisitor, expected_errors: list[str]
) -> None:
    name = fresh_name("reg")
    person = visitor().log_in(name, "secret")
    expect(person.mark("rating")).to_contain_text("1000")
    person.mark("nav-settings").click()
    person.mark("log-out").click()
    if person.mark("log-out-yes").is_visible():
        person.mark("log-out-yes").click()
    expect(person.mark("start-heading")).to_be_visible()
    person.log_in(name, "wrong")
    expect(person.mark("problem")).not_to_be_empty()
    person.mark("password").fill("secret")
    person.mark("log-in").click()
    expect(person.mark("rating")).to_contain_text("1000")
    assert not expected_errors


def test_coming_back_to_the_same_session(visitor: MakeVisitor) -> None:
    person = visitor().be_guest(fresh_name("back"))
    link = person.mark("challenge-link").input_value()
    person.page.reload()
    expect(person.mark("challenge-link")).to_have_value(link)
    second = person.tab()
    second.goto(person.url)
    expect(second.get_by_test_id("challenge-link")).to_have_value(link)


def test_a_guest_who_logs_out_frees_his_name(visitor: MakeVisitor) -> None:
    name = fresh_name("free")
    first = visitor().be_guest(name)
    first.mark("nav-settings").click()
    first.mark("log-out").click()
    first.mark("log-out-yes").click()
    expect(first.mark("start-heading")).to_be_visible()
    visitor().be_guest(name)


def test_a_taken_name_is_said(visitor: MakeVisitor) -> None:
    name = fresh_name("taken")
    visitor().be_guest(name)
    other = visitor().open()
    other.mark("name").fill(name)
    other.mark("play").click()
    expect(other.mark("problem")).not_to_be_empty()


def test_first_visit_to_first_move_is_one_click(visitor: MakeVisitor) -> None:
    """A name is suggested: one presses Play, another one, too, and they play."""
    first, second = visitor().open(), visitor().open()
    assert re.fullmatch(r"[a-z0-9_-]{3,16}", first.mark("name").input_value())
    first.mark("play").click()
    expect(first.mark("searching")).to_be_visible()
    second.mark("play").click()
    for each in (first, second):
        expect(each.mark("big-board")).to_be_visible()
    first.mark("cell-4-4").click()
    expect(second.mark("cell-4-4")).to_have_attribute("data-mark", "1")


def test_search_and_cancel(visitor: MakeVisitor) -> None:
    person = visitor().be_guest(fresh_name("seek"))
    person.mark("search").click()
    person.mark("cancel-search").click()
    expect(person.mark("search")).to_be_visible()
    other = visitor().be_guest(fresh_name("seek"))
    other.mark("search").click()
    expect(other.mark("searching")).to_be_visible()
    other.mark("cancel-search").click()
    expect(other.mark("search")).to_be_visible()


def test_a_friend_by_a_link(visitor: MakeVisitor) -> None:
    host = visitor().be_guest(fresh_name("host"))
    link = host.mark("challenge-link").input_value()
    friend = visitor()
    friend.page.goto(link)
    expect(friend.mark("start-heading")).to_contain_text("challenges you")
    friend.mark("name").fill(fresh_name("friend"))
    friend.mark("play").click()
    expect(friend.mark("big-board")).to_be_visible()
    host.open_match()


def test_friends(visitor: MakeVisitor) -> None:
    name = fresh_name("pal")
    expect(visitor().log_in(name, "secret").mark("rating")).to_be_visible()
    person = visitor().log_in(fresh_name("me"), "secret")
    person.mark("friend-name").fill(name)
    person.mark("add-friend").click()
    expect(person.mark("friends")).to_contain_text(name)
    person.page.get_by_role("button", name=f"Remove {name} from your friends").click()
    expect(person.page.get_by_text(name, exact=True)).to_have_count(0)
    person.mark("friend-name").fill("nobody-there")
    person.mark("add-friend").click()
    expect(person.mark("notice-error")).to_be_visible()


def test_top_list(visitor: MakeVisitor) -> None:
    name = fresh_name("top")
    person = visitor().log_in(name, "secret")
    expect(person.mark("rating")).to_contain_text("rank")
    person.mark("nav-top").click()
    expect(person.mark("top-list")).to_contain_text(name)


def test_notifications_and_title_on_ones_turn(visitor: MakeVisitor) -> None:
    """The page is told that it is hidden, and what it would show is written down."""
    person = visitor(permissions=["notifications"])
    person.page.add_init_script(_HIDDEN_WITH_NOTIFICATIONS)
    name = fresh_name("hidden")
    person.be_guest(name)
    person.mark("nav-settings").click()
    person.mark("notify").click()
    other = visitor().be_guest(fresh_name("bell"))
    other.invite(name)
    other.mark("cell-4-4").click()
    expect(person.page).to_have_title(re.compile("1"))
    person.page.wait_for_function("window.shown.length > 0")


_HIDDEN_WITH_NOTIFICATIONS = """
window.shown = [];
window.Notification = class {
  static permission = "granted";
  static async requestPermission() { return "granted"; }
  constructor(title) { window.shown.push(title); }
  close() {}
};
ServiceWorkerRegistration.prototype.showNotification = async (t) => { window.shown.push(t); };
Object.defineProperty(document, "hidden", { get: () => true });
Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
"""


def test_several_matches_and_whose_turn(visitor: MakeVisitor) -> None:
    names = [fresh_name("many") for _ in range(2)]
    for name in names:
        visitor().be_guest(name)
    person = visitor().be_guest(fresh_name("one"))
    for name in names:
        person.mark("nav-play").click()
        person.invite(name)
    person.mark("nav-play").click()
    expect(person.mark("match-card")).to_have_count(2)
    expect(person.mark("turn-count")).to_have_text("2")
    expect(person.page).to_have_title(re.compile("2"))
