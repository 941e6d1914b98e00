"""Numbers are changed where they stand, as in a spreadsheet, and nothing that was typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.lab import Lab

ARTICLE = ("i=3x3:1,2,3,4,5,6,7,8,9", "k=2x2:1,2,3,4", "d=2x2:2,-1,0.5,3")


def test_typing_replaces_a_number(lab: Lab) -> None:
    """Choose a cell, type, Enter: the sum is another one, and the address has it."""
    lab.click("kernel", 2)
    lab.press("Escape")  # the weight was pinned by choosing it
    lab.page.keyboard.type("-7")
    expect(lab.editor).to_have_value("-7")
    lab.press("Enter")
    expect(lab.value_at("kernel", 2)).to_have_text("−7")
    expect(lab.result).to_have_text("−18")  # 2·(−7) + (−1)·4
    lab.expect_layer("k=2x2:1,2,-7,4")
    expect(lab.editor).to_have_count(0)


def test_numbers_as_people_type_them(lab: Lab) -> None:
    """Fractions, a true minus sign, a bare point and full-width digits are numbers."""
    for typed, shown, kept in (
        ("1/3", "0.333", "0.3333333333333333"), ("−2", "−2", "-2"), (".5", "0.5", "0.5"),
        ("３", "3", "3"), ("2.50", "2.5", "2.5"), ("1e3", "1000", "1000"),
    ):  # fmt: skip
        lab.cursor("output_delta").focus()
        lab.press("ArrowUp", "F2")
        lab.page.keyboard.insert_text(typed)
        lab.press("Enter")
        expect(lab.value_at("output_delta", 0), typed).to_have_text(shown)
        lab.expect_layer(f"d=2x2:{kept},-1,0.5,3")


def test_a_double_click_edits_what_is_there(lab: Lab) -> None:
    """The number stands in the field, chosen, ready to be changed or replaced."""
    lab.click("input", 4, clicks=2)
    expect(lab.editor).to_be_focused()
    expect(lab.editor).to_have_value("5")
    lab.press("End")
    lab.page.keyboard.type("0")
    lab.press("Enter")
    expect(lab.value_at("input", 4)).to_have_text("50")
    lab.expect_layer("i=3x3:1,2,3,4,50,6,7,8,9")


def test_a_negative_number_can_be_edited(lab: Lab) -> None:
    """What the field begins with can be sent back as it is."""
    lab.click("output_delta", 1, clicks=2)
    expect(lab.editor).to_have_value("-1")
    lab.press("End")
    lab.page.keyboard.type("5")
    lab.press("Enter")
    expect(lab.value_at("output_delta", 1)).to_have_text("−15")


def test_a_long_number_is_not_shortened_by_looking(lab: Lab) -> None:
    """A cell shows few digits, but opening and changing nothing, or one digit, loses none."""
    lab.cursor("kernel").focus()
    lab.press("F2")
    lab.page.keyboard.insert_text("0.123456789")
    lab.press("Enter")
    expect(lab.value_at("kernel", 0)).to_have_text("0.123")
    lab.expect_layer("k=2x2:0.123456789,2,3,4")
    lab.press("ArrowUp", "F2")
    expect(lab.editor).to_have_value("0.123456789")


def test_enter_and_tab_move_on(lab: Lab) -> None:
    """A whole map is typed in without a mouse: Tab along the row, Enter down the column."""
    cursor = lab.cursor("input")
    cursor.focus()
    lab.page.keyboard.type("9")
    lab.press("Tab")
    expect(cursor).to_be_focused()
    lab.page.keyboard.type("8")
    expect(lab.editor).to_be_visible()
    lab.press("Enter")
    expect(cursor).to_be_focused()
    lab.page.keyboard.type("6")
    expect(lab.editor).to_be_visible()
    lab.press("Shift+Tab")
    expect(cursor).to_be_focused()
    lab.page.keyboard.type("5")
    expect(lab.editor).to_be_visible()
    lab.press("Enter")
    lab.expect_layer("i=3x3:9,8,3,5,6,6,7,8,9")
    assert lab.table("input") == [["9", "8", "3"], ["5", "6", "6"], ["7", "8", "9"]]


def test_typing_faster_than_the_line_loses_nothing(lab: Lab) -> None:
    """Whoever types a row at a spreadsheet's pace gets the row, however slow the answers."""
    line = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    lab.page.context.new_cdp_session(lab.page).send("Network.emulateNetworkConditions", line)
    lab.cursor("input").focus()
    lab.press(*"70", "Tab", *"80", "Tab", *"90", "Enter")
    lab.expect_layer("i=3x3:70,80,90,4,5,6,7,8,9")


