"""The same check from code: what a reader copies for Python, curl and PyTorch."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from app.engine import Trace
from app.engine.activations import Floats
from app.engine.mistakes import Part
from app.spec import LayerSpec
from app.spec.pasted import laid_out
from app.words import DEFAULT, N_, translator

MOST = 300  # numbers of a layer, or of an answer, that a snippet writes out; else it reads files
_HOST = re.compile(r"https?://[\w.\-:\[\]]+(?:/[\w.\-~/]*)?", re.ASCII)
_LOCAL = "http://127.0.0.1:8000"
_LAYER = 'json.loads(Path("layer.json").read_text())'
_ANSWER = 'np.load("answer.npy").tolist()'
_CALLS = {"sigmoid": "torch.sigmoid(z)", "tanh": "torch.tanh(z)", "relu": "torch.relu(z)"}


@dataclass(frozen=True)
class Snippet:
    """Code to copy; ``name`` is its element's."""

    name: str
    label: str
    code: str


@dataclass(frozen=True)
class Subject:
    """What the snippets check: a layer, a part of it, and numbers for that (else zeros)."""

    spec: LayerSpec
    trace: Trace
    part: Part
    right: Floats
    answer: Floats | None

    @property
    def large(self) -> bool:
        """Whether the layer is in a file."""
        spec, delta = self.spec, self.spec.output_delta
        return spec.input.size + spec.kernel.size + (0 if delta is None else delta.size) > MOST

    @property
    def written(self) -> Floats | None:
        """The answer as it is written out; None where it is in a file."""
        found = np.zeros(self.right.shape) if self.answer is None else self.answer
        return found if found.size <= MOST else None


def snippets(subject: Subject, base: str, language: str) -> list[Snippet]:
    """One for each way; ``base`` is the app's own address."""
    _ = translator(language)
    url = f"{base.rstrip('/') if _HOST.fullmatch(base) else _LOCAL}/api/v1/check"
    found = (
        ("python", _(N_("Python")), _python(subject, url, language)),
        ("curl", _(N_("Shell")), _curl(subject, url, language)),
        ("torch", _(N_("PyTorch, with a hook")), _torch(subject, url, language)),
    )
    return [Snippet(*one) for one in found]


def _fields(spec: LayerSpec, indent: str) -> str:
    """The layer's JSON body, a field a line; as it happens, Python's literals as well."""
    lines = [f'{indent}  "{name}": {_written(value)}' for name, value in spec.request().items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _written(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return re.sub(r",\n *", ", ", laid_out(np.asarray(value)))


def _python(subject: Subject, url: str, language: str) -> str:
    answer = subject.written
    return "\n".join((
        *(["import json", "from pathlib import Path", ""] if subject.large else []),
        "import httpx",
        *(["import numpy as np"] if answer is None else []), "",
        f"layer = {_LAYER if subject.large else _fields(subject.spec, '')}",
        f'answer = {{"{subject.part}": {_ANSWER if answer is None else _written(answer)}}}', "",
        "reply = httpx.post(",
        f'    "{url}",',
        '    json={"layer": layer, "answer": answer},',
        f'    headers={{"Accept-Language": "{language}"}},',
        ")",
        "reply.raise_for_status()",
        'for name, part in reply.json()["parts"].items():',
        '    print(name, "is right" if part["correct"] else "is wrong")',
        '    for found in part["diagnosis"]:',
        '        print(found["code"], "-", found["message"])',
    ))  # fmt: skip


def _curl(subject: Subject, url: str, language: str) -> str:
    answer = subject.written
    spoken = "" if language == DEFAULT else f" -H 'Accept-Language: {language}'"
    call = f"curl -s {url} -H 'Content-Type: application/json'{spoken} -d"
    if subject.large or answer is None:
        return "\n".join((
            "{ printf '{\"layer\": '; cat layer.json",
            f"  printf ', \"answer\": {{\"{subject.part}\": '; cat answer.json; printf '}}}}'",
            f"}} | {call} @-",
        ))  # fmt: skip
    return f"""{call} '{{
  "layer": {_fields(subject.spec, "  ")},
  "answer": {{"{subject.part}": {_written(answer)}}}
}}'"""


def _torch(subject: Subject, url: str, language: str) -> str:
    spec, layer = subject.spec, subject.trace.layer
    (top, bottom), (left, right) = layer.padding
    flat = layer.rank == 2
    sizes = {
        "input_delta": spec.input.shape,
        "kernel_gradient": spec.kernel.shape,
        "bias_gradient": () if flat else layer.bias.shape,
    }
    delta = (
        "torch.ones_like(output)"
        if spec.output_delta is None
        else f'numbers("output_delta", {_sizes(layer.output_shape)})'
    )
    turned = (
        "w.flip(2, 3)  # conv2d slides w as it stands, a convolution slides it turned by 180°"
        if layer.operation == "convolution"
        else "w  # conv2d slides w as it stands, and so does this layer"
    )
    lines = [
        *(["import json", "from pathlib import Path", ""] if subject.large else []),
        "import httpx",
        "import torch",
        "import torch.nn.functional as F", "",
        f"layer = {_LAYER if subject.large else _fields(spec, '')}", "", "",
        "def checked(name, *shape):",
        "    def hook(gradient):",
        "        answer = {name: gradient.reshape(shape).tolist()}",
        "        reply = httpx.post(",
        f'            "{url}",',
        '            json={"layer": layer, "answer": answer},',
        f'            headers={{"Accept-Language": "{language}"}},',
        "        )",
        "        reply.raise_for_status()",
        '        part = reply.json()["parts"][name]',
        '        print(name, "is right" if part["correct"] else "is wrong")',
        '        for found in part["diagnosis"]:',
        '            print(found["code"], "-", found["message"])', "",
        "    return hook", "", "",
        "def numbers(name, *shape):",
        "    return torch.tensor(layer[name], dtype=torch.float64).reshape(shape)", "", "",
        f'z = numbers("input", {_sizes(layer.input.shape)}).requires_grad_()',
        f'w = numbers("kernel", {_sizes(layer.kernel.shape)}).requires_grad_()',
        f"b = torch.tensor({layer.bias.tolist()}, dtype=torch.float64, requires_grad=True)",
        *(
            f'{letter}.register_hook(checked("{name}"{"".join(f", {n}" for n in shape)}))'
            for letter, (name, shape) in zip("zwb", sizes.items(), strict=True)
        ), "",
        "# your own layer goes here",
        f"a = {_CALLS.get(layer.activation, 'z')}",
        f"stencil = {turned}",
        f"padded = F.pad(a, ({left}, {right}, {top}, {bottom}))",
        "output = F.conv2d(",
        f"    padded, stencil, b, stride={layer.stride}, dilation={layer.dilation},"
        f" groups={layer.groups}",
        ")",
        f"output.backward({delta})",
    ]  # fmt: skip
    return "\n".join(lines)


def _sizes(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))
