"""The line protocol, from both sides, and the commands that use it."""

import io
import sys

import pytest
from typer.testing import CliRunner

from uttt.cli.main import app
from uttt.engine import Engine, Limits
from uttt.engine.lines import Faulty, Program, serve
from uttt.rules.notation import parse_move
from uttt.rules.rulesets import STANDARD

OURS = [sys.executable, "-c", "from uttt.cli import main; main()", "engine", "serve-lines"]


def said(*commands: str) -> list[str]:
    answers = io.StringIO()
    serve(Engine(megabytes=1), "tested", commands, answers)
    return answers.getvalue().splitlines()


def test_it_tells_its_name_and_its_move() -> None:
    name, move = said("hello", "position e5 d4", "go depth 4", "quit", "hello")
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
        ("position e5 e5", "error move 2 (e5) is not legal: cell taken"),
        ("dance", "error unknown command dance"),
    ],
)
def test_what_it_cannot_do_it_says(command: str, answer: str) -> None:
    assert said(command) == [answer]


def test_a_program_is_asked_and_ended() -> None:
    program = Program(OURS)
    try:
        assert program.name.startswith("uttt-")
        program.new_game()
        move = program.move(STANDARD, [parse_move("e5")], Limits(nodes=200))
        assert move // 9 == 4
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


def test_analyse_judges_each_game() -> None:
    code, text, _ = run("analyse", "-", "--nodes", "300", text="e5 d4 b2\n# none\nopen: e5 d4\n")
    assert code == 0
    assert text.count("Game ") == 2
    assert len(text.splitlines()) == 2 + 2 + 3 + 2


def test_perft_counts() -> None:
    assert "55,080" in run("perft", "4")[1]


def test_match_says_how_two_engines_compare() -> None:
    code, text, failure = run("match", "ours", "ours", "--games", "2", "--nodes", "50")
    assert code == 0, failure
    assert text.startswith("2 games: ")
    assert "Elo" in text


def test_match_explains_an_engine_that_cannot_be_started() -> None:
    assert "cannot be started" in run("match", "ours", "no-such-program", "--games", "2")[2]
