"""The study's engines behind our line protocol, so that `uttt engine match` can play them.

    uttt engine match "ours --processor-time" "python -m bench.study PROGRAM abnet net=FILE"

PROGRAM is `engine.c` of the study, compiled as its README says; what follows are its arguments. It
counts computed time, so ours should, too. It holds to the ruleset `standard` only.
"""

import subprocess
import sys

from uttt.rules.notation import format_move, parse_game


def main() -> None:
    """Translate until the end of standard input."""
    study = subprocess.Popen(  # noqa: S603 - the command is the user's
        sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert study.stdin is not None
    assert study.stdout is not None
    known: list[int] | None = None
    moves: list[int] = []
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        match word:
            case "hello":
                print(f"name study-{sys.argv[2]}", flush=True)
            case "newgame":
                known = None
            case "position":
                _, moves = parse_game(rest)
            case "go":
                milliseconds = rest.split()[rest.split().index("time") + 1]
                if known is None or moves[: len(known)] != known:
                    study.stdin.write("NEW\n")
                    known = []
                for move in moves[len(known) :]:
                    study.stdin.write(f"APPLY {move // 9} {move % 9}\n")
                study.stdin.write(f"GO {milliseconds}\n")
                study.stdin.flush()
                board, cell, *_ = study.stdout.readline().split()
                known = [*moves, 9 * int(board) + int(cell)]
                print(f"move {format_move(known[-1])}", flush=True)
            case "quit":
                break
            case _:
                pass
    study.stdin.close()
    study.wait()


if __name__ == "__main__":
    main()
