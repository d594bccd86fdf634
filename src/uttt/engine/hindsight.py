"""What verdicts on the positions of one game say about each other: what is certain of one makes its
neighbours certain, though the search on those may not have got so far. Pure; never searches.
"""

from collections.abc import Sequence
from dataclasses import replace

from uttt.engine.verdict import Proof, Verdict


def consistent(moves: Sequence[int], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts with all that follows from those that are proved.

    `verdicts`: for the positions of a game in their order, the first before the first of `moves`;
    the one after the last move is missing if the match is over then.
    """
    found = list(verdicts)
    pairs = range(min(len(moves), len(found) - 1))
    for ply in reversed(pairs):
        found[ply] = _before(moves[ply], found[ply], found[ply + 1])
    for ply in pairs:
        found[ply + 1] = _after(moves[ply], found[ply], found[ply + 1])
    return found


def _before(move: int, before: Verdict, after: Verdict) -> Verdict:
    """A position of which one move was seen to win is won."""
    if before.proof is not None or after.proof is not Proof.LOSS:
        return before
    plies = None if after.plies is None else after.plies + 1
    line = (move, *after.line)
    return replace(before, move=move, chance=1.0, proof=Proof.WIN, plies=plies, line=line)


def _after(move: int, before: Verdict, after: Verdict) -> Verdict:
    """After each move of a lost position, and after the best move of any that is proved, it stands
    as before.
    """
    if after.proof is not None or before.proof is None:
        return after
    plies = None if before.plies is None else before.plies - 1
    if before.proof is Proof.LOSS:
        return replace(after, chance=1.0, proof=Proof.WIN, plies=plies)
    if move != before.move:
        return after
    known = replace(after, line=before.line[1:], move=before.line[1]) if before.line[1:] else after
    if before.proof is Proof.WIN:
        return replace(known, chance=0.0, proof=Proof.LOSS, plies=plies)
    return replace(known, chance=0.5, proof=Proof.DRAW, plies=None)
