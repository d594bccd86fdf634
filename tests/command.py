"""Runs commands of the installed `uttt` as a host would, each in a directory of the test's."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.server import COMMAND

TIMEOUT = 30


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def uttt(directory: Path, *arguments: str, stdin: str | bytes = "", **settings: str) -> Outcome:
    """Run a command in this directory, with these settings and nothing else of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UTTT_")}
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=directory,
        env={**kept, **settings},
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in outcome.said, outcome.said
    return outcome


def succeeded(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome
    return outcome.out


def failed(outcome: Outcome) -> str:
    """The one line that a failure says, on standard error."""
    assert outcome.code != 0, outcome
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("uttt: ")
    return lines[0]
