"""The foundations hold: locks, tree, direction of imports, translations, tools."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

TOP_LEVEL = {
    *(".ci", ".dockerignore", ".gitignore"),
    *("app", "benchmarks", "docs", "static", "templates", "tests"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"),
    *("Dockerfile", "compose.yaml", "Makefile", "pyproject.toml"),
    *("requirements.lock", "requirements-dev.lock"),
}

# Written so that this file does not match itself.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|root|farm)/[\w.]"  # a path of somebody's machine
    r"|\.\./[s]hared\b"
    r"|\bpypi\.org|python[h]osted\.|registry\.[n]pmjs|registry\.[y]arnpkg|deb\.[d]ebian\.org"
)


def _run(
    *command: str | Path, cwd: Path = ROOT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def _files() -> list[Path]:
    """What is in the repository, or would be after `git add`."""
    if not ((ROOT / ".git").exists() and shutil.which("git")):
        pytest.skip("not a git checkout: there is no list of the repository's files")
    listed = _run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    assert listed.returncode == 0, listed.stderr
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


# Locks and tree


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "tests/js/package-lock.json"]
)
def test_locks_name_no_host(name: str) -> None:
    """A lock says what a package is, not where it comes from."""
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert "sha" in lock


def test_every_requirement_is_pinned_and_hashed() -> None:
    """pip would refuse the file otherwise, but only on the machine that installs it."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
        assert len(entries) > 10
        for entry in entries:
            assert re.match(r"[\w.\-\[\],]+==\S", entry), entry
            assert "--hash=sha256:" in entry, entry


def test_the_dev_lock_holds_the_run_locks_versions() -> None:
    """What is tested is what runs."""
    pins = [
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] <= pins[1], pins[0] - pins[1]


def test_no_file_names_a_machine_or_a_registry() -> None:
    """The project stands alone: no path of a machine, no registry host."""
    found = []
    for path in _files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in FOREIGN.finditer(text)]
    assert not found


@pytest.mark.parametrize(
    "text", ["see /ro" + "ot/.cache", "cp ../sha" + "red/x", "https://py" + "pi.org/simple"]
)
def test_the_search_for_foreign_names_finds_them(text: str) -> None:
    """The check above can fail."""
    assert FOREIGN.search(text)


def test_the_top_level_is_known() -> None:
    """Nothing appears beside the rooms unnoticed."""
    assert {path.relative_to(ROOT).parts[0] for path in _files()} <= TOP_LEVEL


def test_the_version_is_said_once() -> None:
    """The package and its metadata agree."""
    assert app.__version__ == PROJECT["project"]["version"]


