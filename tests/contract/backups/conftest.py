"""Databases and a backup for the tests of this folder, which run on each kind once."""

from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

import samples
from backing_up import back_up
from databases import KINDS, Places
from uttt.storage import schema


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(kind: str, places: Places, tmp_path: Path) -> URL:
    return places.empty(kind, tmp_path)


@pytest.fixture
def prepared(kind: str, places: Places, tmp_path: Path) -> URL:
    return places.with_tables(kind, tmp_path, schema.prepare)


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The backup of a database with the newest sample in it."""
    url = make_url(f"sqlite:///{tmp_path_factory.mktemp('sound')}/uttt.db")
    samples.create(url, schema.head())
    return back_up(url)
