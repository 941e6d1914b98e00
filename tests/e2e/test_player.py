"""Time: play, pause, step, scrub, and the keys for them."""

from __future__ import annotations

from itertools import chain

import pytest
from playwright.sync_api import expect

from app.spec import PRESETS, encode
from tests.e2e.article import COLLECTED, DELTAS, GRADIENT, OPERATIONS, OUTPUT, numbers
from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

# everything that the result shows while somebody watches
WATCH_RESULTS = """() => {
  window.seen = [];
  const look = () => {
    const step = document.querySelector('.chips [aria-current]')?.dataset.step;
    const result = document.querySelector('#formula .result');
    const now = `${step}:${result.textContent}${result.classList.contains('running') ? '…' : ''}`;
    if (window.seen.at(-1) !== now) window.seen.push(now);
  };
  new MutationObserver(look).observe(document.querySelector('#bench'),
    { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_playing_collects_all_nine_deltas(lab: Lab, operation: str) -> None:
    """From the start to the end: every contribution lands once, and δ is the lesson's."""
    if operation != "convolution":
        lab.choose("operation", operation)
    lab.page.locator("#speed").select_option("4")
    lab.start()
    lab.evaluate(WATCH_RESULTS)
    lab.button("play").click()
    expect(lab.bench).to_contain_class("playing")
    expect(lab.button("play")).to_have_attribute("aria-label", "Pause")
    expect(lab.scrub).to_have_value("8")
    expect(lab.bench).not_to_contain_class("playing")
    expect(lab.button("play")).to_have_attribute("aria-label", "Play")
    wanted = []
    for step, terms in enumerate(COLLECTED[operation].values()):
        sums = ["0", *(so_far for *_, so_far in terms)]
        running = [f"{step}:{s}…" for s in sums[:-1]]
        wanted += [*running, f"{step}:{sums[-1]}"]
    # the chip moves a moment after the sum: a step may be seen with its neighbour's number
    assert [seen for seen in lab.evaluate("window.seen") if seen in wanted] == wanted
    assert lab.table("input_delta") == DELTAS[operation]
    expect(lab.panel("input_delta").locator(".cover > *")).to_have_count(0)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_stepping_counts_every_contribution(lab: Lab, operation: str) -> None:
    """All 16 contributions, each in symbols and numbers, and the sum that it makes."""
    if operation != "convolution":
        lab.choose("operation", operation)
    lab.start()
    written = numbers(operation)
    landed = 0
    for step, (node, terms) in enumerate(COLLECTED[operation].items()):
        if step:
            lab.press("ArrowRight")
        expect(lab.here).to_have_attribute("data-step", str(step))
        expect(lab.here).to_have_text("δˡ" + node.translate(str.maketrans("123", "₁₂₃")))
        expect(lab.terms.locator(".values")).to_have_text(written[node])
        expect(lab.result).to_have_text("0")
        expect(lab.result).to_have_class("result running")
        for k, (delta, weight, so_far) in enumerate(terms, start=1):
            lab.press("ArrowRight")
            expect(lab.waiting).to_have_count(len(terms) - k)
            expect(lab.result).to_have_text(so_far)
            symbols = lab.terms.nth(k - 1).locator(".symbols").text_content()
            assert symbols == f"δ{delta}l+1·w{weight}"
            landed += 1
        expect(lab.result).to_have_class("result")
    assert landed == 16
    lab.press("ArrowRight")  # nothing after the last
    expect(lab.result).to_have_text(DELTAS[operation][2][2])


def test_back_undoes_what_on_did(lab: Lab) -> None:
    """One back takes away one contribution, and goes through nodes as one on did."""
    lab.start()
    for _ in range(4):  # 11 whole, 12 begun, 12 with one, 12 whole
        lab.button("forth").click()
    expect(lab.result).to_have_text("2")
    states = [("1", 1, "6"), ("1", 2, "0"), ("0", 0, "8"), ("0", 1, "0")]
    for step, waiting, result in states:
        lab.button("back").click()
        expect(lab.here).to_have_attribute("data-step", step)
        expect(lab.waiting).to_have_count(waiting)
        expect(lab.result).to_have_text(result)
    lab.button("back").click()
    expect(lab.result).to_have_text("0")


