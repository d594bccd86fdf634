"""How analyses look on the wire, the same over the WebSocket and over HTTP. Functions from values
of the domain to messages; never who may see them.
"""

from uttt.domain.analysis import Analysis
from uttt.domain.match import Fixture
from uttt.domain.refusals import EXPLANATIONS, Code
from uttt.engine.judgement import JudgedMove
from uttt.rules.notation import format_position
from uttt.wire.to_client import (
    AnalysisData,
    AnalysisFailed,
    AnalysisFailure,
    MoveEvaluation,
    StartEvaluation,
)


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


def analysis_failed(public_id: str, code: Code) -> AnalysisFailed:
    """Return the message that an analysis will not come."""
    return AnalysisFailed(AnalysisFailure(public_id, code.value, EXPLANATIONS[code]))


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
