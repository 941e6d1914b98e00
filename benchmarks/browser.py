"""The lab in a browser: a step, playing, an edit, a visit; beside the same step written by hand.

``python -m benchmarks.browser [--quick]``. Chromium without a window, the real app on loopback. A
step's cost is the main thread's task time (Chromium's own metric): scripts, styles, layout, paint.
Both pages take turns. Bytes are those on the wire, as the browser counts them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from app.pages import plotly_js
from app.spec import PRESETS, LayerSpec, encode
from benchmarks._measure import ROOT, machine, table
from tests.browser import launch

HERE = Path(__file__).parent
PROBE = (HERE / "probe.js").read_text()
STEPS = 20  # of a round: fewer than the smallest layer has
MAPS: Mapping[str, tuple[LayerSpec, int, int]] = {
    "3×3, 2×2": (PRESETS["article"].spec, 3, 2),
    "28×28, 5×5": (PRESETS["digit"].spec, 28, 5),
}


@dataclass
class Bench:
    """A browser and where the app is."""

    browser: Browser
    address: str

    @contextmanager
    def page(self, url: str = "") -> Iterator[tuple[Page, CDPSession]]:
        """A page in a fresh profile."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 900},
                                           bypass_csp=True)  # fmt: skip
        page = context.new_page()
        session = context.new_cdp_session(page)
        if url:
            page.goto(url)
            page.evaluate(PROBE)
        yield page, session
        context.close()

    def lab(self, spec: LayerSpec, query: str = "phase=deltas&step=0&term=0") -> str:
        """The lab's address for a layer."""
        return f"{self.address}/lab?lang=en&{query}&spec={encode(spec)}"


