"""Phases, ways, presets and the layer's settings: every control ends where the geometry does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.engine import PHASES, run
from app.spec import DEFAULT_LIMITS, PRESETS
from tests.e2e.article import DELTAS
from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

STEPPERS = ("input.rows", "input.columns", "kernel.rows", "kernel.columns",
            "stride", "padding", "dilation")  # fmt: skip


def _count(lab: Lab, name: str) -> str:
    return lab.page.locator(f'.stepper:has([data-stepper="{name}"]) output').inner_text()


def _press(lab: Lab, way: str, name: str) -> None:
    """Press less or more and wait until the number is another one."""
    output = lab.page.locator(f'.stepper:has([data-stepper="{name}"]) output')
    before = output.inner_text()
    lab.page.locator(f'[id="{way}-{name}"]').click()
    expect(output).not_to_have_text(before)


@pytest.mark.parametrize("phase", ["forward", "deltas", "weights"])
def test_each_phase_shows_its_own_sums(visit: Visit, phase: str) -> None:
    """The stage, the timeline and the formula are the phase's; chips count its sums."""
    lab = visit(f"phase={phase}&step=0")
    result, count, names = {
        "forward": ("output", 4, "zˡ⁺¹₁₁"),
        "deltas": ("input_delta", 9, "δˡ₁₁"),
        "weights": ("kernel_gradient", 4, "w₁₁"),
    }[phase]
    expect(lab.page.locator(f'.stage [data-panel="{result}"]')).to_be_visible()
    expect(lab.page.locator('.stage [data-panel="wires"]')).to_be_visible()
    expect(lab.page.locator(".chips button")).to_have_count(count)
    expect(lab.page.locator(".chips button").first).to_have_text(names)
    expect(lab.page.locator("[data-way]")).to_have_count(2 if phase == "deltas" else 0)


@pytest.mark.parametrize("operation", ["convolution", "correlation"])
def test_gather_and_scatter_give_the_same_sum(lab: Lab, operation: str) -> None:
    """One cell, two ways to tell it: the same terms, the same running sums, the same total."""
    if operation != "convolution":
        lab.choose("operation", operation)
    lab.page.locator('.chips [data-step="3"]').click()
    told = []
    for way in ("gather", "scatter"):
        if way == "scatter":
            lab.choose("way", way)
            lab.page.locator('.chips [data-step="3"]').click()
        lab.press("ArrowRight")  # node 22, nothing landed
        expect(lab.waiting).to_have_count(4)
        sums = []
        for left in range(3, -1, -1):
            lab.press("ArrowRight")
            expect(lab.waiting).to_have_count(left)
            sums.append(lab.result.inner_text())
        told.append([*sums, *lab.terms.locator(".values").all_inner_texts()])
        assert sums[-1] == DELTAS[operation][1][1]
    assert told[0] == told[1]
    expect(lab.panel("stamps")).to_be_visible()
    expect(lab.panel("delta_padded")).to_have_count(0)


def test_scatter_stamps_the_forward_stencil(visit: Visit) -> None:
    """δ₁₁ = 2 puts 2 × the forward stencil, unturned, where its window is."""
    lab = visit("phase=deltas&step=0&way=scatter")
    numbers = lab.visible("stamps", ".light text.n")
    expect(numbers).to_have_text(["8", "6", "4", "2"])  # 2 × [[4, 3], [2, 1]]
    lab.choose("operation", "correlation")
    expect(lab.visible("stamps", ".light text.n")).to_have_text(["2", "4", "6", "8"])


