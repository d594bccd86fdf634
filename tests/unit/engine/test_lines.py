"""The line protocol, from both sides, and the commands that use it."""

import io
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from uttt.cli.main import app
from uttt.engine import Engine, Limits
from uttt.engine.lines import Faulty, Program, serve
from uttt.engine.verdict import Proof, Verdict
from uttt.rules.notation import parse_move
from uttt.rules.rulesets import STANDARD

OURS = [sys.executable, "-c", "from uttt.cli import main; main()", "engine", "serve-lines"]


def said(*commands: str) -> list[str]:
    """What is answered to the commands, each of which has its time."""
    answers = io.StringIO()
    serve(Engine(megabytes=1), "tested", [*commands, "newgame"], answers)
    return answers.getvalue().splitlines()


def test_it_tells_its_name_and_its_move() -> None:
    name, move = said("hello", "position e5 d4", "go depth 4", "newgame", "quit", "hello")
    assert name == "name tested"
    words = move.split()
    assert words[0] == "move"
    assert words[words.index("depth") + 1] == "4"
    assert words[words.index("line") + 1] == words[1]


def test_positions_come_as_games_and_as_lines() -> None:
    line = "9/9/9/9/4xo3/9/9/9/9 ......... x 5 f5 standard"
    assert len(said(f"position {line}", "go depth 2", "position open: e5", "go depth 2")) == 2


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("go", "error go needs limits: time MS, nodes N, depth N"),
        ("go time", "error go needs limits: time MS, nodes N, depth N"),
        ("go time -5", "error limits are whole numbers above 0"),
        ("go depth 000", "error limits are whole numbers above 0"),
        ("position e5 e5", "error move 2 (e5) is not legal: cell taken"),
        ("dance", "error unknown command dance"),
    ],
)
def test_what_it_cannot_do_it_says(command: str, answer: str) -> None:
    assert said(command) == [answer]


@pytest.mark.parametrize("limit", ["depth 99999999999", f"time {'9' * 20}", f"nodes {'9' * 5000}"])
def test_a_limit_beyond_all_measure_is_none(limit: str) -> None:
    other = "depth 2" if limit.startswith("nodes") else "nodes 50"
    (answer,) = said("position e5 d4", f"go {limit} {other}")
    assert answer.startswith("move ")


def test_a_search_that_fails_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OverflowError("too much")

    monkeypatch.setattr(Engine, "search", fail)
    assert said("go depth 1") == ["error too much"]


def test_a_stop_that_comes_with_a_go_is_not_lost() -> None:
    began = time.monotonic()
    (answer,) = said("go time 60000", "stop")
    assert answer.startswith("move ")
    assert time.monotonic() - began < 10


def test_a_stop_without_a_search_stops_none() -> None:
    (answer,) = said("position e5 d4", "stop", "go depth 4")
    assert " depth 4 " in answer


def ended_by_ctrl_c() -> Iterator[str]:
    yield "go time 60000"
    raise KeyboardInterrupt


@pytest.mark.parametrize("commands", [["go time 60000", "quit"], ["go time 60000"]])
def test_the_end_stops_the_search(commands: list[str]) -> None:
    began = time.monotonic()
    answers = io.StringIO()
    serve(Engine(megabytes=1), "tested", commands, answers)
    assert time.monotonic() - began < 10
    assert answers.getvalue().startswith("move ")


def test_ctrl_c_stops_the_search() -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        serve(Engine(megabytes=1), "tested", ended_by_ctrl_c(), io.StringIO())
    assert time.monotonic() - began < 10


def test_the_end_does_not_wait_for_a_search_that_does_not_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Engine, "search", lambda *_: time.sleep(20))
    began = time.monotonic()
    serve(Engine(megabytes=1), "tested", ["go depth 1", "quit"], io.StringIO())
    assert time.monotonic() - began < 10


def test_a_program_is_asked_and_ended() -> None:
    program = Program(OURS)
    try:
        assert program.name.startswith("uttt-")
        program.new_game()
        move = program.move(STANDARD, [parse_move("e5")], Limits(nodes=200))
        assert move // 9 == 4
    finally:
        program.close()


def test_an_empty_line_is_not_the_end_of_a_program() -> None:
    source = "print(); print('name x'); input(); input(); input(); print('\\n \\nmove e5')"
    program = Program([sys.executable, "-c", source])
    try:
        assert program.name == "x"
        assert program.move(STANDARD, [], Limits(nodes=1)) == parse_move("e5")
    finally:
        program.close()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("pass", "ended"),
        ("print('good day')", "by its name"),
        ("print('name x'); input(); input(); input(); print('well...')", "answered go by: well..."),
    ],
)
def test_a_faulty_program_is_found_out(source: str, reason: str) -> None:
    with pytest.raises(Faulty, match=reason):  # noqa: PT012 - either may raise
        program = Program([sys.executable, "-c", source])
        try:
            program.move(STANDARD, [], Limits(nodes=1))
        finally:
            program.close()