def busy(session: CDPSession) -> float:
    """Seconds that the main thread has worked so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def cost(page: Page, session: CDPSession) -> float:
    """Milliseconds of the main thread a step."""
    before = busy(session)
    page.evaluate(f"probe.steps({STEPS})")
    return (busy(session) - before) / STEPS * 1000


def settled(page: Page) -> None:
    """Plotly has drawn, and nothing is under way."""
    page.wait_for_selector("#bench[data-plotted]", timeout=60_000)
    page.wait_for_timeout(500)


def p95(values: list[float]) -> float:
    """What nineteen of twenty do not exceed."""
    return quantiles(values, n=20)[-1]


def step_rows(bench: Bench, rounds: int) -> list[list[str]]:
    """A step of the animation, and frames while it plays."""
    rows = []
    for name, (spec, size, kernel) in MAPS.items():
        by_hand = f"{(HERE / 'by_hand.html').as_uri()}?map={size}&kernel={kernel}"
        with bench.page(bench.lab(spec)) as (ours, at_ours), bench.page(by_hand) as (hand, at_hand):
            settled(ours)
            for page, session in ((ours, at_ours), (hand, at_hand)):
                session.send("Performance.enable")
                cost(page, session)  # warm
            found = [(cost(ours, at_ours), cost(hand, at_hand)) for _ in range(rounds)]
            ours.keyboard.press("Home")
            ours.locator("#speed").select_option("4")
            ours.locator("#play").click()
            frames = ours.evaluate("probe.frames(4000)")
        ratio = median(mine / theirs for mine, theirs in found)
        rows.append([
            name, f"{median(m for m, _ in found):.1f}", f"{median(t for _, t in found):.1f}",
            f"{ratio:.1f}", "≤ 2", f"{p95(frames):.1f}", "≤ 20",
        ])  # fmt: skip
    return rows


def edit_rows(bench: Bench, rounds: int) -> list[list[str]]:
    """A number typed into the kernel until the output that follows from it is on the screen."""
    rows = []
    for (name, (spec, *_)), goal in zip(MAPS.items(), (100, 250), strict=True):
        with bench.page(bench.lab(spec)) as (page, _):
            settled(page)
            figures = page.evaluate(
                """async (body) => (await (await fetch('/lab/figures', {method: 'POST',
                headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})).json())
                .figures""",
                {"spec": encode(spec), "phase": "deltas", "step": 0},
            )
            whole = page.evaluate(
                "([figures, n]) => probe.whole(figures, n)", [figures, 2 if rounds < 10 else 7]
            )
            times = []
            for i in range(rounds):
                page.locator("#cursor-kernel").focus()
                page.keyboard.press("F2")
                page.locator(".cell-editor").fill(str(i + 5))
                times.append(page.evaluate(_ACCEPT))
                page.wait_for_timeout(200)
        rows.append([
            name, f"{median(times):.0f}", f"{p95(times):.0f}", f"≤ {goal}",
            f"{median(whole):.0f}", f"{median(times) / median(whole):.2f}", "≤ 0.2",
        ])  # fmt: skip
    return rows


_ACCEPT = """() => probe.edited('[data-panel="output"] .drawing', () => document
  .querySelector('.cell-editor').dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })))"""

# when the player answers: the page's script has taken hold, and play was pressed at once
_WATCH = """
new MutationObserver(() => {
  if (!document.querySelector('#bench[data-ready]') || window.pressed) return;
  window.pressed = true;
  document.querySelector('#play').click();
  const look = () => {
    if (document.querySelector('#bench.playing')) window.answered = performance.now();
    else setTimeout(look, 5);
  };
  look();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


@dataclass(frozen=True)
class Visit:
    """What a visit took."""

    paint: float
    answers: float
    bytes: float
    requests: int


def visit(page: Page, session: CDPSession, url: str) -> Visit:
    """Until Plotly has drawn; ``answers`` is when the player did."""
    sent, requests = [0.0], [0]

    def finished(event: Mapping[str, Any]) -> None:
        sent[0] += event["encodedDataLength"]

    def asked(event: Mapping[str, Any]) -> None:
        requests[0] += not event["request"]["url"].startswith("data:")

    session.on("Network.loadingFinished", finished)
    session.on("Network.requestWillBeSent", asked)
    page.goto(url)
    page.wait_for_selector("#bench[data-plotted]", timeout=60_000)
    page.wait_for_timeout(300)
    session.remove_listener("Network.loadingFinished", finished)
    session.remove_listener("Network.requestWillBeSent", asked)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return Visit(paint, page.evaluate("window.answered"), sent[0], requests[0])


def visit_rows(bench: Bench, bundle: str, rounds: int) -> list[list[str]]:
    """A first visit and a second one."""
    first, second = [], []
    url = bench.lab(PRESETS["article"].spec)
    for _ in range(rounds):
        with bench.page() as (page, session):
            session.send("Network.enable")
            page.add_init_script(_WATCH)
            first.append(visit(page, session, url))
            second.append(visit(page, session, url))
    goals = {"package": ("≤ 2", "≤ 1.3"), "small": ("≤ 0.6", "≤ 0.5")}[bundle]
    rows = []
    for name, found, (soon, small) in (("first", first, goals), ("second", second, ("", ""))):
        rows.append([
            f"{name}, {bundle}", f"{median(v.paint for v in found) / 1000:.2f}",
            f"{median(v.answers for v in found) / 1000:.2f}", soon,
            f"{median(v.bytes for v in found) / 1e6:.3f}", small,
            f"{median(v.requests for v in found):.0f}",
        ])  # fmt: skip
    return rows


@contextmanager
def serving(*, small: bool) -> Iterator[str]:
    """The real app, with the small bundle or without."""
    code = "import benchmarks._server as s; s.main()"
    if not small:
        code = f"from app.pages import plotly_js as p; p.SMALL = p.WHOLE; {code}"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def main(arguments: list[str]) -> None:
    """Print the tables of docs/benchmarks.md."""
    quick = "--quick" in arguments
    began = monotonic()
    print(f"# Browser\n\n{machine()}\n")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        print(f"Chromium {browser.version}\n")
        with serving(small=plotly_js.SMALL.exists()) as address:
            bench = Bench(browser, address)
            head = ["layer", "step, ms", "by hand, ms", "ratio", "goal", "frame p95, ms", "goal"]
            print(table(head, step_rows(bench, 2 if quick else 9)) + "\n")
            head = ["layer", "edit, ms", "p95", "goal", "whole react, ms", "ratio", "goal"]
            print(table(head, edit_rows(bench, 3 if quick else 24)) + "\n")
        rows = []
        for bundle in ("package", "small"):
            if bundle == "small" and not plotly_js.SMALL.exists():
                print("(no small plotly.js was built: make plotly)\n")
                continue
            with serving(small=bundle == "small") as address:
                rows += visit_rows(Bench(browser, address), bundle, 2 if quick else 7)
        head = ["visit", "first paint, s", "player answers, s", "goal", "MB", "goal", "requests"]
        print(table(head, rows))
        browser.close()
    print(f"\n({monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main(sys.argv[1:])
