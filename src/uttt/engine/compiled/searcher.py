"""The root of the search: deepening, windows, limits; and the class that the rest of us uses.

What goes in and comes out are positions and plain numbers; `uttt.engine.search` makes verdicts of
them. Never a thread: the GIL is released, the caller decides where it runs.
"""

import cython
from cython.cimports.libc.stdint import int16_t, uint8_t
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.libc.string import memset
from cython.cimports.posix.time import CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID
from cython.cimports.uttt.engine.compiled.alphabeta import descend, start_tables
from cython.cimports.uttt.engine.compiled.board import list_moves, set_board
from cython.cimports.uttt.engine.compiled.ending import UNSOLVED, room, solve
from cython.cimports.uttt.engine.compiled.network import is_loaded
from cython.cimports.uttt.engine.compiled.rows import MOST_VALUE, VALUE_OF_LOGIT
from cython.cimports.uttt.engine.compiled.table import FORCED, NO_MOVE, WON, clear, release, reserve
from cython.cimports.uttt.engine.compiled.tree import DEEPEST, INFINITE, Search, enter, now

from uttt.rules.position import Position

SOLVE_AT = cython.declare(cython.int, 6)  # the depth after which endings are tried to the end
SOLVABLE_ROOM = cython.declare(cython.int, 26)  # in cells; with more it would seldom succeed

start_tables()


def scale() -> tuple[int, int, int]:
    """The value of a win, that from where values are proved, and that of a logit."""
    return WON, FORCED, VALUE_OF_LOGIT