def test_arrows_move_the_cursor_and_stop_at_the_edge(lab: Lab) -> None:
    """Arrow keys, Home and End go from cell to cell; the cell is told."""
    expect(lab.said).to_contain_text("Node 12")
    lab.cursor("input").focus()
    for key, said in (
        ("ArrowRight", "1, 2: 2"), ("ArrowDown", "2, 2: 5"), ("End", "2, 3: 6"),
        ("ArrowRight", "2, 3: 6"), ("Home", "2, 1: 4"), ("ArrowUp", "1, 1: 1"),
    ):  # fmt: skip
        lab.press(key)
        expect(lab.said).to_have_text(said)
    expect(lab.here).to_have_attribute("data-step", "1")  # the player stays where it was


def test_shift_with_up_and_down_nudges(lab: Lab) -> None:
    """One more, one less, and the focus stays for the next."""
    lab.cursor("output_delta").focus()
    lab.press("ArrowRight")
    lab.press("Shift+ArrowUp")
    expect(lab.value_at("output_delta", 1)).to_have_text("0")
    lab.press("Shift+ArrowUp", "Shift+ArrowUp")
    expect(lab.value_at("output_delta", 1)).to_have_text("2")
    lab.press("Shift+ArrowDown")
    expect(lab.value_at("output_delta", 1)).to_have_text("1")
    expect(lab.cursor("output_delta")).to_be_focused()


def test_escape_gives_up(lab: Lab) -> None:
    """The old number stays, and the keyboard is back in the cell."""
    lab.cursor("kernel").focus()
    lab.page.keyboard.type("99")
    lab.press("Escape")
    expect(lab.editor).to_have_count(0)
    expect(lab.cursor("kernel")).to_be_focused()
    expect(lab.value_at("kernel", 0)).to_have_text("1")
    expect(lab.button("undo")).to_be_disabled()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_text_is_kept_and_explained(visit: Visit, lang: str) -> None:
    """What was typed stays, the reason stands beside the cell, and the layer is as it was."""
    lab = visit(lang=lang)
    lab.cursor("kernel").focus()
    lab.press("F2")
    for typed in ("two", "1/0", "1,5", "--3", "1e999", ""):
        lab.editor.fill(typed)
        lab.press("Enter")
        expect(lab.complaint, typed).to_be_visible()
        expect(lab.complaint, typed).not_to_be_empty()
        expect(lab.complaint).to_have_attribute("role", "alert")
        expect(lab.editor).to_have_value(typed)
        expect(lab.editor).to_be_focused()
        expect(lab.editor).to_have_attribute("aria-invalid", "true")
        expect(lab.editor).to_have_accessible_description(lab.complaint.inner_text())
        cell, words = lab.editor.bounding_box(), lab.complaint.bounding_box()
        assert cell
        assert words
        assert abs(words["y"] - cell["y"]) < 120
        assert words["x"] + words["width"] <= 1280
        assert lab.table("kernel") == [["1", "2"], ["3", "4"]]
    lab.editor.fill("5")
    lab.press("Enter")
    expect(lab.value_at("kernel", 0)).to_have_text("5")
    expect(lab.complaint).to_have_count(0)


def test_bad_text_is_no_trap(lab: Lab) -> None:
    """With something wrong in a cell, other controls still work, and Escape gives up."""
    lab.cursor("kernel").focus()
    lab.press("F2")
    lab.editor.fill("two")
    lab.press("Enter")
    expect(lab.complaint).to_be_visible()
    lab.press("Escape")
    expect(lab.complaint).to_have_count(0)
    expect(lab.value_at("kernel", 0)).to_have_text("1")
    lab.press("F2")
    lab.editor.fill("two")
    lab.button("forth").click()
    expect(lab.complaint).to_be_visible()
    lab.choose("operation", "correlation")
    expect(lab.value_at("kernel", 0)).to_have_text("1")


def test_leaving_the_cell_accepts_it(lab: Lab) -> None:
    """A click elsewhere is as good as Enter."""
    lab.cursor("kernel").focus()
    lab.page.keyboard.type("6")
    lab.click("input", 0)
    expect(lab.value_at("kernel", 0)).to_have_text("6")


def test_a_block_is_pasted_from_a_spreadsheet(visit: Visit) -> None:
    """Tabs and lines, as every spreadsheet writes them, fill the map from the chosen cell on."""
    lab = visit(permissions=["clipboard-read", "clipboard-write"])
    lab.evaluate(
        "navigator.clipboard.writeText('10\\t-20\\t0.5\\r\\n4\\t5\\t6\\r\\n7\\t8\\t1/4\\r\\n')"
    )
    lab.cursor("input").focus()
    lab.press("Control+v")
    expect(lab.value_at("input", 0)).to_have_text("10")
    assert lab.table("input") == [["10", "−20", "0.5"], ["4", "5", "6"], ["7", "8", "0.25"]]
    expect(lab.cursor("input")).to_be_focused()


