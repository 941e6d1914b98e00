"""The lab as somebody uses it: cells to point at, marks that are lit, sums that are read."""

from __future__ import annotations

import re
from typing import Any, Literal, cast
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

# the middle of a drawn square, in the page's coordinates; scrolls there first
MIDDLE = """([name, square]) => {
  const panel = document.querySelector(`[data-panel="${name}"]`);
  const plate = panel.querySelector('.plate');
  plate.scrollIntoView({ block: 'center', behavior: 'instant' });
  const grid = JSON.parse(plate.dataset.geometry);
  const box = plate.getBoundingClientRect();
  const scale = box.width / Number(panel.style.getPropertyValue('--w'));
  const perTile = grid.rows * grid.columns;
  const [left, top] = grid.origins[Math.floor(square / perTile)];
  const row = Math.floor((square % perTile) / grid.columns);
  return [box.x + (left + (square % grid.columns + 0.5) * grid.cell) * scale,
          box.y + (top + (row + 0.5) * grid.cell) * scale];
}"""

# a point of a wire or a node where nothing else lies above it
FREE = """(key) => {
  document.querySelector('.hits').scrollIntoView({ block: 'center', behavior: 'instant' });
  for (const mark of document.querySelectorAll(`.hits [data-moment="${key}"]`)) {
    const toScreen = mark.getScreenCTM();
    const length = mark.getTotalLength();
    const box = mark.getBBox();
    const points = mark.tagName === 'path'
      ? Array.from({ length: 40 }, (_, i) => mark.getPointAtLength((i / 40) * length))
      : [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
    for (const point of points) {
      const at = new DOMPoint(point.x, point.y).matrixTransform(toScreen);
      if (document.elementFromPoint(at.x, at.y)?.dataset?.moment === key) return [at.x, at.y];
    }
  }
  return null;
}"""

# what is lit, panel by panel, without what depends on time
LIT = """() => Object.fromEntries([...document.querySelectorAll('.panel')].map((panel) => {
  const shown = [...panel.querySelectorAll('.light > :not(.off)')].map((mark) => {
    const copy = mark.cloneNode(true);
    copy.classList.remove('waiting', 'hot', 'off');
    copy.removeAttribute('style');
    return copy.outerHTML;
  });
  return [panel.dataset.panel, shown.sort()];
}))"""


class Lab:
    """A page with the lab in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.bench = page.locator("#bench")
        self.formula = page.locator("#formula .formula")
        self.result = page.locator("#formula .result")
        self.terms = page.locator("#formula button.term")
        self.waiting = page.locator("#formula button.term.waiting")
        self.sentence = page.locator("#sentence")
        self.scrub = page.locator("#scrub")
        self.notice = page.locator("#notice")
        self.said = page.locator("#said")
        self.complaint = page.locator(".complaint")
        self.editor = page.locator("input.cell-editor")
        self.here = page.locator(".chips [aria-current]")

    # getting there

    def goto(self, path: str) -> None:
        """Open an address of the app."""
        self.page.goto(f"{self.address}{path}")

    def open(self, query: str = "", lang: str = "en") -> None:
        """Another state of the lab, in the same window."""
        self.goto(f"/lab?lang={lang}&{query}")
        self.until_ready()

    def until_ready(self, *, plots: bool = False) -> None:
        """Wait until the page answers, and with ``plots`` until Plotly has drawn it."""
        self.page.wait_for_selector("#bench[data-ready]")
        if plots:
            self.until_plotted()

    def until_plotted(self) -> None:
        """Wait until every panel is Plotly's."""
        self.page.wait_for_selector("#bench[data-plotted]")

    def press(self, *keys: str) -> None:
        """Keys, one after the other, wherever the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def start(self) -> None:
        """To the first step, before its first contribution."""
        self.press("Home")
        expect(self.scrub).to_have_value("0")
        expect(self.waiting).to_have_count(self.terms.count())

    # reading

    def panel(self, name: str) -> Locator:
        """A panel by its name."""
        return self.page.locator(f'[data-panel="{name}"]')

    def table(self, name: str) -> list[list[str]]:
        """A panel's numbers as a screen reader finds them."""
        rows = self.panel(name).locator(".as-table tbody tr").all()
        return [
            [(cell or "").strip() for cell in row.locator("td").all_text_contents()] for row in rows
        ]

    def visible(self, name: str, selector: str) -> Locator:
        """Marks of a panel's overlay that are shown now."""
        return self.panel(name).locator(f".overlay :is({selector}):not(.off)")

    def lit(self) -> dict[str, list[str]]:
        """Every mark that is lit, by panel."""
        return cast("dict[str, list[str]]", self.page.evaluate(LIT))

    def query(self) -> dict[str, str]:
        """The address bar's query."""
        return {key: values[0] for key, values in parse_qs(urlsplit(self.page.url).query).items()}

    def expect_query(self, **wanted: str | None) -> None:
        """Wait until the address bar says so (it is written a moment later)."""
        for key, value in wanted.items():
            said = rf"[?&]{key}={re.escape(value or '')}(&|$)"
            if value is None:
                expect(self.page).not_to_have_url(re.compile(rf"[?&]{key}="))
            else:
                expect(self.page).to_have_url(re.compile(said))

    def expect_layer(self, *fields: str) -> None:
        """Wait until the permalink holds these fields of the layer, such as ``k=2x2:1,2,3,4``."""
        for field in fields:
            end = "" if field.endswith("!") else "(~|&|$)"  # pixels follow, whatever they are
            found = re.compile(rf"[?&]spec=1~([^&]*~)?{re.escape(field)}{end}")
            expect(self.page).to_have_url(found)

    # pointing

    def middle(self, name: str, square: int = 0) -> tuple[float, float]:
        """Where a drawn square is."""
        x, y = self.page.evaluate(MIDDLE, [name, square])
        return x, y

    def hover(self, name: str, square: int = 0) -> None:
        """Point at a drawn square."""
        self.page.mouse.move(*self.middle(name, square))

    def click(self, name: str, square: int = 0, clicks: int = 1) -> None:
        """Click a drawn square."""
        self.page.mouse.click(*self.middle(name, square), click_count=clicks)

    def hover_moment(self, key: str) -> None:
        """Point at a node or a wire of the unrolled network."""
        point = self.page.evaluate(FREE, key)
        assert point, f"{key} cannot be pointed at anywhere"
        self.page.mouse.move(*point)

    def away(self) -> None:
        """Point at nothing."""
        self.page.mouse.move(2, 2)

    def cursor(self, name: str) -> Locator:
        """A panel's cursor, which holds the keyboard's focus."""
        return self.page.locator(f"#cursor-{name}")

    def value_at(self, name: str, square: int) -> Locator:
        """A cell's number in the panel's table."""
        return self.panel(name).locator(".as-table tbody td").nth(square)

    # changing

    def button(self, name: str) -> Locator:
        """A button by its id."""
        return self.page.locator(f"#{name}")

    def choose(self, kind: Literal["operation", "phase", "way", "preset"], value: str) -> None:
        """Press one of a control's buttons and wait for the server's answer."""
        button = self.button(f"{kind}-{value}")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")

    def type_into(self, name: str, square: int, text: str) -> None:
        """Click a cell, type, press Enter."""
        self.click(name, square)
        self.page.keyboard.type(text)
        self.press("Enter")

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """JavaScript in the page."""
        return self.page.evaluate(script, argument)