def test_the_way_is_kept_through_a_phase_without_one(lab: Lab) -> None:
    """Scatter, a look at the weights, and back: still scatter."""
    lab.choose("way", "scatter")
    lab.choose("phase", "weights")
    lab.choose("phase", "deltas")
    expect(lab.button("way-scatter")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("way", ["less", "more"])
def test_a_control_ends_where_the_geometry_ends(lab: Lab, way: str) -> None:
    """Pressed as often as it lets itself be pressed; then it says why, and nothing changes."""
    for name in STEPPERS:
        button = lab.page.locator(f'[id="{way}-{name}"]')
        for _ in range(30):
            if button.get_attribute("aria-disabled") == "true":
                break
            _press(lab, way, name)
            expect(lab.notice, name).to_be_hidden()
        expect(button).to_have_attribute("aria-disabled", "true")
        before = _count(lab, name)
        button.click(force=True)  # Playwright would wait for it to be enabled; a reader does not
        reason = lab.page.locator("#why")
        expect(reason, name).not_to_be_empty()
        assert reason.inner_text() == button.get_attribute("title"), name
        assert _count(lab, name) == before, name
        button.focus()  # not `disabled`: a keyboard finds it, and hears the reason
        expect(button).to_be_focused()
        lab.open()


def test_the_reason_goes_when_it_is_no_longer_true(lab: Lab) -> None:
    """After the next change no stale sentence stands there."""
    lab.button("less-stride").click(force=True)
    expect(lab.page.locator("#why")).not_to_be_empty()
    _press(lab, "more", "padding")
    expect(lab.page.locator("#why")).to_be_empty()


def test_sizes_keep_what_still_has_a_place(lab: Lab) -> None:
    """A larger map keeps its numbers, and the deltas grow with the output."""
    _press(lab, "more", "input.columns")
    rows = lab.table("input")
    assert [row[:3] for row in rows] == [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    assert [len(row) for row in rows] == [4, 4, 4]
    assert [row[:2] for row in lab.table("output_delta")] == [["2", "−1"], ["0.5", "3"]]
    assert [len(row) for row in lab.table("output_delta")] == [3, 3]
    expect(lab.page.locator(".chips button")).to_have_count(12)


def test_every_preset_loads(lab: Lab) -> None:
    """No error, as many steps as the layer has nodes, and a sum to look at."""
    for name in [*list(PRESETS)[1:], "article"]:
        lab.choose("preset", name)
        trace = run(PRESETS[name].spec.layer(DEFAULT_LIMITS))
        for phase in PHASES:
            lab.choose("phase", phase)
            steps = trace.step_count(phase)
            expect(lab.scrub, name).to_have_attribute("max", str(steps - 1))
            lab.press("End")
            expect(lab.scrub, name).to_have_value(str(steps - 1))
            expect(lab.result, name).to_have_text(re.compile(r"^−?\d"))
            expect(lab.sentence, name).not_to_be_empty()
        expect(lab.notice, name).to_be_hidden()


def test_a_large_preset_plays_on(visit: Visit) -> None:
    """The 28×28 digit fetches its sums as it goes, and never waits for one it has asked for."""
    lab = visit()
    lab.choose("preset", "digit")
    lab.page.locator("#speed").select_option("4")
    start = int(lab.scrub.input_value()) + 1
    lab.press("ArrowDown")
    expect(lab.scrub).to_have_value(str(start))
    lab.button("play").click()
    expect(lab.bench).to_have_class(re.compile("playing"))
    for step in range(start + 1, start + 4):
        expect(lab.scrub).to_have_value(str(step))
    lab.press("Space")
    expect(lab.bench).not_to_have_class(re.compile("playing"))
    lab.scrub.fill("700")
    expect(lab.scrub).to_have_value("700")
    expect(lab.sentence).to_contain_text("[26,1]")


def test_an_activation_puts_its_slope_into_the_formula(lab: Lab) -> None:
    """δ = (collected) · σ′(z): brackets, the slope, its number, and maps before and after."""
    lab.page.locator("#activation").select_option("sigmoid")
    expect(lab.formula.locator(".addend").nth(-2)).to_contain_text("σ′")
    expect(lab.formula.locator(".op", has_text="(")).to_have_count(1)
    for name in ("activated", "activation_derivative", "collected"):
        expect(lab.panel(name)).to_be_visible()
    collected = lab.table("collected")
    assert collected == DELTAS["convolution"]
    slope, delta = lab.table("activation_derivative")[0][1], lab.table("input_delta")[0][1]
    assert lab.formula.locator(".values").last.inner_text() == f"· {slope}"
    assert lab.result.inner_text() == delta
    assert abs(2 * float(slope) - float(delta)) < 0.006  # both are written with three digits
    expect(lab.sentence).to_contain_text("σ′")
    lab.page.locator("#activation").select_option("identity")
    expect(lab.result).to_have_text("2")
    expect(lab.panel("collected")).to_have_count(0)


def test_stride_puts_zeros_between_the_deltas(lab: Lab) -> None:
    """Stride 2 on a 5×5 map: 2×2 deltas become 3×3 with zeros between, in 5×5 of padding."""
    lab.choose("preset", "one_delta")
    _press(lab, "more", "stride")
    assert len(lab.table("output_delta")) == 2
    assert len(lab.table("delta_padded")) >= 5
    inner = [row[1:4] for row in lab.table("delta_padded")[1:4]]
    assert inner[1] == ["0", "0", "0"]
    assert [row[1] for row in inner] == ["0", "0", "0"]


def test_padding_crops_and_dilation_makes_holes(lab: Lab) -> None:
    """With padding the map is drawn in zeros; with dilation the window spans its holes."""
    _press(lab, "more", "padding")
    lab.choose("phase", "forward")
    padded = lab.table("map_padded")
    assert len(padded) == 5
    assert padded[0] == ["0"] * 5
    assert padded[1] == ["0", "1", "2", "3", "0"]
    _press(lab, "more", "dilation")
    lab.press("Home", "ArrowDown")
    expect(lab.scrub).to_have_value("1")
    assert _count(lab, "dilation") == "2"
    expect(lab.notice).to_be_hidden()
