"""login and temp_session: names, passwords, and who gets in (sections 3, 4.1, 14.1, 14.8)."""

import pytest

from support.players import PASSWORD, Players, unique


async def test_new_account(players: Players) -> None:
    client = await players.connect()
    greeting = await client.login(unique("ann"), PASSWORD)
    assert greeting.elo["elo"] == 1000
    assert greeting.friends == {"friends": [], "elos": []}
    assert greeting.matches == []


async def test_account_logs_in_again_with_its_password(players: Players) -> None:
    first = await players.account("ann")
    second = await players.connect()
    greeting = await second.login(first.name, PASSWORD)
    assert greeting.response["id"] != first.session


async def test_wrong_password_is_refused(players: Players) -> None:
    ann = await players.account("ann")
    stranger = await players.connect()
    response = await stranger.refused_login(ann.name, PASSWORD.upper())
    assert response["registered"] is True


async def test_temporary_user(players: Players) -> None:
    client = await players.connect()
    greeting = await client.login(unique("tim"), "")
    assert (greeting.elo["elo"], greeting.elo["rank"]) == (None, None)
    assert greeting.friends == {"friends": [], "elos": []}
    assert greeting.matches == []


async def test_temp_session_does_what_an_empty_password_does(players: Players) -> None:
    client = await players.connect()
    name = unique("tim")
    await client.send("temp_session", name=name.upper(), pw="ignored")
    greeting = await client.greeting("login_response")
    assert greeting.response["registered"] is False
    assert greeting.elo["elo"] is None
    other, again = await players.connect(), await players.connect()
    greeting = await other.reconnect(greeting.response["id"], account=False)
    assert greeting.response["user"] == name
    await again.send("temp_session", name=name)
    assert (await again.expect_refusal("login_response"))["registered"] is False
    await again.expect_close()


@pytest.mark.parametrize("data", [{}, {"name": 5}, {"name": None}, {"name": "ab"}, {"name": []}])
async def test_temp_session_with_an_unusable_name(
    players: Players, data: dict[str, object]
) -> None:
    client = await players.connect()
    await client.send("temp_session", **data)
    await client.expect_refusal("login_response")
    await client.expect_close()


async def test_password_for_the_name_of_a_temporary_user_is_refused(players: Players) -> None:
    tim = await players.guest("tim")
    stranger = await players.connect()
    response = await stranger.refused_login(tim.name, PASSWORD)
    assert response["registered"] is True
    await tim.quiet()


async def test_empty_password_for_a_taken_name_is_refused(players: Players) -> None:
    for taken in (await players.account("ann"), await players.guest("tim")):
        stranger = await players.connect()
        response = await stranger.refused_login(taken.name, "")
        assert response["registered"] is False


async def test_name_of_a_temporary_user_stays_taken_when_he_closes(players: Players) -> None:
    tim = await players.guest("tim")
    await tim.close()
    for pw in ("", PASSWORD):
        stranger = await players.connect()
        await stranger.refused_login(tim.name, pw)


@pytest.mark.parametrize("pw", ["", PASSWORD], ids=["temporary", "account"])
async def test_names_are_folded_to_lower_case(players: Players, pw: str) -> None:
    client, other = await players.connect(), await players.connect()
    name = unique("MiXeD_")
    greeting = await client.login(name, pw)
    back = await other.reconnect(greeting.response["id"], account=pw != "")
    assert back.response["user"] == name.lower()
    third = await players.connect()
    await third.refused_login(name.swapcase(), "")


@pytest.mark.parametrize("name", ["0-0", "___", "-_-", "abcdefghijklmno9", "0123456789_-abcd"])
async def test_valid_names_at_the_borders(players: Players, name: str) -> None:
    client = await players.connect()
    await client.login(name, "")


BAD_NAMES = (
    *("", "ab", "abcdefghijklmnopq", "a b c", " abc", "abc ", "abc\n", "abc\r\n", "\tabc", "a.b.c"),
    *("äbc", "abc\x00", "abé", "名前名前", "a/b/c", "abc;", "<abc>"),
)


@pytest.mark.parametrize("pw", ["", PASSWORD], ids=["temporary", "account"])
@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
async def test_invalid_names_are_refused(players: Players, name: str, pw: str) -> None:
    client = await players.connect()
    response = await client.refused_login(name, pw)
    assert response["registered"] is (pw != "")


