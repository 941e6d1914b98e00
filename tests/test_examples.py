"""What people copy from here runs: the example notebook, and the snippets of the page."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from html import unescape
from pathlib import Path
from re import DOTALL, findall

import httpx2
import pytest

from app.answers import trace_of
from app.pages.snippets import Subject, snippets
from app.spec import PRESETS, encode
from app.words import LANGUAGES
from tests.contract.conftest import the_client

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The app, served by a process of its own."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": "0"}
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "app"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
    finally:
        server.terminate()
        server.communicate(timeout=20)


@pytest.fixture(autouse=True)
def _httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client that the tests have, under the name that most people know it by."""
    monkeypatch.setitem(sys.modules, "httpx", httpx2)


def _run(code: str, names: dict[str, object]) -> str:
    said = io.StringIO()
    with redirect_stdout(said):
        exec(compile(code, "<example>", "exec"), names)  # noqa: S102 (our own file)
    return said.getvalue()


def test_the_notebook_runs(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells in order, against a live app: first the wrong deltas are diagnosed, then right."""
    monkeypatch.setenv("ROT180", address)
    [notebook] = [json.loads(path.read_text()) for path in NOTEBOOKS]
    assert notebook["nbformat"] == 4
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert not any(c.get("outputs") for c in notebook["cells"])
    names: dict[str, object] = {}
    said = [_run(cell, names) for cell in cells]
    assert "kernel_not_rotated" in said[1]
    assert said[2] == "input_delta is right\nbias_gradient is right\n"


def _snippets(address: str, **query: str) -> dict[str, str]:
    page = the_client().get("/check", params=query, headers={"host": address.split("//")[1]}).text
    found = findall(r'<pre id="code-(\w+)">(.*?)</pre>', page, DOTALL)
    return {name: unescape(code) for name, code in found}


WRONG = "2 3 -2\n6.5 9 2\n1.5 11 12"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_python_snippet_runs(address: str, language: str) -> None:
    """As it is copied, from whatever host the page came from; it says what the page says."""
    code = _snippets(address, answer=WRONG, lang=language)["python"]
    assert address in code
    said = _run(code, {})
    assert "input_delta is wrong\nkernel_not_rotated - " in said
    assert ("您" in said or "你" in said) == (language == "zh")


@pytest.mark.parametrize("preset", ["article", "channels", "stride_2"])
@pytest.mark.parametrize("part", ["output", "kernel_gradient", "bias_gradient"])
def test_the_snippets_of_any_layer_ask_for_that_layer(address: str, preset: str, part: str) -> None:
    """Before anything is pasted they ask about zeros, which are wrong."""
    found = _snippets(address, spec=encode(PRESETS[preset].spec), part=part)
    assert f"{part} is wrong" in _run(found["python"], {})
    [body] = findall(r"-d '(.*)'$", found["curl"], DOTALL)
    sent = json.loads(body)
    assert sent["layer"] == PRESETS[preset].spec.request()
    reply = the_client().post("/api/v1/check", json=sent)
    assert reply.json()["parts"][part]["correct"] is False


def test_a_large_layer_is_read_from_a_file(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that the page offers; the snippets stay short enough to be read."""
    monkeypatch.chdir(tmp_path)
    spec = PRESETS["digit"].spec
    page = the_client().get("/check", params={"spec": encode(spec), "part": "bias_gradient"})
    [link] = findall(r'href="(/check/layer\.json[^"]*)"', page.text)
    (tmp_path / "layer.json").write_bytes(the_client().get(unescape(link)).content)
    assert json.loads((tmp_path / "layer.json").read_text()) == spec.request()
    found = _snippets(address, spec=encode(spec), part="bias_gradient")
    assert "bias_gradient is wrong" in _run(found["python"], {})
    assert all(len(code) < 2000 for code in found.values())
    if Path("/bin/sh").exists() and any(Path(p, "curl").exists() for p in os.get_exec_path()):
        (tmp_path / "answer.json").write_text("1")
        said = subprocess.run(
            ["/bin/sh", "-c", found["curl"]], capture_output=True, check=True, cwd=tmp_path
        ).stdout
        assert json.loads(said)["parts"]["bias_gradient"]["correct"] is False


@pytest.mark.parametrize("preset", PRESETS)
def test_the_pytorch_snippet_is_python(address: str, preset: str) -> None:
    """PyTorch is too large to be a dependency: it is compiled, and hooks all three gradients."""
    code = _snippets(address, spec=encode(PRESETS[preset].spec))["torch"]
    compile(code, "<snippet>", "exec")
    for letter, part in (("z", "input_delta"), ("w", "kernel_gradient"), ("b", "bias_gradient")):
        assert f'{letter}.register_hook(checked("{part}"' in code


@pytest.mark.parametrize("base", ["http://x';rm -rf ~;'/", "http://x$(id)/", "file:///etc/", ""])
def test_a_strange_host_is_not_written_into_code(base: str) -> None:
    """Whoever asks decides the Host header, not what a shell would run."""
    spec = PRESETS["article"].spec
    trace = trace_of(spec)
    subject = Subject(spec, trace, "output", trace.output, None)
    for snippet in snippets(subject, base, "en"):
        assert "http://127.0.0.1:8000/api/v1/check" in snippet.code
        assert not base or base not in snippet.code