def test_the_image_gets_what_it_copies() -> None:
    """Every COPY in the Dockerfile is let through by .dockerignore, and nothing else is."""
    copied = re.findall(r"^COPY (?!--from)(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sent = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {path.partition("/")[0] for path in copied} == set(sent)


# Direction of imports


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The application and its settings, to break."""
    ignore = shutil.ignore_patterns("__pycache__")
    for room in ("app", "templates"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _plant(room: Path, line: str) -> None:
    module = room / "__init__.py" if room.is_dir() else room.with_suffix(".py")
    module.write_text(f"{module.read_text()}\n{line}\n")


BREACHES = [  # contract, room, what is planted there
    ("Imports run downwards", "engine", "from app import figures"),
    ("Imports run downwards", "spec", "from app import figures"),
    ("Imports run downwards", "words", "from app import figures"),
    ("Imports run downwards", "figures", "from app import answers"),
    ("Imports run downwards", "answers", "from app import api"),
    ("Imports run downwards", "api", "from app import pages"),
    ("Imports run downwards", "pages", "from app import main"),
    ("The engine knows NumPy and nothing else", "engine", "import fastapi"),
    ("The engine knows NumPy and nothing else", "engine", "from app import spec"),
    ("Only figures knows Plotly", "words", "import plotly"),
    ("Only figures knows Plotly", "api", "import plotly"),
]


def test_imports_run_downwards() -> None:
    """The tree as it stands keeps every contract."""
    result = _run(LINT_IMPORTS, "--no-cache")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "room", "line"), BREACHES)
def test_a_breach_is_caught(copy: Path, contract: str, room: str, line: str) -> None:
    """Each contract fails, by name, when a forbidden import is planted."""
    _plant(copy / "app" / room, line)
    result = _run(LINT_IMPORTS, "--no-cache", cwd=copy)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout, result.stdout + result.stderr


def test_every_contract_has_a_breach_above() -> None:
    """No contract is believed untested."""
    contracts = {contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]}
    assert contracts == {contract for contract, *_ in BREACHES}


def test_the_engine_imports_numpy_and_the_standard_library_only() -> None:
    """Said by what is allowed, which no list of forbidden modules can."""
    allowed = {*sys.stdlib_module_names, "numpy"}
    for path in (ROOT / "app" / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{'.' * node.level}{node.module or ''}"]
            else:
                continue
            for name in names:
                assert name.startswith("app.engine") or name.split(".")[0] in allowed, (path, name)


# Translations


def _untranslated(copy: Path) -> None:
    (copy / "app" / "planted.py").write_text(
        "from app.words import say\n\n\n"
        'def planted() -> str:\n    return say("zh", "planted with {n}", n=1)\n'
    )


def _in_a_template(copy: Path) -> None:
    (copy / "templates" / "planted.html").write_text("<p>{{ _('planted with {n}') }}</p>\n")


def _with_other_fields(copy: Path) -> None:
    _untranslated(copy)
    catalogue = copy / "app" / "words" / "locale" / "zh.po"
    entry = '\n#, python-brace-format\nmsgid "planted with {n}"\nmsgstr "种下 {m}"\n'
    catalogue.write_text(catalogue.read_text() + entry)


def _no_longer_used(copy: Path) -> None:
    catalogue = copy / "app" / "words" / "locale" / "zh.po"
    entry = '\nmsgid "planted with {n}"\nmsgstr "种下 {n}"\n'
    catalogue.write_text(catalogue.read_text() + entry)


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (_untranslated, "not translated"),
        (_in_a_template, "not translated"),
        (_with_other_fields, "other fields than in English"),
        (_no_longer_used, "no longer used"),
    ],
)
def test_a_planted_message_is_reported(
    copy: Path, plant: Callable[[Path], None], fault: str
) -> None:
    """`make check` sees a message that has no translation, a wrong one, or no use."""
    plant(copy)
    result = _run(sys.executable, "-m", "app.words.messages", "--check", cwd=copy)
    assert result.returncode == 1
    assert f"{fault}: 'planted with {{n}}'" in result.stderr


# Tools


@pytest.mark.parametrize(("ci", "status"), [({}, 0), ({"CI": "true"}, 1)])
def test_without_a_browser_it_says_what_to_do(ci: dict[str, str], status: int) -> None:
    """Missing at home, the browser tests are skipped; missing in CI is a failure."""
    environment = {"ROT180_BROWSER": os.devnull, **ci}
    result = _run(sys.executable, "-m", "tests.browser", environment=environment)
    assert result.returncode == status
    assert "ROT180_BROWSER" in result.stderr


@pytest.mark.parametrize(("ci", "status"), [({}, 0), ({"CI": "true"}, 1)])
def test_without_node_it_says_so(tmp_path: Path, ci: dict[str, str], status: int) -> None:
    """Missing at home, the type check of JavaScript is left out; missing in CI is a failure."""
    shell = shutil.which("sh")
    dirname = shutil.which("dirname")
    assert shell
    assert dirname
    (tmp_path / "dirname").symlink_to(dirname)
    result = _run(shell, "tests/js/check.sh", environment={"PATH": str(tmp_path), **ci})
    assert result.returncode == status
    assert "Node" in result.stderr
