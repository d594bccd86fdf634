"""How the client comes to the browser: small, cached, compressed, on a short lead."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import MakeVisitor

BUDGET = 80 * 1024


def fetch(url: str, **headers: str) -> tuple[int, Any, bytes]:
    # always the server of this test
    request = urllib.request.Request(
        url, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_first_load_is_small_and_says_so_to_caches(visitor: MakeVisitor) -> None:
    person = visitor()
    sizes: dict[str, int] = {}
    cdp = person.context.new_cdp_session(person.page)
    cdp.send("Network.enable")
    urls: dict[str, str] = {}
    cdp.on(
        "Network.responseReceived", lambda e: urls.update({e["requestId"]: e["response"]["url"]})
    )
    cdp.on(
        "Network.loadingFinished",
        lambda e: sizes.update({urls.get(e["requestId"], "?"): int(e["encodedDataLength"])}),
    )
    person.open()
    expect(person.mark("play")).to_be_visible()
    code = {url: size for url, size in sizes.items() if url.endswith((".js", ".css"))}
    assert code
    assert sum(code.values()) <= BUDGET, code
    asset = next(url for url in code if "/assets/" in url)
    status, headers, _ = fetch(asset, Accept_Encoding="br")
    assert status == 200
    assert headers["Content-Encoding"] == "br"
    assert "immutable" in headers["Cache-Control"]
    assert fetch(asset, Accept_Encoding="gzip")[1]["Content-Encoding"] == "gzip"
    assert fetch(asset)[1]["Content-Encoding"] is None


@pytest.mark.parametrize("path", ["", "challenge/bob", "index.html", "version.json"])
def test_pages_are_asked_for_each_time(site: str, path: str) -> None:
    status, headers, _ = fetch(site + path)
    assert status == 200
    assert headers["Cache-Control"] == "no-cache"
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path", ["nothing", "assets/nothing.js", "assets/../../pages.py", "%2e%2e/x"]
)
def test_nothing_else_is_there(site: str, path: str) -> None:
    assert fetch(site + path)[0] == 404


def test_it_can_be_installed(visitor: MakeVisitor, site: str) -> None:
    person = visitor().open()
    active = "navigator.serviceWorker.ready.then((r) => Boolean(r.active))"
    assert person.page.evaluate(active)
    manifest = json.loads(fetch(site + "manifest.webmanifest")[2])
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert fetch(site + icon["src"].lstrip("/"))[0] == 200