@pytest.mark.parametrize("name", [None, 5, True, 1.5, [], {}, ["abc"]], ids=repr)
async def test_names_that_are_no_strings_are_refused(players: Players, name: object) -> None:
    client = await players.connect()
    response = await client.refused_login(name, PASSWORD)
    assert response["registered"] is True


@pytest.mark.parametrize("pw", [None, 0, 5, True, False, [], {}, ["abc"], {"pw": ""}], ids=repr)
async def test_passwords_that_are_no_strings_are_refused(players: Players, pw: object) -> None:
    client, other = await players.connect(), await players.connect()
    name = unique("ann")
    response = await client.refused_login(name, pw)
    assert response["registered"] is True
    await other.login(name, "")


@pytest.mark.parametrize("data", [{}, {"name": "abc"}, {"pw": "abc"}], ids=repr)
async def test_missing_fields_are_refused(players: Players, data: dict[str, str]) -> None:
    client = await players.connect()
    await client.send("login", **data)
    await client.expect_refusal("login_response")
    await client.expect_close()


@pytest.mark.parametrize("data", ["null", "5", '"abc"', "[]", '["name", "pw"]', "true"])
@pytest.mark.parametrize("kind", ["login", "temp_session", "reconnect"])
async def test_data_that_is_no_object_is_a_failed_login(
    players: Players, kind: str, data: str
) -> None:
    client = await players.connect()
    await client.send_raw(f'{{"type": "{kind}", "data": {data}}}')
    answer = "reconnect_response" if kind == "reconnect" else "login_response"
    await client.expect_refusal(answer)
    await client.expect_close()


@pytest.mark.parametrize(
    "pw",
    [" ", "  two spaces  ", "\x00", "&<\"'>", "pässwörd", "\U0001f600" * 128, "x" * 128, "ABC\n"],
    ids=["space", "spaces", "nul", "html", "umlauts", "128 emoji", "128 letters", "line break"],
)
async def test_unusual_passwords_work_and_are_significant(players: Players, pw: str) -> None:
    name = unique("ann")
    await (await players.connect()).login(name, pw)
    await (await players.connect()).login(name, pw)
    await (await players.connect()).refused_login(name, pw[:-1])


async def test_passwords_are_case_sensitive_and_not_trimmed(players: Players) -> None:
    name = unique("ann")
    await (await players.connect()).login(name, "Secret")
    for wrong in ("secret", "SECRET", "Secret ", " Secret", "Secret\n"):
        await (await players.connect()).refused_login(name, wrong)


async def test_the_last_of_128_characters_counts(players: Players) -> None:
    name = unique("ann")
    await (await players.connect()).login(name, "x" * 128)
    await (await players.connect()).refused_login(name, "x" * 127 + "y")
    await (await players.connect()).refused_login(name, "x" * 129)


@pytest.mark.parametrize("pw", ["x" * 129, "\U0001f600" * 129, "x" * 10_000])
async def test_too_long_passwords_are_refused(players: Players, pw: str) -> None:
    name = unique("ann")
    response = await (await players.connect()).refused_login(name, pw)
    assert response["registered"] is True
    await (await players.connect()).login(name, "")


async def test_escaped_and_plain_unicode_are_the_same_password(players: Players) -> None:
    name, pw = unique("ann"), "pässwörd\U0001f600"
    await (await players.connect()).login(name, pw)
    client = await players.connect()
    await client.send_raw(f'{{"type": "login", "data": {{"name": "{name}", "pw": "{pw}"}}}}')
    await client.greeting("login_response")


async def test_two_logins_of_a_new_name_at_once_make_one_account(players: Players) -> None:
    name = unique("race")
    clients = [await players.connect() for _ in range(4)]
    for number, client in enumerate(clients):
        await client.send("login", name=name, pw=f"password {number}")
    answers = [(await client.expect("login_response"))["success"] for client in clients]
    assert sorted(answers) == [False, False, False, True]


async def test_two_guests_of_a_new_name_at_once_make_one_session(players: Players) -> None:
    name = unique("race")
    clients = [await players.connect() for _ in range(4)]
    for client in clients:
        await client.send("login", name=name, pw="")
    answers = [(await client.expect("login_response"))["success"] for client in clients]
    assert sorted(answers) == [False, False, False, True]


@pytest.mark.parametrize("kind", ["login", "temp_session"])
async def test_session_ids_differ(players: Players, kind: str) -> None:
    found = set()
    for _ in range(5):
        client = await players.connect()
        await client.send(kind, name=unique("tim"), pw="")
        found.add((await client.expect("login_response"))["id"])
    assert len(found) == 5
