"""One server and one browser for all tests here; each test has a context that forgives nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import launch
from tests.e2e.lab import Lab
from tests.e2e.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20_000  # ms: a slow machine is no failure
WATCH = pytest.StashKey[Watch]()

Visit = Callable[..., Lab]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the app is served, as ``make run`` would, by a process of its own."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": "0"}
    with TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "app"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            if "http://" not in said:
                log.seek(0)
                pytest.fail(f"the server does not start: {said}{log.read()}")
            yield said.split()[-1]
            assert server.poll() is None, f"the server did not survive: {server.returncode}"
        finally:
            server.terminate()
            server.communicate(timeout=20)
        log.seek(0)
        complaints = log.read()
    assert "Traceback" not in complaints, complaints


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser; contexts are cheap."""
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visit]:
    """Opens the lab in a fresh context: ``visit(lang="zh", plots=True, width=320, …)``.

    Without ``plots`` plotly.js and its figures never arrive, and the server's own drawings stay:
    that is what a reader has first, and it saves most of a page's cost. Other pages than the lab
    are not waited for: ``ready=False``.
    """
    watch = Watch(address)
    request.node.stash[WATCH] = watch
    expect.set_options(timeout=PATIENCE)

    def open_lab(
        query: str = "",
        *,
        lang: str = "en",
        plots: bool = False,
        width: int = 1280,
        height: int = 900,
        path: str = "/lab",
        ready: bool = True,
        **options: Any,
    ) -> Lab:
        options = {"reduced_motion": "reduce", "service_workers": "block", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        if not plots:
            context.route(re.compile(r"/(plotly\.js(\?.*)?|lab/figures)$"), lambda _: None)
        page = context.new_page()
        lab = Lab(page, address)
        lab.goto(f"{path}?{'&'.join(filter(None, (f'lang={lang}' if lang else '', query)))}")
        if ready and options.get("java_script_enabled", True):
            lab.until_ready(plots=plots)
        return lab

    yield open_lab
    watch.close()


@pytest.fixture
def lab(visit: Visit) -> Lab:
    """The article's example in English."""
    return visit()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Whatever went wrong in the browser fails the test itself, not its tear-down."""
    result = yield
    watch = item.stash.get(WATCH, None)
    if watch is not None:
        assert watch.faults() == []
    return result