def test_scrubbing_and_chips_choose_a_node(lab: Lab) -> None:
    """The timeline goes anywhere, whole sums at a time."""
    lab.scrub.fill("4")
    expect(lab.result).to_have_text("13.5")
    expect(lab.here).to_have_attribute("data-step", "4")
    lab.page.locator('.chips [data-step="8"]').click()
    expect(lab.scrub).to_have_value("8")
    expect(lab.result).to_have_text("3")
    lab.scrub.focus()
    lab.press("ArrowLeft", "ArrowLeft")
    expect(lab.here).to_have_attribute("data-step", "6")
    spoken = lab.sentence.get_attribute("data-spoken")
    expect(lab.scrub).to_have_attribute("aria-valuetext", spoken or "")


def test_keys_move_between_nodes(lab: Lab) -> None:
    """Home, End, up and down do what the list of keys says, and stop at the ends."""
    for key, step in (("End", "8"), ("ArrowDown", "8"), ("ArrowUp", "7"), ("Home", "0"),
                      ("ArrowUp", "0"), ("ArrowDown", "1")):  # fmt: skip
        lab.press(key)
        expect(lab.here).to_have_attribute("data-step", step)
        expect(lab.scrub).to_have_value(step)


def test_keys_change_phase_operation_and_way(lab: Lab) -> None:
    """1, 2, 3, C and G press the buttons that they stand for."""
    for key, button in (
        ("1", "phase-forward"), ("3", "phase-weights"), ("2", "phase-deltas"),
        ("c", "operation-correlation"), ("C", "operation-convolution"),
        ("g", "way-scatter"), ("G", "way-gather"),
    ):  # fmt: skip
        lab.press(key)
        expect(lab.button(button)).to_have_attribute("aria-pressed", "true")


def test_space_plays_and_pauses(lab: Lab) -> None:
    """Space is the play button, wherever nothing is typed."""
    lab.press("Space")
    expect(lab.bench).to_contain_class("playing")
    lab.press("Space")
    expect(lab.bench).not_to_contain_class("playing")
    lab.button("play").focus()
    lab.press("Space")  # on the button itself it is one press, not two
    expect(lab.bench).to_contain_class("playing")


def test_playing_again_begins_again(lab: Lab) -> None:
    """At the end the play button starts from the first node."""
    lab.press("End")
    expect(lab.here).to_have_attribute("data-step", "8")
    lab.button("play").click()
    expect(lab.here).to_have_attribute("data-step", "0")
    expect(lab.bench).to_contain_class("playing")


def test_a_touch_pauses(lab: Lab) -> None:
    """Whoever chooses a node while it plays stays there."""
    lab.button("play").click()
    expect(lab.bench).to_contain_class("playing")
    lab.click("input_delta", 4)
    expect(lab.bench).not_to_contain_class("playing")
    expect(lab.here).to_have_attribute("data-step", "4")


def test_the_list_of_keys_opens_and_closes(lab: Lab) -> None:
    """? shows the keys, Escape puts them away and gives the focus back."""
    lab.button("show-keys").focus()
    lab.press("?")
    dialog = lab.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert dialog.locator("kbd").count() > 15
    lab.press("ArrowRight")  # nothing behind it moves
    expect(lab.here).to_have_attribute("data-step", "1")
    lab.press("Escape")
    expect(dialog).to_be_hidden()
    expect(lab.button("show-keys")).to_be_focused()


def test_the_projector_shows_the_stage_and_brings_all_back(lab: Lab) -> None:
    """P leaves the sum and the player, larger; P again brings everything back."""
    before = lab.panel("input_delta").bounding_box()
    lab.press("p")
    expect(lab.page.locator(".settings")).to_be_hidden()
    expect(lab.button("play")).to_be_visible()
    expect(lab.sentence).to_be_visible()
    after = lab.panel("input_delta").bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"] * 1.2
    for width, height in ((1280, 720), (1920, 1080)):
        lab.page.set_viewport_size({"width": width, "height": height})
        bench, bar = lab.bench.bounding_box(), lab.page.locator(".player").bounding_box()
        assert bench
        assert bar
        assert bench["width"] > width * 0.85, "a projector's width is used"
        assert bar["width"] > width * 0.85
    words, bar = lab.sentence.bounding_box(), lab.page.locator(".player").bounding_box()
    assert words
    assert bar
    assert words["y"] + words["height"] <= bar["y"], "the sentence is not behind the player"
    lab.press("p")
    expect(lab.page.locator(".settings")).to_be_visible()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_other_phases_play_too(lab: Lab, operation: str) -> None:
    """Forward and weights end with the lesson's numbers, whichever operation."""
    if operation != "convolution":
        lab.choose("operation", operation)
    for phase, panel, wanted in (
        ("forward", "output", OUTPUT), ("weights", "kernel_gradient", GRADIENT),
    ):  # fmt: skip
        lab.choose("phase", phase)
        lab.start()
        flat = [number for row in wanted[operation] for number in row]
        for step, number in enumerate(flat):
            expect(lab.here).to_have_attribute("data-step", str(step))
            for left in range(3, -1, -1):
                lab.press("ArrowRight")
                expect(lab.waiting).to_have_count(left)
            expect(lab.result).to_have_text(number)
            lab.press("ArrowRight")
        assert lab.table(panel) == wanted[operation]


