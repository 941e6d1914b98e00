"""The docs are held true: terms, numbers, commands, links and the example's answer."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from app.engine import Layer, Operation, Trace, run
from app.main import create_app
from app.settings import Settings
from app.spec import DEFAULT_LIMITS, PRESETS, Limits

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
SOURCES = (".py", ".html", ".js", ".po", ".css")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _table_rows(text: str, columns: int) -> list[list[str]]:
    """The rows of every table with that many columns, without heads and rules."""
    rows = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()]
        rows += [line for line in lines[2:] if len(line) == columns]
    return rows


# Glossary: English, 中文, in one line, 一句话, not · 不用

TERMS = _table_rows((DOCS / "glossary.md").read_text(), columns=5)
REQUIRED = """activation a, activation function σ, batch, bias b, channel, collected, convolution,
correlation (cross-correlation), cost C, delta δ, dilation, finite differences, full correlation,
gather, gradient check, groups, kernel gradient, kernel w, map, padding, pre-activation z,
receptive field, rotate by 180° (rot180), scatter, stencil, stride, tap, wire"""


def test_the_glossary_has_the_fields_terms() -> None:
    """Nobody has to guess what a thing is called."""
    terms = [row[0] for row in TERMS]
    assert {" ".join(term.split()) for term in REQUIRED.split(",")} <= set(terms)
    assert len(terms) == len(set(terms))


def test_every_term_is_explained_in_both_languages() -> None:
    """English columns hold English, Chinese columns Chinese, and none is empty."""
    for english, chinese, meaning, explanation, _ in TERMS:
        assert english
        assert meaning
        assert not CHINESE.search(english)
        assert CHINESE.search(chinese), english
        assert CHINESE.search(explanation), english


def _chinese_messages() -> list[tuple[str, str]]:
    with (ROOT / "app" / "words" / "locale" / "zh.po").open("rb") as source:
        return [(str(m.id), str(m.string)) for m in read_po(source, locale="zh") if m.id]


def test_the_catalogue_uses_no_word_that_the_glossary_rules_out() -> None:
    """One word for one thing, in Chinese too."""
    ruled_out = {w.strip() for row in TERMS for w in row[4].split(",") if w.strip()}
    assert len(ruled_out) > 10
    chosen = sorted((re.sub(r" \S$", "", row[1]) for row in TERMS), key=len, reverse=True)
    for english, chinese in _chinese_messages():
        rest = chinese
        for term in chosen:  # 完全卷积 is chosen, and holds 全卷积, which is not
            rest = rest.replace(term, "·")
        assert not [word for word in ruled_out if word in rest], english


def test_nothing_is_called_just_convolve() -> None:
    """It would not say which operation is meant; a function of that name in code may be called."""
    rooms = [ROOT / room for room in ("app", "templates", "static")]
    files = (path for room in rooms for path in room.rglob("*.*") if path.is_file())
    sources = [p for p in files if p.suffix in SOURCES and "node_modules" not in p.parts]
    sources = [path for path in sources if path.parent.name != "built"]
    assert len(sources) > 20
    for path in [*sources, *(page for page in PAGES if page.name != "glossary.md")]:
        bare = re.findall(r"(?<![.\w])convolve[sd]?\b(?!\()", path.read_text(), re.IGNORECASE)
        assert not bare, path


# Model: the article's example


@pytest.fixture(scope="module")
def traces() -> dict[Operation, Trace]:
    """The default layer, in both modes."""
    spec = PRESETS["article"].spec
    operations: tuple[Operation, ...] = ("convolution", "correlation")
    return {
        operation: run(
            Layer.of(spec.input, spec.kernel, output_delta=spec.output_delta, operation=operation)
        )
        for operation in operations
    }


def _named(kind: str, cell: int, columns: int) -> str:
    return f"{kind}{cell // columns + 1}{cell % columns + 1}"


def _sum(trace: Trace, phase: str, row: int, column: int) -> tuple[str, float]:
    """A step as the table of docs/model.md writes it."""
    if phase == "z":
        step = trace.step("forward", row * 2 + column)
        ends = [("x", step.wires.source, 3), ("w", step.wires.tap, 2)]
    elif phase == "δ":
        step = trace.step("deltas", row * 3 + column)
        ends = [("δ", step.wires.target, 2), ("w", step.wires.tap, 2)]
    else:
        step = trace.step("weights", row * 2 + column)
        ends = [("x", step.wires.source, 3), ("δ", step.wires.target, 2)]
    factors = [[_named(kind, int(c), n) for c in cells] for kind, cells, n in ends]
    return " + ".join("·".join(pair) for pair in zip(*factors, strict=True)), step.total


def test_the_articles_example_in_the_docs_is_what_the_engine_computes(
    traces: dict[Operation, Trace],
) -> None:
    """Every sum and every number of the table, in both modes."""
    digits = str.maketrans("₁₂₃−", "123-")
    rows = _table_rows((DOCS / "model.md").read_text(), columns=5)
    seen = {}
    for name, *cells in rows:
        phase, row, column = re.findall(r"^(z|δ|∂).*(\d)(\d)$", name.translate(digits))[0]
        written = zip(cells[::2], [float(c.translate(digits)) for c in cells[1::2]], strict=True)
        expected = [_sum(trace, phase, int(row) - 1, int(column) - 1) for trace in traces.values()]
        assert list(written) == expected, name
        seen[phase, row, column] = True
    assert len(seen) == 4 + 9 + 4


def test_the_docs_say_the_mean_of_collected_and_the_bias_gradient(
    traces: dict[Operation, Trace],
) -> None:
    """The prose under the table: 45, 5 and 4.5, in both modes."""
    text = (DOCS / "model.md").read_text()
    for trace in traces.values():
        total = trace.collected.sum()
        assert f"add up to {total:g} in both, so their mean is {total / 9:g} in both" in text
        assert f"∂C/∂b = {trace.bias_gradient[0]:g} in both" in text


# Commands, links, dependencies


def test_commands_in_the_docs_exist_in_the_makefile() -> None:
    """What a reader types does something; what can be typed is documented."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        used = set(re.findall(r"(?:`|^|\$ )make ([a-z]+)(?=`|\s+#|$)", page.read_text(), re.M))
        assert used <= targets, page
    documented = re.findall(r"^\| `make (\w+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
    assert set(documented) == targets


def test_every_setting_is_documented_and_every_limit_is_a_setting() -> None:
    """docs/settings.md says each variable's default and meaning as the program has them."""
    found = {
        row[0].strip("`"): row[1:] for row in _table_rows((DOCS / "settings.md").read_text(), 3)
    }
    wanted = {f"ROT180_{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert found.keys() == wanted.keys()
    for name, (default, meaning) in found.items():
        assert default.replace(",", "") == str(wanted[name].default).lower()
        assert meaning == wanted[name].description
    limits = {f"max_{limit.name}" for limit in fields(Limits)}
    assert limits == {name for name in Settings.model_fields if name.startswith("max_")}
    assert Settings().limits == DEFAULT_LIMITS


def test_links_in_the_docs_lead_somewhere() -> None:
    """Every relative link names a file of the repository."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_paths_in_the_docs_exist() -> None:
    """A file or folder named in backticks is there."""
    for page in PAGES:
        named = re.findall(
            r"`((?:app|templates|static|tests|docs|\.ci)/[\w./-]*\w/?)`", page.read_text()
        )
        for path in named:
            assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_every_dependency_says_what_it_replaced() -> None:
    """Decision 4 lists pyproject.toml's dependencies and those of npm, no more and no fewer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    wanted = {re.split(r"[<>=;\s]", line)[0] for line in needed}
    for folder in ("tests/js", "app/figures/bundle"):
        package = json.loads((ROOT / folder / "package.json").read_text())
        wanted |= {*package.get("dependencies", {}), *package["devDependencies"]}
    rows = _table_rows((DOCS / "decisions" / "0004-dependencies.md").read_text(), columns=3)
    assert {name.strip() for row in rows for name in row[0].split(",")} == wanted
    assert all(row[1] and row[2] for row in rows)


def test_the_example_in_the_readme_has_the_answer_that_it_shows() -> None:
    """The curl command and the JSON beneath it."""
    text = (ROOT / "README.md").read_text()
    path, body = re.findall(r"curl -s \S+?:8000(\S+) .*? -d '(.*?)'", text, re.DOTALL)[0]
    shown = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    with TestClient(create_app(Settings())) as client:
        response = client.post(
            path, content=body.encode(), headers={"Content-Type": "application/json"}
        )
    assert response.status_code == 200
    assert response.json() == shown
