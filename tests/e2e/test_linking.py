"""Pointing at anything lights the same thing everywhere, in every direction."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

Place = tuple[str, int] | str  # a panel and its square; a node or wire by its moment
MAPS = ("input", "kernel", "output", "output_delta", "stencils", "wires")


def _point(lab: Lab, place: Place) -> dict[str, list[str]]:
    lab.away()
    if isinstance(place, str):
        lab.hover_moment(place)
    else:
        lab.hover(*place)
    return lab.lit()


# phase → what stands for one thing there: a panel and its square, or a node or wire by its moment
SAME: dict[str, dict[str, list[Place]]] = {
    "deltas": {
        "deltas/4": [("input_delta", 4), ("input", 4), "deltas/4"],
        "forward/2": [("output", 2), ("output_delta", 2), ("delta_padded", 9), "forward/2"],
        "weights/1": [("kernel", 1), ("stencils", 2), ("stencils", 5), "weights/1"],
    },
    "forward": {
        "deltas/7": [("input", 7), ("map_padded", 7), "deltas/7"],
        "forward/1": [("output", 1), ("output_delta", 1), "forward/1"],
        "weights/3": [("kernel", 3), ("stencils", 0), "weights/3"],
    },
    "weights": {
        "deltas/1": [("input", 1), ("map_padded", 1), "deltas/1"],
        "forward/3": [("output", 3), ("output_delta", 3), "forward/3"],
        "weights/2": [("kernel_gradient", 2), ("kernel", 2), "weights/2"],
    },
}


@pytest.mark.parametrize("phase", SAME)
def test_every_view_of_one_thing_lights_the_same(visit: Visit, phase: str) -> None:
    """Cell, node, wire or weight: whichever is pointed at, all panels light the same marks."""
    lab = visit(f"phase={phase}&step=0", height=1500)
    for key, places in SAME[phase].items():
        found = [_point(lab, place) for place in places]
        for place, lit in zip(places, found, strict=True):
            assert lit == found[0], (key, place)
        lit_in = {name for name, marks in found[0].items() if marks}
        absent = {"stencils"} if key.startswith("deltas") or phase == "weights" else set()
        assert lit_in >= set(MAPS) - absent, key
    different = [_point(lab, places[0]) for places in SAME[phase].values()]
    assert different[0] != different[1] != different[2]


def test_every_view_of_one_thing_lights_the_same_with_scatter(visit: Visit) -> None:
    """Stamps are linked like the window that slides."""
    lab = visit("phase=deltas&step=0&way=scatter", height=1500)
    places: list[Place] = [
        ("input_delta", 5),
        ("stamps", 5),
        ("input", 5),
        "deltas/5",
    ]
    found = [_point(lab, place) for place in places]
    assert all(lit == found[0] for lit in found)
    assert found[0]["stamps"]


@pytest.mark.parametrize("plots", [False, True])
def test_a_node_lights_the_wires_that_it_collects_from(visit: Visit, plots: bool) -> None:
    """Node 22: four wires, four deltas, four weights, and itself in every map that has it."""
    lab = visit("phase=deltas&step=0", plots=plots, height=1500)
    lab.hover("input_delta", 4)
    expect(lab.result).to_have_text("13.5")
    expect(lab.visible("wires", ".light path")).to_have_count(4)
    expect(lab.visible("wires", ".light .chip")).to_have_count(4)
    expect(lab.visible("delta_padded", ".light .frame")).to_have_count(4)
    expect(lab.visible("output_delta", ".light .frame")).to_have_count(4)
    expect(lab.visible("kernel", ".light .frame")).to_have_count(4)
    expect(lab.visible("input", ".light .self")).to_have_count(1)
    expect(lab.visible("input_delta", ".light .self")).to_have_count(1)


def test_an_output_lights_the_wires_that_feed_it(visit: Visit) -> None:
    """δ₁₂'s node: the four inputs in its window."""
    lab = visit("phase=deltas&step=0", height=1500)
    lab.hover("output_delta", 1)
    expect(lab.result).to_have_text("33")
    expect(lab.visible("wires", ".light path")).to_have_count(4)
    expect(lab.visible("input", ".light .frame")).to_have_count(4)


def test_a_weight_lights_all_wires_of_its_colour(visit: Visit) -> None:
    """Sharing: one weight sits on four wires, all in one colour, and that sum is ∂C/∂w."""
    lab = visit("phase=deltas&step=0", height=1500)
    lab.hover("kernel", 0)
    expect(lab.result).to_have_text("35")
    wires = lab.visible("wires", ".light path")
    expect(wires).to_have_count(4)
    assert len({wire.get_attribute("stroke") for wire in wires.all()}) == 1


def test_pointing_away_brings_the_step_back(visit: Visit) -> None:
    """Hovering only looks: the step, its sum and the address stay."""
    lab = visit("phase=deltas&step=1", height=1500)
    before = lab.lit()
    lab.hover("output", 3)
    expect(lab.result).to_have_text("63")
    lab.away()
    expect(lab.result).to_have_text("2")
    assert lab.lit() == before
    lab.expect_query(step="1", phase="deltas")