def run(*words: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["engine", *words], input=text)
    failure = str(result.exception) if result.exception else ""
    return result.exit_code, result.stdout, failure


def test_bestmove_names_a_square_and_ranks_all() -> None:
    code, text, _ = run("bestmove", "e5", "d4", "--depth", "3")
    assert code == 0
    assert len(text.splitlines()) == 2
    _, text, _ = run("bestmove", "-", "--depth", "2", "--rank", text="e5 d4")
    assert len(text.splitlines()) == 1 + 9


def test_bestmove_explains_what_is_wrong() -> None:
    assert run("bestmove", "e5", "e5")[2] == "move 2 (e5) is not legal: cell taken"


@pytest.mark.parametrize(
    "limit",
    [
        ("--depth", "3000000000"),
        ("--time", "inf"),
        ("--time", "nan"),
        ("--nodes", "99999999999999999999"),
    ],
)
def test_limits_that_no_search_can_have_are_refused(limit: tuple[str, str]) -> None:
    result = CliRunner().invoke(app, ["engine", "bestmove", *limit])
    assert result.exit_code == 2
    assert limit[0] in result.stderr


def press_ctrl_c(stopped: threading.Event) -> None:
    """Press it in the middle of a computation, which goes on until it is told to stop."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    stopped.wait(30)


@pytest.mark.parametrize("words", [["bestmove"], ["bestmove", "--rank"], ["analyse", "-"]])
def test_ctrl_c_ends_a_search(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    for name in ("search", "rank"):
        monkeypatch.setattr(Engine, name, lambda *_: press_ctrl_c(stopped))
    monkeypatch.setattr(Engine, "stop", lambda _: stopped.set())
    result = CliRunner().invoke(app, ["engine", *words], input="e5 d4")
    assert result.exit_code == 130
    assert result.stderr == "uttt: ended by Ctrl+C\n"
    assert stopped.is_set()


def test_ctrl_c_ends_perft(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr("uttt.engine.compiled.board.perft", lambda *_: press_ctrl_c(over))
    result = CliRunner().invoke(app, ["engine", "perft", "3"])
    over.set()
    assert result.exit_code == 130
    assert result.stderr == "uttt: ended by Ctrl+C\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [(["bestmove", "--time", "0.3"], "searching, at most 0.3 s"), (["perft", "3"], "3 plies")],
)
def test_progress_is_shown_on_a_terminal_only(words: list[str], shown: str) -> None:
    command = [*OURS[:-1], *words]
    assert subprocess.run(command, capture_output=True, check=True).stderr == b""
    ours, theirs = pty.openpty()
    try:
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, check=True)
            seen = terminal.read(10_000).decode()
    finally:
        os.close(theirs)
    assert shown in seen


def test_analyse_judges_each_game() -> None:
    code, text, _ = run("analyse", "-", "--nodes", "300", text="e5 d4 b2\n# none\nopen: e5 d4\n")
    assert code == 0
    assert text.count("Game ") == 2
    assert len(text.splitlines()) == 2 + 2 + 3 + 2


def test_analyse_says_all_that_follows_from_what_is_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [
        Verdict(parse_move("e5"), 0.5, None, None, 5, 100, (parse_move("e5"),)),
        Verdict(parse_move("d5"), 0.5, None, None, 5, 100, (parse_move("d5"),)),
        Verdict(parse_move("a2"), 0.0, Proof.LOSS, 4, 5, 100, (parse_move("a2"),)),
    ]
    monkeypatch.setattr(Engine, "search", lambda _, position, __: found[position.plies])
    code, text, failure = run("analyse", "-", text="e5 d4")
    assert code == 0, failure
    first, second = text.splitlines()[1:]
    assert first.split()[1:4] == ["e5", "0.0%", "second"]
    assert second.split()[1:4] == ["d4", "0.0%", "second"]


def test_perft_counts() -> None:
    assert "55,080" in run("perft", "4")[1]


def test_match_says_how_two_engines_compare() -> None:
    code, text, failure = run("match", "ours", "ours", "--games", "2", "--nodes", "50")
    assert code == 0, failure
    assert text.startswith("2 games: ")
    assert "Elo" in text


def test_match_explains_an_engine_that_cannot_be_started() -> None:
    assert "cannot be started" in run("match", "ours", "no-such-program", "--games", "2")[2]


def test_match_closes_the_first_engine_if_the_second_cannot_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[Program] = []
    close = Program.close

    def note(program: Program) -> None:
        closed.append(program)
        close(program)

    monkeypatch.setattr(Program, "close", note)
    run("match", "ours", "no-such-program", "--games", "2")
    assert len(closed) == 1


def test_match_explains_a_command_whose_quotes_are_not_closed() -> None:
    failure = run("match", "ours", "it's", "--games", "2")[2]
    assert failure.endswith("it's: No closing quotation")


def test_match_refuses_an_odd_number_of_games() -> None:
    assert "must be even" in run("match", "ours", "ours", "--games", "3")[2]
