"""Tables of what was measured: on the terminal, and as Markdown in a marked section of a file."""

from dataclasses import dataclass, field
from pathlib import Path

from rich import table as rich_table
from rich.console import Console

console = Console(width=180)


@dataclass(slots=True)
class Table:
    """A heading, a sentence or two, columns and rows of text."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: list[list[str]] = field(default_factory=list)

    def add(self, row: list[str]) -> None:
        """Add a row, and show it for who waits."""
        self.rows.append(row)
        console.print(f"{self.title}: {' | '.join(row)}", style="dim", highlight=False)

    def show(self) -> None:
        """Print it."""
        shown = rich_table.Table(*self.columns, title=self.title, caption=self.about)
        for row in self.rows:
            shown.add_row(*row)
        console.print(shown)

    def markdown(self) -> str:
        """The table as Markdown."""
        lines = [f"### {self.title}", "", self.about, ""]
        lines += [_row(list(self.columns)), "|" + "---|" * len(self.columns)]
        lines += [_row(row) for row in self.rows]
        return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


BEGIN = "<!-- written by `make bench`: begin -->"
END = "<!-- written by `make bench`: end -->"


def replace_section(path: Path, content: str) -> None:
    """Put `content` between the marks of a file. Raises ValueError if they are not there."""
    text = path.read_text()
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    path.write_text(f"{text[:before]}\n\n{content.strip()}\n\n{text[after:]}")
