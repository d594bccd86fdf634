"""Complete games, one for each way to end; `tests/integration/test_play.py` proves them.

A move is written as its four digits sub_x, sub_y, x, y. The games were found by random search with
`support.naive`.
"""

from support.naive import Move


def _moves(digits: str) -> tuple[Move, ...]:
    return tuple((int(d[0]), int(d[1]), int(d[2]), int(d[3])) for d in digits.split())


WON_BY_A = _moves(
    """
    1200 0001 0100 0011 1111 1102 0210 1010 1012 1202 0212 1222 2222 2200 0020 2020 2000
    0012 1220 2022 2202 0202 0211 1112 1210 1002 2212
    """
)
"""A completes a line."""

WON_BY_B = _moves(
    """
    1101 0122 2202 0210 1000 0022 2221 2111 1102 0220 2010 1001 0121 2122 2220 2011 1110
    1010 1002 0200 0001 0111 1111 1121 2112 1210 1020 2000 0000 0012 1200 0002 2100 0100
    """
)
"""B completes a line."""

DRAWN = _moves(
    """
    0022 2210 1000 0010 1022 2221 2122 2202 0210 1002 0221 2110 1011 1111 1121 2111 1120
    2011 1100 0012 1221 2102 0212 1222 2211 1112 1210 1211 1101 0111 1102 0202 0220 2022
    2200 0020 2020 2000 0021 2121 2112 1220 0120 0100 0002 0201 0122 2222 2212 1202 0200
    0000 2120 0112 2201 0101 0102 0121 2100 2220 2101
    """
)
"""All nine boards are closed without a line; the last one is drawn."""

DRAWN_BY_WINNING = _moves(
    """
    0000 0022 2220 2011 1102 0211 1112 1212 1221 2122 2202 0200 0020 2022 2211 1111 1122
    1202 0221 2121 2100 0001 0122 0010 1012 1200 0021 2101 0120 2002 0220 2021 2102 0210
    1002 0202 0222 1210 1022 0011 0121 2110 2112 1220 2012 2010 2020 2001 0012 0002 2111
    2120
    """
)
"""The last open board is won, but completes no line (section 13.3)."""
