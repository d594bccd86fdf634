"""The tree as docs/architecture.md tells it, and the habits that every module keeps."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "uttt"
MODULES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
MAX_LINES = 320


@pytest.fixture(scope="module")
def document() -> str:
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def quoted(document: str) -> list[str]:
    """What stands in backticks, in lines and in blocks."""
    blocks = re.findall(r"```.*?\n(.*?)```", document, flags=re.DOTALL)
    rest = re.sub(r"```.*?```", "", document, flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", rest) + [word for b in blocks for word in b.split()]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_file_that_the_document_names_exists(document: str) -> None:
    """`src/uttt/...` from the root of the repository, `package/module.py` from src/uttt."""
    named = [text.rstrip(".,;:)/") for text in quoted(document)]
    from_root = [text for text in named if text.startswith(("src/", "tests/", "docs/"))]
    modules = [
        text for text in named if re.fullmatch(r"(\w+/)*\w+\.py", text) and text not in from_root
    ]
    missing = [text for text in from_root if not (ROOT / text).exists()]
    missing += [
        text for text in modules if not (PACKAGE / text).exists() and not (ROOT / text).exists()
    ]
    assert missing == []
    assert from_root + modules, "the document names no file at all"


def test_the_document_names_every_package(document: str) -> None:
    forms = {
        path.name: (f"`{path.name}`", f"{path.name}/", f"uttt.{path.name}") for path in PACKAGES
    }
    unnamed = [package for package, texts in forms.items() if not any(t in document for t in texts)]
    assert unnamed == []
    assert PACKAGES


def test_the_document_follows_one_move_through_modules_that_exist(document: str) -> None:
    """The stations of THE LINE, in their order somewhere in the document."""
    stations = [
        "web/websocket.py", "web/connection.py", "wire/codec.py", "wire/session.py",
        "service/referee.py", "domain/match.py", "rules/position.py", "service/journal.py",
        "bus/local.py", "web/audience.py", "web/outbox.py",
    ]  # fmt: skip
    assert [station for station in stations if not (PACKAGE / station).exists()] == []
    assert [station for station in stations if station not in document] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_says_what_lives_there(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "?")) or len(docstring.splitlines()) > 1


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_has_a_name_that_says_nothing(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "common", "misc", "manager", "base"}
