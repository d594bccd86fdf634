"""How analyses look, over the WebSocket and over HTTP: their shapes, and functions from values of
the domain to them. Never who may see them.

The docstrings and members here are the source of docs/protocol.md, too.
"""

import msgspec

from uttt.domain.analysis import Analysis
from uttt.domain.match import Fixture
from uttt.domain.refusals import EXPLANATIONS, Code
from uttt.engine.judgement import JudgedMove
from uttt.rules.notation import format_position


class AnalysisAnswer(msgspec.Struct, frozen=True, gc=False):
    """Whether the analysis is there or will come, and a text for the user. `code`: why not, one of
    the error codes; null after success.
    """

    match_id: str
    success: bool
    msg: str
    code: str | None


class ProgressData(msgspec.Struct, frozen=True, gc=False):
    """`done` of `total` positions have been looked at. While others are served first: 0."""

    match_id: str
    done: int
    total: int


class StartEvaluation(msgspec.Struct, frozen=True, gc=False):
    """The position before the first move of `moves`. `chance` and `proof` as with a move."""

    chance: float
    proof: str | None


class MoveEvaluation(msgspec.Struct, frozen=True, gc=False):
    """A move of the match, the position after it, and what would have been best instead.

    Moves are 0 to 80: `9 * (3 * sub_y + sub_x) + 3 * y + x`. `chance` is the result to be expected
    for the first player (player_a) after the move: 1 he wins, 0.5 a draw, 0 he loses. `proof`:
    `first`, `second` or `draw` if that is certain, whoever wins it; else null. `best` is the best
    move in the place of this one, `best_chance` what the first player could have expected after
    it, `line` how both would best go on from there, `best` first. `judgement`: `inaccuracy`,
    `mistake`, `blunder`, or null. `lost_by_force`: before the move its player was not proved to be
    lost, after it he was.
    """

    move: int
    chance: float
    proof: str | None
    best: int
    best_chance: float
    line: list[int]
    judgement: str | None
    lost_by_force: bool


class AnalysisData(msgspec.Struct, frozen=True, gc=False):
    """`setup` is the position with which the match began, as the notation of positions has it;
    null: the empty board. `engine` names who has analysed. `turning_point` is the place in `moves`,
    from 0, of the move that decided the match; null if there is none.
    """

    match_id: str
    ruleset: str
    setup: str | None
    engine: str
    start: StartEvaluation
    moves: list[MoveEvaluation]
    turning_point: int | None


class AnalysisFailure(msgspec.Struct, frozen=True, gc=False):
    """`code` is one of the error codes, `msg` is for people."""

    match_id: str
    code: str
    msg: str


def analysis_data(fixture: Fixture, analysis: Analysis) -> AnalysisData:
    """Return what is shown of an analysis."""
    proof = analysis.start_proof
    return AnalysisData(
        match_id=fixture.public_id,
        ruleset=fixture.ruleset.name,
        setup=None if fixture.setup is None else format_position(fixture.setup),
        engine=analysis.engine,
        start=StartEvaluation(_rounded(analysis.start_chance), proof and proof.value),
        moves=[_move(move) for move in analysis.moves],
        turning_point=analysis.turning_point,
    )


def analysis_failure(public_id: str, code: Code) -> AnalysisFailure:
    """Return what is shown of an analysis that will not come."""
    return AnalysisFailure(public_id, code.value, EXPLANATIONS[code])


def _move(judged: JudgedMove) -> MoveEvaluation:
    return MoveEvaluation(
        move=judged.move,
        chance=_rounded(judged.chance),
        proof=judged.proof and judged.proof.value,
        best=judged.best,
        best_chance=_rounded(judged.best_chance),
        line=list(judged.line),
        judgement=judged.judgement and judged.judgement.value,
        lost_by_force=judged.lost_by_force,
    )


def _rounded(chance: float) -> float:
    return round(chance, 4)  # more is noise
