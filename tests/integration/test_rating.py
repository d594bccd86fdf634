"""Ratings, ranks and the list of the best (section 10)."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import games, matches
from support.client import Client
from support.elo import rated
from support.players import PASSWORD, Players, unique
from support.server import Server, running
from support.shape import Data


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Server]:
    """A server of its own: these tests look at all accounts there are."""
    with running(tmp_path_factory.mktemp("rating"), database_kind) as server:
        yield server


def listed(elo: Data) -> dict[str, int]:
    return dict(zip(elo["top_names"], elo["top_elos"], strict=True))


async def test_first_win(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    _, won, lost = await matches.play_out(ann, bob, match_id, games.WON_BY_A)
    assert (won["elo"], lost["elo"]) == (1010, 990)
    for elo in (won, lost):
        assert listed(elo)[ann.name] == 1010
        assert listed(elo)[bob.name] == 990
        assert elo["rank"] == 1 + sum(other > elo["elo"] for other in elo["top_elos"])


async def test_win_of_the_second_player(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    _, lost, won = await matches.play_out(ann, bob, match_id, games.WON_BY_B)
    assert (won["elo"], lost["elo"]) == (1010, 990)


@pytest.mark.parametrize("game", [games.DRAWN, games.DRAWN_BY_WINNING])
async def test_draws(players: Players, game: tuple[tuple[int, int, int, int], ...]) -> None:
    """Between equals a draw changes nothing, otherwise the weaker one gains."""
    ann, bob, cat = await players.accounts("ann", "bob", "cat")
    match_id = await matches.start(ann, bob)
    _, *elos = await matches.play_out(ann, bob, match_id, game)
    assert [elo["elo"] for elo in elos] == [1000, 1000]
    strong = 1000
    for _ in range(3):
        won, _ = await matches.rated_win(cat, ann)
        strong = won["elo"]
    match_id = await matches.start(cat, bob)
    _, higher, lower = await matches.play_out(cat, bob, match_id, game)
    assert higher["elo"] == rated(strong, 1000, 0.5) < strong
    assert lower["elo"] == rated(1000, strong, 0.5) > 1000


async def test_series_follows_the_formula(players: Players) -> None:
    choose = random.Random(10)
    group = await players.accounts("ann", "bob", "cat")
    ratings = {client.name: 1000 for client in group}
    for _ in range(40):
        winner, loser = choose.sample(group, 2)
        if choose.random() < 0.7:
            winner, loser = sorted((winner, loser), key=group.index)
        won, lost = await matches.rated_win(winner, loser)
        before = ratings[winner.name], ratings[loser.name]
        ratings[winner.name] = rated(*before, 1)
        ratings[loser.name] = rated(before[1], before[0], 0)
        assert (won["elo"], lost["elo"]) == (ratings[winner.name], ratings[loser.name])
        assert listed(won) | ratings == listed(won)
        assert sum(ratings.values()) == 3000
    assert max(ratings.values()) > 1100


async def test_rating_is_there_at_the_next_login(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await matches.rated_win(ann, bob)
    for client, expected in ((ann, 1010), (bob, 990)):
        _, greeting = await players.again(client, account=True)
        assert greeting.elo["elo"] == expected
        greeting = await (await players.connect()).login(client.name, PASSWORD)
        assert greeting.elo["elo"] == expected


async def test_only_the_two_players_are_told(players: Players) -> None:
    ann, bob, cat = await players.accounts("ann", "bob", "cat")
    await cat.send("friend_request", user=ann.name)
    await cat.expect_success("friend_request_response")
    await cat.expect("friends_update")
    await matches.rated_win(ann, bob)
    await cat.quiet()
    _, greeting = await players.again(cat, account=True)
    assert greeting.friends == {"friends": [ann.name], "elos": [1010]}


async def test_unranked_matches_change_nothing(players: Players) -> None:
    ann, tim = await players.account("ann"), await players.guest("tim")
    for game in (games.WON_BY_A, games.WON_BY_B, games.DRAWN):
        match_id = await matches.start(ann, tim)
        _, own, other = await matches.play_out(ann, tim, match_id, game)
        assert own["elo"] == 1000
        assert (other["elo"], other["rank"]) == (None, None)
        assert tim.name not in own["top_names"]


async def test_equal_ratings_share_a_rank(players: Players) -> None:
    ann, bob, cat, dan = await players.accounts("ann", "bob", "cat", "dan")
    first, _ = await matches.rated_win(ann, bob)
    second, last = await matches.rated_win(cat, dan)
    assert first["elo"] == second["elo"] == 1010
    assert first["rank"] == second["rank"]
    table = listed(second)
    assert second["rank"] == 1 + sum(elo > 1010 for elo in table.values())
    assert last["rank"] == 1 + sum(elo > 990 for elo in table.values())


async def join_all(players: Players, count: int) -> list[Client]:
    """Many new accounts; logins are sent in batches so that hashing is not waited for singly."""
    made: list[Client] = []
    for _ in range(0, count, 8):
        batch = [await players.connect() for _ in range(8)]
        for client in batch:
            await client.send("login", name=unique("many"), pw="x")
        for client in batch:
            await client.greeting("login_response")
        made += batch
    return made


async def test_list_ends_at_one_hundred(players: Players) -> None:
    """One account loses until it is alone at the end, which then lies beyond the list."""
    ann, bob = await players.accounts("ann", "bob")
    won, lost = await matches.rated_win(ann, bob)
    while won["top_names"][-1] != bob.name or won["top_elos"][-2] == lost["elo"]:
        won, lost = await matches.rated_win(ann, bob)
    joined = await join_all(players, 101 - len(won["top_names"]))
    tim = await (await players.connect()).login(unique("tim"), "")
    assert len(tim.elo["top_names"]) == 100
    assert ann.name in tim.elo["top_names"]
    assert bob.name not in tim.elo["top_names"]
    _, greeting = await players.again(bob, account=True)
    assert greeting.elo["rank"] == len(won["top_names"]) + len(joined) > 100


async def test_start_and_k_can_be_set(tmp_path: Path, database_kind: str) -> None:
    with running(tmp_path, database_kind, UTTT_ELO_START="1500", UTTT_ELO_K="40") as server:
        players = Players(server)
        ann, bob = await players.accounts("ann", "bob")
        won, lost = await matches.rated_win(ann, bob)
        assert (won["elo"], lost["elo"]) == (1520, 1480)
        won, lost = await matches.rated_win(bob, ann)
        assert (won["elo"], lost["elo"]) == (rated(1480, 1520, 1, 40), rated(1520, 1480, 0, 40))
        await players.close()
