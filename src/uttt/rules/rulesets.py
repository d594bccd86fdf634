"""The rulesets: each a value that says where its rules differ from the others.

Here live the names and switches, nothing else. How a switch changes play is decided in
`position`; what a player is told about it is decided elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The switches in which one way of playing differs from another.

    `name` stands in records, messages and texts of games: once published it never changes, and
    it has no spaces and no colon, because the notation of games separates by these.
    """

    name: str
    won_boards_close: bool
    """No move into a won sub-board. Otherwise it stays playable until full and keeps its winner."""
    most_boards_wins: bool
    """When every sub-board is closed and there is no line, who won more of them wins the match."""


STANDARD = Ruleset("standard", won_boards_close=True, most_boards_wins=False)
MOST_BOARDS = Ruleset("most-boards", won_boards_close=True, most_boards_wins=True)
OPEN = Ruleset("open", won_boards_close=False, most_boards_wins=False)

RULESETS: Mapping[str, Ruleset] = MappingProxyType(
    {ruleset.name: ruleset for ruleset in (STANDARD, MOST_BOARDS, OPEN)}
)