def test_a_term_singles_out_its_contribution(visit: Visit) -> None:
    """A term of the formula, by pointer or by focus, is the same wire, weight and δ elsewhere."""
    lab = visit("phase=deltas&step=4", height=1500)
    hot = """() => [...document.querySelectorAll('.hot')].map((mark) => {
      const { term, t, k, at } = mark.dataset;
      return `${mark.closest('.panel')?.dataset.panel ?? 'formula'}:${term ?? t ?? k ?? at}`;
    }).sort()"""
    for number in (1, 3):
        lab.terms.nth(number - 1).hover()
        expect(lab.bench).to_have_class("bench whole singled")
        pointed = lab.evaluate(hot)
        assert {place.split(":")[1] for place in pointed} == {str(number)}
        assert {place.split(":")[0] for place in pointed} >= {
            "formula", "wires", "delta_padded", "output_delta", "kernel", "stencils",
        }  # fmt: skip
        lab.page.locator(".facts").hover()
        expect(lab.bench).to_contain_class("whole")
        lab.terms.nth(number - 1).focus()
        expect(lab.bench).to_have_class("bench whole singled")
        assert lab.evaluate(hot) == pointed
        lab.scrub.focus()
        expect(lab.bench).to_contain_class("whole")


def test_leaving_a_term_lets_go_of_it(visit: Visit) -> None:
    """However fast the pointer leaves, nothing stays singled out."""
    lab = visit("phase=deltas&step=4", height=1500)
    lab.terms.first.hover()
    expect(lab.bench).to_have_class("bench whole singled")
    lab.away()
    expect(lab.bench).to_contain_class("whole")


def test_a_term_leads_to_its_weight(visit: Visit) -> None:
    """Pressing a term pins the weight that it uses: all its wires."""
    lab = visit("phase=deltas&step=0", height=1500)
    lab.hover("kernel", 3)
    expect(lab.result).to_have_text("17")
    weight = lab.lit()
    lab.away()
    expect(lab.result).to_have_text("8")
    lab.terms.first.click()  # δ11·w22
    expect(lab.result).to_have_text("17")
    assert lab.lit() == weight


def test_a_click_pins_and_escape_lets_go(visit: Visit) -> None:
    """What is pinned stays lit when the pointer leaves, until Escape or a second click."""
    lab = visit("phase=deltas&step=1", height=1500)
    step = lab.lit()
    lab.click("kernel", 2)
    expect(lab.result).to_have_text("21.5")
    lab.away()
    pinned = lab.lit()
    assert pinned != step
    lab.hover("output", 0)
    expect(lab.result).to_have_text("23")
    lab.away()
    expect(lab.result).to_have_text("21.5")
    assert lab.lit() == pinned
    lab.press("Escape")
    expect(lab.result).to_have_text("2")
    assert lab.lit() == step
    lab.hover_moment("weights/2")
    lab.page.mouse.down()
    lab.page.mouse.up()
    lab.away()
    expect(lab.result).to_have_text("21.5")
    lab.hover_moment("weights/2")
    lab.page.mouse.down()
    lab.page.mouse.up()
    lab.away()
    expect(lab.result).to_have_text("2")


def test_a_click_in_the_phases_own_map_moves_the_player(visit: Visit) -> None:
    """A node of the map that is being filled becomes the step."""
    lab = visit("phase=deltas&step=1", height=1500)
    lab.click("input_delta", 7)
    lab.away()
    expect(lab.here).to_have_attribute("data-step", "7")
    expect(lab.result).to_have_text("6.5")
    lab.hover_moment("deltas/3")
    lab.page.mouse.down()
    lab.page.mouse.up()
    lab.away()
    expect(lab.here).to_have_attribute("data-step", "3")


def test_padding_is_nobody(visit: Visit) -> None:
    """Pointing at a zero of the padding lights nothing else and pins nothing."""
    lab = visit("phase=deltas&step=1", height=1500)
    before = lab.lit()
    lab.hover("delta_padded", 0)
    assert lab.lit() == before
    lab.click("delta_padded", 0)
    lab.away()
    expect(lab.result).to_have_text("2")


def test_the_keyboard_points_too(visit: Visit) -> None:
    """Arrow keys in a map light what a pointer would light; Enter keeps it."""
    lab = visit("phase=deltas&step=1", height=1500)
    lab.hover("output_delta", 3)
    expect(lab.result).to_have_text("63")
    pointed = lab.lit()
    lab.away()
    lab.cursor("output_delta").focus()
    lab.press("ArrowRight", "ArrowDown")
    expect(lab.result).to_have_text("63")
    assert lab.lit() == pointed
    lab.press("Escape")
    expect(lab.result).to_have_text("2")
    lab.cursor("input_delta").focus()
    lab.press("ArrowDown", "ArrowRight", "Enter")
    expect(lab.here).to_have_attribute("data-step", "4")


def test_a_touch_pins_without_hovering(visit: Visit) -> None:
    """A finger has no hover: a tap chooses, and nothing stays lit by accident."""
    lab = visit("phase=deltas&step=1", has_touch=True, width=390, height=1500)
    lab.page.touchscreen.tap(*lab.middle("kernel", 1))
    expect(lab.result).to_have_text("30.5")
    lab.page.touchscreen.tap(*lab.middle("input_delta", 8))
    expect(lab.result).to_have_text("3")
    expect(lab.here).to_have_attribute("data-step", "8")


def test_what_is_cropped_is_drawn_and_stands_for_no_node(visit: Visit) -> None:
    """Around δˡ lies what the padding collects, crossed out: the map inside is what counts."""
    lab = visit("spec=1~i=3x3:1,2,3,4,5,6,7,8,9~k=2x2:1,2,3,4~p=1&phase=deltas&step=4")
    assert len(lab.table("input_delta")) == 3
    lab.click("input_delta", 6)  # row 2, column 2 of the drawing is node 11
    expect(lab.here).to_have_attribute("data-step", "0")
    lab.click("input_delta", 0)
    expect(lab.here).to_have_attribute("data-step", "0")
    lab.cursor("input_delta").focus()
    lab.press("Home", "ArrowRight", "ArrowDown")
    expect(lab.said).to_contain_text("Node 11")
