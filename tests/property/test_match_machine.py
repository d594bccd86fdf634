"""Whole matches through referee, journal and hall on a real file, against a model in plain Python.

The machine plays two accounts and a stranger, connects and disconnects them, lets time pass, and
kills the node: everything in memory is thrown away and a new one begins on the same file. After
each step what the database has, what the hall shows and what was told are what the model says.
"""

import asyncio
import random
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from match_model import Model, rated, square
from node import DAY, Node, TestClock, new_database
from uttt.bus.notices import MatchChanged, MatchGone
from uttt.domain.commands import Abandon, Command, Expire, Play
from uttt.domain.match import Match
from uttt.domain.refusals import Code, Refused
from uttt.storage import matches, players

ANN, BOB, EVE = "ann", "bob", "eve"
LIFETIME = 7 * DAY


class MatchMachine(RuleBasedStateMachine):
    """Two accounts that play each other again and again, and one who has no business there."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.url = new_database(Path(self.directory.name))
        self.clock = TestClock()
        self.node = Node(self.url, self.clock)
        self.run(self.node.start())
        self.players = {name: self.run(self.node.player(name, registered=True))
                        for name in (ANN, BOB, EVE)}  # fmt: skip
        self.ratings = dict.fromkeys((ANN, BOB, EVE), 1000)
        self.present: list[str] = []
        self.played: list[Model] = []
        self.model = Model(ANN, BOB, 0)

    def run(self, action: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(action, 10))

    def teardown(self) -> None:
        self.run(self.node.stop())
        self.loop.close()
        self.directory.cleanup()

    @property
    def match_id(self) -> str:
        return f"match-{len(self.played)}"

    # What players do

    @initialize()
    def first_match(self) -> None:
        self.begin(ANN, BOB)

    def begin(self, first: str, second: str) -> None:
        self.played.append(Model(first, second, self.clock.now))
        self.model = self.played[-1]
        self.run(self.node.match(*(self.players[name] for name in (first, second)),
                                 public_id=self.match_id))  # fmt: skip

    @precondition(lambda self: self.model.over)
    @rule(turned=st.booleans())
    def play_again(self, turned: bool) -> None:
        self.begin(*((BOB, ANN) if turned else (ANN, BOB)))

    @precondition(lambda self: not self.model.over)
    @rule(choices=st.lists(st.integers(0, 80), min_size=1, max_size=12))
    def play_on(self, choices: list[int]) -> None:
        """A few legal moves, one after the other."""
        for choice in choices:
            legal = [m for m in range(81) if square(m) in self.model.game.legal_squares()]
            if legal:
                self.attempt_move(self.model.to_move, legal[choice % len(legal)])

    @precondition(lambda self: not self.model.over)
    @rule(seed=st.integers(0, 1000))
    def play_to_the_end(self, seed: int) -> None:
        choose = random.Random(seed)
        while not self.model.over:
            legal = sorted(self.model.game.legal_squares())
            row, column = choose.choice(legal)
            board = row // 3 * 3 + column // 3
            self.attempt_move(self.model.to_move, 9 * board + row % 3 * 3 + column % 3)

    @rule(name=st.sampled_from([ANN, BOB, EVE]), move=st.integers(-2, 82))
    def any_move(self, name: str, move: int) -> None:
        self.attempt_move(name, move)

    def attempt_move(self, name: str, move: int) -> None:
        faults = self.model.fault(name, move)
        told = self.apply(Play(self.players[name].id, move), faults)
        if faults:
            return
        self.model.play(move, self.clock.now)
        assert told == [self.match_id]
        if self.model.over:
            score = {None: 0.5, self.model.players[0]: 1.0}.get(self.model.winner, 0.0)
            self.rate(score)
            self.model.untold -= set(self.present)

    @precondition(lambda self: not self.model.over)
    @rule(moves=st.lists(st.integers(0, 80), min_size=2, max_size=6))
    def moves_at_once(self, moves: list[int]) -> None:
        """Several connections of the one to move send a move each: exactly one can win the ply."""
        name = self.model.to_move
        legal = {move for move in moves if not self.model.fault(name, move)}

        async def all_at_once() -> list[Any]:
            commands = [Play(self.players[name].id, move) for move in moves]
            return await asyncio.gather(
                *(self.node.referee.apply(self.match_id, command) for command in commands),
                return_exceptions=True,
            )

        outcomes = self.run(all_at_once())
        done = [m for m, outcome in zip(moves, outcomes, strict=True) if isinstance(outcome, Match)]
        assert len(done) == (1 if legal else 0), outcomes
        assert set(done) <= legal
        assert all(isinstance(outcome, Match | Refused) for outcome in outcomes), outcomes
        if done:
            self.model.play(done[0], self.clock.now)
            if self.model.over:
                self.rate({None: 0.5, self.model.players[0]: 1.0}.get(self.model.winner, 0.0))
                self.model.untold -= set(self.present)

    @rule(name=st.sampled_from([ANN, BOB, EVE]))
    def abandon(self, name: str) -> None:
        if name not in self.model.players:
            faults = {Code.NOT_YOUR_MATCH}
        else:
            faults = {Code.MATCH_OVER} if self.model.over else set()
        self.apply(Abandon(self.players[name].id), faults)
        if not faults:
            winner = self.model.other(name)
            self.model.end("abandoned", None, self.clock.now)
            if self.model.both_moved:
                self.rate(1.0 if winner == self.model.players[0] else 0.0)

    # What time does

    @rule(passed=st.sampled_from([1, 1000, DAY, LIFETIME - 1, LIFETIME]))
    def time_passes(self, passed: int) -> None:
        self.clock.now += passed

    @rule()
    def sweep(self) -> None:
        self.run(self.node.sweeps._repeat(
            self.node.sweeps._expire_matches, self.clock.now - LIFETIME
        ))  # fmt: skip
        for model in self.played:
            if model.active_at <= self.clock.now - LIFETIME:
                if model.over:
                    model.untold = set()
                else:
                    self.expire(model)

    @rule()
    def expiry_from_elsewhere(self) -> None:
        """As a sweep of another node would ask."""
        due = not self.model.over and self.model.active_at <= self.clock.now - LIFETIME
        self.apply(Expire(self.clock.now - LIFETIME), set() if due else {Code.MATCH_OVER})
        if due:
            self.expire(self.model)

    def expire(self, model: Model) -> None:
        if not model.both_moved:
            model.end("void", None, self.clock.now)
            return
        winner = model.other(model.to_move)
        model.end("expired", winner, self.clock.now)
        self.rate(1.0 if winner == model.players[0] else 0.0)

    # What connections and nodes do

    @rule(name=st.sampled_from([ANN, BOB]))
    def connect(self, name: str) -> None:
        """Whoever comes is shown the ends that he has not been told of, and is told of them."""
        player = self.players[name]

        async def enter_and_hear() -> None:
            await self.node.hall.enter(player.id)
            for match in self.node.hall.of(player.id):
                if match.outcome is not None:
                    self.node.referee.note_told(match, player.id)

        self.run(enter_and_hear())
        self.present.append(name)
        for model in self.played:
            if model.over:
                model.untold.discard(name)

    @precondition(lambda self: self.present)
    @rule(which=st.integers(0, 9))
    def disconnect(self, which: int) -> None:
        name = self.present.pop(which % len(self.present))
        last = self.node.hall.leave(self.players[name].id)
        assert last is (name not in self.present)

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        """A new node on the same file; a clean stop writes first who was told."""
        if clean:
            self.run(self.node.settle())
        old, self.node = self.node, Node(self.url, self.clock)
        self.run(old.stop())
        self.run(self.node.start())
        self.present = []

    # What must be true

    def apply(self, command: Command, faults: set[Code]) -> list[str]:
        """Ask the referee; return the ids of the matches of which was told."""
        self.node.heard.clear()
        try:
            after = self.run(self.node.referee.apply(self.match_id, command))
        except Refused as refused:
            assert refused.code in faults, (refused.code, faults)  # noqa: PT017 - both ways count
            assert self.node.heard == []
            return []
        assert not faults, f"{command} was done, and should have been refused: {faults}"
        assert after.fixture.public_id == self.match_id
        return [
            notice.match.fixture.public_id
            for notice in self.node.heard
            if isinstance(notice, MatchChanged | MatchGone)
        ]

    def rate(self, score: float) -> None:
        """The ratings after the end of the model's match; `score` is player_a's."""
        first, second = self.model.players
        one, two = self.ratings[first], self.ratings[second]
        self.ratings[first] = rated(one, two, score)
        self.ratings[second] = rated(two, one, 1 - score)

    @invariant()
    def the_journal_has_the_match_as_it_is(self) -> None:
        if not self.played:
            return
        stored = self.run(self.node.database.read(lambda c: matches.find(c, self.match_id)))
        position, model = stored.position, self.model
        assert stored.active_at == model.active_at
        assert position.plies == len(model.moves)
        assert position.last == (model.moves[-1] if model.moves else -1)
        for move in range(81):
            row, column = square(move)
            mark = (position.first >> move & 1) + 2 * (position.second >> move & 1)
            assert mark == model.game.field[row][column]
        outcome = stored.outcome
        assert (outcome.result.value if outcome else None) == model.result
        if outcome is not None and outcome.result.value != "abandoned":
            assert (model.players[outcome.winner] if outcome.winner is not None else None) == (
                model.winner
            )

    @invariant()
    def ratings_are_counted_once(self) -> None:
        def read(connection: Any) -> dict[str, int]:
            accounts = (players.find(connection, name) for name in self.ratings)
            return {account.player.name: account.rating for account in accounts if account}

        assert self.run(self.node.database.read(read)) == self.ratings

    @invariant()
    def the_hall_shows_what_is_open(self) -> None:
        for name in set(self.present):
            shown = {
                match.fixture.public_id: match
                for match in self.node.hall.open_of(self.players[name].id)
            }
            expected = {self.match_id} if not self.model.over else set()
            assert set(shown) == expected
            for match in shown.values():
                assert match.position.plies == len(self.model.moves)

    @invariant()
    def who_is_present_is_shown_no_end_twice(self) -> None:
        """Each was told at the end, or as he came."""
        for name in set(self.present):
            shown = self.node.hall.of(self.players[name].id)
            assert [match.fixture.public_id for match in shown if match.outcome] == []

    @invariant()
    def the_ends_that_wait_are_those_nobody_was_told_of(self) -> None:
        self.run(self.node.settle())
        for name in (ANN, BOB):
            player_id = self.players[name].id
            shown = self.run(self.node.database.read(lambda c, p=player_id: matches.shown_to(c, p)))
            waiting = {m.fixture.public_id for m in shown if m.outcome is not None}
            assert waiting == {
                f"match-{number}"
                for number, model in enumerate(self.played, 1)
                if model.over and name in model.untold
            }


MatchMachine.TestCase.settings = settings(
    max_examples=20,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestMatchMachine = MatchMachine.TestCase
