"""plotly.js: small where a small one was built, whole elsewhere; sent once, and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from starlette.testclient import TestClient

from app.answers import trace_of
from app.engine import PHASES
from app.figures import NAMES, figure
from app.main import create_app
from app.pages import plotly_js
from app.settings import Settings
from app.spec import PRESETS

BUNDLE = Path(plotly_js.__file__).parents[1] / "figures" / "bundle"


@pytest.fixture(name="built", params=["small", "whole"])
def _built(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small bundle that was built, or none."""
    small = tmp_path / "plotly.min.js"
    if request.param == "small":
        small.write_bytes(b"/* plotly.js v0, small */")
    monkeypatch.setattr(plotly_js, "SMALL", small)
    return str(request.param)


@pytest.fixture(name="reader")
def _reader() -> Iterator[TestClient]:
    with TestClient(create_app(Settings())) as client:
        yield client


def test_the_small_one_is_served_where_it_was_built(reader: TestClient, built: str) -> None:
    """Compressed for whoever takes brotli, as it is for others."""
    address = plotly_js.address("")
    plain = reader.get(address, headers={"Accept-Encoding": "identity"})
    assert b"plotly.js v" in plain.content[:2000]
    assert (len(plain.content) < 100) == (built == "small")
    assert "content-encoding" not in plain.headers
    with reader.stream("GET", address, headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert answer.headers["content-encoding"] == "br"
        sent = b"".join(answer.iter_raw())
    assert brotli.decompress(sent) == plain.content
    assert len(sent) < 1_300_000
    refused = reader.get(address, headers={"Accept-Encoding": "gzip;q=1, br;q=0"})
    assert refused.headers.get("content-encoding") in (None, "gzip")
    assert refused.content == plain.content


def test_it_is_kept_for_good_under_its_own_address(reader: TestClient, built: str) -> None:
    """Pages name it with its hash; without one, or with an old one, it is asked for again."""
    del built
    addresses = {plotly_js.address(""): True, "/plotly.js": False, "/plotly.js?v=1": False}
    for path, kept in addresses.items():
        answer = reader.get(path)
        assert answer.status_code == 200
        assert ("immutable" in answer.headers["cache-control"]) == kept
    page = reader.get("/lab?lang=en").text
    assert f'data-script="{plotly_js.address("")}"' in page


def test_a_bundle_that_the_build_compressed_is_sent_as_it_is(
    reader: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build may take its time for the best compression."""
    small = tmp_path / "plotly.min.js"
    small.write_bytes(b"/* plotly.js */" * 50)
    best = brotli.compress(small.read_bytes(), quality=11)
    (tmp_path / "plotly.min.js.br").write_bytes(best)
    monkeypatch.setattr(plotly_js, "SMALL", small)
    with reader.stream("GET", "/plotly.js", headers={"Accept-Encoding": "br"}) as answer:
        assert b"".join(answer.iter_raw()) == best


def test_the_bundle_has_what_the_figures_are_made_of() -> None:
    """Scatter is in plotly.js's core; every other kind of trace has to be registered."""
    entry = (BUNDLE / "entry.js").read_text()
    has = {"scatter", *re.findall(r"plotly\.js/lib/(\w+)'", entry)} - {"core"}
    used = set()
    for preset in PRESETS.values():
        trace = trace_of(preset.spec)
        for phase in PHASES:
            for name in NAMES:
                used |= {one.get("type", "scatter") for one in figure(trace, name, phase)["data"]}
    assert used <= has
    for name in has - {"scatter"}:
        assert f"import {name} from" in entry
        assert re.search(rf"register\(\[.*\b{name}\b.*\]\)", entry)


def test_the_bundle_is_of_the_version_that_the_package_brings() -> None:
    """One plotly.js, whichever way it comes; and its lock names no host."""
    head = plotly_js.WHOLE.read_bytes()[:2000].decode()
    [version] = re.findall(r"plotly\.js v([\d.]+)", head)
    assert f'"plotly.js": "{version}"' in (BUNDLE / "package.json").read_text()
    lock = (BUNDLE / "package-lock.json").read_text()
    assert '"resolved"' not in lock
