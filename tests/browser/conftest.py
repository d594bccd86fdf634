"""A real Chromium, visitors in it, and a real server that serves the built client."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from support.server import Server, running
from support.visitor import Visitor
from uttt.web.pages import CLIENT

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
MakeVisitor = Callable[..., Visitor]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium: a test tool's own download is not to be had everywhere."""
    path = shutil.which("chromium")
    if path is None:
        hint = "chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(hint)
        pytest.skip(hint)
    # a module at a time: the sync interface keeps its loop running, which other tests cannot have
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert (CLIENT / "index.html").exists(), "the client is not built: make .venv/installed"
    # what the browser shows does not depend on it; to see for yourself: postgresql or mariadb
    kind = os.environ.get("UTTT_TEST_BROWSER_DATABASE", "sqlite")
    with running(tmp_path_factory.mktemp("server"), kind) as server:
        yield server


@pytest.fixture
def site(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/"


@pytest.fixture
def expected_errors() -> list[str]:
    """Parts of console errors that a test brings about itself."""
    return []


@pytest.fixture
def visitor(browser: Browser, site: str, expected_errors: list[str]) -> Iterator[MakeVisitor]:
    """Makes visitors; at the end none of them may have seen an error or another host."""
    visitors: list[Visitor] = []

    def make(**options: object) -> Visitor:
        visitors.append(Visitor(browser, site, **options))
        return visitors[-1]

    yield make
    for each in visitors:
        each.close()
    errors = [
        error
        for each in visitors
        for error in each.errors
        if not any(part in error for part in expected_errors)
    ]
    assert not errors
    assert {host for each in visitors for host in each.hosts} <= {site.split("/")[2]}


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where screenshots are kept: artifacts of the run, for people to look at."""
    directory = Path("artifacts/screens")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