def test_a_larger_block_makes_the_map_grow(visit: Visit) -> None:
    """A kernel printed by Python takes the place of a smaller one; nothing of it is left out."""
    lab = visit(permissions=["clipboard-read", "clipboard-write"])
    lab.evaluate("navigator.clipboard.writeText('[[1, 0.5, 2], [-2, 3, 1]]')")
    lab.cursor("kernel").focus()
    lab.press("Control+v")
    lab.expect_layer("k=2x3:1,0.5,2,-2,3,1", "i=3x3:1,2,3,4,5,6,7,8,9")
    lab.cursor("output_delta").focus()
    lab.press("Control+v")
    expect(lab.panel("output_delta").locator(".complaint")).to_contain_text("room for 2×1")
    lab.expect_layer("d=2x1:2,0.5")


def test_a_setting_that_is_wrong_says_so_beside_it(visit: Visit) -> None:
    """A bias that is no number: the words are at the field, which keeps what was typed."""
    for lang in ("en", "zh"):
        lab = visit(lang=lang)
        field = lab.page.locator("#bias")
        field.fill("abc")
        field.press("Tab")
        expect(lab.complaint).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(lab.complaint.inner_text())
        expect(field).to_have_value("abc")
        below, words = field.bounding_box(), lab.complaint.bounding_box()
        assert below
        assert words
        assert abs(below["y"] - words["y"]) < 80
        field.fill("1/2")
        field.press("Tab")
        expect(lab.complaint).to_have_count(0)
        lab.expect_layer("b=0.5")


def test_a_bad_block_changes_nothing(visit: Visit) -> None:
    """What is wrong is said beside the map, and no cell has changed."""
    lab = visit(permissions=["clipboard-read", "clipboard-write"])
    lab.evaluate("navigator.clipboard.writeText('1\\t2\\nthree\\t4')")
    lab.cursor("kernel").focus()
    lab.press("Control+v")
    expect(lab.panel("kernel").locator(".complaint")).to_contain_text("row 2, column 1")
    assert lab.table("kernel") == [["1", "2"], ["3", "4"]]
    expect(lab.cursor("kernel")).to_be_focused()


def test_a_map_is_copied_as_a_spreadsheet_takes_it(visit: Visit) -> None:
    """Copy gives the whole map, with hyphens for minus signs, and goes back in as it was."""
    lab = visit(permissions=["clipboard-read", "clipboard-write"])
    lab.cursor("input_delta").focus()
    lab.press("Control+c")
    text = lab.evaluate("navigator.clipboard.readText()")
    assert text.replace("\r", "") == "8\t2\t-3\n6\t13.5\t8\n1\t6.5\t3"
    lab.cursor("input").focus()
    lab.press("Control+v")
    expect(lab.value_at("input", 2)).to_have_text("−3")
    lab.expect_layer("i=3x3:8,2,-3,6,13.5,8,1,6.5,3")


def test_undo_redo_and_reset(lab: Lab) -> None:
    """Every change can be taken back, and back again; Reset is the article's example."""
    undo, redo = lab.button("undo"), lab.button("redo")
    expect(undo).to_be_disabled()
    expect(redo).to_be_disabled()
    lab.type_into("kernel", 0, "5")
    lab.expect_layer("k=2x2:5,2,3,4")
    lab.choose("operation", "correlation")
    undo.click()
    expect(lab.button("operation-convolution")).to_have_attribute("aria-pressed", "true")
    expect(lab.value_at("kernel", 0)).to_have_text("5")
    lab.press("Control+z")
    expect(lab.value_at("kernel", 0)).to_have_text("1")
    expect(undo).to_be_disabled()
    lab.press("Control+Shift+z")
    expect(lab.value_at("kernel", 0)).to_have_text("5")
    redo.click()
    expect(lab.button("operation-correlation")).to_have_attribute("aria-pressed", "true")
    expect(redo).to_be_disabled()
    lab.button("reset").click()
    lab.expect_layer(*ARTICLE)
    expect(lab.button("operation-convolution")).to_have_attribute("aria-pressed", "true")
    undo.click()  # a reset can be taken back as well
    expect(lab.value_at("kernel", 0)).to_have_text("5")


def test_one_seed_is_one_layer(lab: Lab) -> None:
    """The same seed twice gives the same permalink; the next press takes the next seed."""

    def press_random() -> str:
        before = lab.page.url
        lab.button("random").click()
        expect(lab.page).not_to_have_url(before)
        return lab.query()["spec"]

    lab.expect_layer(*ARTICLE)
    seed = lab.button("seed")
    seed.fill("7")
    first = press_random()
    expect(seed).to_have_value("8")
    second = press_random()
    assert second != first
    seed.fill("7")
    assert press_random() == first
    assert all(number != "0" for row in lab.table("kernel") for number in row)


def test_an_edit_keeps_the_step(visit: Visit) -> None:
    """Whoever changes a number is still at the node that they were looking at."""
    lab = visit("phase=deltas&step=4&term=2")
    lab.type_into("output_delta", 0, "4")
    expect(lab.value_at("output_delta", 0)).to_have_text("4")
    lab.press("Escape")
    expect(lab.here).to_have_attribute("data-step", "4")
    expect(lab.waiting).to_have_count(2)
    lab.expect_query(step="4", term="2")
