"""Who meets whom in the random queue."""

from uttt.domain.pairing import find_partner


def everybody(_one: int, _two: int) -> bool:
    return True


def test_whoever_has_waited_longest_comes_first() -> None:
    assert find_partner(9, [3, 1, 2], everybody) == 3


def test_nobody_waits() -> None:
    assert find_partner(9, [], everybody) is None


def test_nobody_meets_himself() -> None:
    assert find_partner(3, [3, 1], everybody) == 1
    assert find_partner(3, [3], everybody) is None


def test_who_may_not_meet_is_passed_over() -> None:
    asked = []

    def may_meet(waiting: int, seeker: int) -> bool:
        asked.append((waiting, seeker))
        return waiting == 2

    assert find_partner(9, [3, 2, 1], may_meet) == 2
    assert asked == [(3, 9), (2, 9)]
    assert find_partner(9, [3, 1], may_meet) is None
