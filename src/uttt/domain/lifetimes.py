"""How long things live (protocol section 11.3). All in milliseconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Lifetimes in ms, counted from the last activity."""

    account: int
    session: int
    temporary_session: int
    match: int

    @property
    def shortest_of_a_session(self) -> int:
        """How long a live connection may go without its session being renewed in the database."""
        return min(self.account, self.session, self.temporary_session)