def test_motion_carries_the_weights(visit: Visit) -> None:
    """With motion a weight travels to its place, and the turn is shown; then all is still."""
    lab = visit(reduced_motion="no-preference")
    lab.page.locator('.chips [data-step="4"]').click()
    lab.evaluate("""() => {
      window.flown = [];
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (...given) {
        window.flown.push(this.getAttribute('class'));
        return animate.apply(this, given);
      };
    }""")
    for _ in range(4):
        lab.press("ArrowLeft")
    expect(lab.result).to_have_text("0")
    for left in range(3, -1, -1):
        lab.press("ArrowRight")
        expect(lab.waiting).to_have_count(left)
    flown = lab.evaluate("window.flown")
    assert sum(name.startswith("chip to") for name in flown) == 4
    assert flown.count("turning") == 1
    expect(lab.result).to_have_text("13.5")


def test_nothing_moves_for_those_who_want_no_motion(lab: Lab) -> None:
    """Reduced motion means steps: no animation is ever started."""
    lab.evaluate("""() => {
      window.flown = 0;
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (...given) {
        window.flown += 1;
        return animate.apply(this, given);
      };
    }""")
    lab.start()
    for _ in range(5):
        lab.press("ArrowRight")
    expect(lab.here).to_have_attribute("data-step", "2")
    assert lab.evaluate("window.flown") == 0
    assert lab.evaluate("document.getAnimations().length") == 0


def test_play_is_in_sight_on_a_laptop(visit: Visit) -> None:
    """Whatever the layer, and while its sum grows."""
    for query in ("phase=deltas&step=4", f"spec={encode(PRESETS['channels'].spec)}"):
        lab = visit(query, width=1280, height=720)
        expect(lab.button("play")).to_be_in_viewport(ratio=1)


def test_playing_from_sum_to_sum(visit: Visit) -> None:
    """Node by node: every node's whole sum, none of its terms; so a picture can be watched."""
    lab = visit("phase=deltas&step=0")
    lab.page.locator("#speed").select_option("sums")
    lab.evaluate(WATCH_RESULTS)
    lab.button("play").click()
    expect(lab.scrub).to_have_value("8")
    expect(lab.bench).not_to_contain_class("playing")
    seen = lab.evaluate("window.seen")
    wholes = [f"{n}:{delta}" for n, delta in enumerate(chain(*DELTAS["convolution"]))]
    assert [one for one in seen if one in wholes] == wholes[-len(wholes) :]
    assert not [one for one in seen if one.endswith("…") and not one.startswith("0:")]
    lab.choose("operation", "correlation")
    expect(lab.page.locator("#speed")).to_have_value("sums")


def test_a_running_sum_is_not_said_to_be_the_result(lab: Lab) -> None:
    """Until the last term has landed there is no equals sign before it, and no sentence."""
    lab.start()
    lab.press("ArrowRight", "ArrowRight", "ArrowRight")
    expect(lab.result).to_have_class("result running")
    expect(lab.page.locator("#formula .so-far")).to_be_visible()
    expect(lab.page.locator("#formula .equals")).to_be_hidden()
    expect(lab.sentence).to_be_hidden()
    lab.press("ArrowRight")
    expect(lab.result).to_have_class("result")
    expect(lab.page.locator("#formula .so-far")).to_be_hidden()
    expect(lab.page.locator("#formula .equals")).to_be_visible()
    expect(lab.sentence).to_be_visible()
