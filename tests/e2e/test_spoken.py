"""What somebody hears who does not see the page: names, values, and each sum once."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

# everything that the live region says from now on
LISTEN = """() => {
  window.heard = [];
  new MutationObserver(() => {
    const said = document.querySelector('#said').textContent.trim();
    if (said) window.heard.push(said);
  }).observe(document.querySelector('#said'),
    { childList: true, characterData: true, subtree: true });
}"""


def _sentences(lab: Lab) -> list[str]:
    """The sentence of each node, as it is to be heard."""
    found = []
    for step in range(9):
        lab.page.locator(f'.chips [data-step="{step}"]').click()
        expect(lab.here).to_have_attribute("data-step", str(step))
        found.append(lab.sentence.get_attribute("data-spoken") or "")
    return found


def test_playing_says_each_step_once(lab: Lab) -> None:
    """Nine nodes, nine sentences, in their order, none twice and none left out."""
    wanted = _sentences(lab)
    lab.start()
    expect(lab.said).to_have_text(wanted[8])
    lab.page.locator("#speed").select_option("2")
    lab.evaluate(LISTEN)
    lab.button("play").click()
    expect(lab.scrub).to_have_value("8", timeout=40_000)
    expect(lab.bench).not_to_have_class(re.compile("playing"))
    expect(lab.said).to_have_text(wanted[8])
    assert lab.evaluate("window.heard") == wanted


def test_stepping_says_each_sum_when_it_is_complete(lab: Lab) -> None:
    """Contributions that are still to come keep their total to themselves."""
    wanted = _sentences(lab)
    lab.start()
    expect(lab.said).to_have_text(wanted[8])
    lab.evaluate(LISTEN)
    for _ in range(4):  # node 11 whole, node 12 begun, with one, whole
        lab.press("ArrowRight")
    expect(lab.said).to_have_text(wanted[1])
    heard = lab.evaluate("window.heard")
    assert [said for said in heard if said in wanted] == heard
    assert heard[-1] == wanted[1]
    assert len(heard) == len(set(heard))


def test_a_choice_is_said(lab: Lab) -> None:
    """Pinning a weight says its gradient; a node says its delta."""
    lab.cursor("kernel").focus()
    lab.click("kernel", 0)
    expect(lab.said).to_contain_text("w 1 1 sits on 4 wires")
    lab.click("input_delta", 4)
    expect(lab.said).to_contain_text("Node 22 feeds 4 output nodes")


def test_a_change_is_said(lab: Lab) -> None:
    """After an edit or another operation the new sum is heard, not only seen."""
    lab.cursor("kernel").focus()
    lab.press("ArrowDown")
    lab.press("Shift+ArrowUp")  # w21, which node 12 uses
    expect(lab.result).to_have_text("4")
    expect(lab.said).to_contain_text(": 4.")
    lab.press("c")
    expect(lab.button("operation-correlation")).to_have_attribute("aria-pressed", "true")
    expect(lab.said).to_contain_text("through w 1 2 and w 1 1")


def test_everything_has_a_name(visit: Visit) -> None:
    """Buttons, fields, groups and figures say what they are, and no name says two things."""
    lab = visit("phase=deltas&step=4")
    snapshot = lab.page.locator("body").aria_snapshot()
    nameless = re.compile(
        r"- (?:button|link|combobox|slider|textbox|spinbutton|region|table)(?::|$| \[)",
        re.MULTILINE,
    )
    assert nameless.findall(snapshot) == []
    groups = lab.page.locator("[role=group]").all()
    named = ("aria-label", "aria-labelledby")
    assert all(any(group.get_attribute(name) for name in named) for group in groups)
    signs = lab.page.locator("summary").all_inner_texts()
    assert len(set(signs)) == len(signs)
    for wanted in (
        'heading "Why does backpropagation turn the kernel by 180°?" [level=1]',
        'group "What the forward pass does"',
        'button "Convolution" [pressed]',
        'group "Phase"',
        'button "Play"',
        'slider "Step"',
        'combobox "Speed"',
        'spinbutton "Seed"',
        'textbox "Bias b"',
        'combobox "Activation σ"',
        'button "less: stride" [disabled]',
    ):
        assert wanted in snapshot, wanted


def test_the_formula_is_read_as_a_sum(visit: Visit) -> None:
    """The formula's name is the sum in plain symbols; the scrubber's value is the sentence."""
    lab = visit("phase=deltas&step=1")
    expect(lab.formula).to_have_accessible_name("δˡ₁₂ = δˡ⁺¹₁₁·w₂₁ + δˡ⁺¹₁₂·w₂₂ = 2")
    expect(lab.scrub).to_have_attribute("aria-valuetext", re.compile("Node 12 .*w 2 1 and w 2 2"))


def test_a_term_says_what_it_multiplies(visit: Visit) -> None:
    """A term's name has its symbols too: "2 · 3" alone could be anything."""
    lab = visit("phase=deltas&step=1")
    tree = lab.page.context.new_cdp_session(lab.page).send("Accessibility.getFullAXTree")
    names = [node["name"]["value"] for node in tree["nodes"] if node["role"]["value"] == "button"]
    term = next(name for name in names if "2 · 3" in name)
    assert "δˡ⁺¹₁₁" in term
    assert "w₂₁" in term


def test_the_sum_is_not_told_before_it_is_guessed(lab: Lab) -> None:
    """While a prediction is asked for, no name, value or description gives it away."""
    lab.button("predict").click()
    lab.page.locator('.chips [data-step="4"]').click()
    expect(lab.page.locator("#guess")).to_be_visible()
    expect(lab.bench).to_have_class(re.compile("predicting"))
    assert "13.5" not in lab.page.locator("#bench").aria_snapshot()
    assert "13.5" not in (lab.scrub.get_attribute("aria-valuetext") or "")
    assert "13.5" not in (lab.said.text_content() or "")


def test_the_drawings_are_silent_and_the_tables_speak(visit: Visit) -> None:
    """Pictures are hidden from a screen reader; each map's table has its name and its numbers."""
    lab = visit("phase=deltas&step=4", plots=True)
    lab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    snapshot = lab.page.locator(".stage").aria_snapshot()
    assert 'table "δˡ error of the earlier layer"' in snapshot
    assert 'row "2 6 13.5 8"' in snapshot
    assert "img" not in snapshot
    for head in ("from", "to", "weight", "value"):
        assert f'columnheader "{head}"' in snapshot


def test_symbols_have_a_form_to_be_heard(lab: Lab) -> None:
    """No small letters, which voices skip: layer, row and column are words of their own."""
    lab.page.locator('.chips [data-step="1"]').click()
    expect(lab.said).to_have_text(
        "Node 12 feeds 2 output nodes, through w 2 1 and w 2 2. It collects from "
        "δ l+1 1 1 and δ l+1 1 2, each times the weight on its wire: 2."
    )
    expect(lab.sentence).to_contain_text("δˡ⁺¹₁₁")
    lab.button("more-padding").click()
    expect(lab.said).to_have_text("padding: 1")


def test_tables_have_heads(lab: Lab) -> None:
    """A number's row and column are named, from 1 as in formulas or from 0 as in code."""
    table = lab.panel("input").locator(".as-table")
    for first in (1, 0):
        names = [str(n) for n in range(first, first + 3)]
        assert table.locator("th[scope=col]").all_text_contents() == names
        assert table.locator("th[scope=row]").all_text_contents() == names
        if first:
            lab.button("names-code").click()
            expect(table.locator("th[scope=col]").first).to_have_text("0")
