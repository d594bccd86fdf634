"""The command line: `uttt --help`. Each module is a group of commands; none decides anything
itself.
"""

import sys

from uttt.cli.main import app
from uttt.cli.run import Failed


def main() -> None:
    """Run the command line. A failure that the host can mend is one line and exit code 1."""
    try:
        app()
    except Failed as failed:
        sys.stderr.write(f"uttt: {failed}\n")
        sys.exit(1)