@cython.cclass
class Searcher:
    """A search and what it remembers. One search at a time; `stop` from any thread."""

    _s: cython.pointer(Search)
    _depth: cython.int
    _value: cython.int
    _end: cython.longlong
    _told_to_stop: cython.bint
    _solved: cython.int  # the value of the ending, or UNSOLVED
    _solution: cython.int  # a move that keeps it

    def __cinit__(self, megabytes: cython.int, processor_time: cython.bint = False):
        self._s = cython.cast(cython.pointer(Search), calloc(1, cython.sizeof(Search)))
        if self._s is cython.NULL:
            raise MemoryError
        reserve(cython.address(self._s.table), megabytes)
        self._s.clock = CLOCK_THREAD_CPUTIME_ID if processor_time else CLOCK_MONOTONIC

    def __dealloc__(self):
        if self._s is not cython.NULL:
            release(cython.address(self._s.table))
            free(self._s)

    def stop(self) -> None:
        """End the running search soon, or the next one at once."""
        self._told_to_stop = True
        self._s.stopped = True

    def ready(self) -> None:
        """Forget a `stop`: the next search is not meant by it."""
        self._told_to_stop = False

    def forget(self) -> None:
        """Forget what was seen."""
        clear(cython.address(self._s.table))
        memset(self._s.history, 0, cython.sizeof(self._s.history))
        memset(self._s.replies, 0, cython.sizeof(self._s.replies))

    def search(
        self,
        position: Position,
        nanoseconds: cython.longlong,
        nodes: cython.ulonglong,
        depth: cython.int,
        contempt: cython.int = 0,
    ) -> tuple[int, bool, int, int, list[int]]:
        """`(value, whether a draw is proved, depth, nodes, line)`; limits of 0 are none.

        `contempt`: by how much a draw is worth less to the side to move than an even match.
        A win or loss that is proved without knowing its length has the value of the longest.
        """
        self._prepare(position, nanoseconds, nodes)
        self._despise(contempt)
        with cython.nogil:
            self._deepen(depth if 0 < depth < DEEPEST else DEEPEST - 1)
            self._conclude()
        s: cython.pointer(Search) = self._s
        line = [s.lines[DEEPEST + 1][i] for i in range(s.lengths[DEEPEST + 1])]
        return self._value, self._solved == 0, self._depth, s.nodes, line

    def rank(
        self,
        position: Position,
        nanoseconds: cython.longlong,
        nodes: cython.ulonglong,
        depth: cython.int,
    ) -> list[tuple[int, int, int, list[int]]]:
        """For each legal move `(value, depth, nodes of all, line)`, best first."""
        s: cython.pointer(Search) = self._s
        self._prepare(position, nanoseconds, nodes)
        s.most_nodes = 0
        s.deadline = 0
        moves: uint8_t[81]
        count: cython.int = list_moves(cython.address(s.boards[0]), moves)
        found = {moves[i]: (-MOST_VALUE, 0, [moves[i]]) for i in range(count)}
        order = list(found)
        deepest: cython.int = depth if 0 < depth < DEEPEST else DEEPEST - 1
        reached: cython.int
        move: cython.int
        value: cython.int
        for reached in range(1, deepest + 1):
            for move in order:
                if found[move][0] > FORCED or (found[move][0] < -FORCED and found[move][1] > 0):
                    continue
                with cython.nogil:
                    value = self._try(move, reached)
                if s.stopped:
                    break
                line = [move, *(s.lines[1][i] for i in range(s.lengths[1]))]
                found[move] = (value, reached, line)
            order.sort(key=lambda one: found[one][0], reverse=True)
            s.most_nodes = nodes
            s.deadline = self._end
            if s.stopped or all(abs(worth) > FORCED for worth, _, _ in found.values()):
                break
        return [(found[one][0], found[one][1], s.nodes, found[one][2]) for one in order]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _try(self, move: cython.int, depth: cython.int) -> cython.int:
        enter(self._s, 0, move)
        return -descend(self._s, 1, depth - 1, -INFINITE, INFINITE)

    @cython.cfunc
    def _prepare(
        self, position: object, nanoseconds: cython.longlong, nodes: cython.ulonglong
    ) -> cython.void:
        s: cython.pointer(Search) = self._s
        set_board(cython.address(s.boards[0]), position)
        s.lanes[0].known[0] = False
        s.lanes[0].known[1] = False
        s.uses_network = is_loaded()
        s.contempt = 0
        s.played[0] = max(position.last, 0)
        s.stopped = self._told_to_stop
        s.nodes = 0
        s.most_nodes = nodes
        s.deadline = now(s.clock) + nanoseconds if nanoseconds else 0
        self._end = s.deadline
        s.table.age += 1
        memset(s.killers, NO_MOVE, cython.sizeof(s.killers))
        i: cython.int
        history: cython.pointer(int16_t) = cython.cast(cython.pointer(int16_t), s.history)
        for i in range(2 * 81):
            history[i] //= 2
        history = cython.cast(cython.pointer(int16_t), s.replies)
        for i in range(2 * 81 * 81):
            history[i] //= 2

    @cython.cfunc
    def _despise(self, contempt: cython.int) -> cython.void:
        """Value draws by this contempt, in the table, too: its entries are of another key then."""
        s: cython.pointer(Search) = self._s
        s.contempt = contempt
        s.proud = s.boards[0].turn
        signed: cython.longlong = contempt if s.proud == 0 else -contempt
        s.boards[0].key ^= cython.cast(cython.ulonglong, signed) * cython.cast(
            cython.ulonglong, 0x9E3779B97F4A7C15
        )

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _deepen(self, deepest: cython.int) -> cython.void:
        """Search one ply deeper each time until a limit is reached or the value is proved."""
        s: cython.pointer(Search) = self._s
        moves: uint8_t[81]
        list_moves(cython.address(s.boards[0]), moves)
        s.lines[DEEPEST + 1][0] = moves[0]
        s.lengths[DEEPEST + 1] = 1
        self._value = 0
        self._depth = 0
        self._solved = UNSOLVED
        most_nodes: cython.ulonglong = s.most_nodes
        deadline: cython.longlong = s.deadline
        s.most_nodes = 0  # whatever the limits, there is an answer that looks one move ahead
        s.deadline = 0
        depth: cython.int
        for depth in range(1, deepest + 1):
            width: cython.int = 50
            low: cython.int = -INFINITE
            high: cython.int = INFINITE
            if depth > 3:
                low = self._value - width
                high = self._value + width
            while True:
                value: cython.int = descend(s, 0, depth, low, high)
                if s.lengths[0] > 0 and (value > low or s.stopped):
                    self._keep_line(not s.stopped and (value > FORCED or value < -FORCED))
                if s.stopped:
                    return
                width *= 3
                if value <= low and low > -INFINITE:
                    low = value - width if value - width > -FORCED else -INFINITE
                elif value >= high and high < INFINITE:
                    high = value + width if value + width < FORCED else INFINITE
                else:
                    break
            self._value = value
            self._depth = depth
            s.most_nodes = most_nodes
            s.deadline = deadline
            if value > FORCED or value < -FORCED:
                return
            if depth == SOLVE_AT:
                self._solve()
                if self._solved == 0:
                    return

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _solve(self) -> cython.void:
        """Try to search the match to its end, within an eighth of the limits."""
        s: cython.pointer(Search) = self._s
        if room(s) > SOLVABLE_ROOM:
            return
        s.gave_up = False
        s.solve_nodes = s.nodes + 1000000
        if s.most_nodes:
            left: cython.ulonglong = s.most_nodes - s.nodes if s.most_nodes > s.nodes else 0
            s.solve_nodes = s.nodes + left // 8
        s.solve_deadline = 0
        if s.deadline:
            time: cython.longlong = now(s.clock)
            s.solve_deadline = time + (s.deadline - time) // 8
        value: cython.int = solve(s, 0, -1, 1)
        if s.gave_up:
            return
        self._solved = value
        self._solution = s.lines[0][0]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _conclude(self) -> cython.void:
        """Where the ending was solved, answer by that; the evaluation chooses among equals."""
        s: cython.pointer(Search) = self._s
        if self._solved == UNSOLVED or self._value > FORCED or self._value < -FORCED:
            return
        s.lengths[DEEPEST + 1] = 1  # of the line only the first move is known to keep the result
        s.stopped = self._told_to_stop  # the limits were those of the search
        if self._solved == -1:
            self._value = -FORCED - 1
            return
        s.gave_up = False
        s.solve_nodes = s.nodes + 100000
        if s.most_nodes:
            s.solve_nodes = s.nodes + min(100000, s.most_nodes // 8)
        s.solve_deadline = 0
        liked: cython.int = s.lines[DEEPEST + 1][0]
        if liked != self._solution:
            enter(s, 0, liked)
            value: cython.int = -solve(s, 1, -1, 1)
            if s.gave_up or value != self._solved:
                s.lines[DEEPEST + 1][0] = self._solution
        self._value = FORCED + 1 if self._solved == 1 else 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _keep_line(self, proved: cython.bint) -> cython.void:
        """Keep the line of the root, unless it is but the beginning of that which is kept and
        nothing is proved: the rest of that was only expected.
        """
        s: cython.pointer(Search) = self._s
        i: cython.int
        if not proved and s.lengths[0] <= s.lengths[DEEPEST + 1]:
            for i in range(s.lengths[0]):
                if s.lines[0][i] != s.lines[DEEPEST + 1][i]:
                    break
            else:
                return
        for i in range(s.lengths[0]):
            s.lines[DEEPEST + 1][i] = s.lines[0][i]
        s.lengths[DEEPEST + 1] = s.lengths[0]
