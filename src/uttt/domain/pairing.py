"""Who of those that wait for a random opponent may meet whom (protocol sections 7 and 13.5)."""

from collections.abc import Callable, Iterable


def find_partner(
    seeker: int, waiting: Iterable[int], may_meet: Callable[[int, int], bool]
) -> int | None:
    """Return the player id in `waiting`, longest wait first, who may meet `seeker`;
    None if nobody.
    """
    return next((other for other in waiting if other != seeker and may_meet(other, seeker)), None)
