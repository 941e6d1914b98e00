"""A browser for the tests: found on this machine, or installed.

``python -m tests.browser`` (which ``make test`` runs first) looks in this order and takes the
first that starts: the program that ROT180_BROWSER names, Chromium or Chrome on PATH, Playwright's
own. Where there is none it lets Playwright install its own, then, as root on Debian, apt.

The browser tests use :func:`launch`, which looks in the same order and installs nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (  # a test talks to its own server and to nothing else
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
WHAT_TO_DO = (
    "no browser for the browser tests: install Chromium or Chrome, or run "
    "`.venv/bin/playwright install chromium`, or set ROT180_BROWSER to a Chromium program"
)


def launch(playwright: Playwright) -> Browser:
    """A headless browser; without one the calling test is skipped, or fails under CI."""
    started = _start(playwright)
    if started is not None:
        return started[1]
    if os.environ.get("CI"):
        pytest.fail(WHAT_TO_DO)
    pytest.skip(WHAT_TO_DO)


def _candidates(playwright: Playwright) -> Iterator[str]:
    named = os.environ.get("ROT180_BROWSER")
    if named:
        yield named  # and no other: who names one means it
        return
    yield from filter(None, map(shutil.which, NAMES))
    own = playwright.chromium.executable_path
    if Path(own).exists():
        yield own


def _start(playwright: Playwright) -> tuple[str, Browser] | None:
    for program in _candidates(playwright):
        try:
            # Playwright itself adds --no-sandbox, without which Chromium does not start as root
            return program, playwright.chromium.launch(executable_path=program, args=list(QUIET))
        except Error as error:
            print(f"browser: {program} does not start: {error.message}", file=sys.stderr)
    return None


def _install_playwrights_own() -> None:
    _run(sys.executable, "-m", "playwright", "install", "chromium")


def _install_from_debian() -> None:
    if Path("/etc/debian_version").exists() and getattr(os, "geteuid", lambda: -1)() == 0:
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")


def _run(*command: str) -> None:
    print("browser:", *command, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, check=False, env=environment, stdin=subprocess.DEVNULL, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"browser: {error}", file=sys.stderr)


def main() -> int:
    """Say which browser the tests will use; 1 if there is none and CI is set."""
    ways: tuple[Callable[[], None], ...] = (_install_playwrights_own, _install_from_debian)
    with sync_playwright() as playwright:
        started = _start(playwright)
        for install in () if os.environ.get("ROT180_BROWSER") else ways:
            if started is None:
                install()
                started = _start(playwright)
        if started is None:
            print(WHAT_TO_DO, file=sys.stderr)
            return 1 if os.environ.get("CI") else 0
        program, browser = started
        print(f"browser: {program}, version {browser.version}")
        browser.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
