"""Which file answers which path, and nothing outside of the directory ever does."""

from pathlib import Path

import pytest
from aiohttp import web

from uttt.web.pages import Pages


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    directory = tmp_path / "client"
    (directory / "assets").mkdir(parents=True)
    for name in ("index.html", "version.json", "assets/main-1a2b.js", "assets/main-1a2b.js.br"):
        (directory / name).write_text(name)
    (tmp_path / "secret.txt").write_text("secret")
    return Pages(directory)


def served(pages: Pages, path: str) -> web.FileResponse:
    response = pages.find(path)
    assert isinstance(response, web.FileResponse)
    return response


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/challenge/bob", "index.html"),
        ("/challenge/", "index.html"),
        ("/version.json", "version.json"),
        ("/assets/main-1a2b.js", "main-1a2b.js"),
    ],
)
def test_what_is_there(pages: Pages, path: str, file: str) -> None:
    assert served(pages, path)._path.name == file


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/assets", "/assets/", "/../secret.txt", "/assets/../../secret.txt", "//", "",
     "/assets/main-1a2b.js.br", "/challenge", "/secret.txt"],
)  # fmt: skip
def test_what_is_not_there(pages: Pages, path: str) -> None:
    with pytest.raises(web.HTTPNotFound):
        pages.find(path)


def test_only_what_has_a_hash_in_its_name_is_kept_for_ever(pages: Pages) -> None:
    assert "immutable" in served(pages, "/assets/main-1a2b.js").headers["Cache-Control"]
    for path in ("/", "/version.json", "/challenge/bob"):
        assert served(pages, path).headers["Cache-Control"] == "no-cache"


def test_scripts_and_styles_come_from_here_only(pages: Pages) -> None:
    policy = served(pages, "/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_without_a_client_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(web.HTTPNotFound):
        Pages(tmp_path / "none").find("/")
